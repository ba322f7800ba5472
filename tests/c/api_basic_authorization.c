/* oauth_basic_authorization: both encodings, and every bad argument. */
#include "check.h"

static oauth_error *error;
static char *header;

static void gives(const char *client_id, const char *client_secret, oauth_basic_encoding encoding, const char *expected) {
    CHECK_OK(oauth_basic_authorization(client_id, client_secret, encoding, &header, &error));
    CHECK_TEXT(header, expected);
    oauth_string_free(header);
}

static void refuses(const char *client_id, const char *client_secret, oauth_basic_encoding encoding, const char *name) {
    header = (char *)&header; /* must be reset */
    CHECK_NAMES(oauth_basic_authorization(client_id, client_secret, encoding, &header, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, name);
    CHECK(header == NULL);
}

int main(void) {
    gives("s6BhdRkqt3", "gX1fBat3bV", OAUTH_BASIC_FORM_ENCODED, "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
    gives("s6BhdRkqt3", "gX1fBat3bV", OAUTH_BASIC_RAW, "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
    /* a%3Ab:c%20d%25 and, raw, ab:c d% */
    gives("a:b", "c d%", OAUTH_BASIC_FORM_ENCODED, "Basic YSUzQWI6YyUyMGQlMjU=");
    /* What no server misreads goes as it is. */
    gives("a/b=", "!\"#$&'()*,-./:;<=>?@[\\]^_`{|}~", OAUTH_BASIC_FORM_ENCODED,
          "Basic YS9iPTohIiMkJicoKSosLS4vOjs8PT4/QFtcXV5fYHt8fX4=");
    gives("a/b=", "!\"#$&'()*,-./:;<=>?@[\\]^_`{|}~", OAUTH_BASIC_RAW,
          "Basic YS9iPTohIiMkJicoKSosLS4vOjs8PT4/QFtcXV5fYHt8fX4=");
    /* a:%2B%2B */
    gives("a", "++", OAUTH_BASIC_FORM_ENCODED, "Basic YTolMkIlMkI=");
    gives("ab", "c d%", OAUTH_BASIC_RAW, "Basic YWI6YyBkJQ==");
    gives("a", "b:c", OAUTH_BASIC_RAW, "Basic YTpiOmM=");
    gives("a", "", OAUTH_BASIC_RAW, "Basic YTo=");
    /* U+00E9 is C3 A9 */
    gives("\xc3\xa9", "x", OAUTH_BASIC_RAW, "Basic w6k6eA==");
    gives("\xc3\xa9", "x", OAUTH_BASIC_FORM_ENCODED, "Basic JUMzJUE5Ong=");

    refuses(NULL, "s", OAUTH_BASIC_RAW, "client_id");
    refuses("c", NULL, OAUTH_BASIC_RAW, "client_secret");
    refuses("c\xff", "s", OAUTH_BASIC_RAW, "client_id");
    refuses("c", "s\xff", OAUTH_BASIC_RAW, "client_secret");
    refuses("c\r\nX: y", "s", OAUTH_BASIC_RAW, "client_id");
    refuses("c\x01", "s", OAUTH_BASIC_FORM_ENCODED, "client_id");
    refuses("c", "s\r\nX: y", OAUTH_BASIC_FORM_ENCODED, "client_secret");
    refuses("c", "s\x7f", OAUTH_BASIC_RAW, "client_secret");
    refuses("c:d", "s", OAUTH_BASIC_RAW, "client_id");
    refuses("c", "s", 2, "encoding");
    refuses("c", "s", -1, "encoding");

    CHECK_NAMES(oauth_basic_authorization("c", "s", OAUTH_BASIC_RAW, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "header");
    /* Nobody has to want the error. */
    CHECK(oauth_basic_authorization(NULL, "s", OAUTH_BASIC_RAW, &header, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(header == NULL);
    CHECK(oauth_basic_authorization("c", "s", OAUTH_BASIC_RAW, &header, NULL) == OAUTH_OK);
    oauth_string_free(header);
    return 0;
}

/* WWW-Authenticate, given as text and got from an answer: well formed, bent, and no text at all. */
#include "api_fake.h"

static oauth_error *error;

static oauth_challenges *parsed(const char *value) {
    oauth_challenges *challenges = NULL;
    CHECK_OK(oauth_challenges_parse(value, &challenges, &error));
    CHECK(challenges != NULL);
    return challenges;
}

static void every_part_can_be_read(void) {
    oauth_challenges *challenges =
        parsed("Negotiate YII=, bearer realm=\"a \\\"b\\\"\", Error=invalid_token, scope='a b' error=other");
    CHECK(oauth_challenges_count(challenges) == 2);
    CHECK_TEXT(oauth_challenges_scheme_at(challenges, 0), "Negotiate");
    CHECK_TEXT(oauth_challenges_token68_at(challenges, 0), "YII=");
    CHECK(oauth_challenges_parameter_count(challenges, 0) == 0);
    CHECK_TEXT(oauth_challenges_scheme_at(challenges, 1), "bearer");
    CHECK_TEXT(oauth_challenges_token68_at(challenges, 1), NULL);
    CHECK_TEXT(oauth_challenges_parameter(challenges, 1, "realm"), "a \"b\"");
    CHECK_TEXT(oauth_challenges_parameter(challenges, 1, "error"), "invalid_token");
    CHECK_TEXT(oauth_challenges_parameter(challenges, 1, "SCOPE"), "a b");
    CHECK(oauth_challenges_parameter_count(challenges, 1) == 4);
    CHECK_TEXT(oauth_challenges_parameter_name_at(challenges, 1, 1), "Error");
    CHECK_TEXT(oauth_challenges_parameter_name_at(challenges, 1, 3), "error");
    CHECK_TEXT(oauth_challenges_parameter_value_at(challenges, 1, 3), "other");
    oauth_challenges_free(challenges);
}

static void what_is_not_there_is_null(void) {
    oauth_challenges *challenges = parsed("Bearer realm=a");
    size_t beyond[] = {1, SIZE_MAX}, at;
    for (at = 0; at < 2; at++) {
        CHECK(oauth_challenges_scheme_at(challenges, beyond[at]) == NULL);
        CHECK(oauth_challenges_token68_at(challenges, beyond[at]) == NULL);
        CHECK(oauth_challenges_parameter(challenges, beyond[at], "realm") == NULL);
        CHECK(oauth_challenges_parameter_count(challenges, beyond[at]) == 0);
        CHECK(oauth_challenges_parameter_name_at(challenges, beyond[at], 0) == NULL);
        CHECK(oauth_challenges_parameter_name_at(challenges, 0, beyond[at]) == NULL);
        CHECK(oauth_challenges_parameter_value_at(challenges, beyond[at], 0) == NULL);
        CHECK(oauth_challenges_parameter_value_at(challenges, 0, beyond[at]) == NULL);
    }
    CHECK(oauth_challenges_parameter(challenges, 0, "error") == NULL);
    CHECK(oauth_challenges_parameter(challenges, 0, NULL) == NULL);
    CHECK(oauth_challenges_parameter(challenges, 0, NOT_UTF8) == NULL);
    oauth_challenges_free(challenges);
    challenges = parsed("");
    CHECK(oauth_challenges_count(challenges) == 0);
    oauth_challenges_free(challenges);
}

static void what_is_no_text_is_replaced(void) {
    oauth_challenges *challenges = parsed("B\xff realm=\"Zugang f\xfcr alle");
    CHECK_TEXT(oauth_challenges_scheme_at(challenges, 0), "B\xef\xbf\xbd");
    CHECK_TEXT(oauth_challenges_parameter(challenges, 0, "realm"), "Zugang f\xef\xbf\xbdr alle");
    oauth_challenges_free(challenges);
}

static void those_of_an_answer_outlive_it(void) {
    static struct fake fake;
    static const char *headers[][2] = {{"WWW-Authenticate", "Basic realm=\"a"}, {"X-Other", "Digest"},
                                       {"www-authenticate", "DPoP error=\"use_dpop_nonce\", Bearer"}, {NULL, NULL}};
    static const char *none[][2] = {{NULL, NULL}};
    oauth_client *client = fake_client(&fake);
    oauth_challenges *challenges = NULL;
    oauth_error *refusal;
    fake.http_status = 401;
    fake.body = "";
    fake.headers = headers;
    refusal = refused(client, "r", OAUTH_ERROR_HTTP);
    CHECK_OK(oauth_challenges_from_response(oauth_error_response(refusal), &challenges, &error));
    oauth_error_free(refusal);
    CHECK(oauth_challenges_count(challenges) == 3);
    CHECK_TEXT(oauth_challenges_parameter(challenges, 0, "realm"), "a");
    CHECK_TEXT(oauth_challenges_parameter(challenges, 1, "error"), "use_dpop_nonce");
    CHECK_TEXT(oauth_challenges_scheme_at(challenges, 2), "Bearer");
    oauth_challenges_free(challenges);
    fake.headers = none;
    refusal = refused(client, "r", OAUTH_ERROR_HTTP);
    CHECK_OK(oauth_challenges_from_response(oauth_error_response(refusal), &challenges, &error));
    CHECK(challenges != NULL && oauth_challenges_count(challenges) == 0);
    oauth_challenges_free(challenges);
    oauth_error_free(refusal);
    oauth_client_free(client);
}

static void null_is_taken_everywhere(void) {
    oauth_challenges *challenges = (oauth_challenges *)&error; /* anything but NULL */
    CHECK_NAMES(oauth_challenges_parse(NULL, &challenges, &error), OAUTH_ERROR_INVALID_ARGUMENT, "www_authenticate");
    CHECK(challenges == NULL);
    challenges = (oauth_challenges *)&error;
    CHECK_NAMES(oauth_challenges_from_response(NULL, &challenges, &error), OAUTH_ERROR_INVALID_ARGUMENT, "response");
    CHECK(challenges == NULL);
    CHECK_NAMES(oauth_challenges_parse("Bearer", NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "challenges");
    CHECK(oauth_challenges_parse(NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(oauth_challenges_from_response(NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(oauth_challenges_count(NULL) == 0 && oauth_challenges_parameter_count(NULL, 0) == 0);
    CHECK(oauth_challenges_scheme_at(NULL, 0) == NULL && oauth_challenges_token68_at(NULL, 0) == NULL);
    CHECK(oauth_challenges_parameter(NULL, 0, "a") == NULL && oauth_challenges_parameter(NULL, 0, NULL) == NULL);
    CHECK(oauth_challenges_parameter_name_at(NULL, 0, 0) == NULL);
    CHECK(oauth_challenges_parameter_value_at(NULL, 0, 0) == NULL);
    oauth_challenges_free(NULL);
}

int main(void) {
    every_part_can_be_read();
    what_is_not_there_is_null();
    what_is_no_text_is_replaced();
    those_of_an_answer_outlive_it();
    null_is_taken_everywhere();
    return 0;
}

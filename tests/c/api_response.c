/* The HTTP answer behind a token and behind an error: status, headers in order, body. */
#include "api_fake.h"

static struct fake fake;
static const char *headers[][2] = {
    {"Set-Cookie", "a=1"}, {"X-Empty", ""}, {"set-cookie", "b=\xff"}, {"Content-Type", "application/json"}, {NULL, NULL}};

static void is_whole(const oauth_response *response, int32_t status, const char *expected) {
    size_t index, length = 0;
    const uint8_t *body = oauth_response_body(response, &length);
    CHECK(response != NULL);
    CHECK(oauth_response_status(response) == status);
    CHECK(oauth_response_header_count(response) == 4);
    for (index = 0; index < 4; index++) {
        CHECK_TEXT(oauth_response_header_name_at(response, index), headers[index][0]);
        CHECK_TEXT(oauth_response_header_value_at(response, index), headers[index][1]);
    }
    CHECK(oauth_response_header_name_at(response, 4) == NULL);
    CHECK(oauth_response_header_value_at(response, 4) == NULL);
    CHECK(oauth_response_header_name_at(response, SIZE_MAX) == NULL);
    CHECK(oauth_response_header_value_at(response, SIZE_MAX) == NULL);
    CHECK_TEXT(oauth_response_header(response, "SET-cookie"), "a=1");
    CHECK_TEXT(oauth_response_header(response, "x-empty"), "");
    CHECK_TEXT(oauth_response_header(response, "content-type"), "application/json");
    CHECK_TEXT(oauth_response_header(response, "Content"), NULL);
    CHECK_TEXT(oauth_response_header(response, ""), NULL);
    CHECK_TEXT(oauth_response_header(response, "\xff"), NULL);
    CHECK_TEXT(oauth_response_header(response, NULL), NULL);
    CHECK(length == strlen(expected) && memcmp(body, expected, length) == 0);
    CHECK(oauth_response_body(response, NULL) == body);
}

static void of_a_token(const oauth_client *client) {
    oauth_token *token = refreshed(client, "r"), *other = oauth_token_ref(token);
    is_whole(oauth_token_response(token), 200, FAKE_TOKEN);
    CHECK_TEXT(oauth_token_response_json(token), FAKE_TOKEN);
    oauth_token_free(token);
    is_whole(oauth_token_response(other), 200, FAKE_TOKEN);
    oauth_token_free(other);
}

static void of_an_error(const oauth_client *client) {
    oauth_error *error;
    fake.http_status = 400;
    fake.body = "{\"error\":\"invalid_grant\"}";
    error = refused(client, "r", OAUTH_ERROR_PROVIDER);
    is_whole(oauth_error_response(error), 400, fake.body);
    oauth_error_free(error);
    fake.http_status = 503;
    fake.body = "<html>busy</html>";
    error = refused(client, "r", OAUTH_ERROR_HTTP);
    is_whole(oauth_error_response(error), 503, fake.body);
    oauth_error_free(error);
}

/* Bytes that are no text stay as they are; an empty body is not NULL. */
static void of_other_bodies(const oauth_client *client) {
    oauth_error *error;
    size_t length = 7;
    fake.http_status = 500;
    fake.body = "a\0\xff" "b";
    fake.body_length = 4;
    error = refused(client, "r", OAUTH_ERROR_HTTP);
    CHECK(memcmp(oauth_response_body(oauth_error_response(error), &length), "a\0\xff" "b", 4) == 0 && length == 4);
    oauth_error_free(error);
    fake.body = "";
    fake.body_length = 0;
    error = refused(client, "r", OAUTH_ERROR_HTTP);
    length = 7;
    CHECK(oauth_response_body(oauth_error_response(error), &length) != NULL && length == 0);
    oauth_error_free(error);
}

static void of_nothing(void) {
    size_t length = 7;
    CHECK(oauth_response_status(NULL) == 0 && oauth_response_header_count(NULL) == 0);
    CHECK(oauth_response_header_name_at(NULL, 0) == NULL && oauth_response_header_value_at(NULL, 0) == NULL);
    CHECK(oauth_response_header(NULL, "a") == NULL);
    CHECK(oauth_response_body(NULL, NULL) == NULL);
    CHECK(oauth_response_body(NULL, &length) == NULL && length == 0);
}

int main(void) {
    oauth_client *client = fake_client(&fake);
    fake.headers = headers;
    of_a_token(client);
    of_an_error(client);
    of_other_bodies(client);
    of_nothing();
    oauth_client_free(client);
    return 0;
}

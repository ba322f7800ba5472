/* A server inside the program: a transport callback that records what it is given and answers as told. */
#ifndef API_FAKE_H
#define API_FAKE_H

#include "check.h"

#define FAKE_ENDPOINT "https://as.example/token"
#define FAKE_TOKEN "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"expires_in\":3600}"

/* What it answers at one URL: HTTP 200 unless it says otherwise. */
struct fake_answer {
    const char *url, *body;
    int32_t http_status;
};

struct fake {
    /* Answers by URL, ending with a NULL one; NULL: none. */
    const struct fake_answer *at;
    /* What it answers elsewhere; all zeros is a good token. */
    oauth_status returns;
    int32_t http_status;
    const char *(*headers)[2]; /* ends with a NULL name */
    const char *body;
    size_t body_length; /* 0: up to the NUL */
    void (*during)(struct fake *fake, const oauth_transport_request *request, oauth_transport_response *response);
    void *extra;
    /* What it saw: how many requests, and the last one; how often it was registered and given back. */
    unsigned calls, registered, destroyed;
    char method[8], url[2048], headers_seen[4096], body_seen[4096];
    char wire[4096]; /* "METHOD URL\n" of every request, until the test empties it */
};

static inline void fake_append(char *to, size_t capacity, const char *text) {
    CHECK(text != NULL && strlen(to) + strlen(text) < capacity);
    strcat(to, text);
}

static inline void fake_record(struct fake *fake, const oauth_transport_request *request) {
    size_t length = 0, index;
    const uint8_t *body = oauth_transport_request_body(request, &length);
    CHECK(body != NULL && length < sizeof fake->body_seen);
    memcpy(fake->body_seen, body, length);
    fake->body_seen[length] = '\0';
    fake->method[0] = fake->url[0] = '\0';
    fake_append(fake->method, sizeof fake->method, oauth_transport_request_method(request));
    fake_append(fake->url, sizeof fake->url, oauth_transport_request_url(request));
    if (strlen(fake->wire) + sizeof fake->method + sizeof fake->url > sizeof fake->wire) {
        fake->wire[0] = '\0'; /* of a test that never looks */
    }
    fake_append(fake->wire, sizeof fake->wire, fake->method);
    fake_append(fake->wire, sizeof fake->wire, " ");
    fake_append(fake->wire, sizeof fake->wire, fake->url);
    fake_append(fake->wire, sizeof fake->wire, "\n");
    strcpy(fake->headers_seen, "\n");
    for (index = 0; index < oauth_transport_request_header_count(request); index++) {
        fake_append(fake->headers_seen, sizeof fake->headers_seen,
                    oauth_transport_request_header_name_at(request, index));
        fake_append(fake->headers_seen, sizeof fake->headers_seen, ": ");
        fake_append(fake->headers_seen, sizeof fake->headers_seen,
                    oauth_transport_request_header_value_at(request, index));
        fake_append(fake->headers_seen, sizeof fake->headers_seen, "\n");
    }
}

static inline oauth_status fake_send(void *user_data, const oauth_transport_request *request,
                                     oauth_transport_response *response) {
    struct fake *fake = user_data;
    const struct fake_answer usual = {NULL, fake->body ? fake->body : FAKE_TOKEN, fake->http_status};
    const struct fake_answer *answer = fake->at ? fake->at : &usual;
    size_t index;
    CHECK(fake->destroyed < fake->registered);
    fake->calls++;
    fake_record(fake, request);
    while (answer->url != NULL && strcmp(answer->url, fake->url) != 0) {
        answer++;
    }
    if (answer->url == NULL) {
        answer = &usual;
    }
    oauth_transport_response_set_status(response, answer->http_status ? answer->http_status : 200);
    if (fake->headers == NULL) {
        oauth_transport_response_add_header(response, "Content-Type", "application/json");
    }
    for (index = 0; fake->headers != NULL && fake->headers[index][0] != NULL; index++) {
        oauth_transport_response_add_header(response, fake->headers[index][0], fake->headers[index][1]);
    }
    oauth_transport_response_append_body(response, (const uint8_t *)answer->body,
                                         fake->body_length ? fake->body_length : strlen(answer->body));
    if (fake->during != NULL) {
        fake->during(fake, request, response);
    }
    return fake->returns;
}

static inline void fake_destroy(void *user_data) {
    ((struct fake *)user_data)->destroyed++;
}

/* What it saw since the last look, as CHECK_TEXT compares it. */
#define CHECK_WIRE(fake, expected)          \
    do {                                    \
        CHECK_TEXT((fake)->wire, expected); \
        (fake)->wire[0] = '\0';            \
    } while (0)

/* A config of a confidential client whose server is the fake. */
static inline oauth_config *fake_config(struct fake *fake) {
    oauth_config *config = oauth_config_new();
    CHECK(config != NULL);
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_transport(config, fake_send, fake, fake_destroy);
    fake->registered++;
    return config;
}

/* A client of this config, which it frees. */
static inline oauth_client *client_of(oauth_config *config) {
    oauth_error *error = NULL;
    oauth_client *client = NULL;
    CHECK_OK(oauth_client_new(config, &client, &error));
    CHECK(client != NULL);
    oauth_config_free(config);
    return client;
}

static inline oauth_client *fake_client(struct fake *fake) {
    return client_of(fake_config(fake));
}

/* The token of an exchange that must work. */
static inline oauth_token *refreshed(const oauth_client *client, const char *refresh_token) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    CHECK_OK(oauth_refresh_token(client, NULL, refresh_token, NULL, NULL, NULL, &token, &error));
    CHECK(token != NULL);
    return token;
}

/* The error of an exchange that must fail. */
static inline oauth_error *refused(const oauth_client *client, const char *refresh_token, oauth_status status) {
    oauth_error *error = NULL;
    oauth_token *token = (oauth_token *)&error; /* anything but NULL */
    oauth_status got = oauth_refresh_token(client, NULL, refresh_token, NULL, NULL, NULL, &token, &error);
    if (got != status) {
        printf("%s, not %s\n", oauth_status_name(got), oauth_status_name(status));
        exit(1);
    }
    CHECK(token == NULL && error != NULL && oauth_error_status(error) == status);
    CHECK(is_one_line(oauth_error_message(error)));
    return error;
}

#define CHECK_CONTAINS(text, part)                                                    \
    do {                                                                              \
        if (strstr((text), (part)) == NULL) {                                         \
            printf("%s:%d: no \"%s\" in \"%s\"\n", __FILE__, __LINE__, (part), (text)); \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

#define CHECK_LACKS(text, part)                                                       \
    do {                                                                              \
        if (strstr((text), (part)) != NULL) {                                         \
            printf("%s:%d: \"%s\" in \"%s\"\n", __FILE__, __LINE__, (part), (text));  \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

/* A text that is no UTF-8, wherever a string is taken. */
#define NOT_UTF8 "a\xff"

#endif

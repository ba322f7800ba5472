/* An authorization server inside the program: metadata of its own beside the token endpoint of api_fake.h. */
#ifndef API_AUTHORIZATION_H
#define API_AUTHORIZATION_H

#include "api_fake.h"

#define ISSUER "https://as.example"
#define AUTHORIZATION_ENDPOINT ISSUER "/authorize"
#define REDIRECT_URI "http://127.0.0.1:8080/cb"
#define METADATA(more)                                                                                  \
    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" AUTHORIZATION_ENDPOINT "\"," more        \
    "\"token_endpoint\":\"" FAKE_ENDPOINT "\",\"response_types_supported\":[\"code\"]}"

/* What is fetched from it; fake.extra points to it. Requests for it do not count in fake.calls. */
struct metadata {
    int32_t http_status;
    const char *json;
    unsigned fetched;
};

static inline oauth_status server_send(void *user_data, const oauth_transport_request *request,
                                       oauth_transport_response *response) {
    struct metadata *metadata = ((struct fake *)user_data)->extra;
    if (strcmp(oauth_transport_request_method(request), "GET") != 0) {
        return fake_send(user_data, request, response);
    }
    CHECK(metadata != NULL);
    metadata->fetched++;
    oauth_transport_response_set_status(response, metadata->http_status ? metadata->http_status : 200);
    oauth_transport_response_add_header(response, "Content-Type", "application/json");
    oauth_transport_response_append_body(response, (const uint8_t *)metadata->json, strlen(metadata->json));
    return OAUTH_OK;
}

/* A config of a public client; without metadata both endpoints are set by hand. */
static inline oauth_config *server_config(struct fake *fake, const char *client_id, const char *issuer) {
    oauth_config *config = oauth_config_new();
    oauth_config_set_client(config, client_id, NULL);
    if (issuer != NULL) {
        oauth_config_set_issuer(config, issuer);
    }
    if (fake->extra == NULL) {
        oauth_config_set_authorization_endpoint(config, AUTHORIZATION_ENDPOINT);
        oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    }
    oauth_config_set_transport(config, server_send, fake, fake_destroy);
    fake->registered++;
    return config;
}

static inline oauth_client *server_client(struct fake *fake, const char *issuer) {
    return client_of(server_config(fake, "client", issuer));
}

/* An authorization that must begin. */
static inline oauth_authorization *begun(const oauth_client *client, const char *redirect_uri, const char *scope) {
    oauth_error *error = NULL;
    oauth_authorization *authorization = NULL;
    CHECK_OK(oauth_authorization_begin(client, redirect_uri, scope, NULL, NULL, &authorization, &error));
    CHECK(authorization != NULL);
    return authorization;
}

/* The value of a parameter of a query or form, decoded; false without one. */
static inline bool parameter(const char *text, const char *name, char *value, size_t capacity) {
    size_t length = strlen(name);
    const char *at = strchr(text, '?') ? strchr(text, '?') + 1 : text;
    for (; at != NULL; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            for (at += length + 1; *at != '\0' && *at != '&' && *at != ' '; at++, value++) {
                unsigned hex = '?';
                CHECK(capacity-- > 1);
                *value = *at == '+' ? ' ' : *at;
                if (*at == '%') {
                    CHECK(sscanf(at + 1, "%2x", &hex) == 1);
                    *value = (char)hex;
                    at += 2;
                }
            }
            *value = '\0';
            return true;
        }
    }
    return false;
}

/* What an authorization says in its URL; the buffer is overwritten by the next call. */
static inline const char *said(const oauth_authorization *authorization, const char *name) {
    static char value[512];
    return parameter(oauth_authorization_url(authorization), name, value, sizeof value) ? value : NULL;
}

/* What comes back: the beginning of a redirect, and the right state; the buffer is overwritten by the next call. */
static inline const char *answer(const oauth_authorization *authorization, const char *beginning) {
    static char redirect[1024];
    snprintf(redirect, sizeof redirect, "%s&state=%s", beginning, oauth_authorization_state(authorization));
    return redirect;
}

/* The token of an authorization that must be finished by this answer. */
static inline oauth_token *finished(oauth_authorization *authorization, const char *redirect) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    CHECK_OK(oauth_authorization_finish(authorization, redirect, NULL, NULL, &token, &error));
    CHECK(token != NULL);
    return token;
}

/* A finish that must fail, with nothing in the out slot. */
#define CHECK_UNFINISHED(authorization, redirect, status, named)                                             \
    do {                                                                                                     \
        oauth_token *unfinished_ = (oauth_token *)&error;                                                    \
        CHECK_FAILS(oauth_authorization_finish((authorization), (redirect), NULL, NULL, &unfinished_, &error), \
                    (status), (named));                                                                      \
        CHECK(unfinished_ == NULL);                                                                          \
    } while (0)

#endif

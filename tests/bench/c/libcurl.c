/* The peer: libcurl + jansson as a careful program uses them. One easy handle a thread, set up once and reused; a share handle for names and
 * TLS sessions; the CA store cached; every check of the answer that the library under test makes. */
#include "drive.h"

#include <curl/curl.h>
#include <jansson.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BODY_LIMIT (1024 * 1024)
#define SHARED_LOCKS (CURL_LOCK_DATA_LAST + 1)

const size_t stack_bytes = 0;

struct client {
    const struct endpoint *endpoint;
    struct curl_slist *headers; /* the Authorization too: built once */
    CURLSH *share;
    pthread_mutex_t locks[SHARED_LOCKS];
};

/* The strings are those inside `answer`, which is the cheapest way to keep a token with jansson. */
struct token {
    json_t *answer;
    const char *access_token;
    const char *refresh_token;
    int64_t expires_in_s;
};

struct caller {
    struct client *client;
    CURL *easy;
    char *body;
    size_t length, capacity;
    struct token token;
};

static void lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *user)
{
    (void)easy, (void)access;
    pthread_mutex_lock(&((struct client *)user)->locks[data]);
}

static void unlock(CURL *easy, curl_lock_data data, void *user)
{
    (void)easy;
    pthread_mutex_unlock(&((struct client *)user)->locks[data]);
}

static void base64(char *out, const unsigned char *in, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; length >= 3; in += 3, length -= 3) {
        *out++ = digits[in[0] >> 2];
        *out++ = digits[(in[0] & 3) << 4 | in[1] >> 4];
        *out++ = digits[(in[1] & 15) << 2 | in[2] >> 6];
        *out++ = digits[in[2] & 63];
    }
    if (length) {
        unsigned char second = length == 2 ? in[1] : 0;
        *out++ = digits[in[0] >> 2];
        *out++ = digits[(in[0] & 3) << 4 | second >> 4];
        *out++ = length == 2 ? digits[(second & 15) << 2] : '=';
        *out++ = '=';
    }
    *out = '\0';
}

/* RFC 6749 section 2.3.1: the id and the secret are form-encoded before they are joined. */
static struct curl_slist *headers_new(const struct endpoint *endpoint)
{
    char pair[1024], encoded[1400], header[1500];
    char *id = curl_easy_escape(NULL, endpoint->client_id, 0);
    char *secret = curl_easy_escape(NULL, endpoint->client_secret, 0);
    int length = id && secret ? snprintf(pair, sizeof pair, "%s:%s", id, secret) : -1;
    curl_free(id);
    curl_free(secret);
    if (length < 0 || (size_t)length >= sizeof pair)
        return NULL;
    base64(encoded, (const unsigned char *)pair, (size_t)length);
    snprintf(header, sizeof header, "Authorization: Basic %s", encoded);
    struct curl_slist *headers = curl_slist_append(NULL, header);
    struct curl_slist *longer = headers ? curl_slist_append(headers, "Accept: application/json") : NULL;
    if (!longer)
        curl_slist_free_all(headers);
    return longer;
}

struct client *client_new(const struct endpoint *endpoint)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->endpoint = endpoint;
    client->headers = headers_new(endpoint);
    client->share = curl_share_init();
    if (!client->headers || !client->share) {
        fprintf(stderr, "libcurl: could not be set up\n");
        return NULL;
    }
    for (size_t i = 0; i < SHARED_LOCKS; i++)
        pthread_mutex_init(&client->locks[i], NULL);
    curl_share_setopt(client->share, CURLSHOPT_LOCKFUNC, lock);
    curl_share_setopt(client->share, CURLSHOPT_UNLOCKFUNC, unlock);
    curl_share_setopt(client->share, CURLSHOPT_USERDATA, client);
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return client;
}

void client_free(struct client *client)
{
    curl_share_cleanup(client->share);
    curl_slist_free_all(client->headers);
    for (size_t i = 0; i < SHARED_LOCKS; i++)
        pthread_mutex_destroy(&client->locks[i]);
    free(client);
    curl_global_cleanup();
}

/* Keeps one buffer for all answers, and refuses more than the limit while reading. */
static size_t receive(char *data, size_t size, size_t count, void *user)
{
    struct caller *caller = user;
    size_t length = size * count;
    if (length > BODY_LIMIT - caller->length)
        return 0;
    if (caller->length + length > caller->capacity) {
        size_t capacity = (caller->length + length) * 2;
        char *body = realloc(caller->body, capacity);
        if (!body)
            return 0;
        caller->body = body;
        caller->capacity = capacity;
    }
    memcpy(caller->body + caller->length, data, length);
    caller->length += length;
    return length;
}

struct caller *caller_new(struct client *client)
{
    struct caller *caller = calloc(1, sizeof *caller);
    CURL *easy = curl_easy_init();
    if (!caller || !easy) {
        fprintf(stderr, "libcurl: no handle\n");
        return NULL;
    }
    caller->client = client;
    caller->easy = easy;
    curl_easy_setopt(easy, CURLOPT_URL, client->endpoint->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)BODY_LIMIT);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, caller);
    if (client->endpoint->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, client->endpoint->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* libcurl caches no CA store as long as a directory is set too */
        curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 3600L);
    }
    return caller;
}

void caller_free(struct caller *caller)
{
    curl_easy_cleanup(caller->easy);
    json_decref(caller->token.answer);
    free(caller->body);
    free(caller);
}

static bool refused(const char *why, const char *detail)
{
    fprintf(stderr, "libcurl: %s: %s\n", why, detail);
    return false;
}

/* 0x20 to 0x7e: a token goes into headers and forms. */
static bool printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            return false;
    return true;
}

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    return content_type && !strncasecmp(content_type, json, sizeof json - 1);
}

static bool read_token(struct caller *caller, struct token *token)
{
    json_error_t where;
    json_t *answer = json_loadb(caller->body, caller->length, JSON_REJECT_DUPLICATES, &where);
    token->answer = answer;
    if (!json_is_object(answer))
        return refused("no JSON object", where.text);
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (error && *error)
        return refused("the server said", error);

    token->access_token = json_string_value(json_object_get(answer, "access_token"));
    if (!token->access_token || !*token->access_token || !printable(token->access_token))
        return refused("bad", "access_token");
    const json_t *type = json_object_get(answer, "token_type");
    if (type && !json_is_null(type) && !json_is_string(type))
        return refused("bad", "token_type");
    const json_t *expires_in = json_object_get(answer, "expires_in");
    token->expires_in_s = json_is_integer(expires_in) ? json_integer_value(expires_in) : -1;
    const json_t *refresh_token = json_object_get(answer, "refresh_token");
    token->refresh_token = json_string_value(refresh_token);
    if (refresh_token && (!token->refresh_token || !printable(token->refresh_token)))
        return refused("bad", "refresh_token");
    return true;
}

static bool check(struct caller *caller, struct token *token)
{
    long status = 0;
    const char *content_type = NULL;
    curl_easy_getinfo(caller->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(caller->easy, CURLINFO_CONTENT_TYPE, &content_type);
    if (status != 200)
        return refused("status is not 200", caller->length ? "it has a body" : "no body");
    if (!is_json(content_type))
        return refused("content type is not JSON", content_type ? content_type : "none");
    return read_token(caller, token);
}

/* An answer without a refresh token leaves the old one in force. */
static void carry_refresh_token(const struct token *old, struct token *token)
{
    if (token->refresh_token || !old->answer)
        return;
    json_t *kept = json_object_get(old->answer, "refresh_token");
    if (!json_object_set(token->answer, "refresh_token", kept))
        token->refresh_token = json_string_value(kept);
}

static bool send_form(struct caller *caller)
{
    const char *refresh_token = caller->token.refresh_token ? caller->token.refresh_token : caller->client->endpoint->refresh_token;
    char form[4096];
    char *encoded = curl_easy_escape(caller->easy, refresh_token, 0);
    int length = encoded ? snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s", encoded) : -1;
    curl_free(encoded);
    if (length < 0 || (size_t)length >= sizeof form)
        return refused("form", "too long");
    caller->length = 0;
    curl_easy_setopt(caller->easy, CURLOPT_POSTFIELDSIZE, (long)length);
    curl_easy_setopt(caller->easy, CURLOPT_POSTFIELDS, form);
    CURLcode code = curl_easy_perform(caller->easy);
    return code == CURLE_OK || refused("curl_easy_perform", curl_easy_strerror(code));
}

const char *caller_refresh(struct caller *caller)
{
    if (!send_form(caller))
        return NULL;
    struct token token = {0};
    if (!check(caller, &token) || token.expires_in_s <= 0) {
        json_decref(token.answer);
        return NULL;
    }
    carry_refresh_token(&caller->token, &token);
    json_decref(caller->token.answer);
    caller->token = token;
    return token.access_token;
}

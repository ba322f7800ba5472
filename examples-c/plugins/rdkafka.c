/* Gives librdkafka its OAUTHBEARER tokens from a profile: see rdkafka.md.
 *
 * A program that is left as it is loads it as a plug-in, by its configuration:
 *
 *     plugin.library.paths=/usr/local/lib/rdkafka.so
 *     security.protocol=SASL_SSL
 *     sasl.mechanisms=OAUTHBEARER
 *     sasl.oauthbearer.config=profile=NAME
 *
 * A program of one's own compiles this file and sets its function:
 *
 *     void set_token_of_profile(rd_kafka_t *rk, const char *config, void *opaque);
 *     rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, set_token_of_profile);
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <oauth.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

static const char plugin_name[] = "oauthclient";

enum {
    DEADLINE_MS = 5000,      /* for librdkafka's thread, or that of the program */
    LONGEST_MS = 24 * 3600 * 1000,
    UNKNOWN_MS = 300 * 1000, /* a token whose server does not say how long it is valid */
    MAX_EXTENSIONS = 8,
    LOG_LEVEL_ERROR = 3,
};

struct settings {
    const char *profile, *principal;
    const char *extensions[2 * MAX_EXTENSIONS]; /* name, value, name, value, ... */
    size_t extension_count;                     /* names and values, as librdkafka counts them */
};

/* A sentence for people, cut off if it is too long. */
struct reason {
    char text[1024];
};

/* The plug-in is not linked with librdkafka, because a program may bring its own: that of a Python wheel has another name, and
 * is hidden from other libraries. So it looks up the functions of the librdkafka that calls. */
static void *find_function(void *caller, const char *name)
{
    Dl_info library;
    void *handle = dladdr(caller, &library) ? dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD) : NULL;
    void *function = dlsym(handle ? handle : RTLD_DEFAULT, name);
    if (handle)
        dlclose(handle);
    return function;
}

/* Works in a function that librdkafka itself calls. */
#define OF_CALLER(function) (__extension__(__typeof__(&function)) find_function(__builtin_return_address(0), #function))

/* Splits "profile=NAME principal=NAME extension_NAME=VALUE", the text that the settings then point into. */
static bool read_settings(char *text, struct settings *settings, struct reason *why)
{
    char *rest = NULL;
    for (char *name = strtok_r(text, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(name, '=');
        if (value)
            *value++ = '\0'; /* the name alone may be shown */
        if (value && strcmp(name, "profile") == 0) {
            settings->profile = value;
        } else if (value && strcmp(name, "principal") == 0) {
            settings->principal = value;
        } else if (value && strncmp(name, "extension_", 10) == 0 && settings->extension_count < 2 * MAX_EXTENSIONS) {
            settings->extensions[settings->extension_count++] = name + 10;
            settings->extensions[settings->extension_count++] = value;
        } else {
            snprintf(why->text, sizeof why->text,
                     "sasl.oauthbearer.config has %.40s; it takes profile=NAME, principal=NAME and up to %d extension_NAME=VALUE",
                     value ? name : "a setting without a value", MAX_EXTENSIONS);
            return false;
        }
    }
    if (!settings->profile)
        settings->profile = secure_getenv("OAUTH_PROFILE");
    if (!settings->profile || !*settings->profile) {
        snprintf(why->text, sizeof why->text,
                 "no profile is named: set sasl.oauthbearer.config to profile=NAME, or OAUTH_PROFILE in the environment");
        return false;
    }
    return true;
}

static void explain(const struct settings *settings, const oauth_error *error, struct reason *why)
{
    bool login = oauth_error_status(error) == OAUTH_ERROR_LOGIN_REQUIRED;
    snprintf(why->text, sizeof why->text, "profile %.64s: %s%s", settings->profile, oauth_error_message(error),
             login ? "; log in again with this profile, and the program goes on by itself" : "");
}

/* librdkafka's message would show a token that it does not take. */
static bool can_be_sent(const char *access_token)
{
    for (const char *at = access_token; at && *at; at++)
        if (*at < 0x21 || *at > 0x7e)
            return false;
    return access_token != NULL;
}

/* The end of the token's life, for librdkafka: it asks for the next token after 80 % of the time until then, and uses this
 * moment for nothing else. So it is chosen to make librdkafka ask when the session renews. If the session should have renewed,
 * but could not, it is the moment when the token expires. */
static int64_t end_ms(const oauth_session *session, const oauth_token *token)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, left_ms = UNKNOWN_MS;
    int64_t renewal_at_s = oauth_session_next_renewal_at_s(session), expires_at_s = oauth_token_expires_at_s(token);
    if (renewal_at_s > now.tv_sec)
        left_ms = ((renewal_at_s + 1) * 1000 - now_ms) * 5 / 4; /* the next whole second: the moment was rounded down */
    else if (expires_at_s >= 0)
        left_ms = expires_at_s * 1000 - now_ms;
    return now_ms + (left_ms < LONGEST_MS ? left_ms : LONGEST_MS);
}

/* Gives librdkafka the token; the reason is empty if it took it. */
static void give_token(rd_kafka_t *rk, __typeof__(&rd_kafka_oauthbearer_set_token) set_token, struct settings *settings,
                       const oauth_session *session, const oauth_token *token, struct reason *why)
{
    /* librdkafka shows the principal in its messages; the broker takes it from the token. */
    const char *principal = settings->principal;
    if (!principal)
        principal = oauth_json_text(oauth_token_claims(token), "sub");
    if (!principal)
        principal = "unknown";
    if (!can_be_sent(oauth_token_access_token(token)))
        snprintf(why->text, sizeof why->text, "profile %.64s: the access token has characters that Kafka does not allow",
                 settings->profile);
    else
        set_token(rk, oauth_token_access_token(token), end_ms(session, token), principal, settings->extensions,
                  settings->extension_count, why->text, sizeof why->text);
}

/* Nothing is kept between two refreshes, which are minutes apart: the login is in the profile's store, and a renewal that
 * takes longer than the deadline puts its token there too. */
static void refresh(rd_kafka_t *rk, const char *config, __typeof__(&rd_kafka_oauthbearer_set_token) set_token,
                    struct reason *why)
{
    struct settings settings = {0};
    oauth_session *session = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    oauth_request_options *options = oauth_request_options_new();
    char *text = strdup(config ? config : "");

    oauth_request_options_set_deadline_ms(options, DEADLINE_MS);
    why->text[0] = '\0';
    if (!text)
        snprintf(why->text, sizeof why->text, "there is no memory left");
    else if (read_settings(text, &settings, why)) {
        if (oauth_profile_open(settings.profile, &session, &error) == OAUTH_OK
            && oauth_session_token(session, options, &token, &error) == OAUTH_OK)
            give_token(rk, set_token, &settings, session, token, why);
        else
            explain(&settings, error, why);
    }
    oauth_error_free(error);
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_request_options_free(options);
    free(text);
}

/* For rd_kafka_conf_set_oauthbearer_token_refresh_cb, in a program that is linked with librdkafka: the plug-in has to load
 * without these two functions. */
#pragma weak rd_kafka_oauthbearer_set_token
#pragma weak rd_kafka_oauthbearer_set_token_failure

EXPORT void set_token_of_profile(rd_kafka_t *rk, const char *config, void *opaque)
{
    struct reason why;
    (void)opaque; /* the program's own */
    refresh(rk, config, rd_kafka_oauthbearer_set_token, &why);
    if (why.text[0])
        rd_kafka_oauthbearer_set_token_failure(rk, why.text);
}

/* The same for a program that is left as it is. It may not look at librdkafka's errors while it waits, so the reason goes to
 * standard error as well, where librdkafka's own log goes. */
static void set_token_of_plugin(rd_kafka_t *rk, const char *config, void *opaque)
{
    __typeof__(&rd_kafka_oauthbearer_set_token) set_token = OF_CALLER(rd_kafka_oauthbearer_set_token);
    __typeof__(&rd_kafka_oauthbearer_set_token_failure) set_failure = OF_CALLER(rd_kafka_oauthbearer_set_token_failure);
    __typeof__(&rd_kafka_log_print) log_line = OF_CALLER(rd_kafka_log_print);
    struct reason why;
    (void)opaque;
    refresh(rk, config, set_token, &why);
    if (why.text[0]) {
        log_line(rk, LOG_LEVEL_ERROR, "OAUTH", why.text);
        set_failure(rk, why.text);
    }
}

/* Lets librdkafka's background thread ask for tokens, so that no call of the program waits for one, and none is missing in a
 * program that does not poll. The queue of these callbacks is there when the main thread starts. */
static rd_kafka_resp_err_t on_thread_start(rd_kafka_t *rk, rd_kafka_thread_type_t type, const char *name, void *opaque)
{
    __typeof__(&rd_kafka_sasl_background_callbacks_enable) enable = OF_CALLER(rd_kafka_sasl_background_callbacks_enable);
    __typeof__(&rd_kafka_error_destroy) destroy = OF_CALLER(rd_kafka_error_destroy);
    __typeof__(&rd_kafka_oauthbearer_set_token_failure) set_failure = OF_CALLER(rd_kafka_oauthbearer_set_token_failure);
    rd_kafka_error_t *error = type == RD_KAFKA_THREAD_MAIN ? enable(rk) : NULL;
    (void)name, (void)opaque;
    if (error) /* no thread; or this client does not use OAUTHBEARER, and takes no failure either */
        set_failure(rk, "librdkafka has no background thread to ask for tokens");
    if (error)
        destroy(error);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque, char *errstr, size_t size)
{
    __typeof__(&rd_kafka_interceptor_add_on_thread_start) add = OF_CALLER(rd_kafka_interceptor_add_on_thread_start);
    (void)conf, (void)errstr, (void)size;
    return add(rk, plugin_name, on_thread_start, opaque);
}

/* librdkafka calls it for each configuration that names the plug-in, for each copy of one, and again for one that is told twice
 * to load it: that unloads the plug-in, and keeps what it has added. So it stays where it is. */
EXPORT rd_kafka_resp_err_t conf_init(rd_kafka_conf_t *conf, void **opaque, char *errstr, size_t size)
{
    __typeof__(&rd_kafka_conf_set_oauthbearer_token_refresh_cb) set_refresh =
        OF_CALLER(rd_kafka_conf_set_oauthbearer_token_refresh_cb);
    __typeof__(&rd_kafka_conf_enable_sasl_queue) enable_queue = OF_CALLER(rd_kafka_conf_enable_sasl_queue);
    __typeof__(&rd_kafka_conf_interceptor_add_on_new) add = OF_CALLER(rd_kafka_conf_interceptor_add_on_new);
    Dl_info self;
    (void)opaque;
    if (!set_refresh || !enable_queue || !add) {
        snprintf(errstr, size, "the plug-in needs librdkafka 1.9.0 or later, as a shared library");
        return RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
    }
    if (!dladdr(plugin_name, &self) || !dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE)) {
        snprintf(errstr, size, "the plug-in could not be kept loaded");
        return RD_KAFKA_RESP_ERR__FAIL;
    }
    set_refresh(conf, set_token_of_plugin);
    enable_queue(conf, 1);
    add(conf, plugin_name, on_new, NULL); /* it fails if it was added before */
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

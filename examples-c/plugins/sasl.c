/* Cyrus SASL: the mechanisms XOAUTH2 and OAUTHBEARER (RFC 7628) for clients, with the token of a profile.
 *
 * The variable OAUTH_PROFILE names the profile; unless set, it has the name of the user who logs in. Each exchange has a
 * session of its own: what connections share is in the profile's store.
 *
 * The server speaks first, with an empty challenge, so that the token is never part of the program's command: mbsync
 * shows that in its error messages. Without a token the exchange goes on with an empty one, which every server refuses
 * (RFC 7628, section 4.3, is such an exchange): mbsync waits forever after a step that fails at this point.
 */
#define _GNU_SOURCE /* secure_getenv */
#include <oauth.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_STATUS = 24 };

struct exchange {
    bool standard; /* OAUTHBEARER */
    enum { NOTHING_SENT, SENT, REFUSED } state;
    oauth_session *session;
    char *access_token, *message; /* what was sent, until the server has answered; no token: none was there */
    sasl_interact_t *prompts;
};

static void forget(char **secret, const sasl_utils_t *utils)
{
    if (*secret) {
        utils->erasebuffer(*secret, (unsigned)strlen(*secret));
        utils->free(*secret);
    }
    *secret = NULL;
}

static void forget_token(struct exchange *exchange, const sasl_utils_t *utils)
{
    forget(&exchange->access_token, utils);
    forget(&exchange->message, utils);
    oauth_session_free(exchange->session);
    exchange->session = NULL;
}

/* Says why the exchange will fail. The step itself succeeds, so most programs do not ask libsasl for this; those that
 * take its log messages have them there. Its own log goes to the system's, with the connection for its context. */
static void tell(const sasl_utils_t *utils, const char *why, const char *what_next, const char *profile)
{
    sasl_callback_ft log = NULL;
    void *context = NULL;
    utils->seterror(utils->conn, 0, "%s%s%s", why, what_next, profile);
    if (utils->getcallback(utils->conn, SASL_CB_LOG, &log, &context) != SASL_OK || context == utils->conn)
        fprintf(stderr, "%s%s%s\n", why, what_next, profile);
}

/* What the program says of itself, or the user's answer to an earlier SASL_INTERACT. */
static int get_name(const sasl_utils_t *utils, unsigned long id, const sasl_interact_t *answers, const char **name)
{
    sasl_callback_ft callback = NULL;
    void *context = NULL;
    *name = NULL;
    for (; answers && answers->id != SASL_CB_LIST_END; answers++)
        if (answers->id == id)
            *name = answers->result;
    if (*name)
        return SASL_OK;
    int result = utils->getcallback(utils->conn, id, &callback, &context);
    if (result == SASL_OK && callback)
        result = ((sasl_getsimple_t *)(void (*)(void))callback)(context, (int)id, name, NULL);
    return result;
}

/* Whether the program has to ask the user first; it gets a list of what to ask. */
static int ask(struct exchange *exchange, const sasl_utils_t *utils, bool user_too, sasl_interact_t **prompts)
{
    if (!prompts || exchange->prompts)
        return SASL_BADPARAM; /* it cannot ask, or did not */
    sasl_interact_t *prompt = utils->calloc(3, sizeof *prompt);
    if (!prompt)
        return SASL_NOMEM;
    *prompts = exchange->prompts = prompt;
    *prompt++ = (sasl_interact_t){.id = SASL_CB_AUTHNAME, .challenge = "Login", .prompt = "Who logs in"};
    if (user_too)
        *prompt++ = (sasl_interact_t){.id = SASL_CB_USER, .challenge = "Account", .prompt = "Whose account it is"};
    prompt->id = SASL_CB_LIST_END;
    return SASL_INTERACT;
}

static bool has_control(const char *text)
{
    while (*text && (unsigned char)*text >= ' ' && *text != 0x7f)
        text++;
    return *text != '\0';
}

/* Sets oparams->authid, whose login it is, and oparams->user, whose mail it is: mostly the same. */
static int find_names(struct exchange *exchange, sasl_client_params_t *params, sasl_interact_t **prompts,
                      sasl_out_params_t *out)
{
    const sasl_utils_t *utils = params->utils;
    const sasl_interact_t *answers = prompts ? *prompts : NULL;
    const char *authname = NULL, *user = NULL;
    int with_authname = get_name(utils, SASL_CB_AUTHNAME, answers, &authname);
    int with_user = get_name(utils, SASL_CB_USER, answers, &user);
    if (with_authname == SASL_INTERACT)
        return ask(exchange, utils, with_user == SASL_INTERACT, prompts);
    int result = with_authname;
    if (result == SASL_OK && (!authname || has_control(authname) || (user && has_control(user))))
        result = SASL_BADPARAM;
    if (result == SASL_OK && (!user || !*user))
        result = params->canon_user(utils->conn, authname, 0, SASL_CU_AUTHID | SASL_CU_AUTHZID, out);
    else if (result == SASL_OK) {
        result = params->canon_user(utils->conn, authname, 0, SASL_CU_AUTHID, out);
        if (result == SASL_OK)
            result = params->canon_user(utils->conn, user, 0, SASL_CU_AUTHZID, out);
    }
    if (exchange->prompts) {
        utils->free(exchange->prompts);
        exchange->prompts = NULL;
        if (prompts)
            *prompts = NULL;
    }
    return result;
}

/* Leaves access_token NULL when there is none, and says why. */
static int get_token(struct exchange *exchange, const sasl_utils_t *utils, const char *authid)
{
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    int result = SASL_OK;
    const char *profile = secure_getenv("OAUTH_PROFILE");
    if (!profile || !*profile)
        profile = authid;
    if (oauth_profile_open(profile, &exchange->session, &error) != OAUTH_OK) {
        tell(utils, oauth_error_message(error), ". A profile has the user's name, or that in OAUTH_PROFILE", "");
    } else if (oauth_session_token(exchange->session, NULL, &token, &error) != OAUTH_OK) {
        if (oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN)
            tell(utils, oauth_error_message(error), ". Log in again with the profile ", profile);
        else
            tell(utils, oauth_error_message(error), "", "");
    } else {
        const char *text = oauth_token_access_token(token);
        exchange->access_token = utils->malloc(strlen(text) + 1);
        if (exchange->access_token)
            strcpy(exchange->access_token, text);
        else
            result = SASL_NOMEM;
    }
    oauth_token_free(token);
    oauth_error_free(error);
    return result;
}

/* RFC 5801, section 4: "," and "=" of a name. */
static char *escape(char *to, const char *name)
{
    for (; *name; name++) {
        if (*name == ',' || *name == '=')
            to += sprintf(to, "=%02X", *name);
        else
            *to++ = *name;
    }
    *to = '\0';
    return to;
}

static int write_message(struct exchange *exchange, const sasl_client_params_t *params, const char *user)
{
    const char *host = params->serverFQDN ? params->serverFQDN : "", *port = params->ipremoteport;
    port = port ? strchr(port, ';') : NULL; /* ADDRESS;PORT */
    port = port ? port + 1 : "";
    const char *token = exchange->access_token ? exchange->access_token : "";
    size_t size = 3 * strlen(user) + strlen(host) + strlen(port) + strlen(token) + 64;
    char *end = exchange->message = params->utils->malloc((unsigned)size);
    if (!end)
        return SASL_NOMEM;
    if (exchange->standard) {
        end = escape(end + sprintf(end, "n,a="), user);
        end += sprintf(end, ",");
        if (*host)
            end += sprintf(end, "\1host=%s", host);
        if (*port)
            end += sprintf(end, "\1port=%s", port);
    } else {
        end += sprintf(end, "user=%s", user);
    }
    sprintf(end, "\1auth=%s%s\1\1", *token ? "Bearer " : "", token);
    return SASL_OK;
}

/* The member "status" of the server's JSON: a code of RFC 6750, or an HTTP status. Anything else is not repeated. */
static void read_status(const char *json, unsigned length, char status[LONGEST_STATUS + 1])
{
    static const char name[] = "\"status\"";
    const char *at = memmem(json, length, name, sizeof name - 1), *end = json + length;
    size_t count = 0;
    for (at = at ? at + sizeof name - 1 : end; at < end && strchr(" \t\r\n:\"", *at); at++)
        ;
    while (at < end && count < LONGEST_STATUS && strchr("abcdefghijklmnopqrstuvwxyz_0123456789", *at) && *at)
        status[count++] = *at++;
    status[count] = '\0';
    if (count == 0 || (at < end && !strchr("\" \t\r\n,}", *at)))
        strcpy(status, "unknown");
}

/* The server has refused the token and waits for an answer: then it ends the exchange. */
static void take_refusal(struct exchange *exchange, const sasl_utils_t *utils, const char *json, unsigned length)
{
    char status[LONGEST_STATUS + 1], why[LONGEST_STATUS + 64];
    if (!exchange->access_token)
        return; /* as expected */
    read_status(json, length, status);
    snprintf(why, sizeof why, "The server refused the token (status %s)", status);
    if (strcmp(status, "invalid_token") == 0 || strcmp(status, "400") == 0 || strcmp(status, "401") == 0) {
        (void)oauth_session_invalidate_text(exchange->session, exchange->access_token, NULL);
        tell(utils, why, ": try again, the next one is new", "");
    } else {
        tell(utils, why, "", "");
    }
}

static char standard, older; /* contexts of the mechanisms */

static int start_exchange(void *mechanism, sasl_client_params_t *params, void **context)
{
    struct exchange *exchange = params->utils->calloc(1, sizeof *exchange);
    if (!exchange)
        return SASL_NOMEM;
    exchange->standard = mechanism == &standard;
    *context = exchange;
    return SASL_OK;
}

static int step(void *context, sasl_client_params_t *params, const char *input, unsigned input_length,
                sasl_interact_t **prompts, const char **output, unsigned *output_length, sasl_out_params_t *out)
{
    struct exchange *exchange = context;
    const sasl_utils_t *utils = params->utils;
    *output = NULL;
    *output_length = 0;
    if (exchange->state == NOTHING_SENT) {
        int result = find_names(exchange, params, prompts, out);
        if (result == SASL_OK)
            result = get_token(exchange, utils, out->authid);
        if (result == SASL_OK)
            result = write_message(exchange, params, out->user);
        if (result != SASL_OK) {
            forget_token(exchange, utils);
            return result;
        }
        *output = exchange->message;
        *output_length = (unsigned)strlen(exchange->message);
        exchange->state = SENT;
        return SASL_CONTINUE;
    }
    if (exchange->state == SENT && input_length > 0) {
        take_refusal(exchange, utils, input, input_length);
        forget_token(exchange, utils);
        exchange->state = REFUSED;
        *output = exchange->standard ? "\1" : "";
        *output_length = (unsigned)strlen(*output);
        return SASL_CONTINUE;
    }
    if (exchange->state == SENT && exchange->access_token) { /* the server has nothing more to say */
        forget_token(exchange, utils);
        out->doneflag = 1;
        return SASL_OK;
    }
    utils->seterror(utils->conn, 0, "The server goes on although it has no token, or has refused it");
    return SASL_BADPROT;
}

static void end_exchange(void *context, const sasl_utils_t *utils)
{
    struct exchange *exchange = context;
    if (!exchange)
        return;
    forget_token(exchange, utils);
    if (exchange->prompts)
        utils->free(exchange->prompts);
    utils->free(exchange);
}

static const unsigned long needed[] = {SASL_CB_AUTHNAME, SASL_CB_LIST_END};

/* The token is sent as it is, so neither has SASL_SEC_NOPLAINTEXT: a program that demands it needs TLS. */
#define MECHANISM(name, mechanism) \
    {.mech_name = name, .glob_context = mechanism, .security_flags = SASL_SEC_NOANONYMOUS, \
     .features = SASL_FEAT_SERVER_FIRST | SASL_FEAT_ALLOWS_PROXY, .required_prompts = needed, \
     .mech_new = start_exchange, .mech_step = step, .mech_dispose = end_exchange}

/* Of two that are equally strong, libsasl prefers the one that comes first. */
static sasl_client_plug_t mechanisms[] = {MECHANISM("OAUTHBEARER", &standard), MECHANISM("XOAUTH2", &older)};

__attribute__((visibility("default"))) sasl_client_plug_init_t sasl_client_plug_init;

int sasl_client_plug_init(const sasl_utils_t *utils, int max_version, int *version, sasl_client_plug_t **plugs,
                          int *count)
{
    (void)utils;
    if (max_version < SASL_CLIENT_PLUG_VERSION)
        return SASL_BADVERS;
    *version = SASL_CLIENT_PLUG_VERSION;
    *plugs = mechanisms;
    *count = sizeof mechanisms / sizeof *mechanisms;
    return SASL_OK;
}

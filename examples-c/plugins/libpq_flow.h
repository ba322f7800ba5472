/* How a connection of libpq gets its token: what libpq.c and libpq_oauth.c share. Nothing in here waits. */
#ifndef LIBPQ_FLOW_H
#define LIBPQ_FLOW_H

#include <libpq-fe.h>
#include <oauth.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libpq gives its callbacks no place for what outlives a connection. So the sessions are here, one for each profile in use,
 * and the next connection finds its token in memory. The list only grows: it needs no lock. */
struct kept_session {
    struct kept_session *next;
    oauth_session *session;
    char profile[];
};

static struct kept_session *kept_sessions;

/* What one connection waits for. */
struct flow {
    oauth_operation *operation;
    oauth_token *token;
    const char *bearer; /* belongs to the token */
    char profile[80];   /* longer than a name may be */
    char error[768];    /* a sentence for the user; empty until the flow has failed */
};

/* NULL without an error: no memory. */
static const oauth_session *session_of(const char *profile, oauth_error **error)
{
    struct kept_session *kept = __atomic_load_n(&kept_sessions, __ATOMIC_ACQUIRE);
    oauth_session *session = NULL;
    for (; kept != NULL; kept = kept->next)
        if (strcmp(kept->profile, profile) == 0)
            return kept->session;
    if (oauth_profile_open(profile, &session, error) != OAUTH_OK)
        return NULL;
    kept = malloc(sizeof *kept + strlen(profile) + 1);
    if (kept == NULL) {
        oauth_session_free(session);
        return NULL;
    }
    strcpy(kept->profile, profile);
    kept->session = session;
    kept->next = __atomic_load_n(&kept_sessions, __ATOMIC_RELAXED);
    /* Two threads may come here with the same profile: then its login has two sessions, which does no harm. */
    while (!__atomic_compare_exchange_n(&kept_sessions, &kept->next, kept, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
    return session;
}

/* A connection that was given up may leave a renewal behind. If its answer were lost with the program, and the server
 * rotates refresh tokens, so would be the login. */
__attribute__((destructor)) static void finish_renewals(void)
{
    struct kept_session *kept = __atomic_load_n(&kept_sessions, __ATOMIC_ACQUIRE);
    if (kept == NULL)
        return;
    oauth_request_options *options = oauth_request_options_new();
    oauth_request_options_set_deadline_ms(options, 5000);
    for (; kept != NULL; kept = kept->next)
        (void)oauth_session_finish(kept->session, options, NULL);
    oauth_request_options_free(options);
}

/* A setting of the connection, or NULL. */
static const char *setting_of(const PQconninfoOption *settings, const char *keyword)
{
    for (; settings != NULL && settings->keyword != NULL; settings++)
        if (strcmp(settings->keyword, keyword) == 0)
            return settings->val;
    return NULL;
}

/* The profile that OAUTH_PROFILE names, else the one that the connection names as its client. */
static void read_profile_name(const PQconninfoOption *settings, char *profile, size_t capacity)
{
    const char *name = getenv("OAUTH_PROFILE");
    if (name == NULL || *name == '\0')
        name = setting_of(settings, "oauth_client_id");
    snprintf(profile, capacity, "%s", name != NULL ? name : "");
}

/* Whether the connection wants tokens of this issuer: its setting is the issuer, or the URL of the issuer's metadata. */
static bool is_issuer_of(const PQconninfoOption *settings, const char *issuer)
{
    const char *wanted = setting_of(settings, "oauth_issuer");
    size_t length = issuer != NULL ? strlen(issuer) : 0;
    if (wanted == NULL || issuer == NULL)
        return true;
    return strncmp(wanted, issuer, length) == 0
        && (wanted[length] == '\0' || strncmp(wanted + length, "/.well-known/", strlen("/.well-known/")) == 0);
}

static void flow_fail(struct flow *flow, const char *why, const char *advice)
{
    snprintf(flow->error, sizeof flow->error, "OAuth profile \"%s\": %s%s", flow->profile, why, advice);
}

/* NULL: no memory. */
static void flow_take_error(struct flow *flow, oauth_error *error)
{
    const char *advice = "";
    switch (oauth_error_advice(error)) {
    case OAUTH_ADVICE_LOG_IN_AGAIN:
        advice = "; log in for this profile, then connect again";
        break;
    case OAUTH_ADVICE_FIX_CONFIG:
        advice = "; correct the profile, then connect again";
        break;
    case OAUTH_ADVICE_RETRY:
    case OAUTH_ADVICE_RETRY_LATER:
    case OAUTH_ADVICE_OUTCOME_UNKNOWN:
        advice = "; connect again later";
        break;
    }
    flow_fail(flow, error != NULL ? oauth_error_message(error) : "out of memory", advice);
    oauth_error_free(error);
}

static void flow_take_token(struct flow *flow, oauth_token *token)
{
    static const char scheme[] = "Bearer ";
    const char *authorization = oauth_token_authorization(token);
    flow->token = token;
    if (authorization != NULL && strncmp(authorization, scheme, strlen(scheme)) == 0)
        flow->bearer = authorization + strlen(scheme);
    else
        flow_fail(flow, "the token is not of type Bearer, the only one that PostgreSQL takes", "");
}

/* NULL: no memory. Else it has a token, or an error, or an operation that brings one of them. */
static struct flow *flow_begin(PGconn *conn)
{
    struct flow *flow = calloc(1, sizeof *flow);
    oauth_error *error = NULL;
    if (flow == NULL)
        return NULL;
    PQconninfoOption *settings = PQconninfo(conn);
    read_profile_name(settings, flow->profile, sizeof flow->profile);
    const oauth_session *session = session_of(flow->profile, &error);
    oauth_token *token = oauth_session_peek(session);
    if (!is_issuer_of(settings, oauth_session_issuer(session))) {
        flow_fail(flow, "its issuer is not the connection's oauth_issuer", "; correct one of them, then connect again");
        oauth_token_free(token);
    } else if (token != NULL)
        flow_take_token(flow, token);
    else if (session == NULL || oauth_session_token_start(session, NULL, &flow->operation, &error) != OAUTH_OK)
        flow_take_error(flow, error);
    if (settings != NULL)
        PQconninfoFree(settings);
    return flow;
}

/* PGRES_POLLING_READING: call again when the descriptor is readable. */
static PostgresPollingStatusType flow_poll(struct flow *flow, int *descriptor)
{
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    if (flow->bearer == NULL && *flow->error == '\0') {
        if (!oauth_operation_done(flow->operation)) {
            *descriptor = (int)oauth_operation_descriptor(flow->operation);
            if (*descriptor >= 0)
                return PGRES_POLLING_READING;
            flow_fail(flow, "no file descriptor is left", "");
        } else if (oauth_operation_token(flow->operation, &token, &error) == OAUTH_OK) {
            flow_take_token(flow, token);
        } else {
            flow_take_error(flow, error);
        }
    }
    return flow->bearer != NULL ? PGRES_POLLING_OK : PGRES_POLLING_FAILED;
}

static const char *flow_error(const struct flow *flow)
{
    return flow != NULL ? flow->error : "out of memory";
}

static void flow_free(struct flow *flow)
{
    if (flow != NULL) {
        oauth_operation_free(flow->operation);
        oauth_token_free(flow->token);
        free(flow);
    }
}

/* The same flow as libpq asks hooks for it, and from version 19 on also modules. The caller sets request->async. */
static inline void request_clean_up(PGconn *conn, PGoauthBearerRequest *request)
{
    (void)conn;
    flow_free(request->user);
}

static inline PostgresPollingStatusType request_poll(PGoauthBearerRequest *request, int *altsock)
{
    struct flow *flow = request->user;
    PostgresPollingStatusType status = flow_poll(flow, altsock);
    request->token = (char *)flow->bearer; /* libpq copies it, and does not write to it */
    return status;
}

static inline bool request_begin(PGconn *conn, PGoauthBearerRequest *request)
{
    struct flow *flow = flow_begin(conn);
    request->user = flow;
    request->token = flow != NULL ? (char *)flow->bearer : NULL;
    request->cleanup = request_clean_up; /* libpq calls it after a failure, too */
    return flow != NULL && *flow->error == '\0';
}

#ifdef LIBPQ_HAS_OAUTH_BEARER_TOKEN_V2
static inline PostgresPollingStatusType request_poll_v2(PGconn *conn, PGoauthBearerRequest *request, int *altsock)
{
    PostgresPollingStatusType status = request_poll(request, altsock);
    (void)conn;
    if (status == PGRES_POLLING_FAILED)
        ((PGoauthBearerRequestV2 *)request)->error = flow_error(request->user);
    return status;
}

static inline bool request_begin_v2(PGconn *conn, PGoauthBearerRequestV2 *request)
{
    request->v1.async = request_poll_v2;
    if (request_begin(conn, &request->v1))
        return true;
    request->error = flow_error(request->v1.user);
    return false;
}
#endif

#endif

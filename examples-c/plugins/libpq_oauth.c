/* The module that libpq loads for OAuth, with sessions of OAuth profiles in place of a log-in for each connection: for 18 it
 * is named libpq-oauth-18.so, for 19 and later libpq-oauth.so. See libpq.md. */
#include "libpq_flow.h"

#define EXPORT __attribute__((visibility("default")))

#ifdef LIBPQ_HAS_OAUTH_BEARER_TOKEN_V2

EXPORT int pg_start_oauthbearer(PGconn *conn, PGoauthBearerRequestV2 *request)
{
    return request_begin_v2(conn, request) ? 0 : -1;
}

#else

/* libpq exports these for programs of its own; their header is not installed everywhere. */
typedef struct PQExpBufferData *PQExpBuffer;
extern void appendPQExpBufferStr(PQExpBuffer buffer, const char *text);
extern void appendPQExpBufferChar(PQExpBuffer buffer, char character);

/* The beginning of libpq's fe_oauth_state, which all releases of 18 share. */
struct sasl_state {
    int step;
    PGconn *conn;
    void *async_ctx; /* the module's own */
};

typedef char *(*get_text)(PGconn *conn);
typedef PQExpBuffer (*get_buffer)(PGconn *conn);
typedef struct sasl_state *(*get_state)(PGconn *conn);
typedef void (*set_socket)(PGconn *conn, int value);
typedef void (*set_text)(PGconn *conn, char *value);

/* The ways into a connection, which libpq gives once, before all else. */
static get_buffer error_message;
static get_state sasl_state;
static set_socket set_altsock;
static set_text set_token;

EXPORT void libpq_oauth_init(pgthreadlock_t lock, char *(*translate)(const char *text), get_buffer message, get_text client_id,
                             get_text client_secret, get_text discovery_uri, get_text issuer, get_text scope, get_state state,
                             set_socket altsock, set_text token)
{
    (void)lock, (void)translate, (void)client_id, (void)client_secret, (void)discovery_uri, (void)issuer, (void)scope;
    error_message = message;
    sasl_state = state;
    set_altsock = altsock;
    set_token = token;
}

EXPORT PostgresPollingStatusType pg_fe_run_oauth_flow(PGconn *conn)
{
    struct sasl_state *state = sasl_state(conn);
    struct flow *flow = state->async_ctx;
    PostgresPollingStatusType status = PGRES_POLLING_FAILED;
    const char *failure = NULL;
    char *token = NULL;
    int altsock = -1;
    if (flow == NULL)
        state->async_ctx = flow = flow_begin(conn);
    if (flow != NULL)
        status = flow_poll(flow, &altsock);
    if (status == PGRES_POLLING_FAILED) {
        failure = flow_error(flow);
    } else if (status == PGRES_POLLING_READING) {
        set_altsock(conn, altsock);
    } else if ((token = strdup(flow->bearer)) != NULL) {
        set_token(conn, token); /* libpq wipes and frees it */
    } else {
        status = PGRES_POLLING_FAILED;
        failure = "out of memory";
    }
    if (failure != NULL) {
        appendPQExpBufferStr(error_message(conn), failure);
        appendPQExpBufferChar(error_message(conn), '\n');
    }
    return status;
}

EXPORT void pg_fe_cleanup_oauth_flow(PGconn *conn)
{
    struct sasl_state *state = sasl_state(conn);
    set_altsock(conn, -1);
    flow_free(state->async_ctx);
    state->async_ctx = NULL;
}

#endif

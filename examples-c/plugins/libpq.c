/* A hook of libpq 18 and later: a connection gets its token from the session of an OAuth profile. See libpq.md. */
#include "libpq_flow.h"

/* It may be preloaded into a program without libpq, such as the shell that starts the one with it. */
#pragma weak PQsetAuthDataHook
#pragma weak PQgetAuthDataHook
#pragma weak PQconninfo
#pragma weak PQconninfoFree

static PQauthDataHook_type next_hook; /* never NULL: libpq has one that does nothing */

/* libpq 18 takes no text from a hook, only its failure. */
static void print_error(const PGoauthBearerRequest *request)
{
    fprintf(stderr, "libpq: %s\n", flow_error(request->user));
}

static PostgresPollingStatusType poll_and_print(PGconn *conn, PGoauthBearerRequest *request, int *altsock)
{
    PostgresPollingStatusType status = request_poll(request, altsock);
    (void)conn;
    if (status == PGRES_POLLING_FAILED)
        print_error(request);
    return status;
}

static int get_token(PGauthData type, PGconn *conn, void *data)
{
    PGoauthBearerRequest *request = data;
#ifdef LIBPQ_HAS_OAUTH_BEARER_TOKEN_V2
    if (type == PQAUTHDATA_OAUTH_BEARER_TOKEN_V2)
        return request_begin_v2(conn, data) ? 1 : -1;
#endif
    if (type != PQAUTHDATA_OAUTH_BEARER_TOKEN)
        return next_hook(type, conn, data);
    request->async = poll_and_print;
    if (request_begin(conn, request))
        return 1;
    print_error(request);
    return -1;
}

__attribute__((constructor)) static void set_hook(void)
{
    if (PQsetAuthDataHook != NULL) {
        next_hook = PQgetAuthDataHook();
        PQsetAuthDataHook(get_token);
    }
}

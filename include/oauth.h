/* liboauthclient: an OAuth 2 client. SPDX-License-Identifier: MIT OR Apache-2.0
 * Written by cbindgen from src/ffi: do not edit.
 *
 * Status     every call that can fail returns an oauth_status and takes, last, an `oauth_error **error` (NULL: not wanted).
 * Strings    in: NUL-terminated UTF-8, copied. Out: borrowed, valid until the handle that gave them is freed, NULL if absent.
 * Handles    each has one _free function; freeing NULL does nothing. Handles may be freed in any order.
 * Threads    a `const T *` may be used by many threads at once, a `T *` by one at a time. No handle may be freed while a
 *            call uses it.
 * Builders   setters return nothing; the first bad value is kept, and reported by name by the call that uses the builder.
 * Outputs    are set to NULL or 0 first and filled only on success.
 */


#ifndef OAUTHCLIENT_OAUTH_H
#define OAUTHCLIENT_OAUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* A result that must not be ignored: in C++17 and C23 always, in older C with -DOAUTH_STRICT (gcc, clang), because there a
 * cast to void does not silence it. */
#if (defined(__cplusplus) && __cplusplus >= 201703L) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define OAUTH_MUST_USE [[nodiscard]]
#elif defined(OAUTH_STRICT) && defined(__GNUC__)
#define OAUTH_MUST_USE __attribute__((warn_unused_result))
#else
#define OAUTH_MUST_USE
#endif

/** The version of this header; oauth_version() says which library is loaded. */
#define OAUTH_VERSION_MAJOR 0
#define OAUTH_VERSION_MINOR 1
#define OAUTH_VERSION_PATCH 0
#define OAUTH_VERSION_STRING "0.1.0"


/**
 * The body was form-encoded, not JSON.
 */
#define OAUTH_DEVIATION_FORM_ENCODED 1

/**
 * JSON came under another content type than application/json.
 */
#define OAUTH_DEVIATION_CONTENT_TYPE 2

/**
 * The body began with a UTF-8 byte order mark.
 */
#define OAUTH_DEVIATION_BYTE_ORDER_MARK 4

/**
 * token_type was missing or null; the token is used as Bearer.
 */
#define OAUTH_DEVIATION_TOKEN_TYPE_MISSING 8

/**
 * token_type is none that this library knows; the token is used as Bearer.
 */
#define OAUTH_DEVIATION_TOKEN_TYPE_UNKNOWN 16

/**
 * expires_in was a string or a float.
 */
#define OAUTH_DEVIATION_EXPIRES_IN_TYPE 32

/**
 * expires_in was junk or negative, and is taken as absent.
 */
#define OAUTH_DEVIATION_EXPIRES_IN_INVALID 64

/**
 * scope was an array.
 */
#define OAUTH_DEVIATION_SCOPE_ARRAY 128

/**
 * A value held U+0000; it is absent from the getters, and still in the JSON.
 */
#define OAUTH_DEVIATION_NUL_IN_VALUE 256

/**
 * The body of an error was not UTF-8; what was wrong is replaced by U+FFFD.
 */
#define OAUTH_DEVIATION_INVALID_UTF8 512

/**
 * error was an object.
 */
#define OAUTH_DEVIATION_ERROR_OBJECT 1024

/**
 * An OAuth error came with another HTTP status than 400 or 401.
 */
#define OAUTH_DEVIATION_ERROR_STATUS 2048

/**
 * A member had a type that its RFC does not allow, and is taken as absent.
 */
#define OAUTH_DEVIATION_MEMBER_TYPE 4096

/**
 * Something failed.
 */
#define OAUTH_LOG_ERROR 1

/**
 * Something was odd: a retry, an answer that deviates from its RFC.
 */
#define OAUTH_LOG_WARN 2

/**
 * A token came.
 */
#define OAUTH_LOG_INFO 3

/**
 * Each request and answer.
 */
#define OAUTH_LOG_DEBUG 4

/**
 * Form-encode identifier and secret first, as RFC 6749 section 2.3.1 says.
 */
#define OAUTH_BASIC_FORM_ENCODED 0

/**
 * Take them as they are (RFC 7617), as many servers want it.
 */
#define OAUTH_BASIC_RAW 1

/**
 * A log-in that was begun: a URL to send the user to, and what the answer is checked against. It takes one answer. By one
 * thread at a time; free it with oauth_authorization_free.
 */
typedef struct oauth_authorization oauth_authorization;

/**
 * Stops the calls that use it, now and later: it stays triggered. Free it with oauth_cancel_free.
 */
typedef struct oauth_cancel oauth_cancel;

/**
 * The challenges of a WWW-Authenticate header, in order. Immutable; free it with oauth_challenges_free.
 */
typedef struct oauth_challenges oauth_challenges;

/**
 * A client: a checked configuration, and connections that are kept between calls. For all threads at once, and usable
 * after fork in parent and child. Free it with oauth_client_free.
 */
typedef struct oauth_client oauth_client;

/**
 * Settings of a client. A builder: setters return nothing, and oauth_client_new reports the first bad value by name.
 * Free it with oauth_config_free.
 */
typedef struct oauth_config oauth_config;

/**
 * A device's log-in that was begun (RFC 8628). By one thread at a time; free it with oauth_device_authorization_free.
 */
typedef struct oauth_device_authorization oauth_device_authorization;

/**
 * All that is known of a failure. Immutable; free it with oauth_error_free.
 */
typedef struct oauth_error oauth_error;

/**
 * What the server says of a token (RFC 7662). Immutable; free it with oauth_introspection_free.
 */
typedef struct oauth_introspection oauth_introspection;

/**
 * Waits on this machine for the one redirect that ends an authorization (RFC 8252 section 7.3). Free it with
 * oauth_listener_free.
 */
typedef struct oauth_listener oauth_listener;

/**
 * Where to listen, and what to show at the end. A builder; free it with oauth_listener_options_free.
 */
typedef struct oauth_listener_options oauth_listener_options;

/**
 * A JSON object of the server's, member by member; members that are null are absent. Belongs to the handle that it was
 * got from, and lives as long.
 */
typedef struct oauth_members oauth_members;

/**
 * The server's metadata (RFC 8414, OpenID Connect Discovery). Immutable; free it with oauth_metadata_free.
 */
typedef struct oauth_metadata oauth_metadata;

/**
 * Extra parameters of a request, in order (RFC 6749 section 8.2). A builder; free it with oauth_params_free.
 *
 * What carries the protocol's safety is refused by the call that uses them: grant_type, response_type, state, nonce,
 * code_challenge..., and the call's own code or refresh_token. code_verifier is refused wherever the library makes one;
 * oauth_request_token, which exchanges a code that the program obtained, takes it here once.
 */
typedef struct oauth_params oauth_params;

/**
 * Options of one call; what is not set comes from the client. A builder; free it with oauth_request_options_free.
 */
typedef struct oauth_request_options oauth_request_options;

/**
 * An HTTP answer. Belongs to the token or error that it was got from, and lives as long.
 */
typedef struct oauth_response oauth_response;

/**
 * One login, or one purpose of a program: its token, kept in a store, and renewed before it expires. For all threads at
 * once. Sessions of one key in one store, in whatever process, share one login. Free it with oauth_session_free.
 *
 * While the token is good no call waits, and none that copies it out allocates memory. When it is time for the next one,
 * one caller renews, and the others have the token that is still valid, or wait. A call waits for its deadline, else its
 * timeout, else that of the client. A renewal that may have reached the server is finished, whoever leaves, by the next who
 * waits or on a short-lived thread, so that no refresh token is lost: it takes the client's timeouts, headers and retries,
 * not those of a call. The store has the new token before any caller does.
 *
 * After a renewal that failed, calls that come too soon for another one get the same error at once, unless the store,
 * which is looked at once a second, has something new; oauth_error_retry_after_s says when. Usable after fork in parent
 * and child: what the parent had begun stays the parent's.
 */
typedef struct oauth_session oauth_session;

/**
 * How sessions renew; one may serve many. A builder; free it with oauth_session_options_free.
 *
 * oauth_session_open takes what was set until then, without copying callbacks: their user_data is freed when these options,
 * every session opened with it, and the renewals of those have gone.
 */
typedef struct oauth_session_options oauth_session_options;

/**
 * Keeps credentials, one text for each key. For any number of sessions and threads at once, and usable after fork in
 * parent and child. Sessions keep it alive. Free it with oauth_store_free.
 */
typedef struct oauth_store oauth_store;

/**
 * How a store is opened; each store takes what concerns it. A builder; free it with oauth_store_options_free.
 */
typedef struct oauth_store_options oauth_store_options;

/**
 * Where a program's load function puts what it keeps. Valid only during the callback.
 */
typedef struct oauth_store_value oauth_store_value;

/**
 * An access token with all that came with it (RFC 6749 section 5.1). Immutable; free it with oauth_token_free.
 */
typedef struct oauth_token oauth_token;

/**
 * A request that the program sends for the library. Valid only during the callback.
 */
typedef struct oauth_transport_request oauth_transport_request;

/**
 * The answer that the callback fills in. Valid only during the callback.
 */
typedef struct oauth_transport_response oauth_transport_response;

/**
 * Claims about the user of a token (OpenID Connect Core 5.3). Immutable; free it with oauth_userinfo_free.
 */
typedef struct oauth_userinfo oauth_userinfo;

/**
 * What happened. 0 is success; numbers are never reused or renumbered, and later versions may add some.
 */
typedef int32_t oauth_status;

/**
 * An OAuth error as a number.
 */
typedef int32_t oauth_provider_code;

/**
 * What the program can do next.
 */
typedef int32_t oauth_advice;

/**
 * How the client authenticates at the token endpoint.
 */
typedef int32_t oauth_client_authentication;

/**
 * Takes a log line: UTF-8, one line, at most 512 bytes, without secrets, valid only during the call. Called on the
 * thread of the call that it is about, by many threads at once, with no lock held, and SIGPIPE blocked unless the
 * program brings its own transport. Must not unwind or longjmp.
 */
typedef void (*oauth_log_fn)(void *user_data, int32_t level, const char *message);

/**
 * Frees what user_data points to. Called exactly once, on any thread, also when the registration fails.
 */
typedef void (*oauth_destroy_fn)(void *user_data);

/**
 * Sends one request and fills the response, in whatever way; redirects must not be followed. Called on the thread of
 * the call, by many threads at once, with no lock held; request and response are valid only during the call. Must not
 * unwind or longjmp.
 *
 * Returns OAUTH_OK with a response; OAUTH_ERROR_CONNECT or OAUTH_ERROR_TLS when nothing was sent (the library may try
 * again); OAUTH_ERROR_TIMEOUT, _CANCELLED, _CONNECTION_LOST for those; anything else becomes OAUTH_ERROR_CALLBACK.
 */
typedef oauth_status (*oauth_transport_fn)(void *user_data,
                                           const oauth_transport_request *request,
                                           oauth_transport_response *response);

/**
 * Loads what the program keeps under a key, and gives it to oauth_store_value_set; when nothing is kept, it sets
 * nothing. The key is UTF-8; key and value are valid only during the call.
 *
 * The functions of a store are called on the thread of a session's call, or on a short-lived one of the library that
 * finishes a renewal, by many threads at once, with no lock of the library held. For one key this process calls one of them
 * at a time, but for load, which may run beside any. They must not unwind or longjmp, nor use the session of that key. A
 * status other than OAUTH_OK fails with OAUTH_ERROR_STORE.
 */
typedef oauth_status (*oauth_store_load_fn)(void *user_data, const char *key, oauth_store_value *value);

/**
 * Replaces what the program keeps under a key, wholly or not at all, and durably. The bytes hold credentials and may
 * have any value; until_s is when nobody will want them any more, in seconds since the epoch, -1: not known. Key and
 * bytes are valid only during the call. See oauth_store_load_fn.
 */
typedef oauth_status (*oauth_store_save_fn)(void *user_data,
                                            const char *key,
                                            const uint8_t *bytes,
                                            size_t length,
                                            int64_t until_s);

/**
 * Deletes what the program keeps under a key, if there is anything. See oauth_store_load_fn.
 */
typedef oauth_status (*oauth_store_delete_fn)(void *user_data, const char *key);

/**
 * Takes the lock of a key, exclusive among all that share what is kept: OAUTH_OK, or OAUTH_ERROR_BUSY when somebody else
 * holds it. Must not wait: it is asked again soon. See oauth_store_load_fn.
 */
typedef oauth_status (*oauth_store_lock_fn)(void *user_data, const char *key);

/**
 * Gives back the lock of a key, perhaps on another thread, but never in a child forked meanwhile. See
 * oauth_store_load_fn.
 */
typedef void (*oauth_store_unlock_fn)(void *user_data, const char *key);

/**
 * Gets a token in a way of the program's own: asks the user, signs an assertion ... It is called where there is no refresh
 * token, or the server refused it for good; before is what was kept, NULL: nothing, and key names the session.
 *
 * It runs on the thread of a session's call, which then waits for it whatever its deadline, or on a short-lived one that
 * finishes a renewal; once at a time for a session, with the store's lock of the key, for which others wait, and SIGPIPE
 * blocked unless the program brings its own transport. All but user_data is valid only during the call. It may call any
 * function, also with this client, but not one that needs the session's token: that is OAUTH_ERROR_BUSY. Must not unwind
 * or longjmp.
 *
 * Returns OAUTH_OK with a token; its handle is the library's from then on, also beside an error. If it has expired, its
 * refresh token is used at once. The session's call returns OAUTH_ERROR_LOGIN_REQUIRED, _CANCELLED, _TIMEOUT, _CONNECT,
 * _TLS and _CONNECTION_LOST as they are; anything else, OAUTH_OK without a token, and one that has expired and has no
 * refresh token, becomes OAUTH_ERROR_CALLBACK.
 */
typedef oauth_status (*oauth_session_renew_fn)(void *user_data,
                                               const oauth_client *client,
                                               const char *key,
                                               const oauth_token *before,
                                               oauth_token **token);

/**
 * Is told of every new token once the store has it; token NULL: the login has ended, because it was forgotten or the server
 * refused its refresh token for good. Only of what this session did: not of what other processes wrote.
 *
 * It runs on the thread of a session's call, or on a short-lived one that finishes a renewal, by many threads at once for
 * different sessions, with no lock held. Key and token are valid only during the call; oauth_token_ref keeps the token.
 * What the session cannot do meanwhile is OAUTH_ERROR_BUSY, as in oauth_session_renew_fn. Must not unwind or longjmp.
 */
typedef void (*oauth_session_change_fn)(void *user_data, const char *key, const oauth_token *token);

/**
 * Shows the user a URL: prints it, opens a web view ... Returns OAUTH_OK, or anything else to stop. Called once, on the
 * thread of oauth_log_in (inside a callback or a Rust runtime: on one that stands in for it), with no lock held and
 * SIGPIPE blocked; url is valid only during the call. Must return before the user has finished: the redirect is waited for
 * afterwards. Must not unwind or longjmp.
 */
typedef oauth_status (*oauth_open_url_fn)(void *user_data, const char *url);

/**
 * It worked.
 */
#define OAUTH_OK 0

/**
 * An argument, named in the message; nothing was sent.
 */
#define OAUTH_ERROR_INVALID_ARGUMENT 1

/**
 * A setting of the config, named in the message; nothing was sent.
 */
#define OAUTH_ERROR_INVALID_CONFIG 2

/**
 * A second use, or a handle that is finished.
 */
#define OAUTH_ERROR_INVALID_STATE 3

/**
 * Re-entered from its own callback.
 */
#define OAUTH_ERROR_BUSY 4

/**
 * The buffer was too small; the size needed is in the length.
 */
#define OAUTH_ERROR_BUFFER_TOO_SMALL 5

/**
 * A defect of the library, caught. Please report it.
 */
#define OAUTH_ERROR_INTERNAL 6

/**
 * A callback of the program failed.
 */
#define OAUTH_ERROR_CALLBACK 7

/**
 * The call was cancelled with an oauth_cancel.
 */
#define OAUTH_ERROR_CANCELLED 8

/**
 * No complete answer came in time.
 */
#define OAUTH_ERROR_TIMEOUT 9

/**
 * Name, route or refusal: nothing was sent.
 */
#define OAUTH_ERROR_CONNECT 10

/**
 * Certificate or handshake: nothing was sent.
 */
#define OAUTH_ERROR_TLS 11

/**
 * The connection was lost after something was sent.
 */
#define OAUTH_ERROR_CONNECTION_LOST 12

/**
 * The server answered with a redirect, which is never followed with credentials.
 */
#define OAUTH_ERROR_REDIRECT 13

/**
 * The answer was larger than allowed.
 */
#define OAUTH_ERROR_RESPONSE_TOO_LARGE 14

/**
 * Not 200, and no OAuth error in it.
 */
#define OAUTH_ERROR_HTTP 15

/**
 * Not what the RFC, or HTTP, says.
 */
#define OAUTH_ERROR_INVALID_RESPONSE 16

/**
 * An OAuth error (RFC 6749 section 5.2): see oauth_error_provider_code.
 */
#define OAUTH_ERROR_PROVIDER 17

/**
 * The user has not decided yet (RFC 8628 section 3.5): ask again when the next poll is due.
 */
#define OAUTH_ERROR_AUTHORIZATION_PENDING 18

/**
 * A device code, or an authorization request, is too old: begin again.
 */
#define OAUTH_ERROR_EXPIRED 19

/**
 * A redirect does not belong to this authorization request (RFC 6749 section 10.12); nothing was sent.
 */
#define OAUTH_ERROR_STATE_MISMATCH 20

/**
 * Metadata or a redirect came from another issuer than the one asked (RFC 8414 section 3.3, RFC 9207 section 2.4).
 */
#define OAUTH_ERROR_ISSUER_MISMATCH 21

/**
 * The ID token is missing, or does not prove this log-in (OpenID Connect Core 3.1.3.7); its token is refused.
 */
#define OAUTH_ERROR_ID_TOKEN 22

/**
 * The operating system refused: a port in use, no browser. The message names the next step.
 */
#define OAUTH_ERROR_SYSTEM 23

/**
 * There is no login, or the server refused its refresh token for good: only the user can help.
 */
#define OAUTH_ERROR_LOGIN_REQUIRED 24

/**
 * A store could not be opened, read, locked or written; nothing that it keeps was lost.
 */
#define OAUTH_ERROR_STORE 25

/**
 * No OAuth error, or one that this version does not know: see oauth_error_provider_error.
 */
#define OAUTH_PROVIDER_UNKNOWN 0

/**
 * RFC 6749 section 5.2: a parameter is missing, repeated or wrong.
 */
#define OAUTH_PROVIDER_INVALID_REQUEST 1

/**
 * RFC 6749 section 5.2: client authentication failed.
 */
#define OAUTH_PROVIDER_INVALID_CLIENT 2

/**
 * RFC 6749 section 5.2: the code or refresh token is invalid, expired, revoked or somebody else's.
 */
#define OAUTH_PROVIDER_INVALID_GRANT 3

/**
 * RFC 6749 section 5.2: this client may not use this grant.
 */
#define OAUTH_PROVIDER_UNAUTHORIZED_CLIENT 4

/**
 * RFC 6749 section 5.2: the server does not know this grant.
 */
#define OAUTH_PROVIDER_UNSUPPORTED_GRANT_TYPE 5

/**
 * RFC 6749 section 5.2: the scope is invalid, or more than was granted.
 */
#define OAUTH_PROVIDER_INVALID_SCOPE 6

/**
 * RFC 6749 section 4.1.2.1.
 */
#define OAUTH_PROVIDER_SERVER_ERROR 7

/**
 * RFC 6749 section 4.1.2.1.
 */
#define OAUTH_PROVIDER_TEMPORARILY_UNAVAILABLE 8

/**
 * RFC 6749 section 4.1.2.1: the user or the server said no.
 */
#define OAUTH_PROVIDER_ACCESS_DENIED 9

/**
 * RFC 6749 section 4.1.2.1.
 */
#define OAUTH_PROVIDER_UNSUPPORTED_RESPONSE_TYPE 10

/**
 * RFC 8628 section 3.5.
 */
#define OAUTH_PROVIDER_AUTHORIZATION_PENDING 11

/**
 * RFC 8628 section 3.5.
 */
#define OAUTH_PROVIDER_SLOW_DOWN 12

/**
 * RFC 8628 section 3.5.
 */
#define OAUTH_PROVIDER_EXPIRED_TOKEN 13

/**
 * RFC 8707 section 2.
 */
#define OAUTH_PROVIDER_INVALID_TARGET 14

/**
 * RFC 7009 section 2.2.1.
 */
#define OAUTH_PROVIDER_UNSUPPORTED_TOKEN_TYPE 15

/**
 * RFC 9449 section 8.
 */
#define OAUTH_PROVIDER_USE_DPOP_NONCE 16

/**
 * RFC 9449 section 5.
 */
#define OAUTH_PROVIDER_INVALID_DPOP_PROOF 17

/**
 * OpenID Connect Core 1.0 section 3.1.2.6.
 */
#define OAUTH_PROVIDER_LOGIN_REQUIRED 18

/**
 * OpenID Connect Core 1.0 section 3.1.2.6.
 */
#define OAUTH_PROVIDER_INTERACTION_REQUIRED 19

/**
 * OpenID Connect Core 1.0 section 3.1.2.6.
 */
#define OAUTH_PROVIDER_CONSENT_REQUIRED 20

/**
 * OpenID Connect Core 1.0 section 3.1.2.6.
 */
#define OAUTH_PROVIDER_ACCOUNT_SELECTION_REQUIRED 21

/**
 * RFC 6750 section 3.1.
 */
#define OAUTH_PROVIDER_INVALID_TOKEN 22

/**
 * RFC 6750 section 3.1.
 */
#define OAUTH_PROVIDER_INSUFFICIENT_SCOPE 23

/**
 * RFC 9396 section 5.
 */
#define OAUTH_PROVIDER_INVALID_AUTHORIZATION_DETAILS 24

/**
 * RFC 9470 section 3.
 */
#define OAUTH_PROVIDER_INSUFFICIENT_USER_AUTHENTICATION 25

/**
 * Nothing in particular.
 */
#define OAUTH_ADVICE_NONE 0

/**
 * Call again: the server has not acted.
 */
#define OAUTH_ADVICE_RETRY 1

/**
 * Call again later: see oauth_error_retry_after_s.
 */
#define OAUTH_ADVICE_RETRY_LATER 2

/**
 * Only the user can help: start a new authorization.
 */
#define OAUTH_ADVICE_LOG_IN_AGAIN 3

/**
 * The request is wrong; the same one will fail again.
 */
#define OAUTH_ADVICE_FIX_REQUEST 4

/**
 * The configuration of the client, or its registration at the server, is wrong.
 */
#define OAUTH_ADVICE_FIX_CONFIG 5

/**
 * The server may have acted, but no whole answer came: a code may be used up, a refresh token rotated.
 */
#define OAUTH_ADVICE_OUTCOME_UNKNOWN 6

/**
 * HTTP Basic with identifier and secret form-encoded first (RFC 6749 section 2.3.1). The default for a client with a secret.
 */
#define OAUTH_CLIENT_AUTHENTICATION_BASIC 0

/**
 * HTTP Basic with both as they are (RFC 7617): for servers that do not decode.
 */
#define OAUTH_CLIENT_AUTHENTICATION_BASIC_RAW 1

/**
 * client_id and client_secret in the form.
 */
#define OAUTH_CLIENT_AUTHENTICATION_BODY 2

/**
 * client_id in the form, no proof: a public client. The default for a client without a secret.
 */
#define OAUTH_CLIENT_AUTHENTICATION_NONE 3

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The name of a status, for logs.
 *
 * @param[in] status any number.
 * @return "OAUTH_OK", "OAUTH_ERROR_TIMEOUT" ...; "OAUTH_ERROR_UNKNOWN" for a number that this version does not know.
 *         Static: never NULL, never freed.
 * @since 0.1
 */
const char *oauth_status_name(oauth_status status);

/**
 * Frees an error and everything borrowed from it.
 *
 * @param[in] error may be NULL.
 * @since 0.1
 */
void oauth_error_free(oauth_error *error);

/**
 * What happened.
 *
 * @param[in] error may be NULL.
 * @return the status that the call returned; OAUTH_OK for NULL.
 * @since 0.1
 */
oauth_status oauth_error_status(const oauth_error *error);

/**
 * One line for people: what went wrong and with which value. At most 512 bytes, no control characters, no secrets.
 *
 * @param[in] error may be NULL.
 * @return never empty; valid until the error is freed; NULL only for a NULL error.
 * @since 0.1
 */
const char *oauth_error_message(const oauth_error *error);

/**
 * The OAuth error as the server sent it: "invalid_grant" (RFC 6749 section 5.2).
 * What a hostile server sent may hold anything, a secret that it was sent included.
 *
 * @param[in] error may be NULL.
 * @return valid until the error is freed; NULL when the server sent none.
 * @since 0.1
 */
const char *oauth_error_provider_error(const oauth_error *error);

/**
 * The OAuth error as a number.
 *
 * @param[in] error may be NULL.
 * @return OAUTH_PROVIDER_...; OAUTH_PROVIDER_UNKNOWN when there is none, or it is not a registered one.
 * @since 0.1
 */
oauth_provider_code oauth_error_provider_code(const oauth_error *error);

/**
 * The server's own description, as sent (RFC 6749 section 5.2). Meant for developers; a hostile server may have put
 * anything in it, a secret that it was sent included: show oauth_error_message instead.
 *
 * @param[in] error may be NULL.
 * @return valid until the error is freed; NULL when the server sent none.
 * @since 0.1
 */
const char *oauth_error_description(const oauth_error *error);

/**
 * The address of a page about the error, as sent (RFC 6749 section 5.2).
 * What a hostile server sent may hold anything, a secret that it was sent included.
 *
 * @param[in] error may be NULL.
 * @return valid until the error is freed; NULL when the server sent none.
 * @since 0.1
 */
const char *oauth_error_uri(const oauth_error *error);

/**
 * What the program can do next.
 *
 * @param[in] error may be NULL.
 * @return OAUTH_ADVICE_...; OAUTH_ADVICE_NONE for NULL.
 * @since 0.1
 */
oauth_advice oauth_error_advice(const oauth_error *error);

/**
 * How long the server asks to wait (Retry-After, RFC 9110 section 10.2.3).
 *
 * @param[in] error may be NULL.
 * @return seconds, at most 3600; -1 when the server did not say.
 * @since 0.1
 */
int64_t oauth_error_retry_after_s(const oauth_error *error);

/**
 * Whether a byte of the request may have left: then the server may have acted.
 *
 * @param[in] error may be NULL.
 * @return false for NULL.
 * @since 0.1
 */
bool oauth_error_request_sent(const oauth_error *error);

/**
 * How often the exchange was tried.
 *
 * @param[in] error may be NULL.
 * @return 0 when nothing was tried.
 * @since 0.1
 */
uint32_t oauth_error_attempts(const oauth_error *error);

/**
 * The URL of the exchange that failed, without its query.
 *
 * @param[in] error may be NULL.
 * @return valid until the error is freed; NULL when no exchange was begun.
 * @since 0.1
 */
const char *oauth_error_endpoint(const oauth_error *error);

/**
 * What the error answer did otherwise than its RFC says.
 *
 * @param[in] error may be NULL.
 * @return OAUTH_DEVIATION_... bits; 0 for none.
 * @since 0.1
 */
uint32_t oauth_error_deviations(const oauth_error *error);

/**
 * The HTTP answer behind the error.
 *
 * @param[in] error may be NULL.
 * @return borrowed, valid until the error is freed; NULL when there was none.
 * @since 0.1
 */
const oauth_response *oauth_error_response(const oauth_error *error);

/**
 * The HTTP status code.
 *
 * @param[in] response may be NULL.
 * @return as it was sent, 200 to 999; 0 for NULL.
 * @since 0.1
 */
int32_t oauth_response_status(const oauth_response *response);

/**
 * How many header fields there are.
 *
 * @param[in] response may be NULL.
 * @return 0 for NULL.
 * @since 0.1
 */
size_t oauth_response_header_count(const oauth_response *response);

/**
 * The name of a header field, in the order of the answer, but fields of one name stand together at the place of the
 * first; lower case when the library did the HTTP.
 *
 * @param[in] response may be NULL.
 * @param[in] index from 0.
 * @return valid until the owner of the response is freed; NULL beyond the last.
 * @since 0.1
 */
const char *oauth_response_header_name_at(const oauth_response *response,
                                          size_t index);

/**
 * The value of a header field, byte for byte: not always UTF-8.
 *
 * @param[in] response may be NULL.
 * @param[in] index from 0.
 * @return valid until the owner of the response is freed; NULL beyond the last.
 * @since 0.1
 */
const char *oauth_response_header_value_at(const oauth_response *response, size_t index);

/**
 * The value of the first header field of a name, byte for byte: not always UTF-8.
 *
 * @param[in] response may be NULL.
 * @param[in] name compared without case; NULL finds nothing.
 * @return valid until the owner of the response is freed; NULL when there is none.
 * @since 0.1
 */
const char *oauth_response_header(const oauth_response *response, const char *name);

/**
 * The body, byte for byte.
 *
 * @param[in]  response may be NULL.
 * @param[out] length its length in bytes; NULL: not wanted.
 * @return valid until the owner of the response is freed; not NUL-terminated; NULL only for a NULL response.
 * @since 0.1
 */
const uint8_t *oauth_response_body(const oauth_response *response, size_t *length);

/**
 * The whole object, as it was written.
 *
 * @param[in] members may be NULL.
 * @return valid until the owner is freed; NULL only for NULL.
 * @since 0.1
 */
const char *oauth_members_json(const oauth_members *members);

/**
 * A member as text: what a string holds, a number or boolean as it is written.
 *
 * @param[in] members may be NULL.
 * @param[in] name    NULL finds nothing.
 * @return valid until the owner is freed; NULL when there is none, for objects and arrays, and for a string with U+0000.
 * @since 0.1
 */
const char *oauth_members_text(const oauth_members *members,
                               const char *name);

/**
 * A member as JSON, as it was written.
 *
 * @param[in] members may be NULL.
 * @param[in] name    NULL finds nothing.
 * @return valid until the owner is freed; NULL when there is none.
 * @since 0.1
 */
const char *oauth_members_member_json(const oauth_members *members, const char *name);

/**
 * A member as a whole number: times, lifetimes. Fractions are dropped.
 *
 * @param[in] members may be NULL.
 * @param[in] name    NULL finds nothing.
 * @param[in] missing what to return when there is none, or it is no number.
 * @return the number.
 * @since 0.1
 */
int64_t oauth_members_number(const oauth_members *members, const char *name, int64_t missing);

/**
 * How many strings a member holds: those of an array; a string counts as an array of one, as in the claim aud.
 *
 * @param[in] members may be NULL.
 * @param[in] name    NULL finds nothing.
 * @return 0 when there is none.
 * @since 0.1
 */
size_t oauth_members_item_count(const oauth_members *members,
                                const char *name);

/**
 * One of the strings that a member holds.
 *
 * @param[in] members may be NULL.
 * @param[in] name    NULL finds nothing.
 * @param[in] index   from 0.
 * @return valid until the owner is freed; NULL beyond the last.
 * @since 0.1
 */
const char *oauth_members_item_at(const oauth_members *members, const char *name, size_t index);

/**
 * Makes a token of plain values, such as a program has kept them itself.
 *
 * @param[in]  access_token  not NULL, not empty.
 * @param[in]  token_type    NULL: absent, used as Bearer.
 * @param[in]  refresh_token NULL: none.
 * @param[in]  scope         NULL: not known.
 * @param[in]  expiry_s      when it expires, in seconds since the epoch; negative: not known.
 * @param[out] token         free it with oauth_token_free.
 * @param[out] error         NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_token_new(const char *access_token,
                             const char *token_type,
                             const char *refresh_token,
                             const char *scope,
                             int64_t expiry_s,
                             oauth_token **token,
                             oauth_error **error);

/**
 * Another handle to the same token.
 *
 * @param[in] token may be NULL.
 * @return free it with oauth_token_free; NULL for NULL.
 * @since 0.1
 */
OAUTH_MUST_USE oauth_token *oauth_token_ref(const oauth_token *token);

/**
 * Frees a handle. With the last one the token goes, its secrets wiped.
 *
 * @param[in] token may be NULL.
 * @since 0.1
 */
void oauth_token_free(oauth_token *token);

/**
 * The access token: opaque to a client, whatever it looks like (RFC 6749 section 1.4).
 *
 * @param[in] token may be NULL.
 * @return never empty; valid until this handle is freed; NULL only for a NULL token.
 * @since 0.1
 */
const char *oauth_token_access_token(const oauth_token *token);

/**
 * The token type as the server sent it (RFC 6749 section 7.1); compare it without case.
 *
 * @param[in] token may be NULL.
 * @return valid until this handle is freed; NULL when the server sent none.
 * @since 0.1
 */
const char *oauth_token_type(const oauth_token *token);

/**
 * The lifetime that the server gave (RFC 6749 section 5.1).
 *
 * @param[in] token may be NULL.
 * @return seconds; -1 when it did not say.
 * @since 0.1
 */
int64_t oauth_token_expires_in_s(const oauth_token *token);

/**
 * When the token expires, counted from the moment the request was sent.
 *
 * @param[in] token may be NULL.
 * @return seconds since the epoch; -1 when it is not known.
 * @since 0.1
 */
int64_t oauth_token_expiry_s(const oauth_token *token);

/**
 * The scope that was granted, separated by spaces (RFC 6749 section 3.3).
 *
 * @param[in] token may be NULL.
 * @return valid until this handle is freed; NULL when the server sent none: then it is the one asked for.
 * @since 0.1
 */
const char *oauth_token_scope(const oauth_token *token);

/**
 * The refresh token to use next: a new one, or, after a refresh that brought none, the one that was used.
 *
 * @param[in] token may be NULL.
 * @return valid until this handle is freed; NULL when there is none.
 * @since 0.1
 */
const char *oauth_token_refresh_token(const oauth_token *token);

/**
 * The ID token as it was sent (OpenID Connect Core 1.0 section 3.1.3.3), unchecked.
 *
 * @param[in] token may be NULL.
 * @return valid until this handle is freed; NULL when there is none.
 * @since 0.1
 */
const char *oauth_token_id_token(const oauth_token *token);

/**
 * Whether this refresh brought another refresh token (RFC 6749 section 6): the old one may be dead, so keep the new one.
 *
 * @param[in] token may be NULL.
 * @return false for NULL, and for a token that did not come from a refresh.
 * @since 0.1
 */
bool oauth_token_rotated(const oauth_token *token);

/**
 * What the answer did otherwise than its RFC says, and was accepted all the same.
 *
 * @param[in] token may be NULL.
 * @return OAUTH_DEVIATION_... bits; 0 for none.
 * @since 0.1
 */
uint32_t oauth_token_deviations(const oauth_token *token);

/**
 * The claims of the ID token (OpenID Connect Core 2), once the library has checked it: oauth_authorization_finish,
 * oauth_log_in and device log-ins do, and a refresh does when the config has an issuer. An unchecked ID token has none.
 *
 * @param[in] token may be NULL.
 * @return valid until this handle is freed; NULL when no ID token was checked.
 * @since 0.1
 */
const oauth_members *oauth_token_claims(const oauth_token *token);

/**
 * How many members the answer had besides those with a getter of their own.
 *
 * @param[in] token may be NULL.
 * @return 0 for NULL.
 * @since 0.1
 */
size_t oauth_token_member_count(const oauth_token *token);

/**
 * The name of such a member, in the order of the answer.
 *
 * @param[in] token may be NULL.
 * @param[in] index from 0.
 * @return valid until this handle is freed; NULL beyond the last.
 * @since 0.1
 */
const char *oauth_token_member_name_at(const oauth_token *token, size_t index);

/**
 * The value of a member as text: what a string holds, a number or boolean as it is written.
 *
 * @param[in] token may be NULL.
 * @param[in] name  NULL finds nothing; of two members with one name the first is found.
 * @return valid until this handle is freed; NULL when there is none, for objects and arrays (see
 *         oauth_token_member_json), and for a string with U+0000 in it.
 * @since 0.1
 */
const char *oauth_token_member(const oauth_token *token, const char *name);

/**
 * The value of a member as JSON, as it was written.
 *
 * @param[in] token may be NULL.
 * @param[in] name  NULL finds nothing; of two members with one name the first is found.
 * @return valid until this handle is freed; NULL when there is none.
 * @since 0.1
 */
const char *oauth_token_member_json(const oauth_token *token, const char *name);

/**
 * The value of an Authorization header: "Bearer ..." (RFC 6750 section 2.1), or "DPoP ..." for such a token.
 *
 * @param[in] token may be NULL.
 * @return valid until this handle is freed; NULL for a token type that needs more than a header value ("mac", "N_A").
 * @since 0.1
 */
const char *oauth_token_authorization(const oauth_token *token);

/**
 * Whether the token will have expired some time from now, by the clock of this machine.
 *
 * @param[in] token    NULL counts as expired.
 * @param[in] leeway_s seconds from now; some tens make up for clocks and travel.
 * @return false for a token whose expiry is not known.
 * @since 0.1
 */
bool oauth_token_expired(const oauth_token *token, int64_t leeway_s);

/**
 * The HTTP answer that brought the token.
 *
 * @param[in] token may be NULL.
 * @return borrowed, valid until this handle is freed; NULL for a token that was saved or made of values.
 * @since 0.1
 */
const oauth_response *oauth_token_response(const oauth_token *token);

/**
 * The JSON that the server sent.
 *
 * @param[in] token may be NULL.
 * @return valid until this handle is freed; NULL when the answer was a form, and for a token that was saved or made of
 *         values.
 * @since 0.1
 */
const char *oauth_token_response_json(const oauth_token *token);

/**
 * The token as text to keep: versioned JSON of this library, with the absolute expiry and the refresh token to use next.
 * It holds secrets: keep it where only its owner can read it.
 *
 * @param[in]  token not NULL.
 * @param[out] json  free it with oauth_string_free, which wipes it.
 * @param[out] error NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_token_to_json(const oauth_token *token,
                                 char **json,
                                 oauth_error **error);

/**
 * Reads what oauth_token_to_json wrote, in this release or an earlier one.
 *
 * @param[in]  json  not NULL.
 * @param[out] token free it with oauth_token_free.
 * @param[out] error NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT for text that is damaged, not of this library, or of a newer version;
 *         OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_token_from_json(const char *json,
                                   oauth_token **token,
                                   oauth_error **error);

/**
 * An empty list.
 *
 * @return free it with oauth_params_free; never NULL.
 * @since 0.1
 */
OAUTH_MUST_USE oauth_params *oauth_params_new(void);

/**
 * Frees the list; values are wiped.
 *
 * @param[in] params may be NULL.
 * @since 0.1
 */
void oauth_params_free(oauth_params *params);

/**
 * Sends this value in place of what the request would send under that name.
 *
 * @param[in] params NULL: nothing is done.
 * @param[in] name   not NULL, not empty; copied.
 * @param[in] value  not NULL; copied. Wrong values are reported by the call that uses the list.
 * @since 0.1
 */
void oauth_params_set(oauth_params *params, const char *name, const char *value);

/**
 * Sends this value too: for parameters that may be repeated, such as resource (RFC 8707) and audience (RFC 8693).
 *
 * @param[in] params NULL: nothing is done.
 * @param[in] name   not NULL, not empty; copied.
 * @param[in] value  not NULL; copied. Wrong values are reported by the call that uses the list.
 * @since 0.1
 */
void oauth_params_add(oauth_params *params,
                      const char *name,
                      const char *value);

/**
 * A switch that is not triggered.
 *
 * @return free it with oauth_cancel_free; never NULL.
 * @since 0.1
 */
OAUTH_MUST_USE oauth_cancel *oauth_cancel_new(void);

/**
 * Frees the handle; options and calls that use the switch keep it.
 *
 * @param[in] cancel may be NULL.
 * @since 0.1
 */
void oauth_cancel_free(oauth_cancel *cancel);

/**
 * Stops every call that uses the switch: it returns OAUTH_ERROR_CANCELLED within milliseconds.
 * From any thread, any number of times, and from a signal handler too (async-signal-safe; errno is kept).
 *
 * @param[in] cancel NULL: nothing is done.
 * @since 0.1
 */
void oauth_cancel_trigger(const oauth_cancel *cancel);

/**
 * Options that change nothing.
 *
 * @return free them with oauth_request_options_free; never NULL.
 * @since 0.1
 */
OAUTH_MUST_USE oauth_request_options *oauth_request_options_new(void);

/**
 * Frees the options.
 *
 * @param[in] options may be NULL.
 * @since 0.1
 */
void oauth_request_options_free(oauth_request_options *options);

/**
 * Bounds one exchange with its retries.
 *
 * @param[in] options    NULL: nothing is done.
 * @param[in] timeout_ms milliseconds, not 0.
 * @since 0.1
 */
void oauth_request_options_set_timeout_ms(oauth_request_options *options, uint32_t timeout_ms);

/**
 * Bounds the whole call, also one that waits for people, locks or other calls besides its exchange.
 *
 * @param[in] options     NULL: nothing is done.
 * @param[in] deadline_ms milliseconds from the start of the call, not 0.
 * @since 0.1
 */
void oauth_request_options_set_deadline_ms(oauth_request_options *options, uint32_t deadline_ms);

/**
 * Adds a header field to the requests of the call, after those of the client; to one for metadata on the way, too.
 *
 * @param[in] options NULL: nothing is done.
 * @param[in] name    not NULL; not Host, Content-Length, Content-Type, Transfer-Encoding, Connection or Authorization.
 * @param[in] value   not NULL; no control characters. Both are copied.
 * @since 0.1
 */
void oauth_request_options_add_header(oauth_request_options *options,
                                      const char *name,
                                      const char *value);

/**
 * Lets another thread, or a signal handler, stop the call.
 *
 * @param[in] options NULL: nothing is done.
 * @param[in] cancel  kept alive by the options; NULL: none.
 * @since 0.1
 */
void oauth_request_options_set_cancel(oauth_request_options *options, const oauth_cancel *cancel);

/**
 * When to try again, for this call: see oauth_config_set_retry_policy.
 *
 * @param[in] options        NULL: nothing is done.
 * @param[in] max_retries    more tries after the first one; 0: none.
 * @param[in] backoff_ms     the first pause in milliseconds; each further one is twice as long, give or take a half.
 * @param[in] retry_statuses also after HTTP 429, 502, 503 and 504; never for a code or a refresh token.
 * @since 0.1
 */
void oauth_request_options_set_retry_policy(oauth_request_options *options,
                                            uint32_t max_retries,
                                            uint32_t backoff_ms,
                                            bool retry_statuses);

/**
 * How long a session's token has to last at least; other calls do not look at it. More than a tenth of the token's life is
 * never asked.
 *
 * @param[in] options  NULL: nothing is done.
 * @param[in] margin_s seconds; 0: any token that has not expired. Unless set: 60.
 * @since 0.1
 */
void oauth_request_options_set_margin_s(oauth_request_options *options,
                                        uint32_t margin_s);

/**
 * The HTTP method: "POST" or "GET".
 *
 * @param[in] request may be NULL.
 * @return valid during the callback; NULL for NULL.
 * @since 0.1
 */
const char *oauth_transport_request_method(const oauth_transport_request *request);

/**
 * The absolute URL.
 *
 * @param[in] request may be NULL.
 * @return valid during the callback; NULL for NULL.
 * @since 0.1
 */
const char *oauth_transport_request_url(const oauth_transport_request *request);

/**
 * How many header fields to send; Host and Content-Length are the transport's own business.
 *
 * @param[in] request may be NULL.
 * @return 0 for NULL.
 * @since 0.1
 */
size_t oauth_transport_request_header_count(const oauth_transport_request *request);

/**
 * The name of a header field to send.
 *
 * @param[in] request may be NULL.
 * @param[in] index   from 0.
 * @return valid during the callback; NULL beyond the last.
 * @since 0.1
 */
const char *oauth_transport_request_header_name_at(const oauth_transport_request *request, size_t index);

/**
 * The value of a header field to send. It may be a credential.
 *
 * @param[in] request may be NULL.
 * @param[in] index   from 0.
 * @return valid during the callback; NULL beyond the last.
 * @since 0.1
 */
const char *oauth_transport_request_header_value_at(const oauth_transport_request *request, size_t index);

/**
 * The body to send. It holds credentials.
 *
 * @param[in]  request may be NULL.
 * @param[out] length  its length in bytes; NULL: not wanted.
 * @return valid during the callback; not NUL-terminated; NULL for NULL.
 * @since 0.1
 */
const uint8_t *oauth_transport_request_body(const oauth_transport_request *request, size_t *length);

/**
 * How much time is left for the exchange.
 *
 * @param[in] request may be NULL.
 * @return milliseconds; 0 when it is over, and for NULL.
 * @since 0.1
 */
uint32_t oauth_transport_request_remaining_ms(const oauth_transport_request *request);

/**
 * Whether the call was cancelled; a transport that waits should look now and then.
 *
 * @param[in] request may be NULL.
 * @return false for NULL.
 * @since 0.1
 */
bool oauth_transport_request_cancelled(const oauth_transport_request *request);

/**
 * Sets the HTTP status code of the answer.
 *
 * @param[in] response NULL: nothing is done.
 * @param[in] status   200 to 599; anything else fails the exchange with OAUTH_ERROR_CALLBACK.
 * @since 0.1
 */
void oauth_transport_response_set_status(oauth_transport_response *response, int32_t status);

/**
 * Adds a header field of the answer.
 *
 * @param[in] response NULL: nothing is done.
 * @param[in] name     not NULL; copied.
 * @param[in] value    not NULL; copied byte for byte.
 * @since 0.1
 */
void oauth_transport_response_add_header(oauth_transport_response *response,
                                         const char *name,
                                         const char *value);

/**
 * Appends to the body of the answer. More than the client allows fails the exchange with
 * OAUTH_ERROR_RESPONSE_TOO_LARGE, and is not kept.
 *
 * @param[in] response NULL: nothing is done.
 * @param[in] bytes    copied; NULL only when length is 0.
 * @param[in] length   in bytes.
 * @since 0.1
 */
void oauth_transport_response_append_body(oauth_transport_response *response,
                                          const uint8_t *bytes,
                                          size_t length);

/**
 * A config with the defaults.
 *
 * @return free it with oauth_config_free; never NULL.
 * @since 0.1
 */
OAUTH_MUST_USE oauth_config *oauth_config_new(void);

/**
 * Frees the config; clients made from it live on.
 *
 * @param[in] config may be NULL.
 * @since 0.1
 */
void oauth_config_free(oauth_config *config);

/**
 * Turns PKCE (RFC 7636) off, for a server that fails on it. On unless this is called, with S256 always.
 *
 * @param[in] config NULL: nothing is done.
 * @since 0.1
 */
void oauth_config_disable_pkce(oauth_config *config);

/**
 * How long a begun authorization takes its answer.
 *
 * @param[in] config     NULL: nothing is done.
 * @param[in] lifetime_s seconds, not 0; 900 unless set.
 * @since 0.1
 */
void oauth_config_set_authorization_lifetime_s(oauth_config *config, uint32_t lifetime_s);

/**
 * The client's identifier and secret (RFC 6749 section 2.2 and 2.3.1). Not needed by a program that passes an
 * Authorization header to each call.
 *
 * @param[in] config        NULL: nothing is done.
 * @param[in] client_id     not NULL, not empty; no control characters. Copied.
 * @param[in] client_secret NULL: a public client. Copied.
 * @since 0.1
 */
void oauth_config_set_client(oauth_config *config, const char *client_id, const char *client_secret);

/**
 * How the client authenticates when a call passes no Authorization header. Unless this is called, a client with a secret
 * uses Basic, or the form where the server's metadata list client_secret_post and no client_secret_basic (RFC 8414
 * section 2).
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] method OAUTH_CLIENT_AUTHENTICATION_...
 * @since 0.1
 */
void oauth_config_set_client_authentication(oauth_config *config,
                                            oauth_client_authentication method);

/**
 * Bounds name look-up, connection and TLS handshake.
 *
 * @param[in] config             NULL: nothing is done.
 * @param[in] connect_timeout_ms milliseconds, not 0; 10,000 unless set.
 * @since 0.1
 */
void oauth_config_set_connect_timeout_ms(oauth_config *config, uint32_t connect_timeout_ms);

/**
 * Bounds one exchange with its retries.
 *
 * @param[in] config     NULL: nothing is done.
 * @param[in] timeout_ms milliseconds, not 0; 30,000 unless set.
 * @since 0.1
 */
void oauth_config_set_timeout_ms(oauth_config *config, uint32_t timeout_ms);

/**
 * How long a connection may have been idle and still be used again.
 *
 * @param[in] config          NULL: nothing is done.
 * @param[in] idle_timeout_ms milliseconds; 0: connections are never used again; 4,000 unless set.
 * @since 0.1
 */
void oauth_config_set_idle_timeout_ms(oauth_config *config, uint32_t idle_timeout_ms);

/**
 * The largest body of an answer; larger ones are refused while they are read.
 *
 * @param[in] config             NULL: nothing is done.
 * @param[in] max_response_bytes not 0; 1 MiB unless set.
 * @since 0.1
 */
void oauth_config_set_max_response_bytes(oauth_config *config, size_t max_response_bytes);

/**
 * When to try again. A code or a refresh token never goes out twice once a byte of it has left: for such requests only
 * failures to connect are tried again, which is also the default.
 *
 * @param[in] config         NULL: nothing is done.
 * @param[in] max_retries    more tries after the first one; 0: none; 2 unless set.
 * @param[in] backoff_ms     the first pause in milliseconds; each further one is twice as long, give or take a half; 100
 *                           unless set.
 * @param[in] retry_statuses also after HTTP 429, 502, 503 and 504, as Retry-After says, if that is within the timeout;
 *                           never for a code or a refresh token; false unless set.
 * @since 0.1
 */
void oauth_config_set_retry_policy(oauth_config *config,
                                   uint32_t max_retries,
                                   uint32_t backoff_ms,
                                   bool retry_statuses);

/**
 * The User-Agent header.
 *
 * @param[in] config     NULL: nothing is done.
 * @param[in] user_agent no control characters; copied. "liboauthclient/VERSION" unless set.
 * @since 0.1
 */
void oauth_config_set_user_agent(oauth_config *config, const char *user_agent);

/**
 * Sends every request through this proxy, whatever the environment says.
 *
 * @param[in] config   NULL: nothing is done.
 * @param[in] url      http, https, socks5 (names looked up here) or socks5h (names looked up by the proxy); may hold
 *                     user information. Copied.
 * @param[in] username NULL: that of the URL, if any. Copied.
 * @param[in] password NULL: that of the URL, if any; needed with a username. Copied.
 * @since 0.1
 */
void oauth_config_set_proxy(oauth_config *config,
                            const char *url,
                            const char *username,
                            const char *password);

/**
 * Connects directly, whatever the environment says. Without this and oauth_config_set_proxy the variables http_proxy,
 * https_proxy, all_proxy and no_proxy count, but never for this machine itself; one that cannot be used is an error, and
 * never means a direct connection.
 *
 * @param[in] config NULL: nothing is done.
 * @since 0.1
 */
void oauth_config_disable_proxy(oauth_config *config);

/**
 * Trusts the certificate authorities in a file too; may be called again for more files.
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] path   of PEM certificates, read by oauth_client_new. Copied.
 * @since 0.1
 */
void oauth_config_add_ca_file(oauth_config *config, const char *path);

/**
 * Trusts these certificate authorities too; may be called again for more.
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] pem    PEM certificates; copied. NULL only when length is 0, which is reported as empty.
 * @param[in] length in bytes.
 * @since 0.1
 */
void oauth_config_add_ca_pem(oauth_config *config, const uint8_t *pem, size_t length);

/**
 * Whether the operating system's certificate authorities are trusted.
 *
 * @param[in] config        NULL: nothing is done.
 * @param[in] use_system_ca false: only those of oauth_config_add_ca_file and oauth_config_add_ca_pem; true unless set.
 * @since 0.1
 */
void oauth_config_set_use_system_ca(oauth_config *config,
                                    bool use_system_ca);

/**
 * Whether the environment counts: the proxy variables, and SSL_CERT_FILE and SSL_CERT_DIR. It never does in a set-uid or
 * set-gid program. It is read once, by oauth_client_new.
 *
 * @param[in] config          NULL: nothing is done.
 * @param[in] use_environment true unless set.
 * @since 0.1
 */
void oauth_config_set_use_environment(oauth_config *config,
                                      bool use_environment);

/**
 * Whether endpoints beyond this machine may be plain http: everybody on the way can read the credentials. For tests and
 * closed networks.
 *
 * @param[in] config     NULL: nothing is done.
 * @param[in] allow_http false unless set.
 * @since 0.1
 */
void oauth_config_set_allow_http(oauth_config *config,
                                 bool allow_http);

/**
 * Adds a header field to every request.
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] name   not NULL; not Host, Content-Length, Content-Type, Transfer-Encoding, Connection or Authorization.
 * @param[in] value  not NULL; no control characters. Both are copied.
 * @since 0.1
 */
void oauth_config_add_header(oauth_config *config,
                             const char *name,
                             const char *value);

/**
 * Sends log lines to a function of the program; off unless set.
 *
 * @param[in] config    NULL: nothing is done, but destroy is called.
 * @param[in] level     the least important level wanted: OAUTH_LOG_ERROR to OAUTH_LOG_DEBUG.
 * @param[in] log       NULL: no log.
 * @param[in] user_data passed to log; may be NULL.
 * @param[in] destroy   frees user_data when neither config nor client needs it any more; NULL: nothing to free.
 * @since 0.1
 */
void oauth_config_set_log(oauth_config *config,
                          int32_t level,
                          oauth_log_fn log,
                          void *user_data,
                          oauth_destroy_fn destroy);

/**
 * Lets the program do the HTTP itself: another TLS library, a simulator, a test. Timeouts and cancelling are then up to
 * the function; settings about connections, proxies and certificates are checked, but not used.
 *
 * @param[in] config    NULL: nothing is done, but destroy is called.
 * @param[in] transport NULL: the library's own transport.
 * @param[in] user_data passed to transport; may be NULL.
 * @param[in] destroy   frees user_data when neither config nor client needs it any more; NULL: nothing to free.
 * @since 0.1
 */
void oauth_config_set_transport(oauth_config *config,
                                oauth_transport_fn transport,
                                void *user_data,
                                oauth_destroy_fn destroy);

/**
 * The server, by its issuer identifier (RFC 8414 section 2): its metadata say where its endpoints are. They are fetched
 * when the first call needs one that is not set by hand, once for all threads, and kept as long as the server allows.
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] issuer absolute https URL without query and fragment, exactly as the server writes it; http only for this
 *                   machine. Copied.
 * @since 0.1
 */
void oauth_config_set_issuer(oauth_config *config,
                             const char *issuer);

/**
 * Another value that the server's metadata, redirects and ID tokens may give as their issuer, for servers that do not
 * name themselves consistently. Compared as a whole: "https://login.example/{tenant}/v2.0" stands for itself only.
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] issuer not NULL, not empty; copied.
 * @since 0.1
 */
void oauth_config_add_allowed_issuer(oauth_config *config,
                                     const char *issuer);

/**
 * The token endpoint (RFC 6749 section 3.2). Wins over what an issuer says, as all endpoints set by hand.
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] url    absolute https URL without fragment and user information; http only for this machine. Copied.
 * @since 0.1
 */
void oauth_config_set_token_endpoint(oauth_config *config,
                                     const char *url);

/**
 * The authorization endpoint (RFC 6749 section 3.1).
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] url    absolute https URL without fragment and user information; http only for this machine. Copied.
 * @since 0.1
 */
void oauth_config_set_authorization_endpoint(oauth_config *config,
                                             const char *url);

/**
 * The device authorization endpoint (RFC 8628 section 3.1).
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] url    absolute https URL without fragment and user information; http only for this machine. Copied.
 * @since 0.1
 */
void oauth_config_set_device_authorization_endpoint(oauth_config *config,
                                                    const char *url);

/**
 * The revocation endpoint (RFC 7009).
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] url    absolute https URL without fragment and user information; http only for this machine. Copied.
 * @since 0.1
 */
void oauth_config_set_revocation_endpoint(oauth_config *config,
                                          const char *url);

/**
 * The introspection endpoint (RFC 7662).
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] url    absolute https URL without fragment and user information; http only for this machine. Copied.
 * @since 0.1
 */
void oauth_config_set_introspection_endpoint(oauth_config *config,
                                             const char *url);

/**
 * The UserInfo endpoint (OpenID Connect Core 5.3).
 *
 * @param[in] config NULL: nothing is done.
 * @param[in] url    absolute https URL without fragment and user information; http only for this machine. Copied.
 * @since 0.1
 */
void oauth_config_set_userinfo_endpoint(oauth_config *config,
                                        const char *url);

/**
 * Makes a client. Everything in the config is checked, and copied: the config may be changed or freed afterwards.
 * Certificates and, unless switched off, the environment are read here, once. No connection is opened.
 *
 * @param[in]  config not NULL.
 * @param[out] client free it with oauth_client_free.
 * @param[out] error  NULL: not wanted; free it with oauth_error_free. Its message begins with the offending setting.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_CONFIG; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_client_new(const oauth_config *config,
                              oauth_client **client,
                              oauth_error **error);

/**
 * Another handle to the same client.
 *
 * @param[in] client may be NULL.
 * @return free it with oauth_client_free; NULL for NULL.
 * @since 0.1
 */
OAUTH_MUST_USE oauth_client *oauth_client_ref(const oauth_client *client);

/**
 * Frees a handle. With the last one connections are closed; it returns at once, even while a name is being looked up.
 * In a forked child the connections of the parent stay as they are.
 *
 * @param[in] client may be NULL.
 * @since 0.1
 */
void oauth_client_free(oauth_client *client);

/**
 * Builds the value of a Basic Authorization header: "Basic ...".
 *
 * @param[in]  client_id     not NULL; no control characters.
 * @param[in]  client_secret not NULL, may be empty; no control characters.
 * @param[in]  encoding      OAUTH_BASIC_FORM_ENCODED or OAUTH_BASIC_RAW.
 * @param[out] header        free it with oauth_string_free, which wipes it.
 * @param[out] error         NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also for a raw identifier with a colon; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_basic_authorization(const char *client_id,
                                       const char *client_secret,
                                       int32_t encoding,
                                       char **header,
                                       oauth_error **error);

/**
 * Options that change nothing: no encryption.
 *
 * @return free them with oauth_store_options_free; never NULL.
 * @since 0.1
 */
OAUTH_MUST_USE oauth_store_options *oauth_store_options_new(void);

/**
 * Frees the options; a key is wiped.
 *
 * @param[in] options may be NULL.
 * @since 0.1
 */
void oauth_store_options_free(oauth_store_options *options);

/**
 * Encrypts what is kept, with ChaCha20-Poly1305 (RFC 8439) and a fresh key derived from this one for each text. What was
 * kept with another key, or without one, is not read, and left as it is. The store in memory encrypts nothing.
 *
 * @param[in] options NULL: nothing is done.
 * @param[in] key     not NULL: random bytes, not a password; copied.
 * @param[in] length  in bytes: 32.
 * @since 0.1
 */
void oauth_store_options_set_encryption_key(oauth_store_options *options,
                                            const uint8_t *key,
                                            size_t length);

/**
 * A store that ends with the process. A forked child begins with an empty one: were a login used by both, each renewal
 * of one would make the other's refresh token void, and servers that notice end the login.
 *
 * @param[out] store free it with oauth_store_free.
 * @param[out] error NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_store_new_memory(oauth_store **store,
                                    oauth_error **error);

/**
 * Opens a store of files for all processes of one user: one for each key, readable for their owner only. They are
 * replaced whole and durably, by one process at a time; a process that dies blocks nobody.
 *
 * A directory that is missing is made, with those above it, for the user alone. One that others may write to is refused,
 * because they could put another login there; so is one in which no file can be made or locked. A file that is damaged
 * is set aside, its name extended by ".damaged-" and a number; one of a newer version or another key is left as it is.
 *
 * @param[in]  directory NULL: `$XDG_STATE_HOME/oauthclient`, else `~/.local/state/oauthclient`; on macOS
 *                       `~/Library/Application Support/oauthclient`, on Windows `%LOCALAPPDATA%\oauthclient`. NULL is
 *                       refused in a set-uid program.
 * @param[in]  options   NULL: none.
 * @param[out] store     free it with oauth_store_free.
 * @param[out] error     NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_STORE, naming the directory and the reason, or when the encryption key could not be had from
 *         the key store; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INVALID_CONFIG for options that this build lacks;
 *         OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_store_open_file(const char *directory,
                                   const oauth_store_options *options,
                                   oauth_store **store,
                                   oauth_error **error);

/**
 * Frees the handle; sessions keep the store.
 *
 * @param[in] store may be NULL.
 * @since 0.1
 */
void oauth_store_free(oauth_store *store);

/**
 * Gives what the program keeps under the key; set twice, the last counts.
 *
 * @param[in] value  NULL: nothing is done.
 * @param[in] bytes  copied; NULL only when length is 0, which fails like any other text that was never saved.
 * @param[in] length in bytes.
 * @since 0.1
 */
void oauth_store_value_set(oauth_store_value *value, const uint8_t *bytes, size_t length);

/**
 * A store of the program's own functions: a database, a vault, whatever it has.
 *
 * @param[in]  load      not NULL.
 * @param[in]  save      not NULL.
 * @param[in]  delete_   not NULL.
 * @param[in]  lock      NULL: only this process uses what is kept, and one session at a time renews within it.
 * @param[in]  unlock    NULL when lock is, and only then.
 * @param[in]  user_data given to the functions.
 * @param[in]  destroy   frees user_data when the last session and handle have gone, or when this call fails; NULL:
 *                       nothing to free.
 * @param[out] store     free it with oauth_store_free.
 * @param[out] error     NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_store_new_callbacks(oauth_store_load_fn load,
                                       oauth_store_save_fn save,
                                       oauth_store_delete_fn delete_,
                                       oauth_store_lock_fn lock,
                                       oauth_store_unlock_fn unlock,
                                       void *user_data,
                                       oauth_destroy_fn destroy,
                                       oauth_store **store,
                                       oauth_error **error);

/**
 * The server of a Redis store is a node of a cluster. It names the others.
 *
 * @param[in] options NULL: nothing is done.
 * @param[in] cluster false: it is not, as when nothing is set.
 * @since 0.1
 */
void oauth_store_options_set_cluster(oauth_store_options *options, bool cluster);

/**
 * Opens a store on a Redis or Valkey server, 5 or newer, for programs on many machines. Only in builds with the cargo
 * feature `redis`.
 *
 * A lock there is a lease: ten seconds beyond the client's timeout, or five minutes while a renew function of the program
 * runs. A holder that dies or is stalled blocks nobody for longer, and the server takes nothing from one whose lock others
 * have had and written under since. What is kept expires an hour after nobody wants it
 * any more; what is damaged is kept under another name for 90 days. Set an encryption key, unless whoever can read the
 * server's memory, files and connections may have the tokens.
 *
 * The server is asked for the first time when a session needs it. Connections are kept, and replaced when they were lost;
 * each wait for the server is bounded by 3 seconds, the system's look-up of its name aside. TLS trusts whom the operating
 * system trusts, and what SSL_CERT_FILE and SSL_CERT_DIR name.
 *
 * What was written is as durable as the server makes it: let it append to its file before it answers (`appendonly yes`,
 * `appendfsync always`), drop no key for want of memory (`maxmemory-policy noeviction`), and, where a replica may take over,
 * write to one at least (`min-replicas-to-write`); even so, a replica that takes over may lack what was written last, the
 * lock too. A server that was set back to an older state gives out what it kept then: the authorization server may take an
 * old refresh token for stolen.
 *
 * A user of the server needs
 * `~oauthclient:* +eval +time +get +set +del +exists +hget +hset +hdel +persist +pexpire +pexpireat`, besides `+select` for a
 * database other than 0, and `+asking` in a cluster.
 *
 * @param[in]  url     not NULL: `redis://[user:password@]host[:port][/database]`, the same with `rediss` for TLS, or
 *                     `unix:///path[?db=number][&user=name][&pass=password]`. Percent-encoded; `valkey` is the same as
 *                     `redis`. User and password are in no message.
 * @param[in]  options NULL: none.
 * @param[out] store   free it with oauth_store_free.
 * @param[out] error   NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INVALID_CONFIG where the build lacks a feature;
 *         OAUTH_ERROR_STORE when the encryption key could not be had from the key store; OAUTH_ERROR_TLS when there is
 *         nobody to trust; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_store_open_redis(const char *url,
                                    const oauth_store_options *options,
                                    oauth_store **store,
                                    oauth_error **error);

/**
 * Encrypts what is kept as oauth_store_options_set_encryption_key does, with a key that the operating system's key store
 * keeps: it is made when it is first asked for, by the call that opens the store, and found there by all later ones. Each
 * machine and user has another. Only in builds with the cargo feature `keyring`; see oauth_store_open_keyring.
 *
 * @param[in] options NULL: nothing is done.
 * @param[in] service not NULL: the name of the key, such as that of the program; at most 512 bytes, no control characters;
 *                    copied.
 * @since 0.1
 */
void oauth_store_options_set_keyring_encryption_key(oauth_store_options *options,
                                                    const char *service);

/**
 * Opens a store in the key store of the operating system, for all processes of one user: the Secret Service of the session
 * (GNOME Keyring, KWallet, KeePassXC), the Keychain of macOS, the Credential Manager of Windows. Only in builds with the
 * cargo feature `keyring`.
 *
 * The key store is asked for the first time when a session needs it, on a thread that ends with the call. Where it is
 * locked, the user may be asked to unlock it, and the call waits for up to a minute. Windows keeps 2,560 bytes a login, and a
 * longer one is OAUTH_ERROR_STORE: there, and where many logins are kept, a store of files with an encryption key from the
 * key store does better. Lock files lie below the directory of a store of files. What is damaged is kept under another
 * name.
 *
 * @param[in]  service not NULL: the name that the items have in common, such as that of the program; at most 512 bytes, no
 *                     control characters.
 * @param[in]  options NULL: none.
 * @param[out] store   free it with oauth_store_free.
 * @param[out] error   NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also in a set-uid program; OAUTH_ERROR_INVALID_CONFIG where the build
 *         lacks the feature; OAUTH_ERROR_STORE when the lock files cannot be made, or the encryption key could not be had;
 *         OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_store_open_keyring(const char *service,
                                      const oauth_store_options *options,
                                      oauth_store **store,
                                      oauth_error **error);

/**
 * Options that change nothing: a session renews with its refresh token, and asks for the scope that it has.
 *
 * @return free them with oauth_session_options_free; never NULL.
 * @since 0.1
 */
OAUTH_MUST_USE oauth_session_options *oauth_session_options_new(void);

/**
 * Frees the options; sessions keep what they were opened with.
 *
 * @param[in] options may be NULL.
 * @since 0.1
 */
void oauth_session_options_free(oauth_session_options *options);

/**
 * The scope to ask for at each renewal (RFC 6749 section 6): no more than the user granted.
 *
 * @param[in] options NULL: nothing is done.
 * @param[in] scope   space-separated; NULL: left out.
 * @since 0.1
 */
void oauth_session_options_set_scope(oauth_session_options *options, const char *scope);

/**
 * More form fields of each renewal, such as resource and audience.
 *
 * @param[in] options          NULL: nothing is done.
 * @param[in] field_parameters copied; NULL: none.
 * @since 0.1
 */
void oauth_session_options_set_field_parameters(oauth_session_options *options,
                                                const oauth_params *field_parameters);

/**
 * Gets every token by client credentials (RFC 6749 section 4.4): a machine, no user. Neither a refresh token nor a renew
 * function is used then.
 *
 * @param[in] options NULL: nothing is done.
 * @since 0.1
 */
void oauth_session_options_use_client_credentials(oauth_session_options *options);

/**
 * The program's own way to a token, where there is no refresh token, or it is refused.
 *
 * @param[in] options   NULL: nothing is done, but destroy is called.
 * @param[in] renew     NULL: none, and destroy is called.
 * @param[in] user_data passed to renew; may be NULL.
 * @param[in] destroy   frees user_data when neither options nor a session needs it any more; NULL: nothing to free.
 * @since 0.1
 */
void oauth_session_options_set_renew(oauth_session_options *options,
                                     oauth_session_renew_fn renew,
                                     void *user_data,
                                     oauth_destroy_fn destroy);

/**
 * A function that is told of every change once it is kept.
 *
 * @param[in] options   NULL: nothing is done, but destroy is called.
 * @param[in] change    NULL: none, and destroy is called.
 * @param[in] user_data passed to change; may be NULL.
 * @param[in] destroy   frees user_data when neither options nor a session needs it any more; NULL: nothing to free.
 * @since 0.1
 */
void oauth_session_options_set_change(oauth_session_options *options,
                                      oauth_session_change_fn change,
                                      void *user_data,
                                      oauth_destroy_fn destroy);

/**
 * Opens a session. Nothing is read and nothing sent: that is left to the first call that needs a token.
 *
 * @param[in]  client  not NULL; kept alive by the session, as is the store.
 * @param[in]  store   not NULL.
 * @param[in]  key     names the login in the store: a user, a purpose; 1 to 512 bytes without control characters, copied.
 * @param[in]  options how it renews; NULL: with its refresh token. They may be changed or freed afterwards.
 * @param[out] session free it with oauth_session_free.
 * @param[out] error   NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also for the options; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_session_open(const oauth_client *client,
                                const oauth_store *store,
                                const char *key,
                                const oauth_session_options *options,
                                oauth_session **session,
                                oauth_error **error);

/**
 * Frees the session, without waiting for anything. A renewal that is being finished reaches the store all the same; a token
 * that could not be saved (oauth_session_is_saved) is lost.
 *
 * @param[in] session may be NULL.
 * @since 0.1
 */
void oauth_session_free(oauth_session *session);

/**
 * A token that is valid for at least the margin of the options: at once, or after a renewal. See oauth_session for who
 * waits, and how long.
 *
 * @param[in]  session not NULL; many threads may call at once.
 * @param[in]  options NULL: a margin of 60 s, and the client's timeout for the wait; their headers and retry policy are not
 *                     used.
 * @param[out] token   free it with oauth_token_free. It does not hold the response that it came with.
 * @param[out] error   NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_LOGIN_REQUIRED: nothing is kept, or nothing that could be renewed, or the server refused the
 *         refresh token for good, whose words are then in the error: oauth_session_adopt a new login;
 *         OAUTH_ERROR_STORE: it could not be read or locked; OAUTH_ERROR_BUSY: called from a callback of this session;
 *         OAUTH_ERROR_TIMEOUT, _CANCELLED: of this call; OAUTH_ERROR_CALLBACK; else as oauth_refresh_token.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_session_token(const oauth_session *session,
                                 const oauth_request_options *options,
                                 oauth_token **token,
                                 oauth_error **error);

/**
 * The same, but copies the access token into a buffer of the program, which wipes it in its own time.
 *
 * @param[in]  session  not NULL; many threads may call at once.
 * @param[in]  options  as for oauth_session_token.
 * @param[out] buffer   the access token and a NUL; an empty string if the call fails. NULL only when capacity is 0.
 * @param[in]  capacity of the buffer, in bytes; 0 asks for the size needed.
 * @param[out] length   of the access token, in bytes, without the NUL; with OAUTH_ERROR_BUFFER_TOO_SMALL the size needed,
 *                      with the NUL; else 0. NULL: not wanted.
 * @param[out] error    NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_session_token; OAUTH_ERROR_BUFFER_TOO_SMALL: call again, perhaps more than once, for the next token may be
 *         longer still.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_session_copy_access_token(const oauth_session *session,
                                             const oauth_request_options *options,
                                             char *buffer,
                                             size_t capacity,
                                             size_t *length,
                                             oauth_error **error);

/**
 * The same for the whole value of an Authorization header: "Bearer ..." (RFC 6750 section 2.1), or "DPoP ..." for such a
 * token.
 *
 * @param[in]  session  not NULL; many threads may call at once.
 * @param[in]  options  as for oauth_session_token.
 * @param[out] buffer   the value and a NUL; an empty string if the call fails. NULL only when capacity is 0.
 * @param[in]  capacity of the buffer, in bytes; 0 asks for the size needed.
 * @param[out] length   of the value, in bytes, as for oauth_session_copy_access_token. NULL: not wanted.
 * @param[out] error    NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_session_copy_access_token; OAUTH_ERROR_INVALID_ARGUMENT also for a token type that needs more than a
 *         header value ("mac", "N_A").
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_session_copy_authorization(const oauth_session *session,
                                              const oauth_request_options *options,
                                              char *buffer,
                                              size_t capacity,
                                              size_t *length,
                                              oauth_error **error);

/**
 * Puts in a token that was obtained elsewhere: after a log-in. It replaces what was kept, in the store too, and is told to
 * the change function. Waits for a renewal that holds the lock, as long as for a token.
 *
 * @param[in]  session not NULL; many threads may call at once.
 * @param[in]  token   not NULL; copied without its response. One of another issuer than the client's is refused.
 * @param[in]  options NULL: the client's timeout bounds the wait.
 * @param[out] error   NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK: the store has it; OAUTH_ERROR_STORE: all is as it was; OAUTH_ERROR_INVALID_ARGUMENT;
 *         OAUTH_ERROR_BUSY: called from a callback of this session; OAUTH_ERROR_TIMEOUT; OAUTH_ERROR_CANCELLED;
 *         OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_session_adopt(const oauth_session *session,
                                 const oauth_token *token,
                                 const oauth_request_options *options,
                                 oauth_error **error);

/**
 * Says that a resource refused this token (HTTP 401, RFC 6750 section 3.1): the next call renews. If the session has a
 * newer one already, nothing is done, so that many threads may say so at once. No authorization server is asked; a session
 * that holds no token yet looks into the store.
 *
 * @param[in]  session not NULL; many threads may call at once.
 * @param[in]  token   the one that was refused, not NULL; oauth_token_new makes one of an access token.
 * @param[out] error   NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_BUSY: called from a callback of this session;
 *         OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_session_invalidate(const oauth_session *session,
                                      const oauth_token *token,
                                      oauth_error **error);

/**
 * Ends the login: deletes it from the store, tells the change function, and then, if wanted, revokes it at the server
 * (RFC 7009): the refresh token, else the access token. What cannot be read cannot be revoked: it stays, unless
 * nothing is to be revoked. Waits for a renewal that holds the lock, as long as for a token.
 *
 * @param[in]  session not NULL; many threads may call at once. It may adopt another login afterwards.
 * @param[in]  revoke  whether to revoke it, which needs a revocation_endpoint.
 * @param[in]  options NULL: those of the client.
 * @param[out] error   NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK, also when nothing was kept; all is as it was: OAUTH_ERROR_STORE, OAUTH_ERROR_INVALID_CONFIG (neither
 *         revocation_endpoint nor issuer is set), OAUTH_ERROR_BUSY (called from a callback of this session); else as
 *         oauth_revoke: the login is deleted here, but perhaps not revoked.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_session_forget(const oauth_session *session,
                                  bool revoke,
                                  const oauth_request_options *options,
                                  oauth_error **error);

/**
 * When the token that this session holds expires. A session holds none before the first call that needs it.
 *
 * @param[in] session may be NULL.
 * @return seconds since the epoch; -1 when it holds none, the server did not say, and for NULL.
 * @since 0.1
 */
int64_t oauth_session_expiry_s(const oauth_session *session);

/**
 * When the next renewal of the token that this session holds may begin, if a call comes then: nothing runs by itself.
 *
 * @param[in] session may be NULL.
 * @return seconds since the epoch; -1 when it holds none, or it does not expire, and for NULL.
 * @since 0.1
 */
int64_t oauth_session_next_refresh_s(const oauth_session *session);

/**
 * Whether the store has what this session holds. If not, because saving failed, only this process has the token: it is
 * given out as usual, and each call tries to save it.
 *
 * @param[in] session may be NULL.
 * @return true also when it holds none; false for NULL.
 * @since 0.1
 */
bool oauth_session_is_saved(const oauth_session *session);

/**
 * Why the last renewal failed, or, if that went well, why its token could not be saved: for a status page; calls give their
 * own errors.
 *
 * @param[in] session may be NULL.
 * @return free it with oauth_error_free; NULL when both went well, and for NULL. It does not hold the response.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_error *oauth_session_last_error(const oauth_session *session);

/**
 * The metadata of the client's issuer: from memory when they are fresh, else asked for, once for all threads.
 *
 * @param[in]  client   not NULL; its config has an issuer. Many threads may call at once.
 * @param[in]  options  NULL: those of the client.
 * @param[out] metadata free it with oauth_metadata_free.
 * @param[out] error    NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_CONFIG without an issuer, or when it has no metadata anywhere;
 *         OAUTH_ERROR_ISSUER_MISMATCH when they are of another issuer; OAUTH_ERROR_INVALID_RESPONSE, _HTTP, _REDIRECT,
 *         _RESPONSE_TOO_LARGE; _CONNECT, _TLS, _TIMEOUT, _CANCELLED, _CONNECTION_LOST; _CALLBACK; _INTERNAL; _BUSY in a
 *         callback of the call that is fetching them.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_client_metadata(const oauth_client *client,
                                   const oauth_request_options *options,
                                   oauth_metadata **metadata,
                                   oauth_error **error);

/**
 * What the metadata say: "token_endpoint", "scopes_supported", "grant_types_supported" ... (RFC 8414 section 2).
 *
 * @param[in] metadata may be NULL.
 * @return valid until this handle is freed; NULL only for NULL.
 * @since 0.1
 */
const oauth_members *oauth_metadata_members(const oauth_metadata *metadata);

/**
 * Frees a handle.
 *
 * @param[in] metadata may be NULL.
 * @since 0.1
 */
void oauth_metadata_free(oauth_metadata *metadata);

/**
 * Exchanges an authorization code for a token (RFC 6749 section 4.1.3). Blocks until there is an answer, at most for the
 * timeout. A code goes out at most once.
 *
 * @param[in]  client               not NULL; many threads may call at once.
 * @param[in]  authorization_header the Authorization header, sent byte for byte: see oauth_basic_authorization. NULL: the
 *                                  client authentication of the config.
 * @param[in]  code                 not NULL, not empty.
 * @param[in]  redirect_uri         the one of the authorization request; NULL: left out (OAuth 2.1).
 * @param[in]  field_parameters     more form fields: code_verifier (RFC 7636), resource ...; NULL: none.
 * @param[in]  options              NULL: those of the client.
 * @param[out] token                free it with oauth_token_free.
 * @param[out] error                NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; nothing sent: OAUTH_ERROR_INVALID_ARGUMENT, _CONNECT, _TLS; the server's answer: OAUTH_ERROR_PROVIDER
 *         (an OAuth error, at whatever HTTP status), _HTTP, _REDIRECT, _INVALID_RESPONSE, _RESPONSE_TOO_LARGE; no whole
 *         answer: OAUTH_ERROR_TIMEOUT, _CANCELLED, _CONNECTION_LOST (oauth_error_request_sent says whether the server
 *         may have acted); OAUTH_ERROR_CALLBACK; OAUTH_ERROR_INTERNAL; when the endpoint has to be found first, as
 *         oauth_client_metadata.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_request_token(const oauth_client *client,
                                 const char *authorization_header,
                                 const char *code,
                                 const char *redirect_uri,
                                 const oauth_params *field_parameters,
                                 const oauth_request_options *options,
                                 oauth_token **token,
                                 oauth_error **error);

/**
 * Exchanges a refresh token for a token (RFC 6749 section 6). Blocks until there is an answer, at most for the timeout. A
 * refresh token goes out at most once. Servers may rotate it: keep what oauth_token_refresh_token gives.
 *
 * @param[in]  client               not NULL; many threads may call at once.
 * @param[in]  authorization_header the Authorization header, sent byte for byte: see oauth_basic_authorization. NULL: the
 *                                  client authentication of the config.
 * @param[in]  refresh_token        not NULL, not empty.
 * @param[in]  scope                less than was granted; NULL: left out.
 * @param[in]  field_parameters     more form fields; NULL: none.
 * @param[in]  options              NULL: those of the client.
 * @param[out] token                free it with oauth_token_free.
 * @param[out] error                NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token; OAUTH_ERROR_ID_TOKEN.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_refresh_token(const oauth_client *client,
                                 const char *authorization_header,
                                 const char *refresh_token,
                                 const char *scope,
                                 const oauth_params *field_parameters,
                                 const oauth_request_options *options,
                                 oauth_token **token,
                                 oauth_error **error);

/**
 * Refreshes a token (RFC 6749 section 6) with its own refresh token, and keeps what the answer leaves out: the refresh
 * token, and the ID token. An ID token in the answer must have the issuer and subject of the one before (OpenID Connect
 * Core 12.2). Blocks until there is an answer, at most for the timeout; a refresh token goes out at most once.
 *
 * @param[in]  client           not NULL; many threads may call at once.
 * @param[in]  before           not NULL; stays as it is.
 * @param[in]  scope            less than was granted; NULL: left out.
 * @param[in]  field_parameters more form fields; NULL: none.
 * @param[in]  options          NULL: those of the client.
 * @param[out] token            free it with oauth_token_free.
 * @param[out] error            NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token; OAUTH_ERROR_INVALID_ARGUMENT also for a token without a refresh token, or of another
 *         issuer than the client's; OAUTH_ERROR_ID_TOKEN.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_renew_token(const oauth_client *client,
                               const oauth_token *before,
                               const char *scope,
                               const oauth_params *field_parameters,
                               const oauth_request_options *options,
                               oauth_token **token,
                               oauth_error **error);

/**
 * Asks for a token of the client's own (RFC 6749 section 4.4): a machine, no user.
 *
 * @param[in]  client           not NULL; many threads may call at once.
 * @param[in]  scope            space-separated; NULL: left out, and the server decides.
 * @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
 * @param[in]  options          NULL: those of the client.
 * @param[out] token            free it with oauth_token_free.
 * @param[out] error            NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_request_client_credentials(const oauth_client *client,
                                              const char *scope,
                                              const oauth_params *field_parameters,
                                              const oauth_request_options *options,
                                              oauth_token **token,
                                              oauth_error **error);

/**
 * Exchanges a token for another one (RFC 8693): for another audience, on behalf of somebody, of another kind.
 * oauth_token_member(token, "issued_token_type") says what came back; a token_type of "N_A" is no access token.
 *
 * @param[in]  client           not NULL; many threads may call at once.
 * @param[in]  subject_token    not NULL, not empty.
 * @param[in]  subject_token_type its type's URI; not NULL, not empty.
 * @param[in]  actor_token      who acts; NULL: left out.
 * @param[in]  actor_token_type NULL if, and only if, actor_token is.
 * @param[in]  requested_token_type NULL: the server decides.
 * @param[in]  scope            space-separated; NULL: left out, and the server decides.
 * @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
 * @param[in]  options          NULL: those of the client.
 * @param[out] token            free it with oauth_token_free.
 * @param[out] error            NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_request_token_exchange(const oauth_client *client,
                                          const char *subject_token,
                                          const char *subject_token_type,
                                          const char *actor_token,
                                          const char *actor_token_type,
                                          const char *requested_token_type,
                                          const char *scope,
                                          const oauth_params *field_parameters,
                                          const oauth_request_options *options,
                                          oauth_token **token,
                                          oauth_error **error);

/**
 * Gives a signed JWT for a token (RFC 7523 section 2.1). Client authentication is sent if the config has a client. The
 * assertion goes out at most once.
 *
 * @param[in]  client           not NULL; many threads may call at once.
 * @param[in]  assertion        made and signed by the program; not NULL, not empty.
 * @param[in]  scope            space-separated; NULL: left out, and the server decides.
 * @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
 * @param[in]  options          NULL: those of the client.
 * @param[out] token            free it with oauth_token_free.
 * @param[out] error            NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_request_jwt_bearer(const oauth_client *client,
                                      const char *assertion,
                                      const char *scope,
                                      const oauth_params *field_parameters,
                                      const oauth_request_options *options,
                                      oauth_token **token,
                                      oauth_error **error);

/**
 * Gives a SAML 2.0 assertion for a token (RFC 7522 section 2.1). Client authentication is sent if the config has a client.
 * The assertion goes out at most once.
 *
 * @param[in]  client           not NULL; many threads may call at once.
 * @param[in]  assertion        XML, or its base64url encoding; not NULL, not empty.
 * @param[in]  scope            space-separated; NULL: left out, and the server decides.
 * @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
 * @param[in]  options          NULL: those of the client.
 * @param[out] token            free it with oauth_token_free.
 * @param[out] error            NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_request_saml_bearer(const oauth_client *client,
                                       const char *assertion,
                                       const char *scope,
                                       const oauth_params *field_parameters,
                                       const oauth_request_options *options,
                                       oauth_token **token,
                                       oauth_error **error);

/**
 * Gives a user's name and password for a token (RFC 6749 section 4.3). Legacy: OAuth 2.1 has removed this grant, because it
 * hands the password to the program. For servers that offer nothing else.
 *
 * @param[in]  client           not NULL; many threads may call at once.
 * @param[in]  username         not NULL, not empty.
 * @param[in]  password         not NULL, may be empty.
 * @param[in]  scope            space-separated; NULL: left out, and the server decides.
 * @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
 * @param[in]  options          NULL: those of the client.
 * @param[out] token            free it with oauth_token_free.
 * @param[out] error            NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token; OAUTH_ERROR_ID_TOKEN.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_request_password(const oauth_client *client,
                                    const char *username,
                                    const char *password,
                                    const char *scope,
                                    const oauth_params *field_parameters,
                                    const oauth_request_options *options,
                                    oauth_token **token,
                                    oauth_error **error);

/**
 * Asks for a token by any other grant (RFC 6749 section 4.5): its URI, and its parameters as field parameters. Client
 * authentication is sent if the config has a client. The request goes out at most once.
 *
 * @param[in]  client           not NULL; many threads may call at once.
 * @param[in]  grant_type       not NULL, not empty; not authorization_code or refresh_token, which have calls of their own.
 * @param[in]  field_parameters more form fields, such as resource and audience; NULL: none.
 * @param[in]  options          NULL: those of the client.
 * @param[out] token            free it with oauth_token_free.
 * @param[out] error            NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_request_grant(const oauth_client *client,
                                 const char *grant_type,
                                 const oauth_params *field_parameters,
                                 const oauth_request_options *options,
                                 oauth_token **token,
                                 oauth_error **error);

/**
 * Begins a log-in (RFC 6749 section 4.1.1). State, code verifier (RFC 7636, S256) and, with the scope openid, nonce are
 * made here, from the operating system's randomness. Asks the server only for metadata that are needed and not yet known.
 *
 * @param[in]  client        not NULL, with a client_id; many threads may call at once.
 * @param[in]  redirect_uri  where the user comes back to, as registered; not NULL, absolute, without fragment.
 * @param[in]  scope         space-separated; NULL: left out. With openid the token's ID token is checked.
 * @param[in]  parameters    more parameters: prompt, login_hint, resource (RFC 8707), authorization_details (RFC 9396),
 *                           response_mode (query or form_post) ...; NULL: none. With max_age it is the program that
 *                           looks at the claim auth_time.
 * @param[in]  options       NULL: those of the client.
 * @param[out] authorization free it with oauth_authorization_free.
 * @param[out] error         NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, _INVALID_CONFIG (also for a server that lists no S256); when metadata
 *         are needed, as oauth_client_metadata.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_authorization_begin(const oauth_client *client,
                                       const char *redirect_uri,
                                       const char *scope,
                                       const oauth_params *parameters,
                                       const oauth_request_options *options,
                                       oauth_authorization **authorization,
                                       oauth_error **error);

/**
 * The URL to send the user's browser to. It holds no secret but the state.
 *
 * @param[in] authorization may be NULL.
 * @return valid until this handle is freed; NULL only for NULL.
 * @since 0.1
 */
const char *oauth_authorization_url(const oauth_authorization *authorization);

/**
 * The state: what a web back end finds the user's authorization by, when the redirect comes in.
 *
 * @param[in] authorization may be NULL.
 * @return valid until this handle is freed; NULL only for NULL.
 * @since 0.1
 */
const char *oauth_authorization_state(const oauth_authorization *authorization);

/**
 * The nonce of the ID token (OpenID Connect Core 3.1.2.1).
 *
 * @param[in] authorization may be NULL.
 * @return valid until this handle is freed; NULL without the scope openid.
 * @since 0.1
 */
const char *oauth_authorization_nonce(const oauth_authorization *authorization);

/**
 * Finishes a log-in: checks that the redirect answers it (state, then RFC 9207's iss, then error), exchanges the code
 * with verifier and redirect URI, and checks the ID token. What does not belong here (a wrong state, a foreign URI)
 * leaves the authorization as it was; so does a code that never left.
 *
 * @param[in]  authorization    not NULL.
 * @param[in]  redirect         not NULL: the whole URL that the user came back to, or its query, or a form_post body.
 * @param[in]  field_parameters more fields of the token request; NULL: none.
 * @param[in]  options          NULL: those of the client.
 * @param[out] token            free it with oauth_token_free.
 * @param[out] error            NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token; nothing sent: OAUTH_ERROR_STATE_MISMATCH, _ISSUER_MISMATCH, _INVALID_RESPONSE (no
 *         answer at all), _PROVIDER (the user or the server said no), _EXPIRED, _INVALID_STATE (a second use);
 *         OAUTH_ERROR_ID_TOKEN.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_authorization_finish(oauth_authorization *authorization,
                                        const char *redirect,
                                        const oauth_params *field_parameters,
                                        const oauth_request_options *options,
                                        oauth_token **token,
                                        oauth_error **error);

/**
 * The authorization as text, to be finished by another process: a web back end keeps it with the user's session. It holds
 * secrets (code verifier, state, nonce), and whoever has it can finish the log-in: keep it where the user cannot read it.
 *
 * @param[in]  authorization not NULL.
 * @param[out] json          versioned JSON of this library; free it with oauth_string_free, which wipes it.
 * @param[out] error         NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_STATE: it has taken its answer; OAUTH_ERROR_INVALID_ARGUMENT;
 *         OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_authorization_to_json(const oauth_authorization *authorization,
                                         char **json,
                                         oauth_error **error);

/**
 * Takes up an authorization that oauth_authorization_to_json wrote, in this release or an earlier one. Use it once: the
 * library cannot know whether another process has finished it already.
 *
 * @param[in]  client        not NULL; of the same client_id and issuer as the one that began.
 * @param[in]  json          not NULL.
 * @param[out] authorization free it with oauth_authorization_free.
 * @param[out] error         NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT for text that is damaged, of another client, or of a newer version;
 *         OAUTH_ERROR_INVALID_CONFIG; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_authorization_from_json(const oauth_client *client,
                                           const char *json,
                                           oauth_authorization **authorization,
                                           oauth_error **error);

/**
 * Frees an authorization; its secrets are wiped.
 *
 * @param[in] authorization may be NULL.
 * @since 0.1
 */
void oauth_authorization_free(oauth_authorization *authorization);

/**
 * Options for any free port of 127.0.0.1, the path / and the library's own pages.
 *
 * @return free them with oauth_listener_options_free; never NULL.
 * @since 0.1
 */
OAUTH_MUST_USE oauth_listener_options *oauth_listener_options_new(void);

/**
 * Frees the options; listeners opened with them live on.
 *
 * @param[in] options may be NULL.
 * @since 0.1
 */
void oauth_listener_options_free(oauth_listener_options *options);

/**
 * The host of the redirect URI, as it is registered at the server (RFC 8252 section 8.3 advises against localhost).
 *
 * @param[in] options NULL: nothing is done.
 * @param[in] host    not NULL; "127.0.0.1", "::1" or "localhost", for which both addresses are listened on.
 * @since 0.1
 */
void oauth_listener_options_set_host(oauth_listener_options *options,
                                     const char *host);

/**
 * The port of the redirect URI.
 *
 * @param[in] options NULL: nothing is done.
 * @param[in] port    0: any free one, which servers have to accept (RFC 8252 section 7.3).
 * @since 0.1
 */
void oauth_listener_options_set_port(oauth_listener_options *options, uint16_t port);

/**
 * The path of the redirect URI.
 *
 * @param[in] options NULL: nothing is done.
 * @param[in] path    not NULL; begins with /, as a browser writes it, or empty for a redirect URI without one. Copied.
 * @since 0.1
 */
void oauth_listener_options_set_path(oauth_listener_options *options,
                                     const char *path);

/**
 * The pages that the browser shows at the end, in place of the library's own.
 *
 * @param[in] options      NULL: nothing is done.
 * @param[in] success_html a whole HTML page; NULL: the library's own. Copied.
 * @param[in] failure_html the same.
 * @since 0.1
 */
void oauth_listener_options_set_pages(oauth_listener_options *options,
                                      const char *success_html,
                                      const char *failure_html);

/**
 * Listens, from now on, for the redirect; open it right before the browser, and do not keep it longer than needed.
 *
 * @param[in]  options  NULL: the defaults. May be freed afterwards.
 * @param[out] listener free it with oauth_listener_free.
 * @param[out] error    NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_SYSTEM: the port is in use, or the machine does not have the address; the message names
 *         it; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_listener_open(const oauth_listener_options *options,
                                 oauth_listener **listener,
                                 oauth_error **error);

/**
 * The redirect URI to begin the authorization with: "http://127.0.0.1:PORT/".
 *
 * @param[in] listener may be NULL.
 * @return valid until the listener is freed; NULL only for a NULL listener.
 * @since 0.1
 */
const char *oauth_listener_redirect_uri(const oauth_listener *listener);

/**
 * Waits for the redirect that answers an authorization. Only a request on the listener's path with that authorization's
 * state counts; everything else is refused and waited past. Once it has come, nothing listens any more, and the browser
 * waits for oauth_listener_finish.
 *
 * @param[in]  listener not NULL.
 * @param[in]  expected not NULL; stays as it is.
 * @param[in]  options  NULL: none. The deadline bounds the wait, and so does the authorization's lifetime; a wait that was
 *                      cancelled or timed out may be called again.
 * @param[out] redirect for oauth_authorization_finish; free it with oauth_string_free, which wipes it.
 * @param[out] error    NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_TIMEOUT, _CANCELLED, _EXPIRED; OAUTH_ERROR_INVALID_STATE: the redirect has come before;
 *         OAUTH_ERROR_SYSTEM; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_listener_wait(oauth_listener *listener,
                                 const oauth_authorization *expected,
                                 const oauth_request_options *options,
                                 char **redirect,
                                 oauth_error **error);

/**
 * Shows the last page in the browser that brought the redirect; call it when the outcome is known. Without such a
 * browser nothing is done. Blocks for 2 s at most.
 *
 * @param[in] listener  NULL: nothing is done.
 * @param[in] succeeded which page: that the user is signed in, or that signing in did not work.
 * @since 0.1
 */
void oauth_listener_finish(oauth_listener *listener,
                           bool succeeded);

/**
 * Closes and frees the listener. A browser that still waits for its page is shown that signing in did not work.
 *
 * @param[in] listener may be NULL.
 * @since 0.1
 */
void oauth_listener_free(oauth_listener *listener);

/**
 * Shows a URL in the user's own browser (RFC 8252 section 4.1), without a shell: by BROWSER, if that names one program,
 * xdg-open, gio or wslview; on macOS and Windows by the system's own way. Programs are found by PATH. Blocks until one
 * has succeeded, or has run for 2 s; it may run on as a child of this process, and is waited for by a thread. Other users
 * of the machine can see the URL in its command line; PKCE is why that gives them nothing.
 *
 * @param[in]  url   not NULL; an absolute http or https URL without spaces and control characters.
 * @param[out] error NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK: a browser was started, for all that can be known; OAUTH_ERROR_SYSTEM: there is none, or no display,
 *         or the program is set-uid: show the URL to the user; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_browser_open(const char *url,
                                oauth_error **error);

/**
 * Logs a user in from a native app (RFC 8252): listens on loopback, opens the browser, waits for the redirect, exchanges
 * the code, checks the ID token with the scope openid, and shows the user how it went. The same as
 * oauth_listener_open, oauth_authorization_begin, oauth_browser_open, oauth_listener_wait, oauth_authorization_finish and
 * oauth_listener_finish.
 *
 * @param[in]  client     not NULL, with a client_id; many threads may call at once.
 * @param[in]  scope      space-separated; NULL: left out.
 * @param[in]  parameters more parameters of the authorization request; NULL: none.
 * @param[in]  listener   the redirect URI as the server wants it registered: host, port, path; NULL: 127.0.0.1, any free
 *                        port, "/".
 * @param[in]  open_url   the program's own way to show the URL; NULL: oauth_browser_open.
 * @param[in]  user_data  for open_url.
 * @param[in]  options    NULL: those of the client. The deadline bounds the whole call, the timeout each exchange;
 *                        without a deadline the lifetime of the authorization ends the wait.
 * @param[out] token      free it with oauth_token_free.
 * @param[out] error      NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_authorization_begin and oauth_authorization_finish; OAUTH_ERROR_SYSTEM: port or browser, the message
 *         names the next step; OAUTH_ERROR_CALLBACK: open_url failed; OAUTH_ERROR_TIMEOUT, _CANCELLED, _EXPIRED: the user
 *         did not come back.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_log_in(const oauth_client *client,
                          const char *scope,
                          const oauth_params *parameters,
                          const oauth_listener_options *listener,
                          oauth_open_url_fn open_url,
                          void *user_data,
                          const oauth_request_options *options,
                          oauth_token **token,
                          oauth_error **error);

/**
 * Asks the server for a code that the user enters on another device (RFC 8628 section 3.1). Blocks until there is an
 * answer, at most for the timeout.
 *
 * @param[in]  client     not NULL, with a client_id; many threads may call at once.
 * @param[in]  scope      space-separated; NULL: left out.
 * @param[in]  parameters more parameters; NULL: none.
 * @param[in]  options    NULL: those of the client.
 * @param[out] device     free it with oauth_device_authorization_free.
 * @param[out] error      NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token; OAUTH_ERROR_INVALID_CONFIG when there is no device_authorization_endpoint.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_device_authorization_begin(const oauth_client *client,
                                              const char *scope,
                                              const oauth_params *parameters,
                                              const oauth_request_options *options,
                                              oauth_device_authorization **device,
                                              oauth_error **error);

/**
 * The code that the user enters.
 *
 * @param[in] device may be NULL.
 * @return valid until this handle is freed; NULL only for NULL.
 * @since 0.1
 */
const char *oauth_device_authorization_user_code(const oauth_device_authorization *device);

/**
 * Where the user enters it.
 *
 * @param[in] device may be NULL.
 * @return valid until this handle is freed; NULL only for NULL.
 * @since 0.1
 */
const char *oauth_device_authorization_verification_uri(const oauth_device_authorization *device);

/**
 * The same with the code in it, so that nothing is left to enter.
 *
 * @param[in] device may be NULL.
 * @return valid until this handle is freed; NULL when the server gave none.
 * @since 0.1
 */
const char *oauth_device_authorization_verification_uri_complete(const oauth_device_authorization *device);

/**
 * A QR code of the complete URI (of the plain one when there is none) as lines of text, for a terminal of light text on a
 * dark ground.
 *
 * @param[in] device may be NULL.
 * @return UTF-8 block characters, lines end in '\n'; valid until this handle is freed; NULL when the URI is too long.
 * @since 0.1
 */
const char *oauth_device_authorization_qr_text(const oauth_device_authorization *device);

/**
 * When the codes expire.
 *
 * @param[in] device may be NULL.
 * @return epoch seconds; -1 for NULL.
 * @since 0.1
 */
int64_t oauth_device_authorization_expiry_s(const oauth_device_authorization *device);

/**
 * In how many milliseconds the next poll is due.
 *
 * @param[in] device may be NULL.
 * @return 0: now, or NULL.
 * @since 0.1
 */
uint32_t oauth_device_authorization_next_poll_ms(const oauth_device_authorization *device);

/**
 * The server's whole answer, device_code included.
 *
 * @param[in] device may be NULL.
 * @return valid until this handle is freed; NULL only for NULL.
 * @since 0.1
 */
const oauth_members *oauth_device_authorization_members(const oauth_device_authorization *device);

/**
 * Asks once whether the user has decided (RFC 8628 section 3.4). Before the next poll is due, it answers pending without
 * asking the server.
 *
 * @param[in]  device  not NULL.
 * @param[in]  options NULL: those of the client.
 * @param[out] token   free it with oauth_token_free.
 * @param[out] error   NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK; OAUTH_ERROR_AUTHORIZATION_PENDING: go on; OAUTH_ERROR_EXPIRED: begin again; OAUTH_ERROR_PROVIDER: the
 *         user said no (access_denied), or the server did; OAUTH_ERROR_INVALID_STATE: it was finished before;
 *         OAUTH_ERROR_ID_TOKEN; else as oauth_request_token, and polling may go on.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_device_authorization_poll(oauth_device_authorization *device,
                                             const oauth_request_options *options,
                                             oauth_token **token,
                                             oauth_error **error);

/**
 * Polls until the user has decided or the codes have expired: as often as the server allows (interval, slow_down,
 * Retry-After); a server that cannot be reached is asked again later.
 *
 * @param[in]  device  not NULL.
 * @param[in]  options NULL: those of the client. The deadline bounds the whole wait, the timeout each poll; a call that
 *                     was cancelled or timed out may be made again.
 * @param[out] token   free it with oauth_token_free.
 * @param[out] error   NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_device_authorization_poll, but never OAUTH_ERROR_AUTHORIZATION_PENDING; OAUTH_ERROR_TIMEOUT at the
 *         deadline; OAUTH_ERROR_CANCELLED.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_device_authorization_wait(oauth_device_authorization *device,
                                             const oauth_request_options *options,
                                             oauth_token **token,
                                             oauth_error **error);

/**
 * Frees a device authorization; its codes are wiped.
 *
 * @param[in] device may be NULL.
 * @since 0.1
 */
void oauth_device_authorization_free(oauth_device_authorization *device);

/**
 * Tells the server to forget a token (RFC 7009). One that it does not know is forgotten already: that is OAUTH_OK, too.
 *
 * @param[in]  client          not NULL, with a client; many threads may call at once.
 * @param[in]  token           an access or refresh token; not NULL, not empty.
 * @param[in]  token_type_hint "access_token", "refresh_token"; NULL: left out.
 * @param[in]  options         NULL: those of the client.
 * @param[out] error           NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token; OAUTH_ERROR_INVALID_CONFIG when there is no revocation_endpoint.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_revoke(const oauth_client *client,
                          const char *token,
                          const char *token_type_hint,
                          const oauth_request_options *options,
                          oauth_error **error);

/**
 * Asks what the server knows of a token (RFC 7662).
 *
 * @param[in]  client          not NULL, with a client; many threads may call at once.
 * @param[in]  token           not NULL, not empty.
 * @param[in]  token_type_hint "access_token", "refresh_token"; NULL: left out.
 * @param[in]  options         NULL: those of the client.
 * @param[out] introspection   free it with oauth_introspection_free.
 * @param[out] error           NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token; OAUTH_ERROR_INVALID_CONFIG when there is no introspection_endpoint.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_introspect(const oauth_client *client,
                              const char *token,
                              const char *token_type_hint,
                              const oauth_request_options *options,
                              oauth_introspection **introspection,
                              oauth_error **error);

/**
 * Whether the token is good. The one member that every answer has.
 *
 * @param[in] introspection may be NULL.
 * @return false for NULL.
 * @since 0.1
 */
bool oauth_introspection_active(const oauth_introspection *introspection);

/**
 * What else the server says: "scope", "client_id", "username", "exp", "sub", "aud" ... (RFC 7662 section 2.2).
 *
 * @param[in] introspection may be NULL.
 * @return valid until this handle is freed; NULL only for NULL.
 * @since 0.1
 */
const oauth_members *oauth_introspection_members(const oauth_introspection *introspection);

/**
 * Frees a handle.
 *
 * @param[in] introspection may be NULL.
 * @since 0.1
 */
void oauth_introspection_free(oauth_introspection *introspection);

/**
 * Asks who the user of a token is (OpenID Connect Core 5.3.1). When the token has a checked ID token, both must be about
 * the same subject.
 *
 * @param[in]  client   not NULL; many threads may call at once.
 * @param[in]  token    not NULL; shown to the UserInfo endpoint.
 * @param[in]  options  NULL: those of the client.
 * @param[out] userinfo free it with oauth_userinfo_free.
 * @param[out] error    NULL: not wanted; free it with oauth_error_free.
 * @return as oauth_request_token; OAUTH_ERROR_INVALID_ARGUMENT also for a token of another issuer than the client's;
 *         OAUTH_ERROR_PROVIDER also for what the answer's WWW-Authenticate says; OAUTH_ERROR_ID_TOKEN for another subject;
 *         OAUTH_ERROR_INVALID_CONFIG when there is no userinfo_endpoint.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_request_userinfo(const oauth_client *client,
                                    const oauth_token *token,
                                    const oauth_request_options *options,
                                    oauth_userinfo **userinfo,
                                    oauth_error **error);

/**
 * The user's identifier at this issuer: the claim sub.
 *
 * @param[in] userinfo may be NULL.
 * @return valid until this handle is freed; NULL when the server sent none.
 * @since 0.1
 */
const char *oauth_userinfo_subject(const oauth_userinfo *userinfo);

/**
 * All claims: "name", "email" ... (OpenID Connect Core 5.1).
 *
 * @param[in] userinfo may be NULL.
 * @return valid until this handle is freed; NULL only for NULL.
 * @since 0.1
 */
const oauth_members *oauth_userinfo_members(const oauth_userinfo *userinfo);

/**
 * Frees a handle.
 *
 * @param[in] userinfo may be NULL.
 * @since 0.1
 */
void oauth_userinfo_free(oauth_userinfo *userinfo);

/**
 * Reads the value of a WWW-Authenticate header (RFC 9110 section 11.6.1, RFC 6750 section 3), such as a resource sends with
 * 401. What is malformed is read as far as it can be understood.
 *
 * @param[in]  www_authenticate not NULL; taken byte for byte, it need not be UTF-8: what is not becomes U+FFFD.
 * @param[out] challenges       may be empty; free it with oauth_challenges_free.
 * @param[out] error            NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK whatever the server sent; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_challenges_parse(const char *www_authenticate,
                                    oauth_challenges **challenges,
                                    oauth_error **error);

/**
 * The challenges of all WWW-Authenticate headers of an HTTP answer, in order.
 *
 * @param[in]  response   not NULL.
 * @param[out] challenges empty when there is no such header; lives on its own; free it with oauth_challenges_free.
 * @param[out] error      NULL: not wanted; free it with oauth_error_free.
 * @return OAUTH_OK whatever the server sent; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
 * @since 0.1
 */
OAUTH_MUST_USE
oauth_status oauth_response_challenges(const oauth_response *response,
                                       oauth_challenges **challenges,
                                       oauth_error **error);

/**
 * Frees the challenges and everything borrowed from them; values are wiped.
 *
 * @param[in] challenges may be NULL.
 * @since 0.1
 */
void oauth_challenges_free(oauth_challenges *challenges);

/**
 * How many challenges there are.
 *
 * @param[in] challenges may be NULL.
 * @return 0 for NULL.
 * @since 0.1
 */
size_t oauth_challenges_count(const oauth_challenges *challenges);

/**
 * The scheme of a challenge as it was sent: "Bearer"; compare it without case.
 *
 * @param[in] challenges may be NULL.
 * @param[in] index      from 0.
 * @return empty for parameters that came before any scheme; valid until the challenges are freed; NULL beyond the last.
 * @since 0.1
 */
const char *oauth_challenges_scheme_at(const oauth_challenges *challenges,
                                       size_t index);

/**
 * What stands in place of parameters, as Negotiate has it (token68, RFC 9110 section 11.2).
 *
 * @param[in] challenges may be NULL.
 * @param[in] index      from 0.
 * @return valid until the challenges are freed; NULL when there is none, and beyond the last.
 * @since 0.1
 */
const char *oauth_challenges_token68_at(const oauth_challenges *challenges, size_t index);

/**
 * A parameter of a challenge: realm, error, error_description, scope (RFC 6750 section 3), resource_metadata (RFC 9728
 * section 5.1).
 *
 * @param[in] challenges may be NULL.
 * @param[in] index      of the challenge, from 0.
 * @param[in] name       compared without case; NULL finds nothing; of two parameters with one name the first is found.
 * @return without its quotes, empty for a name without a value; valid until the challenges are freed; NULL when there is
 *         none, and beyond the last.
 * @since 0.1
 */
const char *oauth_challenges_parameter(const oauth_challenges *challenges,
                                       size_t index,
                                       const char *name);

/**
 * How many parameters a challenge has, those given twice included.
 *
 * @param[in] challenges may be NULL.
 * @param[in] index      of the challenge, from 0.
 * @return 0 for NULL, and beyond the last.
 * @since 0.1
 */
size_t oauth_challenges_parameter_count(const oauth_challenges *challenges, size_t index);

/**
 * The name of a parameter as it was sent, in order.
 *
 * @param[in] challenges      may be NULL.
 * @param[in] index           of the challenge, from 0.
 * @param[in] parameter_index from 0.
 * @return valid until the challenges are freed; NULL beyond the last.
 * @since 0.1
 */
const char *oauth_challenges_parameter_name_at(const oauth_challenges *challenges,
                                               size_t index,
                                               size_t parameter_index);

/**
 * The value of a parameter, without its quotes.
 *
 * @param[in] challenges      may be NULL.
 * @param[in] index           of the challenge, from 0.
 * @param[in] parameter_index from 0.
 * @return valid until the challenges are freed; NULL beyond the last.
 * @since 0.1
 */
const char *oauth_challenges_parameter_value_at(const oauth_challenges *challenges,
                                                size_t index,
                                                size_t parameter_index);

/**
 * The version of the library that is loaded; OAUTH_VERSION_STRING is that of the header.
 *
 * @return "MAJOR.MINOR.PATCH". Static: never NULL, never freed.
 * @since 0.1
 */
const char *oauth_version(void);

/**
 * Wipes and frees a string that the library gave away: those whose documentation names this function.
 *
 * @param[in] string may be NULL.
 * @since 0.1
 */
void oauth_string_free(char *string);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* OAUTHCLIENT_OAUTH_H */

#include "_cgo_export.h"

static void destroy(void *user_data) { gooauthDestroy((uintptr_t)user_data); }

static void done(void *user_data) { gooauthDone((uintptr_t)user_data); }

void gooauth_on_done(oauth_operation *operation, uintptr_t handle)
{
    oauth_operation_on_done(operation, done, (void *)handle, destroy);
}

static void write_log(void *user_data, oauth_log_level level, const char *message)
{
    gooauthLog((uintptr_t)user_data, level, (char *)message);
}

void gooauth_set_log(oauth_config *config, oauth_log_level level, uintptr_t handle)
{
    oauth_config_set_log(config, level, write_log, (void *)handle, destroy);
}

static oauth_status open_url(void *user_data, const char *url) { return gooauthOpenURL((uintptr_t)user_data, (char *)url); }

void gooauth_set_open_url(oauth_listener_options *options, uintptr_t handle)
{
    oauth_listener_options_set_open_url(options, open_url, (void *)handle, destroy);
}

static oauth_status acquire(void *user_data, const oauth_client *client, const char *key, const oauth_token *before,
                            oauth_token **token)
{
    (void)client;
    return gooauthAcquire((uintptr_t)user_data, (char *)key, (oauth_token *)before, token);
}

void gooauth_set_acquire(oauth_session_options *options, uintptr_t handle)
{
    oauth_session_options_set_acquire(options, acquire, (void *)handle, destroy);
}

static void change(void *user_data, const char *key, const oauth_token *token)
{
    gooauthChange((uintptr_t)user_data, (char *)key, (oauth_token *)token);
}

void gooauth_set_change(oauth_session_options *options, uintptr_t handle)
{
    oauth_session_options_set_change(options, change, (void *)handle, destroy);
}

static oauth_status sign(void *user_data, const char *algorithm, const uint8_t *message, size_t length,
                         oauth_signature *signature)
{
    return gooauthSign((uintptr_t)user_data, (char *)algorithm, (uint8_t *)message, length, signature);
}

oauth_status gooauth_key_from_signer(const char *public_jwk, const char *algorithm, uintptr_t handle, oauth_key **key,
                                    oauth_error **error)
{
    return oauth_key_from_signer(public_jwk, algorithm, sign, (void *)handle, destroy, key, error);
}

static oauth_status read_source(void *user_data, oauth_source_value *value)
{
    return gooauthReadSource((uintptr_t)user_data, value);
}

oauth_status gooauth_source_from_callback(uintptr_t handle, oauth_source **source, oauth_error **error)
{
    return oauth_source_from_callback(read_source, (void *)handle, destroy, source, error);
}

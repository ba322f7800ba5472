"""Ctrl-C in Python during a call that blocks: a log-in through the browser, and a refresh.

    OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=app python3 interrupt.py [liboauthclient.so]
    OAUTH_TOKEN_ENDPOINT=... OAUTH_CLIENT_ID=app OAUTH_REFRESH_TOKEN=... python3 interrupt.py [liboauthclient.so]
"""
import ctypes
import os
import signal
import sys

oauth = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else "liboauthclient.so")
for name in ["oauth_config_new", "oauth_request_options_new", "oauth_error_message"]:
    getattr(oauth, name).restype = ctypes.c_void_p
oauth.oauth_error_message.restype = ctypes.c_char_p


signals = []
signal.signal(signal.SIGINT, lambda number, _: signals.append(number))


@ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)
def interrupted(_):
    """Python runs its signal handlers before each line of Python, so also here, while the call waits."""
    return bool(signals)


def setting(name):
    return os.environb.get(name.encode())


def main():
    client, token, error = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    config = ctypes.c_void_p(oauth.oauth_config_new())
    options = ctypes.c_void_p(oauth.oauth_request_options_new())
    oauth.oauth_request_options_set_interrupt(options, interrupted, None, None)
    if setting("OAUTH_ISSUER"):
        oauth.oauth_config_set_issuer(config, setting("OAUTH_ISSUER"))
    else:
        oauth.oauth_config_set_token_endpoint(config, setting("OAUTH_TOKEN_ENDPOINT"))
    oauth.oauth_config_set_client(config, setting("OAUTH_CLIENT_ID"), None)
    results = ctypes.byref(token), ctypes.byref(error)
    status = oauth.oauth_client_new(config, ctypes.byref(client), ctypes.byref(error))
    if status == 0 and setting("OAUTH_REFRESH_TOKEN"):
        status = oauth.oauth_refresh_token(client, None, setting("OAUTH_REFRESH_TOKEN"), None, None, options, *results)
    elif status == 0:
        status = oauth.oauth_log_in(client, None, None, None, options, *results)
    print(oauth.oauth_error_message(error).decode() if status else "a token")
    oauth.oauth_error_free(error)
    oauth.oauth_token_free(token)
    oauth.oauth_client_free(client)
    oauth.oauth_request_options_free(options)
    oauth.oauth_config_free(config)
    if signals:
        raise KeyboardInterrupt


main()

"""A loop of Python's asyncio: gets a token without blocking, through ctypes.

    OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=batch OAUTH_CLIENT_SECRET=... python3 tokens.py [liboauthclient.so]
"""
import asyncio
import ctypes
import os
import sys

oauth = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else "liboauthclient.so")
for name in ["oauth_config_new", "oauth_operation_descriptor", "oauth_error_message", "oauth_token_authorization"]:
    getattr(oauth, name).restype = ctypes.c_void_p
for name in ["oauth_error_message", "oauth_token_authorization"]:
    getattr(oauth, name).restype = ctypes.c_char_p


def checked(function, *arguments):
    """Calls a function whose last arguments are its result and its error."""
    result, error = ctypes.c_void_p(), ctypes.c_void_p()
    if function(*arguments, ctypes.byref(result), ctypes.byref(error)) != 0:
        message = oauth.oauth_error_message(error).decode()
        oauth.oauth_error_free(error)
        raise RuntimeError(message)
    return result


async def authorization(client):
    operation = checked(oauth.oauth_request_client_credentials_start, client, None, None, None)
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    descriptor = oauth.oauth_operation_descriptor(operation)
    loop.add_reader(descriptor, done.set)
    try:
        await done.wait()  # cancelling the task frees the operation, which stops it
        token = checked(oauth.oauth_operation_token, operation)
    finally:
        loop.remove_reader(descriptor)
        oauth.oauth_operation_free(operation)
    value = oauth.oauth_token_authorization(token).decode()
    oauth.oauth_token_free(token)
    return value


async def main():
    config = ctypes.c_void_p(oauth.oauth_config_new())
    oauth.oauth_config_set_issuer(config, os.environb[b"OAUTH_ISSUER"])
    oauth.oauth_config_set_client(config, os.environb[b"OAUTH_CLIENT_ID"], os.environb[b"OAUTH_CLIENT_SECRET"])
    client = checked(oauth.oauth_client_new, config)
    for value in await asyncio.gather(*[authorization(client) for _ in range(3)]):
        print(value)
    oauth.oauth_client_free(client)
    oauth.oauth_config_free(config)


asyncio.run(main())

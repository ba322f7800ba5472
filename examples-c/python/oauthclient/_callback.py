"""Functions of the program that the library calls. None lets an exception out: it is logged, and the call fails."""
import ctypes
import itertools
import logging
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_bool, c_char_p, c_int32, c_int64, c_size_t, c_void_p
from typing import Any

from ._errors import OAuthError, Status
from ._types import parameter, reference, wrong

LOGGER = logging.getLogger("oauthclient")
kept: dict[int, object] = {}
numbers = itertools.count(1)

CLIENT, ERROR, TOKEN = reference("client"), reference("error"), reference("token")
SIGN = CFUNCTYPE(c_int32, c_void_p, c_char_p, c_void_p, c_size_t, reference("signature"))
SOURCE = CFUNCTYPE(c_int32, c_void_p, reference("source_value"))
OPEN_URL = CFUNCTYPE(c_int32, c_void_p, c_char_p)
INTERRUPT = CFUNCTYPE(c_bool, c_void_p)
LOG = CFUNCTYPE(None, c_void_p, c_int32, c_char_p)
ACQUIRE = CFUNCTYPE(c_int32, c_void_p, CLIENT, c_char_p, TOKEN, ctypes.POINTER(TOKEN))
CHANGE = CFUNCTYPE(None, c_void_p, c_char_p, TOKEN)
REFUSAL = CFUNCTYPE(c_int32, c_void_p, c_char_p, ERROR)
LOAD = CFUNCTYPE(c_int32, c_void_p, c_char_p, reference("store_value"))
SAVE = CFUNCTYPE(c_int32, c_void_p, c_char_p, c_void_p, c_size_t, c_int64)
BY_KEY = CFUNCTYPE(c_int32, c_void_p, c_char_p)
UNLOCK = CFUNCTYPE(None, c_void_p, c_char_p)


destroy = CFUNCTYPE(None, c_void_p)(lambda number: kept.pop(number, None) and None)


def guarded(kind: Any, function: Callable[..., Any], failed: int | None = Status.CALLBACK) -> Any:
    """A C function that calls one of Python, without user_data; `failed` is returned after an exception."""

    def call(_: int, *arguments: Any) -> Any:
        try:
            returned = function(*arguments)
            if returned is None or failed is None:
                return None if failed is None else Status.OK
            return parameter("i").from_param(returned).value
        except OAuthError as error:
            LOGGER.warning("%s failed: %s", getattr(function, "__qualname__", function), error)
            return error.status if failed is not None and isinstance(error.status, int) else failed
        except BaseException:
            LOGGER.exception("%s failed", getattr(function, "__qualname__", function))
            return failed

    return kind(call)


def must_be_function(name: str, function: Any) -> None:
    if not callable(function):
        raise TypeError(f"{name}: {wrong('function', function)}")


def keep(*functions: Any) -> tuple[Any, ...]:
    """The functions with user_data and destructor, as the library takes them; it lets go of them."""
    number = next(numbers)
    kept[number] = functions
    return (*functions, number, destroy)

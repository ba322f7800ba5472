"""Functions of the program that the library calls. None lets an exception out: it is logged, and the call fails."""
import ctypes
import itertools
import logging
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_bool, c_char_p, c_int32, c_int64, c_size_t, c_void_p
from typing import Any

from ._errors import OAuthError, Status

LOGGER = logging.getLogger("oauthclient")
kept: dict[int, object] = {}
numbers = itertools.count(1)

OUT = ctypes.POINTER(c_void_p)
SIGN = CFUNCTYPE(c_int32, c_void_p, c_char_p, c_void_p, c_size_t, c_void_p)
SOURCE = CFUNCTYPE(c_int32, c_void_p, c_void_p)
OPEN_URL = CFUNCTYPE(c_int32, c_void_p, c_char_p)
INTERRUPT = CFUNCTYPE(c_bool, c_void_p)
LOG = CFUNCTYPE(None, c_void_p, c_int32, c_char_p)
ACQUIRE = CFUNCTYPE(c_int32, c_void_p, c_void_p, c_char_p, c_void_p, OUT)
CHANGE = CFUNCTYPE(None, c_void_p, c_char_p, c_void_p)
REFUSAL = CFUNCTYPE(c_int32, c_void_p, c_char_p, c_void_p)
LOAD = CFUNCTYPE(c_int32, c_void_p, c_char_p, c_void_p)
SAVE = CFUNCTYPE(c_int32, c_void_p, c_char_p, c_void_p, c_size_t, c_int64)
BY_KEY = CFUNCTYPE(c_int32, c_void_p, c_char_p)
UNLOCK = CFUNCTYPE(None, c_void_p, c_char_p)


destroy = CFUNCTYPE(None, c_void_p)(lambda number: kept.pop(number, None) and None)


def guarded(kind: Any, function: Callable[..., Any], failed: int | None = Status.CALLBACK) -> Any:
    """A C function that calls one of Python, without user_data; `failed` is returned after an exception."""

    def call(_: int, *arguments: Any) -> Any:
        try:
            returned = function(*arguments)
            return Status.OK if returned is None and failed is not None else returned
        except OAuthError as error:
            LOGGER.warning("%s failed: %s", getattr(function, "__qualname__", function), error)
            return None if failed is None else error.status
        except BaseException:
            LOGGER.exception("%s failed", getattr(function, "__qualname__", function))
            return failed

    return kind(call)


def keep(*functions: Any) -> tuple[Any, ...]:
    """The functions with user_data and destructor, as the library takes them; it lets go of them."""
    number = next(numbers)
    kept[number] = functions
    return (*functions, number, destroy)

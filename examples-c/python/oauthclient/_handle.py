"""Handles of the library as objects, and calls with them."""
import ctypes
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self
from weakref import WeakValueDictionary

from ._library import function

Parameters = Mapping[str, str | Sequence[str]]


class Pointer:
    """Owns a handle: frees it when nobody has this object any more, so never during a call with it."""

    __slots__ = ("_as_parameter_", "_free")

    def __init__(self, address: int, free: str) -> None:
        self._as_parameter_ = address
        self._free = function(free)

    def __del__(self, is_finalizing: Any = sys.is_finalizing) -> None:
        if not is_finalizing():
            self._free(self._as_parameter_)


class Handle:
    """An object of the library: freed by close, by the end of a with block, or when it is collected."""

    _free: ClassVar[str]

    def __init__(self, address: int) -> None:
        self._owned: Pointer | None = Pointer(address, self._free)
        LIVE[id(self)] = self

    @property
    def _pointer(self) -> Pointer:
        if self._owned is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._owned

    def close(self) -> None:
        """Frees it. A call that another thread is making with it is not disturbed."""
        self._owned = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _text(self, name: str) -> str | None:
        value = invoke(name, self)
        return None if value is None else value.decode()

    def _must_text(self, name: str) -> str:
        return self._text(name) or ""

    def _seconds(self, name: str) -> int | None:
        value: int = invoke(name, self)
        return None if value < 0 else value


def converted(argument: Any) -> Any:
    if isinstance(argument, Handle):
        return argument._pointer
    if isinstance(argument, str):
        if "\0" in argument:
            raise ValueError("a string for liboauthclient contains U+0000")
        return argument.encode()
    if isinstance(argument, os.PathLike):
        return os.fsencode(argument)
    return argument


def invoke(name: str, *arguments: Any) -> Any:
    """Calls a function of the library; the list keeps all handles until it returns."""
    held = [converted(argument) for argument in arguments]
    return function(name)(*held)


def decoded(pointer: int | None) -> Any:
    """A JSON value of the library, as Python's."""
    raw = invoke("oauth_json_raw", pointer, None)
    return None if raw is None else json.loads(raw)


LIVE: WeakValueDictionary[int, Handle] = WeakValueDictionary()


class Params(Handle):
    """Additional form parameters: a string replaces one, a sequence of strings repeats it."""

    _free = "oauth_params_free"

    def __init__(self, parameters: Parameters) -> None:
        super().__init__(invoke("oauth_params_new"))
        for name, value in parameters.items():
            if isinstance(value, str):
                invoke("oauth_params_set", self, name, value)
            else:
                for item in value:
                    invoke("oauth_params_add", self, name, item)


def params(parameters: Parameters | None) -> Params | None:
    return None if parameters is None else Params(parameters)


def settle(builder: Handle, prefix: str, settings: Mapping[str, Any], lists: Mapping[str, str] = {}) -> None:
    """Calls a setter of a builder for each setting; those in `lists` add their values one by one."""
    for name, value in settings.items():
        setter = f"{prefix}_{lists.get(name, f'set_{name}')}"
        for item in value if name in lists else [value]:
            arguments = list(item) if isinstance(item, tuple) else [item]
            if isinstance(item, bytes):
                arguments = [item, len(item)]
            try:
                invoke(setter, builder, *arguments)
            except ctypes.ArgumentError as error:
                raise TypeError(f"{name}: {error}") from None
            except KeyError:
                raise TypeError(f"{name} is not a setting") from None

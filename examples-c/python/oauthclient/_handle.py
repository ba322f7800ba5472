"""Handles of the library as objects, and calls with them."""
import difflib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self
from weakref import WeakValueDictionary

from ._library import function, parameters
from ._types import Bytes, Reference, wrong

Parameters = Mapping[str, str | Sequence[str]]


class Pointer:
    """Owns a handle: frees it when nobody has this object any more, so never during a call with it."""

    __slots__ = ("_as_parameter_", "_free")

    def __init__(self, address: Reference, free: str) -> None:
        self._as_parameter_ = address
        self._free = function(free)

    def __del__(self, is_finalizing: Any = sys.is_finalizing) -> None:
        if not is_finalizing():
            self._free(self._as_parameter_)


class Handle:
    """An object of the library: freed by close, by the end of a with block, or when it is collected."""

    _free: ClassVar[str]

    def __init__(self, address: Reference) -> None:
        [kind] = parameters(self._free)
        if not isinstance(address, kind):
            raise TypeError(f"{type(self).__name__} is not made of {type(address).__name__}: see its methods")
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


def taken(kind: Any, argument: Any, what: str) -> Any:
    """An argument as ctypes takes it. What is wrong is said of `what`."""
    try:
        return kind.from_param(argument)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what}: {error}") from None


def invoke(name: str, *arguments: Any, setting: str | None = None) -> Any:
    """Calls a function of the library; the list keeps all handles until it returns."""
    kinds = parameters(name)
    if len(arguments) != len(kinds):
        count = len(kinds) - 1  # the first is not a value of the setting
        raise TypeError(f"{setting or name}: expected {count} value{'s' * (count != 1)}, not {len(arguments) - 1}")
    held = [taken(kind, argument, setting or f"{name}: argument {number}")
            for number, (kind, argument) in enumerate(zip(kinds, arguments), 1)]  # fmt: skip
    return function(name)(*held)


def decoded(pointer: Reference | None) -> Any:
    """A JSON value of the library, as Python's."""
    raw = invoke("oauth_json_raw", pointer, None)
    return None if raw is None else json.loads(raw)


LIVE: WeakValueDictionary[int, Handle] = WeakValueDictionary()


class Params(Handle):
    """Additional form parameters: a string replaces one, a sequence of strings repeats it."""

    _free = "oauth_params_free"

    def __init__(self, values: Parameters) -> None:
        super().__init__(invoke("oauth_params_new"))
        if not isinstance(values, Mapping):
            raise TypeError(f"parameters: {wrong('dict', values)}")
        for name, value in values.items():
            if isinstance(value, str):
                invoke("oauth_params_set", self, name, value)
            else:
                for item in value:
                    invoke("oauth_params_add", self, name, item)


def params(values: Parameters | None) -> Params | None:
    return None if values is None else Params(values)


def settle(builder: Handle, prefix: str, known: type, settings: Mapping[str, Any], lists: Mapping[str, str] = {}) -> None:
    """Calls a setter of a builder for each setting; those in `lists` add their values one by one."""
    for name, value in settings.items():
        if name not in known.__annotations__:
            near = difflib.get_close_matches(name, known.__annotations__, 1)
            raise TypeError(f"{name} is not a setting" + "".join(f"; is {other} meant?" for other in near))
        if name in lists and (isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable)):
            raise TypeError(f"{name}: {wrong('list', value)}")
        setter = f"{prefix}_{lists.get(name, f'set_{name}')}"
        for item in value if name in lists else [value]:
            arguments = list(item) if isinstance(item, tuple) else [item]
            if parameters(setter)[1] is Bytes:
                arguments = [item, len(item) if isinstance(item, bytes) else 0]
            invoke(setter, builder, *arguments, setting=name)

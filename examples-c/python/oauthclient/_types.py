"""The types of oauth.h in ctypes. Their from_param is stricter than that of ctypes, which takes any number for a pointer, and
cuts numbers off."""
import ctypes
import os
from functools import cache
from typing import Any, ClassVar, Self


def wrong(expected: str, value: object) -> TypeError:
    """Never says the value: it may be a secret."""
    return TypeError(f"expected {expected}, not {type(value).__name__}")


class Reference(ctypes.c_void_p):
    """A pointer to a handle of one kind. As a parameter: None, such a pointer, or an object of this package that owns one."""

    shown: ClassVar[str]

    @classmethod
    def from_param(cls, value: Any) -> Any:
        owner = getattr(value, "_pointer", value)
        pointer = getattr(owner, "_as_parameter_", owner)
        if pointer is None or isinstance(pointer, cls):
            return owner
        raise wrong(cls.shown, value)


@cache
def reference(kind: str) -> type[Reference]:
    """The type of `oauth_<kind> *`; that of strings of the library is "char"."""
    return type(kind, (Reference,), {"shown": kind.title().replace("_", "")})


class Text(ctypes.c_char_p):
    @classmethod
    def from_param(cls, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, os.PathLike):
            value = os.fsencode(value)
        elif isinstance(value, str):
            try:
                value = value.encode()
            except UnicodeEncodeError:
                raise ValueError("text with a lone surrogate") from None
        if not isinstance(value, bytes):
            raise wrong("str", value)
        if b"\0" in value:
            raise ValueError("text with U+0000")
        return value


class Bytes(ctypes.c_char_p):
    @classmethod
    def from_param(cls, value: Any) -> Any:
        if value is None or isinstance(value, bytes):
            return value
        raise wrong("bytes", value)


class Bool(ctypes.c_bool):
    @classmethod
    def from_param(cls, value: Any) -> Any:
        if isinstance(value, (bool, cls)):
            return cls(bool(value))
        raise wrong("bool", value)


class Number:
    """Added to an integer of ctypes."""

    least: ClassVar[int]
    most: ClassVar[int]

    @classmethod
    def from_param(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, int):
            raise wrong("int", value)
        if not cls.least <= value <= cls.most:
            raise ValueError(f"{value} is not between {cls.least} and {cls.most}")
        return cls(value)  # type: ignore[call-arg]


def number(plain: Any) -> Any:
    bits = 8 * ctypes.sizeof(plain)
    signed = plain(-1).value < 0
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return type("Number", (Number, plain), {"least": least, "most": most})


RESULTS: dict[str, Any] = {
    "v": None, "P": ctypes.c_void_p, "s": ctypes.c_char_p, "b": ctypes.c_bool, "i": ctypes.c_int32, "I": ctypes.c_uint32,
    "q": ctypes.c_int64, "n": ctypes.c_size_t, "H": ctypes.c_uint16, "d": ctypes.c_ssize_t,
}  # fmt: skip
PARAMETERS: dict[str, Any] = {
    "P": ctypes.c_void_p, "s": Text, "y": Bytes, "b": Bool, **{letter: number(RESULTS[letter]) for letter in "iIqnH"},
}


def result(word: str) -> Any:
    """A type by its word in _signatures.py."""
    return RESULTS[word] if word in RESULTS else reference(word)


def parameter(word: str) -> Any:
    if word.startswith("*"):
        return ctypes.POINTER(reference(word[1:]))
    return PARAMETERS[word] if word in PARAMETERS else reference(word)

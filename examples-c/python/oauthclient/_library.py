"""The shared library: found, its version checked, and its functions declared."""
import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from ._signatures import SIGNATURES
from ._types import Reference, parameter, result

NEEDED = (0, 1, 0)


class LibraryError(ImportError):
    """liboauthclient is missing, or of a version that this package does not know."""


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def load() -> ctypes.CDLL:
    usual = {"darwin": f"liboauthclient.{NEEDED[0]}.{NEEDED[1]}.dylib", "win32": "oauthclient.dll"}
    name = os.environ.get("OAUTHCLIENT_LIBRARY") or usual.get(sys.platform, f"liboauthclient.so.{NEEDED[0]}.{NEEDED[1]}")
    needed = f"liboauthclient {dotted(NEEDED)} or a later {dotted(NEEDED[:2])} is needed"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise LibraryError(f"{needed}, and none was found: {error}") from None
    try:
        library.oauth_version.restype = ctypes.c_char_p
        text = library.oauth_version().decode()
        found = tuple(int(part) for part in text.partition("-")[0].split("."))
    except (AttributeError, ValueError):
        raise LibraryError(f"{needed}, and {name} is another library") from None
    if found[:2] != NEEDED[:2] or found < NEEDED:
        raise LibraryError(f"{needed}, and {name} is version {text}")
    return library


LIBRARY = load()
DECLARED: dict[str, str] = {}
for line in SIGNATURES.replace("\n  ", " ").split("\n"):
    for short in line.partition(": ")[2].split():
        DECLARED[f"oauth_{short}"] = line.partition(":")[0]


@cache
def parameters(name: str) -> list[Any]:
    """The types of the parameters of a function."""
    return [parameter(word) for word in DECLARED[name].split()[1:]]


@cache
def function(name: str) -> Callable[..., Any]:
    """A function of the library. It is declared when it is first used: an older library may lack what nobody calls."""
    try:
        found = getattr(LIBRARY, name)
    except AttributeError:
        version = LIBRARY.oauth_version().decode()
        raise LibraryError(f"{name} needs a newer liboauthclient than version {version}, which was found") from None
    found.restype = result(DECLARED[name].split()[0])
    found.argtypes = parameters(name)
    if found.restype is not None and issubclass(found.restype, Reference):
        found.errcheck = lambda pointer, *_: pointer or None
    return found  # type: ignore[no-any-return]

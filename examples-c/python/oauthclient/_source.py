"""Credentials that come from outside and change."""
import ctypes
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Unpack

from ._call import Blocking, Options, outgoing
from ._callback import SOURCE, guarded, keep, must_be_function
from ._errors import result_of, text_of
from ._handle import Handle, Parameters, invoke, params, taken
from ._types import Reference, Text, wrong

if TYPE_CHECKING:
    from ._session import Session


class Source(Handle):
    """A file, a URL, a command, a session, or a function: read anew for each request that needs it."""

    _free = "oauth_source_free"

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], json_pointer: str | None = None) -> "Source":
        return cls(result_of("oauth_source_from_file", path, json_pointer))

    @classmethod
    def from_url(cls, url: str, headers: Parameters | None = None, json_pointer: str | None = None) -> "Source":
        return cls(result_of("oauth_source_from_url", url, params(headers), json_pointer))

    @classmethod
    def from_command(cls, arguments: Sequence[str], json_pointer: str | None = None) -> "Source":
        """A program and its arguments, without a shell; its output counts."""
        if isinstance(arguments, str):
            raise TypeError(f"arguments: {wrong('list', arguments)}")
        array = (ctypes.c_char_p * len(arguments))(*[taken(Text, argument, "arguments") for argument in arguments])
        return cls(result_of("oauth_source_from_command", array, len(arguments), json_pointer))

    @classmethod
    def from_session(cls, session: "Session") -> "Source":
        """The access token of another session."""
        return cls(result_of("oauth_source_from_session", session))

    @classmethod
    def from_callback(cls, read: Callable[[], str]) -> "Source":
        must_be_function("read", read)

        def source(value: Reference) -> None:
            invoke("oauth_source_value_set", value, read())

        return cls(result_of("oauth_source_from_callback", *keep(guarded(SOURCE, source))))

    @outgoing
    def read(self, **options: Unpack[Options]) -> Blocking[str]:
        return Blocking(lambda settings: text_of("oauth_source_read", self, settings), options)

"""What a call came to: statuses, advice, and the exception that carries them."""
import ctypes
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any

from ._handle import decoded, invoke
from ._library import parameters
from ._types import Reference, reference


class Number(IntEnum):
    """A number of the library that is shown by its name."""

    __str__ = Enum.__str__
    __format__ = Enum.__format__


class Status(Number):
    """What kind of error it is."""

    OK = 0
    INVALID_ARGUMENT = 1
    INVALID_CONFIG = 2
    INVALID_STATE = 3
    BUSY = 4
    BUFFER_TOO_SMALL = 5
    INTERNAL = 6
    CALLBACK = 7
    CANCELLED = 8
    TIMEOUT = 9
    CONNECT = 10
    TLS = 11
    CONNECTION_LOST = 12
    REDIRECT = 13
    RESPONSE_TOO_LARGE = 14
    HTTP = 15
    INVALID_RESPONSE = 16
    PROVIDER = 17
    AUTHORIZATION_PENDING = 18
    EXPIRED = 19
    STATE_MISMATCH = 20
    ISSUER_MISMATCH = 21
    ID_TOKEN = 22
    SYSTEM = 23
    LOGIN_REQUIRED = 24
    STORE = 25
    NOT_REVOKED = 26
    SOURCE = 27


class Advice(Number):
    """What the program can do about it."""

    NONE = 0
    RETRY = 1
    RETRY_LATER = 2
    LOG_IN_AGAIN = 3
    FIX_REQUEST = 4
    FIX_CONFIG = 5
    OUTCOME_UNKNOWN = 6


@dataclass(frozen=True)
class Response:
    """The HTTP answer behind a token or an error."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        return next((value for other, value in self.headers if other.lower() == name.lower()), None)


def response(pointer: Reference | None) -> Response | None:
    if pointer is None:
        return None
    length = ctypes.c_size_t()
    body = invoke("oauth_response_body", pointer, ctypes.byref(length))
    count: int = invoke("oauth_response_header_count", pointer)
    headers = tuple((field_at("name", pointer, index), field_at("value", pointer, index)) for index in range(count))
    return Response(invoke("oauth_response_status", pointer), headers, ctypes.string_at(body, length.value))


def field_at(part: str, pointer: Reference, index: int) -> str:
    return str(invoke(f"oauth_response_header_{part}_at", pointer, index).decode("latin-1"))


class OAuthError(Exception):
    """A call failed. str() is one line without secrets; provider_… are the server's own words."""

    def __init__(self, status: int, message: str, pointer: Reference | None = None) -> None:
        super().__init__(message)
        self.status: int = named(Status, status)
        self.message = message
        self.advice: int = named(Advice, invoke("oauth_error_advice", pointer))
        self.provider_error = text("provider_error", pointer)
        self.provider_description = text("provider_description", pointer)
        self.provider_uri = text("provider_uri", pointer)
        self.provider_json: dict[str, Any] | None = decoded(invoke("oauth_error_provider_json", pointer))
        self.provider_code: int = invoke("oauth_error_provider_code", pointer)
        retry_after_s: int = invoke("oauth_error_retry_after_s", pointer)
        self.retry_after_s = None if retry_after_s < 0 else retry_after_s
        self.request_sent: bool = invoke("oauth_error_request_sent", pointer)
        self.attempts: int = invoke("oauth_error_attempts", pointer)
        self.endpoint = text("endpoint", pointer)
        self.deviations: int = invoke("oauth_error_deviations", pointer)
        self.response = response(invoke("oauth_error_response", pointer))

    def __reduce__(self) -> tuple[Any, ...]:
        """For copies in other processes."""
        return type(self), (self.status, self.message), self.__dict__

    @property
    def http_status(self) -> int | None:
        return self.response.status if self.response else None


class ProviderError(OAuthError):
    """The server refused, and said why."""


class LoginRequired(OAuthError):
    """There is no login, or it has ended: the user has to log in."""


class TimedOut(OAuthError, TimeoutError):
    """The time of the call was over."""


class ConnectionFailed(OAuthError, ConnectionError):
    """The server could not be reached, or the connection ended before an answer."""


KINDS: dict[int, type[OAuthError]] = {
    Status.PROVIDER: ProviderError, Status.LOGIN_REQUIRED: LoginRequired, Status.TIMEOUT: TimedOut,
    Status.CONNECT: ConnectionFailed, Status.TLS: ConnectionFailed, Status.CONNECTION_LOST: ConnectionFailed,
}  # fmt: skip


def named(numbers: type[IntEnum], number: int) -> int:
    """A number by its name, if this package knows it: a newer library may have more."""
    return numbers(number) if number in numbers._value2member_map_ else number


def text(name: str, pointer: Reference | None) -> str | None:
    value = invoke(f"oauth_error_{name}", pointer)
    return None if value is None else value.decode()


def read_error(pointer: Reference | None, status: int | None = None) -> OAuthError:
    """An error of the library as an exception; the handle stays its owner's."""
    if status is None:
        status = invoke("oauth_error_status", pointer)
    message = text("message", pointer) or invoke("oauth_status_name", status).decode()
    kind: type[OAuthError] = KINDS.get(named(Status, status), OAuthError)
    return kind(status, message, pointer)


def check(name: str, *arguments: Any) -> None:
    """Calls a function that returns a status, with its last argument, the error."""
    error = reference("error")()
    status = invoke(name, *arguments, ctypes.byref(error))
    if status != 0:
        try:
            raise read_error(error, status)
        finally:
            invoke("oauth_error_free", error)


def result_of(name: str, *arguments: Any) -> Reference:
    """The same for a function with one result."""
    result: Reference = parameters(name)[-2]._type_()
    check(name, *arguments, ctypes.byref(result))
    assert result
    return result


def text_of(name: str, *arguments: Any) -> str:
    """The same for a string that is the caller's; the library's copy is zeroed."""
    result = result_of(name, *arguments)
    try:
        return ctypes.string_at(result.value or 0).decode()
    finally:
        invoke("oauth_string_free", result)

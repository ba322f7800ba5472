"""Tokens that stay valid."""
import ctypes
from collections.abc import Callable
from typing import Any, TypedDict, Unpack

from ._call import Blocking, Call, Deed, Options, outgoing
from ._callback import ACQUIRE, CHANGE, REFUSAL, guarded, keep, must_be_function
from ._client import Client
from ._errors import OAuthError, check, read_error, result_of
from ._handle import Handle, Parameters, invoke, params, settle
from ._source import Source
from ._store import Store
from ._token import Proof, Token
from ._types import Reference, reference, wrong


class SessionSettings(TypedDict, total=False):
    """How a session gets its tokens; the names are those of oauth_session_options_set_… in oauth.h."""

    scope: str
    field_parameters: Parameters
    client_credentials: bool
    acquire: Callable[[Client, str, Token | None], Token]
    change: Callable[[str, Token | None], None]
    refusal: Callable[[str, OAuthError], int]
    token_exchange: tuple[Source, str]
    actor_token: tuple[Source, str]
    jwt_bearer: Source
    source: Source


class SessionOptions(Handle):
    _free = "oauth_session_options_free"

    def __init__(self, settings: SessionSettings) -> None:
        super().__init__(invoke("oauth_session_options_new"))
        plain: dict[str, Any] = dict(settings)
        if "field_parameters" in settings:
            plain["field_parameters"] = params(settings["field_parameters"])
        for name, adapter in (("acquire", acquiring), ("change", changing), ("refusal", refusing)):
            if (function := plain.pop(name, None)) is not None:
                must_be_function(name, function)
                plain[name] = keep(adapter(function))
        settle(self, "oauth_session_options", SessionSettings, plain)


def token_of(pointer: Reference) -> Token | None:
    return None if not pointer else Token(invoke("oauth_token_ref", pointer))


def acquiring(function: Callable[[Client, str, Token | None], Token]) -> Any:
    def acquire(client: Reference, key: bytes, before: Reference, token: Any) -> None:
        found = function(Client._from(invoke("oauth_client_ref", client)), key.decode(), token_of(before))
        if not isinstance(found, Token):
            raise TypeError(f"acquire: {wrong('Token', found)}")
        token[0] = invoke("oauth_token_ref", found)

    return guarded(ACQUIRE, acquire)


def changing(function: Callable[[str, Token | None], None]) -> Any:
    return guarded(CHANGE, lambda key, token: function(key.decode(), token_of(token)), None)


def refusing(function: Callable[[str, OAuthError], int]) -> Any:
    return guarded(REFUSAL, lambda key, error: function(key.decode(), read_error(error)), 0)


class Session(Handle):
    """A login by its key in a store: each call gives a valid token, to any number of threads and tasks."""

    _free = "oauth_session_free"

    def __init__(self, client: Client, key: str, store: Store | None = None, **settings: Unpack[SessionSettings]) -> None:
        super().__init__(result_of("oauth_session_open", client, store, key, SessionOptions(settings)))

    @classmethod
    def from_profile(cls, name: str) -> "Session":
        """The session of a profile, a file of the user's."""
        session = cls.__new__(cls)
        Handle.__init__(session, result_of("oauth_profile_open", name))
        return session

    @outgoing
    def token(self, **options: Unpack[Options]) -> Call[Token]:
        """A valid token. LoginRequired: the user has to log in."""
        return Call("oauth_session_token", self, options=options, getter="oauth_operation_token", make=Token)

    @outgoing
    def adopt(self, token: Token, **options: Unpack[Options]) -> Deed:
        """Keeps the token of a log-in, and renews it from now on."""
        return Deed("oauth_session_adopt", self, token, options=options)

    @outgoing
    def adopt_refresh_token(self, refresh_token: str, **options: Unpack[Options]) -> Deed:
        return Deed("oauth_session_adopt_refresh_token", self, refresh_token, options=options)

    @outgoing
    def finish(self, **options: Unpack[Options]) -> Deed:
        """Waits for a renewal that is under way; for a program that ends."""
        return Deed("oauth_session_finish", self, options=options)

    @outgoing
    def forget(self, revoke: bool = False, **options: Unpack[Options]) -> Deed:
        """Deletes the login; with `revoke`, at the server as well."""
        return Deed("oauth_session_forget", self, revoke, options=options)

    @outgoing
    def replace(self, token: Token, http_status: int, www_authenticate: str | None,
                **options: Unpack[Options]) -> Blocking[Token | None]:  # fmt: skip
        """Another token, if a resource refused this one because of the token. None: the answer is final."""

        def replace(settings: Handle) -> Token | None:
            slot, error = invoke("oauth_token_ref", token) or reference("token")(), reference("error")()
            arguments = ctypes.byref(slot), http_status, header(www_authenticate), settings, ctypes.byref(error)
            replaced = invoke("oauth_session_replace", self, *arguments)
            held = Token(slot) if slot else None
            if error:
                try:
                    raise read_error(error)
                finally:
                    invoke("oauth_error_free", error)
            return held if replaced else None

        return Blocking(replace, options)

    @outgoing
    def proof(self, method: str, url: str, **options: Unpack[Options]) -> Blocking[Proof]:
        """The headers of one request to a resource: Authorization and, for a bound token, DPoP."""
        return Blocking(lambda settings: Proof(result_of("oauth_session_proof", self, method, url, settings)), options)

    def proof_answer(self, url: str, http_status: int, www_authenticate: str | None, dpop_nonce: str | None) -> bool:
        """Takes the nonce of a resource's answer. True: send the request once more, with a new proof."""
        arguments = url, http_status, header(www_authenticate), header(dpop_nonce)
        return bool(invoke("oauth_session_proof_answer", self, *arguments))

    def invalidate(self, token: Token) -> None:
        """A resource refused this token: the next call renews it."""
        check("oauth_session_invalidate", self, token)

    def peek(self) -> Token | None:
        """The token that it holds, valid or not; sends nothing."""
        pointer = invoke("oauth_session_peek", self)
        return None if pointer is None else Token(pointer)

    @property
    def issuer(self) -> str | None:
        return self._text("oauth_session_issuer")

    @property
    def expires_at_s(self) -> int | None:
        return self._seconds("oauth_session_expires_at_s")

    @property
    def login_expires_at_s(self) -> int | None:
        return self._seconds("oauth_session_login_expires_at_s")

    @property
    def next_renewal_at_s(self) -> int | None:
        return self._seconds("oauth_session_next_renewal_at_s")

    @property
    def saved(self) -> bool:
        return bool(invoke("oauth_session_saved", self))

    @property
    def last_error(self) -> OAuthError | None:
        pointer = invoke("oauth_session_last_error", self)
        try:
            return None if pointer is None else read_error(pointer)
        finally:
            invoke("oauth_error_free", pointer)


def header(value: str | None) -> bytes | None:
    """A header of an HTTP answer as bytes, whatever a server put there."""
    return None if value is None else value.encode("utf-8", "surrogateescape").replace(b"\0", b" ")

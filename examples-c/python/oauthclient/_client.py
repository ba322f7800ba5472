"""A client of an authorization server, and the ways in which it gets tokens."""
import logging
import os
from collections.abc import Callable
from typing import Any, TypedDict, Unpack

from ._call import Call, Deed, Options, outgoing
from ._callback import LOG, OPEN_URL, guarded, keep, must_be_function
from ._errors import result_of, text_of
from ._handle import Handle, Parameters, decoded, invoke, params, settle
from ._key import Key
from ._source import Source
from ._token import Proof, Token
from ._types import Reference, wrong

LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}


class ClientSettings(TypedDict, total=False):
    """The names are those of oauth_config_set_… in oauth.h; those of a list, of oauth_config_add_…"""

    client_authentication: int
    pkce: bool
    authorization_lifetime_s: int
    client_key: Key
    client_key_file: tuple[str | os.PathLike[str], str | None]
    client_assertion: Source
    assertion_audience: str
    dpop: bool
    dpop_key: Key
    security_profile: int
    issuer: str
    allowed_issuers: list[str]
    token_endpoint: str
    authorization_endpoint: str
    device_authorization_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    userinfo_endpoint: str
    pushed_authorization_request_endpoint: str
    jwks_uri: str
    pushed_authorization: bool
    signed_requests: bool
    signed_responses: bool
    connect_timeout_ms: int
    timeout_ms: int
    idle_timeout_ms: int
    max_response_bytes: int
    retry_policy: tuple[int, int, bool]
    user_agent: str
    proxy: tuple[str, str | None, str | None]
    use_proxy: bool
    ca_files: list[str]
    ca_pem: list[bytes]
    use_system_ca: bool
    client_certificate: tuple[str, Key]
    use_environment: bool
    allow_http: bool
    headers: list[tuple[str, str]]
    log: logging.Logger


class ListenerSettings(TypedDict, total=False):
    """How log_in gets the redirect; the names are those of oauth_listener_options_set_…"""

    host: str
    port: int
    path: str
    pages: tuple[str | None, str | None]
    program_name: str
    check_browser: bool
    open_url: Callable[[str], object]


class Config(Handle):
    _free = "oauth_config_free"
    lists = {"allowed_issuers": "add_allowed_issuer", "ca_files": "add_ca_file", "ca_pem": "add_ca_pem",
             "headers": "add_header"}  # fmt: skip

    def __init__(self, settings: ClientSettings) -> None:
        super().__init__(invoke("oauth_config_new"))
        plain: dict[str, Any] = dict(settings)
        if (logger := settings.get("log")) is not None:
            if not isinstance(logger, logging.Logger):
                raise TypeError(f"log: {wrong('Logger', logger)}")
            level = max((number for number, name in LEVELS.items() if logger.isEnabledFor(name)), default=1)
            line = guarded(LOG, lambda level, text: logger.log(LEVELS.get(level, logging.DEBUG), "%s", text.decode()), None)
            plain["log"] = (level, *keep(line))
        settle(self, "oauth_config", ClientSettings, plain, self.lists)


class ListenerOptions(Handle):
    _free = "oauth_listener_options_free"

    def __init__(self, settings: ListenerSettings) -> None:
        super().__init__(invoke("oauth_listener_options_new"))
        plain: dict[str, Any] = dict(settings)
        if (open_url := settings.get("open_url")) is not None:
            must_be_function("open_url", open_url)

            def opened(url: bytes) -> None:
                open_url(url.decode())

            plain["open_url"] = keep(guarded(OPEN_URL, opened))
        settle(self, "oauth_listener_options", ListenerSettings, plain)


class Authorization(Handle):
    """A log-in that has begun: the user goes to its url, and comes back with a redirect."""

    _free = "oauth_authorization_free"

    @property
    def url(self) -> str:
        return self._must_text("oauth_authorization_url")

    @property
    def state(self) -> str:
        return self._must_text("oauth_authorization_state")

    @property
    def nonce(self) -> str | None:
        return self._text("oauth_authorization_nonce")

    def to_json(self) -> str:
        """A form for saving until the user comes back; it contains secrets."""
        return text_of("oauth_authorization_to_json", self)

    @outgoing
    def finish(self, redirect: str, parameters: Parameters | None = None, **options: Unpack[Options]) -> Call[Token]:
        return token("oauth_authorization_finish", self, redirect, params(parameters), options=options)


class Device(Handle):
    """A log-in with a code that the user enters elsewhere."""

    _free = "oauth_device_authorization_free"

    @property
    def user_code(self) -> str:
        return self._must_text("oauth_device_authorization_user_code")

    @property
    def verification_uri(self) -> str:
        return self._must_text("oauth_device_authorization_verification_uri")

    @property
    def verification_uri_complete(self) -> str | None:
        return self._text("oauth_device_authorization_verification_uri_complete")

    @property
    def qr_text(self) -> str | None:
        """Lines for a terminal that a phone can scan."""
        return self._text("oauth_device_authorization_qr_text")

    @property
    def expires_at_s(self) -> int | None:
        return self._seconds("oauth_device_authorization_expires_at_s")

    @property
    def next_poll_in_ms(self) -> int:
        return int(invoke("oauth_device_authorization_next_poll_in_ms", self))

    @property
    def json(self) -> dict[str, Any]:
        return decoded(invoke("oauth_device_authorization_json", self))  # type: ignore[no-any-return]

    @outgoing
    def wait(self, **options: Unpack[Options]) -> Call[Token]:
        """Waits for the user."""
        return token("oauth_device_authorization_wait", self, options=options)

    @outgoing
    def poll(self, **options: Unpack[Options]) -> Call[Token]:
        """Asks once; Status.AUTHORIZATION_PENDING: the user has not decided."""
        return token("oauth_device_authorization_poll", self, options=options)


def token(name: str, *arguments: Any, options: Options) -> Call[Token]:
    return Call(name, *arguments, options=options, getter="oauth_operation_token", make=Token)


def document(name: str, *arguments: Any, options: Options, noun: str) -> Call[dict[str, Any]]:
    """A call whose result is a JSON document."""

    def make(pointer: Reference) -> dict[str, Any]:
        try:
            return decoded(invoke(f"oauth_{noun}_json", pointer))  # type: ignore[no-any-return]
        finally:
            invoke(f"oauth_{noun}_free", pointer)

    return Call(name, *arguments, options=options, getter=f"oauth_operation_{noun}", make=make)


class Client(Handle):
    """Immutable, and for any number of threads and tasks."""

    _free = "oauth_client_free"

    def __init__(self, client_id: str | None = None, client_secret: str | None = None,
                 **settings: Unpack[ClientSettings]) -> None:  # fmt: skip
        with Config(settings) as config:
            if client_id is not None:
                invoke("oauth_config_set_client", config, client_id, client_secret)
            super().__init__(result_of("oauth_client_new", config))

    @classmethod
    def _from(cls, pointer: Reference) -> "Client":
        client = cls.__new__(cls)
        Handle.__init__(client, pointer)
        return client

    @outgoing
    def log_in(self, scope: str | None = None, parameters: Parameters | None = None,
               listener: ListenerSettings | None = None, **options: Unpack[Options]) -> Call[Token]:  # fmt: skip
        """Opens the user's browser, and waits for the redirect on a loopback port."""
        arguments = self, scope, params(parameters), ListenerOptions(listener or {})
        return token("oauth_log_in", *arguments, options=options)

    @outgoing
    def begin_authorization(self, redirect_uri: str, scope: str | None = None, parameters: Parameters | None = None,
                            **options: Unpack[Options]) -> Call[Authorization]:  # fmt: skip
        """For a web application: the user is sent to the url of what this returns."""
        arguments = self, redirect_uri, scope, params(parameters)
        return Call("oauth_authorization_begin", *arguments, options=options, make=Authorization,
                    getter="oauth_operation_authorization")  # fmt: skip

    def authorization_from_json(self, text: str) -> Authorization:
        return Authorization(result_of("oauth_authorization_from_json", self, text))

    @outgoing
    def begin_device_authorization(self, scope: str | None = None, parameters: Parameters | None = None,
                                   **options: Unpack[Options]) -> Call[Device]:  # fmt: skip
        """For a device without a browser."""
        return Call("oauth_device_authorization_begin", self, scope, params(parameters), options=options, make=Device,
                    getter="oauth_operation_device_authorization")  # fmt: skip

    @outgoing
    def request_token(self, code: str, redirect_uri: str | None = None, parameters: Parameters | None = None,
                      authorization_header: str | None = None, **options: Unpack[Options]) -> Call[Token]:  # fmt: skip
        arguments = self, authorization_header, code, redirect_uri, params(parameters)
        return token("oauth_request_token", *arguments, options=options)

    @outgoing
    def refresh_token(self, refresh_token: str, scope: str | None = None, parameters: Parameters | None = None,
                      authorization_header: str | None = None, **options: Unpack[Options]) -> Call[Token]:  # fmt: skip
        arguments = self, authorization_header, refresh_token, scope, params(parameters)
        return token("oauth_refresh_token", *arguments, options=options)

    @outgoing
    def renew_token(self, before: Token, scope: str | None = None, parameters: Parameters | None = None,
                    **options: Unpack[Options]) -> Call[Token]:  # fmt: skip
        return token("oauth_renew_token", self, before, scope, params(parameters), options=options)

    @outgoing
    def client_credentials(self, scope: str | None = None, parameters: Parameters | None = None,
                           **options: Unpack[Options]) -> Call[Token]:  # fmt: skip
        return token("oauth_request_client_credentials", self, scope, params(parameters), options=options)

    @outgoing
    def exchange_token(self, subject_token: str, subject_token_type: str, scope: str | None = None,
                       parameters: Parameters | None = None, *, actor_token: str | None = None,
                       actor_token_type: str | None = None, requested_token_type: str | None = None,
                       **options: Unpack[Options]) -> Call[Token]:  # fmt: skip
        arguments = subject_token, subject_token_type, actor_token, actor_token_type, requested_token_type, scope
        return token("oauth_request_token_exchange", self, *arguments, params(parameters), options=options)

    @outgoing
    def jwt_bearer(self, assertion: str, scope: str | None = None, parameters: Parameters | None = None,
                   **options: Unpack[Options]) -> Call[Token]:  # fmt: skip
        return token("oauth_request_jwt_bearer", self, assertion, scope, params(parameters), options=options)

    @outgoing
    def saml_bearer(self, assertion: str, scope: str | None = None, parameters: Parameters | None = None,
                    **options: Unpack[Options]) -> Call[Token]:  # fmt: skip
        return token("oauth_request_saml_bearer", self, assertion, scope, params(parameters), options=options)

    @outgoing
    def password(self, username: str, password: str, scope: str | None = None, parameters: Parameters | None = None,
                 **options: Unpack[Options]) -> Call[Token]:  # fmt: skip
        return token("oauth_request_password", self, username, password, scope, params(parameters), options=options)

    @outgoing
    def grant(self, grant_type: str, parameters: Parameters | None = None, **options: Unpack[Options]) -> Call[Token]:
        return token("oauth_request_grant", self, grant_type, params(parameters), options=options)

    @outgoing
    def metadata(self, **options: Unpack[Options]) -> Call[dict[str, Any]]:
        return document("oauth_request_metadata", self, options=options, noun="metadata")

    @outgoing
    def userinfo(self, token: Token, **options: Unpack[Options]) -> Call[dict[str, Any]]:
        return document("oauth_request_userinfo", self, token, options=options, noun="userinfo")

    @outgoing
    def introspect(self, token: str, hint: str | None = None, **options: Unpack[Options]) -> Call[dict[str, Any]]:
        return document("oauth_introspect", self, token, hint, options=options, noun="introspection")

    @outgoing
    def revoke(self, token: str, hint: str | None = None, **options: Unpack[Options]) -> Deed:
        return Deed("oauth_revoke", self, token, hint, options=options)

    def proof(self, token: Token, method: str, url: str) -> Proof:
        """The headers of one request to a resource, for a program without a session."""
        return Proof(result_of("oauth_proof_new", self, token, method, url))

    def proof_answer(self, url: str, http_status: int, www_authenticate: str | None, dpop_nonce: str | None) -> bool:
        """As that of a session."""
        return bool(invoke("oauth_proof_answer", self, url, http_status, www_authenticate, dpop_nonce))

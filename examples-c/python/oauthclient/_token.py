"""Tokens, and proofs for requests with them."""
from typing import Any

from ._errors import Response, response, result_of, text_of
from ._handle import Handle, decoded, invoke


class Token(Handle):
    """What a server gave. repr() and str() do not show it."""

    _free = "oauth_token_free"

    @classmethod
    def new(cls, access_token: str, *, token_type: str | None = None, refresh_token: str | None = None,
            scope: str | None = None, expires_at_s: int = -1) -> "Token":  # fmt: skip
        """A token from elsewhere."""
        return cls(result_of("oauth_token_new", access_token, token_type, refresh_token, scope, expires_at_s))

    @classmethod
    def from_json(cls, text: str) -> "Token":
        """A token that to_json saved."""
        return cls(result_of("oauth_token_from_json", text))

    def to_json(self) -> str:
        """A form for saving; it contains secrets."""
        return text_of("oauth_token_to_json", self)

    @property
    def access_token(self) -> str:
        return self._must_text("oauth_token_access_token")

    @property
    def authorization(self) -> str | None:
        """The value of an Authorization header; None for a token that needs a proof (DPoP)."""
        return self._text("oauth_token_authorization")

    @property
    def type(self) -> str | None:
        return self._text("oauth_token_type")

    @property
    def refresh_token(self) -> str | None:
        return self._text("oauth_token_refresh_token")

    @property
    def id_token(self) -> str | None:
        return self._text("oauth_token_id_token")

    @property
    def scope(self) -> str | None:
        return self._text("oauth_token_scope")

    @property
    def expires_in_s(self) -> int | None:
        return self._seconds("oauth_token_expires_in_s")

    @property
    def expires_at_s(self) -> int | None:
        """Seconds since 1970."""
        return self._seconds("oauth_token_expires_at_s")

    @property
    def refresh_token_expires_at_s(self) -> int | None:
        return self._seconds("oauth_token_refresh_token_expires_at_s")

    @property
    def rotated(self) -> bool:
        """Whether the server gave a new refresh token."""
        return bool(invoke("oauth_token_rotated", self))

    @property
    def deviations(self) -> int:
        return int(invoke("oauth_token_deviations", self))

    @property
    def claims(self) -> dict[str, Any] | None:
        """Those of the ID token, if there is one."""
        return decoded(invoke("oauth_token_claims", self))  # type: ignore[no-any-return]

    @property
    def json(self) -> dict[str, Any] | None:
        """The members of the server's answer that have no property here."""
        return decoded(invoke("oauth_token_json", self))  # type: ignore[no-any-return]

    @property
    def response(self) -> Response | None:
        return response(invoke("oauth_token_response", self))

    def expired(self, leeway_s: int = 0) -> bool:
        return bool(invoke("oauth_token_expired", self, leeway_s))


class Proof(Handle):
    """The headers of one request to a resource."""

    _free = "oauth_proof_free"

    @property
    def headers(self) -> dict[str, str]:
        found = {"Authorization": self._text("oauth_proof_authorization"), "DPoP": self._text("oauth_proof_dpop")}
        return {name: value for name, value in found.items() if value is not None}

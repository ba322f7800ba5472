"""Keys that prove who the client is."""
import ctypes
from collections.abc import Callable

from ._callback import SIGN, guarded, keep, must_be_function
from ._errors import result_of, text_of
from ._handle import Handle, invoke
from ._types import Reference


class Key(Handle):
    """A key pair, for client authentication, DPoP, signed requests and TLS."""

    _free = "oauth_key_free"

    @classmethod
    def generate(cls, algorithm: str = "ES256") -> "Key":
        return cls(result_of("oauth_key_generate", algorithm))

    @classmethod
    def from_pem(cls, pem: bytes, algorithm: str | None = None) -> "Key":
        return cls(result_of("oauth_key_from_pem", pem, len(pem), algorithm))

    @classmethod
    def from_jwk(cls, jwk: str) -> "Key":
        return cls(result_of("oauth_key_from_jwk", jwk))

    @classmethod
    def from_signer(cls, public_jwk: str, algorithm: str | None, sign: Callable[[str, bytes], bytes]) -> "Key":
        """A key that stays elsewhere (HSM, TPM, agent): `sign(algorithm, message)` gives the signature."""

        must_be_function("sign", sign)

        def signer(algorithm: bytes, message: int, length: int, signature: Reference) -> None:
            signed = sign(algorithm.decode(), ctypes.string_at(message, length))
            invoke("oauth_signature_set", signature, signed, len(signed))

        return cls(result_of("oauth_key_from_signer", public_jwk, algorithm, *keep(guarded(SIGN, signer))))

    def with_kid(self, kid: str) -> "Key":
        return Key(result_of("oauth_key_with_kid", self, kid))

    def to_pem(self) -> str:
        return text_of("oauth_key_to_pem", self)

    @property
    def public_jwk(self) -> str:
        return self._must_text("oauth_key_public_jwk")

    @property
    def public_jwks(self) -> str:
        return self._must_text("oauth_key_public_jwks")

    @property
    def algorithm(self) -> str:
        return self._must_text("oauth_key_algorithm")

    @property
    def thumbprint(self) -> str:
        return self._must_text("oauth_key_thumbprint")

    @property
    def kid(self) -> str | None:
        return self._text("oauth_key_kid")

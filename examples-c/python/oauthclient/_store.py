"""Where sessions keep their logins."""
import ctypes
import os
from typing import Any, Protocol, TypedDict, Unpack

from ._callback import BY_KEY, LOAD, SAVE, UNLOCK, guarded, keep
from ._errors import Status, result_of
from ._handle import Handle, decoded, invoke, settle
from ._source import Source
from ._types import Reference


class StoreSettings(TypedDict, total=False):
    """The names are those of oauth_store_options_set_… in oauth.h."""

    encryption_key: bytes
    allow_unprotected: bool
    redis_cluster: bool
    redis_idle_connections: int
    redis_prefix: str
    redis_sentinel: tuple[str, str | None, str | None]
    redis_password: Source
    redis_entry_max_idle_s: int
    redis_ca_files: list[str]
    redis_ca_pem: list[bytes]
    redis_use_system_ca: bool
    redis_client_certificate: tuple[str, str]
    keyring_encryption_key: str


class StoreFunctions(Protocol):
    """A store of the program's own. What raises is an error of the store."""

    def load(self, key: str) -> bytes | None: ...
    def save(self, key: str, entry: bytes, expires_at_s: int) -> None: ...
    def remove(self, key: str) -> None: ...


class LockingStoreFunctions(StoreFunctions, Protocol):
    """The same for entries that several processes share."""

    def lock(self, key: str) -> bool:
        """Takes the lock without waiting; False: another process holds it."""
        ...

    def unlock(self, key: str) -> None: ...


class StoreOptions(Handle):
    _free = "oauth_store_options_free"
    lists = {"redis_ca_files": "add_redis_ca_file", "redis_ca_pem": "add_redis_ca_pem"}

    def __init__(self, settings: StoreSettings) -> None:
        super().__init__(invoke("oauth_store_options_new"))
        settle(self, "oauth_store_options", StoreSettings, settings, self.lists)


class Store(Handle):
    _free = "oauth_store_free"

    @classmethod
    def memory(cls) -> "Store":
        return cls(result_of("oauth_store_open_memory"))

    @classmethod
    def directory(cls, path: str | os.PathLike[str] | None = None, **settings: Unpack[StoreSettings]) -> "Store":
        """Files that processes share; None: in the user's own directory."""
        return cls(result_of("oauth_store_open_directory", path, StoreOptions(settings)))

    @classmethod
    def redis(cls, url: str, **settings: Unpack[StoreSettings]) -> "Store":
        return cls(result_of("oauth_store_open_redis", url, StoreOptions(settings)))

    @classmethod
    def keyring(cls, service: str, **settings: Unpack[StoreSettings]) -> "Store":
        """The key store of the user's desktop."""
        return cls(result_of("oauth_store_open_keyring", service, StoreOptions(settings)))

    @classmethod
    def from_callbacks(cls, functions: StoreFunctions | LockingStoreFunctions) -> "Store":
        def load(key: bytes, value: Reference) -> None:
            entry = functions.load(key.decode())
            if entry is not None:
                invoke("oauth_store_value_set", value, entry, len(entry))

        def save(key: bytes, entry: int, length: int, expires_at_s: int) -> None:
            functions.save(key.decode(), ctypes.string_at(entry, length), expires_at_s)

        def lock(key: bytes) -> int:
            return Status.OK if functions.lock(key.decode()) else Status.BUSY  # type: ignore[union-attr]

        def unlock(key: bytes) -> None:
            functions.unlock(key.decode())  # type: ignore[union-attr]

        locks = hasattr(functions, "lock")
        arguments = keep(
            guarded(LOAD, load), guarded(SAVE, save), guarded(BY_KEY, lambda key: functions.remove(key.decode())),
            guarded(BY_KEY, lock) if locks else None, guarded(UNLOCK, unlock, None) if locks else None,
        )  # fmt: skip
        return cls(result_of("oauth_store_open_callbacks", *arguments))

    def keys(self) -> list[dict[str, Any]]:
        """The logins in it, without secrets."""
        pointer = result_of("oauth_store_keys", self)
        try:
            return decoded(pointer)  # type: ignore[no-any-return]
        finally:
            invoke("oauth_json_free", pointer)

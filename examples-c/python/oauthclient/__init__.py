"""OAuth 2 for Python, by liboauthclient."""
from ._call import Cancel, Options
from ._client import Authorization, Client, ClientSettings, Device, ListenerSettings
from ._errors import Advice, ConnectionFailed, LoginRequired, OAuthError, ProviderError, Response, Status, TimedOut
from ._key import Key
from ._library import LibraryError
from ._session import Session, SessionSettings
from ._source import Source
from ._store import LockingStoreFunctions, Store, StoreFunctions, StoreSettings
from ._token import Proof, Token

__all__ = [
    "Advice", "Authorization", "Cancel", "Client", "ClientSettings", "ConnectionFailed", "Device", "Key", "LibraryError",
    "ListenerSettings", "LockingStoreFunctions", "LoginRequired", "OAuthError", "Options", "Proof", "ProviderError",
    "Response", "Session", "SessionSettings", "Source", "Status", "Store", "StoreFunctions", "StoreSettings", "TimedOut",
    "Token",
]  # fmt: skip

__version__ = "0.1.0"

"""The token of a session in httpx: `httpx.Client(auth=SessionAuth(session))`, and the same for AsyncClient."""
from collections.abc import AsyncGenerator, Generator

import httpx

from ._session import Session
from ._token import Token


class SessionAuth(httpx.Auth):
    """Adds Authorization and, for a bound token, DPoP. A refused token, or a missing nonce, costs one more request each."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        flow = Flow(self.session, request, self.session.token())
        while flow.goes_on:
            request.headers.update(self.session.proof(request.method, flow.url).headers)
            response = yield request
            if flow.wants_token(response):
                flow.take(self.session.replace(flow.token, response.status_code, flow.challenge))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        flow = Flow(self.session, request, await self.session.token.aio())
        while flow.goes_on:
            request.headers.update((await self.session.proof.aio(request.method, flow.url)).headers)
            response = yield request
            if flow.wants_token(response):
                flow.take(await self.session.replace.aio(flow.token, response.status_code, flow.challenge))


class Flow:
    """One request with its repeats."""

    def __init__(self, session: Session, request: httpx.Request, token: Token) -> None:
        self.session, self.token, self.url = session, token, str(request.url)
        self.can_repeat = isinstance(request.stream, httpx.ByteStream)
        self.goes_on, self.proven, self.replaced = True, False, False
        self.challenge: str | None = None

    def wants_token(self, response: httpx.Response) -> bool:
        """Looks at an answer: whether another token is to be asked for; and whether the request goes out again."""
        if str(response.url) != self.url:  # a redirect led elsewhere
            self.goes_on = False
            return False
        self.challenge = response.headers.get("WWW-Authenticate")
        nonce = response.headers.get("DPoP-Nonce")
        again = self.session.proof_answer(self.url, response.status_code, self.challenge, nonce)
        self.goes_on = again and not self.proven and self.can_repeat
        self.proven = self.proven or again
        return not self.goes_on and not self.replaced and self.can_repeat

    def take(self, token: Token | None) -> None:
        if token is not None:
            self.token, self.goes_on, self.replaced = token, True, True

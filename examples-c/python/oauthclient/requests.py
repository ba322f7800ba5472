"""The token of a session in requests: `requests.get(url, auth=SessionAuth(session))`."""
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from ._session import Session


class SessionAuth(AuthBase):
    """Adds Authorization and, for a bound token, DPoP. A refused token, or a missing nonce, costs one more request each."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.method and request.url
        token = self.session.token()
        request.headers.update(self.session.proof(request.method, request.url).headers)
        origin = urlsplit(request.url)[:2]
        tell = getattr(request.body, "tell", None)
        start = tell() if tell else None
        replaced = proven = False

        def answered(response: requests.Response, **settings: Any) -> requests.Response:
            nonlocal token, replaced, proven
            headers, url = response.headers, response.request.url or ""
            if urlsplit(url)[:2] != origin:  # a redirect led elsewhere, where the token has no business
                return response
            challenge = headers.get("WWW-Authenticate")
            again = self.session.proof_answer(url, response.status_code, challenge, headers.get("DPoP-Nonce"))
            if again and not proven:
                proven = True
            elif not replaced and (other := self.session.replace(token, response.status_code, challenge)):
                token, replaced = other, True
            else:
                return response
            if start is not None:
                request.body.seek(start)  # type: ignore
            elif request.body is not None and not isinstance(request.body, (bytes, str)):
                return response  # it cannot be sent again
            response.content  # so that the connection is free again
            response.close()
            repeated = response.request.copy()
            repeated.headers.update(self.session.proof(repeated.method or "", url).headers)
            answer: requests.Response = response.connection.send(repeated, **settings)
            answer.history.append(response)
            answer.request = repeated
            return answered(answer, **settings)

        request.register_hook("response", answered)
        return request

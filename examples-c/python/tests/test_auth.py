"""The auth classes of requests and httpx, against a resource that revokes tokens and wants nonces."""
import asyncio
import io

import httpx
import requests

import oauthclient.httpx
import oauthclient.requests
from case import Case
from oauthclient import OAuthError, Session
from server import Server


def by_requests(session, method, url, **body):
    answer = requests.request(method, url, auth=oauthclient.requests.SessionAuth(session), **body)
    return answer.status_code, answer.json()


def by_httpx(session, method, url, **body):
    with httpx.Client(auth=oauthclient.httpx.SessionAuth(session), follow_redirects=True) as client:
        answer = client.request(method, url, **body)
        return answer.status_code, answer.json()


def by_httpx_async(session, method, url, **body):
    async def call():
        async with httpx.AsyncClient(auth=oauthclient.httpx.SessionAuth(session), follow_redirects=True) as client:
            return await client.request(method, url, **body)

    answer = asyncio.run(call())
    return answer.status_code, answer.json()


class Auth(Case):
    def each(self, **settings):
        for send in (by_requests, by_httpx, by_httpx_async):
            self.server.given, self.server.revoked = 0, None
            self.server.seen.clear()
            session = Session(self.new_client(**settings), "work", client_credentials=True)
            with self.subTest(send.__name__):
                yield session, lambda method, url, send=send, **body: send(session, method, url, **body)

    def test_bearer(self):
        for _, send in self.each():
            self.assertEqual(send("GET", self.server.url + "/api"), (200, {"token": "access-1", "kind": "Bearer", "body": ""}))

    def test_a_revoked_token_is_replaced_once(self):
        for session, send in self.each():
            self.server.revoked = session.token().access_token
            status, answer = send("POST", self.server.url + "/api", data={"a": "b"})
            self.assertEqual((status, answer["token"], answer["body"]), (200, "access-2", "a=b"))
            self.server.revoked = "access-2"
            self.assertEqual(send("GET", self.server.url + "/api")[0], 401)
            self.assertEqual(self.server.paths().count("/api"), 3)

    def test_dpop_with_a_nonce(self):
        for session, send in self.each(dpop=True):
            self.server.revoked = session.token().access_token
            status, answer = send("POST", self.server.url + "/api?q=1", data={"a": "b"})
            self.assertEqual((status, answer["kind"], answer["token"], answer["body"]), (200, "DPoP", "access-2", "a=b"))
            send("GET", self.server.url + "/api")
            self.assertEqual(self.server.paths().count("/api"), 4)

    def test_a_redirect_takes_no_token_elsewhere(self):
        self.server.other = Server()
        self.addCleanup(self.server.other.stop)
        self.server.other.url = self.server.other.url.replace("127.0.0.1", "localhost")
        for _, send in self.each():
            self.server.other.seen.clear()
            self.assertEqual(send("GET", self.server.url + "/elsewhere")[0], 401)
            self.assertEqual([headers.get("Authorization") for _, _, headers in self.server.other.seen], [None])
            self.assertEqual(self.server.given, 1)

    def test_a_body_that_is_read_anew(self):
        session = Session(self.client, "work", client_credentials=True)
        self.server.revoked = session.token().access_token
        status, answer = by_requests(session, "POST", self.server.url + "/api", data=io.BytesIO(b"all of it"))
        self.assertEqual((status, answer["body"]), (200, "all of it"))

    def test_an_error_of_the_login_is_raised(self):
        for send in (by_requests, by_httpx, by_httpx_async):
            session = Session(self.client, "work", client_credentials=True, scope="too-much")
            self.assertRaises(OAuthError, send, session, "GET", self.server.url + "/api")
        self.assertNotIn("/api", self.server.paths())


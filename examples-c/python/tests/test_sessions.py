"""Logins: through the browser, by steps, on a device; and what sessions make of them."""
import asyncio
import tempfile
import threading
import time
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener

from case import Case
from oauthclient import LoginRequired, OAuthError, Session, Source, Status, Store, Token


class Functions:
    """A store of the program's own."""

    def __init__(self):
        self.entries, self.locked, self.broken = {}, set(), False

    def load(self, key):
        if self.broken:
            raise RuntimeError("the disk is gone")
        return self.entries.get(key)

    def save(self, key, entry, expires_at_s):
        self.entries[key] = entry

    def remove(self, key):
        self.entries.pop(key, None)

    def lock(self, key):
        free = key not in self.locked
        self.locked.add(key)
        return free

    def unlock(self, key):
        self.locked.remove(key)


def browse(url):
    """A browser: comes back at once, for this user agrees to everything."""
    threading.Thread(target=lambda: build_opener(HTTPCookieProcessor).open(url).read()).start()


class LogIn(Case):
    def test_browser(self):
        self.assertEqual(self.client.log_in("read", listener={"open_url": browse}, deadline_ms=20_000).scope, "all")
        token = asyncio.run(self.client.log_in.aio("read", listener={"open_url": browse}, deadline_ms=20_000))
        self.assertEqual(token.access_token, "access-2")

    def test_a_browser_that_does_not_open(self):
        with self.assertLogs("oauthclient"), self.assertRaises(OAuthError) as caught:
            self.client.log_in(listener={"open_url": lambda url: 1 / 0}, deadline_ms=20_000)
        self.assertEqual(caught.exception.status, Status.CALLBACK)

    def test_steps_of_a_web_application(self):
        begun = self.client.begin_authorization("http://127.0.0.1:9/back", "read")
        saved, state = begun.to_json(), begun.state
        authorization = self.client.authorization_from_json(saved)
        token = authorization.finish(f"http://127.0.0.1:9/back?code=c&state={state}")
        self.assertEqual(token.access_token, "access-1")
        with self.assertRaises(OAuthError) as caught:
            begun.finish("http://127.0.0.1:9/back?code=c&state=another")
        self.assertEqual(caught.exception.status, Status.STATE_MISMATCH)

    def test_device(self):
        device = asyncio.run(self.client.begin_device_authorization.aio("read"))
        self.assertEqual((device.user_code, device.verification_uri), ("ABCD", "https://as.example/device"))
        self.assertGreater(device.expires_at_s, time.time())
        self.assertTrue(device.qr_text)
        self.assertEqual(device.wait().access_token, "access-1")


class Sessions(Case):
    def test_a_login_that_stays_in_a_directory(self):
        with tempfile.TemporaryDirectory() as directory:
            session = Session(self.client, "work", Store.directory(Path(directory)))
            with self.assertRaises(LoginRequired):
                session.token()
            session.adopt(self.client.client_credentials("read"))
            with Session(self.new_client(), "work", Store.directory(directory)) as other:
                self.assertEqual(other.token().access_token, "access-1")
            self.assertEqual(Store.directory(directory).keys()[0]["key"], "work")
            session.forget()
            self.assertRaises(LoginRequired, session.token)

    def test_refused_tokens_are_renewed_once(self):
        session = Session(self.client, "work")
        session.adopt_refresh_token("refresh-0")
        tokens = [session.token(), asyncio.run(session.token.aio())]
        self.assertEqual([token.access_token for token in tokens], ["access-1"] * 2)
        other = session.replace(tokens[0], 401, 'Bearer error="invalid_token"')
        self.assertEqual(other.access_token, "access-2")
        self.assertIsNone(session.replace(other, 403, None))
        session.invalidate(other)
        self.assertEqual(session.token().access_token, "access-3")
        self.assertIsNone(session.last_error)

    def test_a_store_of_functions(self):
        functions = Functions()
        session = Session(self.client, "work", Store.from_callbacks(functions))
        session.adopt_refresh_token("refresh-0")
        self.assertEqual(session.token().access_token, "access-1")
        self.assertTrue(session.saved and functions.entries and not functions.locked)
        functions.broken = True
        broken = Session(self.client, "work", Store.from_callbacks(functions))
        with self.assertLogs("oauthclient") as logs, self.assertRaises(OAuthError) as caught:
            broken.token()
        self.assertEqual(caught.exception.status, Status.STORE)
        self.assertIn("the disk is gone", "".join(logs.output))

    def test_functions_of_a_session(self):
        seen = []

        def acquire(client, key, before):
            seen.append((key, before and before.access_token))
            return client.client_credentials("read")

        session = Session(self.client, "work", acquire=acquire,
                          change=lambda key, token: seen.append(token and token.access_token),
                          refusal=lambda key, error: seen.append(error.provider_error) or 1)
        self.assertEqual(session.token().access_token, "access-1")
        self.assertEqual(seen, [("work", None), "access-1"])
        session.adopt(Token.new("old", refresh_token="over", expires_at_s=1))
        self.assertEqual(asyncio.run(session.token.aio()).access_token, "access-2")
        self.assertIn("invalid_grant", seen)

    def test_an_exception_in_acquire(self):
        def refuse(client, key, before):
            raise LoginRequired(Status.LOGIN_REQUIRED, "nobody is here")

        with self.assertLogs("oauthclient"):
            self.assertRaises(LoginRequired, Session(self.client, "work", acquire=refuse).token)

    def test_a_workload(self):
        session = Session(self.client, "api", jwt_bearer=Source.from_callback(lambda: "assertion-1"), scope="read")
        self.assertEqual(session.token().scope, "read")
        self.assertEqual(self.server.seen[-1][1]["assertion"], "assertion-1")


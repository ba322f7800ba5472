"""Calls by threads that wait and by asyncio: results, errors, time, Ctrl-C."""
import asyncio
import logging
import pickle
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

from case import Case
from oauthclient import Advice, Cancel, Client, Key, OAuthError, ProviderError, Source, Status, TimedOut, Token


class Calls(Case):
    def test_a_token(self):
        with self.client.client_credentials("read", {"resource": ["https://a.example", "https://b.example"]},
                                            headers=[("X-Me", "1")]) as token:
            self.assertEqual((token.access_token, token.authorization), ("access-1", "Bearer access-1"))
            self.assertEqual((token.scope, token.json["more"], token.expires_in_s), ("read", 7, 3600))
            self.assertNotIn("access", repr(token))
            again = Token.from_json(token.to_json())
        self.assertEqual(again.access_token, "access-1")
        self.assertRaisesRegex(ValueError, "Token is closed", lambda: token.scope)
        self.assertEqual(self.server.seen[-1][2]["X-Me"], "1")

    def test_an_error_says_all(self):
        for call in (self.client.client_credentials, lambda scope: asyncio.run(self.client.client_credentials.aio(scope))):
            with self.assertRaises(ProviderError) as caught:
                call("too-much")
            error = caught.exception
            self.assertEqual((error.status, error.advice), (Status.PROVIDER, Advice.LOG_IN_AGAIN))
            self.assertEqual((error.provider_error, error.provider_description), ("invalid_grant", "not for you"))
            self.assertEqual((error.http_status, error.response.header("x-trace")), (400, "42"))
            self.assertEqual((error.provider_json["more"], error.attempts, error.request_sent), (1, 1, True))
            self.assertIn("invalid_grant", str(error))
            copy = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(copy), str(copy), copy.http_status), (ProviderError, str(error), 400))
            self.assertIn(b"not for you", error.response.body)

    def test_other_calls(self):
        self.assertEqual(self.client.metadata()["issuer"], self.server.url)
        self.assertEqual(self.client.introspect("t")["sub"], "alice")
        self.client.revoke("t")
        self.assertEqual(self.server.seen[-1][1]["token"], "t")
        self.assertEqual(self.client.exchange_token("s", "urn:x", actor_token="a", actor_token_type="urn:y").scope, "all")

    def test_bad_arguments(self):
        self.assertRaisesRegex(TypeError, "colour is not a setting", lambda: Client("app", colour="red"))
        self.assertRaisesRegex(TypeError, "timeout_ms", lambda: self.client.metadata(timeout_ms="1"))
        self.assertRaisesRegex(ValueError, "U\\+0000", lambda: self.client.introspect("a\0b"))
        self.assertRaisesRegex(OAuthError, "token_endpoint is not set", lambda: Client("app"))

    def test_threads_and_tasks(self):
        scopes, errors = [], []

        def call():
            try:
                scopes.append(self.client.client_credentials("read").scope)
                self.client.client_credentials("too-much")
            except ProviderError as error:
                errors.append(error.http_status)

        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((scopes, errors), (["read"] * 8, [400] * 8))

        async def many():
            tokens = await asyncio.gather(*[self.client.client_credentials.aio(f"s{n}") for n in range(20)])
            return [token.scope for token in tokens]

        self.assertEqual(asyncio.run(many()), [f"s{n}" for n in range(20)])

    def test_time_and_cancel(self):
        client = self.new_client(token_endpoint=self.server.url + "/hang")
        with self.assertRaises(TimeoutError) as caught:
            client.client_credentials(timeout_ms=200)
        self.assertIsInstance(caught.exception, TimedOut)
        self.server.arrived.clear()
        cancel = Cancel()
        threading.Thread(target=lambda: (self.server.arrived.wait(), cancel.trigger())).start()
        with self.assertRaises(OAuthError) as caught:
            client.client_credentials(cancel=cancel)
        self.assertEqual(caught.exception.status, Status.CANCELLED)

    def test_a_cancelled_task_stops_the_call(self):
        client = self.new_client(token_endpoint=self.server.url + "/hang")

        async def cancelled():
            task = asyncio.create_task(client.client_credentials.aio())
            await asyncio.to_thread(self.server.arrived.wait)
            task.cancel()
            started = time.monotonic()
            with self.assertRaises(asyncio.CancelledError):
                await task
            return time.monotonic() - started

        self.assertLess(asyncio.run(cancelled()), 5)

    def test_a_client_that_is_closed_during_a_call(self):
        client = self.new_client(token_endpoint=self.server.url + "/hang")
        outcome = []

        def call():
            try:
                client.client_credentials(timeout_ms=500)
            except OAuthError as error:
                outcome.append(error.status)

        thread = threading.Thread(target=call)
        thread.start()
        self.server.arrived.wait()
        client.close()
        thread.join()
        self.assertEqual(outcome, [Status.TIMEOUT])

    def interrupted(self, call, *arguments, arrived):
        """Sends SIGINT to a program that is inside a call; how it ended."""
        program = f"import sys, oauthclient as o\nclient = o.Client('app', issuer=sys.argv[1], " \
                  f"token_endpoint=sys.argv[1] + '/hang')\ntry:\n    {call}\nexcept KeyboardInterrupt:\n    print('stopped')"
        child = subprocess.Popen([sys.executable, "-c", program, self.server.url, *arguments], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            arrived()
            child.send_signal(signal.SIGINT)
            return child.communicate(timeout=15)
        finally:
            child.kill()

    def test_ctrl_c(self):
        out = self.interrupted("client.client_credentials()", arrived=self.server.arrived.wait)
        self.assertEqual(out, ("stopped\n", ""))
        self.server.arrived.clear()
        out = self.interrupted("o.Source.from_url(sys.argv[1] + '/hang').read()", arrived=self.server.arrived.wait)
        self.assertEqual(out, ("stopped\n", ""))

    def test_the_end_of_a_program_with_calls_under_way(self):
        program = textwrap.dedent("""
            import asyncio, logging, sys, threading, oauthclient as o
            client = o.Client('app', issuer=sys.argv[1], token_endpoint=sys.argv[1] + '/hang', log=logging.getLogger())
            threading.Thread(target=client.client_credentials, daemon=True).start()
            async def main():
                asyncio.create_task(client.client_credentials.aio())
                await asyncio.to_thread(input)
                sys.exit(3)
            logging.basicConfig(level=logging.DEBUG, filename='/dev/null')
            asyncio.run(main())
        """)
        child = subprocess.Popen([sys.executable, "-c", program, self.server.url], stdin=subprocess.PIPE, text=True,
                                 stderr=subprocess.PIPE)
        self.server.arrived.wait()
        self.assertNotIn("Fatal", child.communicate("\n", timeout=15)[1])
        self.assertEqual(child.returncode, 3)

    def test_a_forked_child_goes_on(self):
        program = textwrap.dedent("""
            import asyncio, os, sys, oauthclient as o
            client = o.Client('app', issuer=sys.argv[1])
            client.client_credentials()
            child = os.fork()
            asyncio.run(client.client_credentials.aio())
            assert client.client_credentials('read').scope == 'read'
            sys.exit(child and os.waitpid(child, 0)[1])
        """)
        ended = subprocess.run([sys.executable, "-c", program, self.server.url], timeout=30, text=True, capture_output=True)
        self.assertEqual((ended.returncode, self.server.given), (0, 5), ended.stderr)

    def test_sources_and_keys(self):
        source = Source.from_command(["printf", '{"a":"b"}'], "/a")
        self.assertEqual((source.read(), asyncio.run(source.read.aio())), ("b", "b"))
        self.assertEqual(Source.from_callback(lambda: "mine").read(), "mine")
        key = Key.generate()
        signed = []

        def sign(algorithm, message):
            signed.append((algorithm, type(message)))
            raise RuntimeError("the HSM is gone")

        client = self.new_client(client_key=Key.from_signer(key.public_jwk, None, sign))
        with self.assertLogs("oauthclient", logging.ERROR) as logs, self.assertRaises(OAuthError) as caught:
            client.client_credentials()
        self.assertEqual((signed, caught.exception.status), ([("ES256", bytes)], Status.CALLBACK))
        self.assertIn("the HSM is gone", logs.output[0])
        self.assertEqual(Key.from_pem(key.to_pem().encode()).thumbprint, key.thumbprint)
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_text(key.to_pem())
            self.new_client(client_key_file=(Path(file.name), None)).client_credentials()
        self.assertIn("client_assertion", self.server.seen[-1][1])

    def test_log(self):
        with self.assertLogs("mine", logging.DEBUG) as logs:
            self.new_client(log=logging.getLogger("mine")).client_credentials()
        self.assertTrue(logs.output)
        self.assertNotIn("access-1", "".join(logs.output))


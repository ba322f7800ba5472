"""Arguments of a wrong type, and numbers that do not fit: refused in Python, before anything of them reaches the library."""
import asyncio
import ctypes
import logging
import re
import unittest

import header
from case import Case
from oauthclient import Cancel, Client, Key, OAuthError, Session, Source, Status, Store, Token
from oauthclient._handle import invoke
from oauthclient._library import parameters

FITTING = {"s": b"", "y": b"", "b": False, "i": 0, "I": 0, "q": 0, "n": 0, "H": 0}
RANGES = {"int32_t": (-(2**31), 2**31 - 1), "uint32_t": (0, 2**32 - 1), "int64_t": (-(2**63), 2**63 - 1),
          "uint16_t": (0, 65535), "size_t": (0, 2 ** (8 * ctypes.sizeof(ctypes.c_size_t)) - 1)}


class Declared(unittest.TestCase):
    """Every parameter of every function of the header."""

    def parameters_of(self, pattern):
        text = header.HEADER.read_text()
        for name, (_, declared) in header.functions(text).items():
            for index, type_ in enumerate(declared):
                if match := re.fullmatch(pattern, type_):
                    yield name, index, match[1], parameters(name)[index]

    def test_handles(self):
        others = [5, "text", b"bytes", 1.5, ctypes.c_void_p(5), ctypes.c_char_p(b""), [], object()]
        cancel, token = Cancel(), Token.new("t")
        seen = 0
        for name, index, kind, type_ in self.parameters_of(r"(?:const )?oauth_(\w+) \*"):
            seen += 1
            own = {"cancel": cancel, "token": token}.get(kind)
            for other in [*others, *({cancel, token} - {own})]:
                expected = f"expected {kind.title().replace('_', '')}, not"
                with self.subTest(name, index=index, other=other):
                    self.assertRaisesRegex(TypeError, expected, type_.from_param, other)
            type_.from_param(None)
            if own is not None:
                type_.from_param(own)
        self.assertGreater(seen, 250)

    def test_results_that_are_handles(self):
        for name, index, _, type_ in self.parameters_of(r"oauth_(\w+) \*\*"):
            with self.subTest(name, index=index):
                self.assertRaises(TypeError, type_.from_param, ctypes.byref(ctypes.c_void_p()))

    def test_text_and_bytes(self):
        for name, index, type_name, type_ in self.parameters_of(r"const (char|uint8_t) \*"):
            for other in [5, 1.5, [], object(), *(["text"] if type_name == "uint8_t" else [])]:
                with self.subTest(name, index=index, other=other):
                    self.assertRaisesRegex(TypeError, "expected (str|bytes), not", type_.from_param, other)

    def test_numbers(self):
        seen = set()
        for name, index, type_name, type_ in self.parameters_of(r"(u?int\d+_t|size_t)"):
            seen.add(type_name)
            least, most = RANGES[type_name]
            with self.subTest(name, index=index):
                self.assertEqual([type_.from_param(number).value for number in (least, most)], [least, most])
                for number in (least - 1, most + 1):
                    self.assertRaisesRegex(ValueError, "is not between", type_.from_param, number)
                for other in ("1", 1.5, None):
                    self.assertRaisesRegex(TypeError, "expected int, not", type_.from_param, other)
        self.assertEqual(seen, {"uint32_t", "int32_t", "int64_t", "uint16_t", "size_t"})

    def test_truth(self):
        for name, index, _, type_ in self.parameters_of("(bool)"):
            with self.subTest(name, index=index):
                self.assertRaisesRegex(TypeError, "expected bool, not str", type_.from_param, "no")


class Methods(Case):
    def refused(self, expected, call, error=TypeError):
        with self.subTest(expected), self.assertRaisesRegex(error, expected):
            call()

    def test_handles(self):
        client, session = self.client, Session(self.client, "work")
        for wrong, type_ in ((5, "int"), ("secret", "str"), (b"secret", "bytes"), (client, "Client")):
            self.refused(f"expected Token, not {type_}", lambda: session.adopt(wrong))
            self.refused(f"expected Token, not {type_}", lambda: asyncio.run(session.adopt.aio(wrong)))
            self.refused(f"expected Token, not {type_}", lambda: client.userinfo(wrong))
            self.refused(f"expected Token, not {type_}", lambda: session.replace(wrong, 401, None))
            self.refused(f"expected Store, not {type_}", lambda: Session(client, "work", wrong))
            self.refused(f"client_key: expected Key, not {type_}", lambda: Client("app", client_key=wrong))
            self.refused(f"jwt_bearer: expected Source, not {type_}", lambda: Session(client, "work", jwt_bearer=wrong))
            self.refused(f"cancel: expected Cancel, not {type_}", lambda: client.client_credentials(cancel=wrong))
            self.refused(f"Token is not made of {type_}", lambda: Token(wrong))
        self.refused("expected Client, not str", lambda: Session("app", "work"))
        self.refused("expected Session, not Client", lambda: Source.from_session(client))
        self.assertEqual(self.server.seen, [])

    def test_other_types(self):
        client = self.client
        self.refused("issuer: expected str, not int", lambda: Client("app", issuer=5))
        self.refused("expected str, not int", lambda: Session(client, 5))
        self.refused("ca_files: expected list, not str", lambda: Client("app", ca_files="ca.pem"))
        self.refused("ca_pem: expected bytes, not str", lambda: Client("app", ca_pem=["-----BEGIN"]))
        self.refused("allow_http: expected bool, not str", lambda: Client("app", allow_http="no"))
        self.refused("retry_policy: expected 3 values, not 2", lambda: Client("app", retry_policy=(1, 2)))
        self.refused("proxy: expected 3 values, not 4", lambda: Client("app", proxy=("a", None, None, None)))
        self.refused("log: expected Logger, not str", lambda: Client("app", log="debug"))
        self.refused("encryption_key: expected bytes, not str", lambda: Store.directory("/nowhere", encryption_key="k" * 32))
        self.refused("acquire: expected function, not str", lambda: Session(client, "work", acquire="token"))
        self.refused("open_url: expected function, not int", lambda: client.log_in(listener={"open_url": 5}))
        self.refused("sign: expected function, not bytes", lambda: Key.from_signer("{}", None, b"key"))
        self.refused("parameters: expected dict, not str", lambda: client.grant("urn:x", "a=b"))
        self.refused("arguments: expected list, not str", lambda: Source.from_command("echo x"))
        self.refused("arguments: expected str, not int", lambda: Source.from_command(["echo", 5]))
        self.refused("expected 1 value, not 2", lambda: invoke("oauth_token_expired", Token.new("t"), 0, 0))

    def test_numbers(self):
        for number in (-1, 2**32, 2**32 + 1):
            for setting in ("timeout_ms", "deadline_ms", "min_validity_s"):
                expected = f"{setting}: {number} is not between 0 and 4294967295"
                self.refused(expected, lambda: self.client.metadata(**{setting: number}), ValueError)
            self.refused("timeout_ms: .* is not between", lambda: Client("app", timeout_ms=number), ValueError)
        expected = "port: 65536 is not between 0 and 65535"
        self.refused(expected, lambda: self.client.log_in(listener={"port": 65536}), ValueError)
        self.refused("is not between", lambda: Token.new("t", expires_at_s=2**63), ValueError)
        self.refused("expected int, not str", lambda: Token.new("t").expired("1"))
        self.assertEqual(self.server.seen, [])

    def test_unknown_settings(self):
        self.refused("timeout is not a setting; is timeout_ms meant?", lambda: self.client.metadata(timeout=5))
        self.refused("isuer is not a setting; is issuer meant?", lambda: Client("app", isuer="https://as.example"))
        self.refused("interrupt is not a setting$", lambda: self.client.metadata(interrupt=(1, 2, 3)))

    def test_what_functions_return(self):
        for wrong in ("token", b"token", 5, None, self.client):
            self.fails(Session(self.client, "work", acquire=lambda *_: wrong).token,
                       f"acquire: expected Token, not {type(wrong).__name__}")
        for wrong in (5, ["assertion"]):
            self.fails(Source.from_callback(lambda: wrong).read, f"expected str, not {type(wrong).__name__}")
        signer = Key.from_signer(Key.generate().public_jwk, None, lambda *_: "signature")
        self.fails(self.new_client(client_key=signer).client_credentials, "expected bytes, not str")

    def fails(self, call, reason):
        with self.subTest(reason), self.assertLogs("oauthclient", logging.ERROR) as logs:
            with self.assertRaises(OAuthError) as caught:
                call()
            self.assertEqual(caught.exception.status, Status.CALLBACK)
            self.assertIn(f"TypeError: {reason}", re.sub(r"oauth_\w+: argument \d: ", "", "".join(logs.output)))

    def test_what_a_refusal_returns(self):
        session = Session(self.client, "work", refusal=lambda *_: "again")
        session.adopt(Token.new("old", refresh_token="over", expires_at_s=1))
        with self.assertLogs("oauthclient", logging.ERROR) as logs, self.assertRaises(OAuthError):
            session.token()
        self.assertIn("TypeError: expected int, not str", logs.output[0])

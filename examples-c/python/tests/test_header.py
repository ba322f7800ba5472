"""The package and oauth.h. After a change of the header: OAUTHCLIENT_WRITE_SIGNATURES=1 python3 -m unittest test_header"""
import logging
import os
import re
import unittest
from collections.abc import Callable
from typing import get_args, get_origin

import header
import oauthclient
from oauthclient import _call, _client, _session, _store

# What Python has in its own way (JSON, copies, references), and what only a program in C does step by step.
LEFT_OUT = re.compile("oauth_(json_|challenges_|transport_|listener_(?!options)|session_copy_|config_set_(transport|client)$"
                      "|.*_ref$|basic_authorization|browser_open|operation_(on_done|cancel)|session_invalidate_(text|start)$"
                      "|response_header$|version$|introspection_active|userinfo_subject|token_response_json)")
SETTINGS = {
    "config": (_client.ClientSettings, _client.Config),
    "listener_options": (_client.ListenerSettings, _client.ListenerOptions),
    "session_options": (_session.SessionSettings, _session.SessionOptions),
    "store_options": (_store.StoreSettings, _store.StoreOptions),
    "request_options": (_call.Options, _call.RequestOptions),
}
# Bytes with their length; a function with user_data and destructor; a log with its level too.
OF_TYPE = {bytes: 2, Callable: 3, logging.Logger: 4}


class Header(unittest.TestCase):
    def setUp(self):
        self.text = header.HEADER.read_text()
        self.source = "".join(path.read_text() for path in header.PACKAGE.glob("*.py") if path.name != "_signatures.py")

    def test_declarations_are_those_of_the_header(self):
        expected, path = header.signatures(self.text), header.PACKAGE / "_signatures.py"
        if os.environ.get("OAUTHCLIENT_WRITE_SIGNATURES"):
            path.write_text(expected)
        self.assertEqual(path.read_text(), expected, "see the first line of test_header.py")

    def test_no_function_is_missing(self):
        settings = {f"oauth_{prefix}_set_{name}" for prefix, (kind, _) in SETTINGS.items() for name in kind.__annotations__}
        built = {f"oauth_{kind}_{name}" for kind, names in {
            "operation": "metadata userinfo introspection", "metadata": "json free", "userinfo": "json free",
            "introspection": "json free", "response": "header_name_at header_value_at"}.items() for name in names.split()}
        missing = []
        for name in header.functions(self.text):
            words = [name.removesuffix("_start"), re.sub("^oauth_.*?_add_", "add_", name), name.removeprefix("oauth_error_")]
            used = any(f'"{word}"' in self.source for word in words)
            if not (used or name in settings | built or LEFT_OUT.match(name)):
                missing.append(name)
        self.assertEqual(missing, [])

    def test_no_function_is_made_up(self):
        used = set(re.findall(r'"(oauth_\w+)"', self.source))
        self.assertEqual(used - set(header.functions(self.text)) - {f"oauth_{prefix}" for prefix in SETTINGS}, set())

    def test_settings_have_the_parameters_of_the_header(self):
        declared = header.functions(self.text)
        for prefix, (kind, builder) in SETTINGS.items():
            lists = getattr(builder, "lists", {})
            for name, type_ in kind.__annotations__.items():
                if name in lists:
                    [type_] = get_args(type_)
                arguments = len(get_args(type_)) if get_origin(type_) is tuple else OF_TYPE.get(get_origin(type_) or type_, 1)
                function = f"oauth_{prefix}_{lists.get(name, 'set_' + name)}"
                self.assertEqual(len(declared[function][1]), 1 + arguments, function)

    def test_numbers_are_those_of_the_header(self):
        numbers = header.numbers(self.text)
        for prefix, enum in (("ERROR", oauthclient.Status), ("ADVICE", oauthclient.Advice)):
            declared = {name: value for name, value in numbers.items() if name.startswith(f"{prefix}_")}
            self.assertEqual({f"{prefix}_{member.name}": member.value for member in enum if member.name != "OK"}, declared)

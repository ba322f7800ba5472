"""The package as others get it: its page, its wheel, its types, and what it says without a library that fits."""
import inspect
import os
import pydoc
import re
import subprocess
import sys
import tempfile
import unittest
import zipfile
from contextlib import redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import oauthclient
from case import Case
from test_sessions import browse

ROOT = Path(__file__).parent.parent


def run(*command, **environment):
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, text=True, capture_output=True)


class Help(unittest.TestCase):
    def test_methods_have_their_parameters_and_words(self):
        for method in [oauthclient.Client.refresh_token, oauthclient.Session.token]:
            self.assertIn("self", inspect.signature(method).parameters)
        text = pydoc.plain(pydoc.render_doc(oauthclient.Client))
        self.assertRegex(text, r"refresh_token\(self, refresh_token: str")
        self.assertNotIn("_call.outgoing object", text)

    def test_bound_methods_too(self):
        with oauthclient.Client("my-app", token_endpoint="https://as.example/token") as client:
            self.assertEqual(next(iter(inspect.signature(client.refresh_token).parameters)), "refresh_token")

    def test_numbers_are_shown_by_name(self):
        self.assertEqual(f"{oauthclient.Status.PROVIDER} {str(oauthclient.Advice.RETRY)}", "Status.PROVIDER Advice.RETRY")


class Library(unittest.TestCase):
    def refused(self, library):
        ended = run(sys.executable, "-c", "import oauthclient", OAUTHCLIENT_LIBRARY=str(library))
        return ended.stderr.splitlines()[-1].removeprefix("oauthclient._library.LibraryError: ")

    def test_none(self):
        line = self.refused("/nowhere/liboauthclient.so")
        self.assertRegex(line, "^liboauthclient 0.1.0 or a later 0.1 is needed, and none was found: /nowhere/")

    def test_another_one(self):
        with tempfile.TemporaryDirectory() as directory:
            for version, expected in [("0.0.9", "is version 0.0.9"), ("0.2.0", "is version 0.2.0"),
                                      (None, "is another library")]:
                library, source = Path(directory, f"{version}.so"), Path(directory, "old.c")
                text = f'const char *oauth_version(void) {{ return "{version}"; }}' if version else "int nothing;"
                source.write_text(text + "\n")
                subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", library, source], check=True)
                needed = "liboauthclient 0.1.0 or a later 0.1 is needed"
                self.assertEqual(self.refused(library), f"{needed}, and {library} {expected}")


class Package(Case):
    def test_the_page(self):
        text = (ROOT / "README.md").read_text()
        blocks = re.findall(r"```python\n(.*?)```", text, re.S)
        self.assertGreater(len(blocks), 3)
        names = {"browse": browse}
        with tempfile.TemporaryDirectory() as directory:
            for block in blocks:
                block = block.replace("https://as.example", self.server.url).replace("https://api.example", self.server.url)
                block = block.replace("Store.directory()", f"Store.directory({directory!r})")
                with redirect_stdout(StringIO()):
                    exec(block.replace("log_in(", 'log_in(listener={"open_url": browse}, scope='), names)
        self.assertEqual(names["answer"].status_code, 200)

    @unittest.skipUnless(find_spec("hatchling"), "hatchling is not installed")
    def test_the_wheel(self):
        with tempfile.TemporaryDirectory() as directory:
            built = run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", directory, ".")
            self.assertEqual(built.returncode, 0, built.stderr)
            [wheel] = Path(directory).glob("oauthclient-*-py3-none-any.whl")
            self.assertTrue(wheel.name.startswith(f"oauthclient-{oauthclient.__version__}-"))
            names = zipfile.ZipFile(wheel).namelist()
            self.assertIn("oauthclient/py.typed", names)
            self.assertFalse([name for name in names if name.endswith((".so", ".dll", ".dylib")) or "test" in name])
            ended = run(sys.executable, "-c", "import oauthclient; print(oauthclient.__file__)", PYTHONPATH=str(wheel),
                        PYTHONSAFEPATH="1")
            self.assertIn(str(wheel), ended.stdout, ended.stderr)

    @unittest.skipUnless(find_spec("mypy"), "mypy is not installed")
    def test_types(self):
        checked = run(sys.executable, "-m", "mypy", "--cache-dir", os.devnull)
        self.assertEqual(checked.returncode, 0, checked.stdout)

"""A second implementation of src/store/FORMAT.md: renews a login that it shares with the library.

    second.py DIRECTORY_OR_REDIS_URL KEY

TOKEN_ENDPOINT, CLIENT_ID and CLIENT_SECRET are read from the environment, and RESOURCE, which is asked with
each new token. It runs until its standard input ends, and prints a line for each renewal (`renewed
ACCESS_TOKEN`), one for each token that it took from the store (`found ACCESS_TOKEN`), and one for whatever
went wrong.

What it leaves out: sealed records, a client with an issuer, the lock of an orphan, which it waits for, and
the memory of a token that could not be saved or that the server lost.
"""

import base64
import fcntl
import hashlib
import http.client
import json
import os
import random
import re
import select
import socket
import sys
import time
import urllib.parse

TIMEOUT_S = 5  # of a request
LEASE_MS = 15000
FENCE_LIFE_MS = 24 * 3600 * 1000
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/store/FORMAT.md")


def digest(text, length):
    return hashlib.sha256(text).hexdigest()[: 2 * length]


def to_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("\x7f", "\\u007f")


class Overtaken(Exception):
    """Something else is kept by now than was read."""


class Lost(Exception):
    """Somebody else may have the lock by now."""


class Files:
    """A login in a directory."""

    def __init__(self, directory, key, place):
        readable = "".join(c if c.isascii() and c.isalnum() else "_" for c in key[:40])
        name = digest(place.encode(), 16)
        self.record = os.path.join(directory, f"{readable}-{name}.session")
        self.directory, self.hidden = directory, os.path.join(directory, f".{name}.")
        self.lock_file = self.alive = None

    def open_lock(self, name):
        return os.open(self.hidden + name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def look(self):
        """The text, and numbers that only Redis has."""
        try:
            with open(os.open(self.record, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                line, _, text = file.read().partition(b"\n")
        except FileNotFoundError:
            return None, (0, 0)
        if line != b"oauthclient-record 1 " + digest(text, 32).encode():
            raise ValueError("the record is damaged, or of a newer release")
        return text, (0, 0)

    def try_lock(self):
        lock_file, following, alive = self.open_lock("lock"), None, None
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            last = os.pread(lock_file, 32, 0)
            if int((last.split() or [b"0"])[0]) != 0:  # a holder was killed
                following = self.open_lock("following")
                fcntl.flock(following, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not self.is_name_of(lock_file) or os.pread(lock_file, 32, 0) != last:
                    raise BlockingIOError
            alive = self.open_lock("alive")
            fcntl.lockf(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.pwrite(lock_file, self.own_name(), 0)
            self.lock_file, self.alive = lock_file, alive
        except (BlockingIOError, PermissionError):
            for file in (alive, lock_file):
                if file is not None:
                    os.close(file)
            return False
        finally:
            if following is not None:
                os.close(following)
        self.remove_new()
        return True

    @staticmethod
    def own_name():
        started = 0
        if os.path.exists("/proc/self/stat"):
            with open("/proc/self/stat") as stat:
                started = int(stat.read().rpartition(")")[2].split()[19])
        return b"%010d %020d\n" % (os.getpid(), started)

    def is_name_of(self, lock_file):
        try:
            return os.path.samestat(os.lstat(self.hidden + "lock"), os.fstat(lock_file))
        except FileNotFoundError:
            return False

    def remove_new(self):
        if os.path.lexists(self.hidden + "new"):
            os.unlink(self.hidden + "new")

    def write(self, text, number, expires_at_s=None, is_mark=False):
        if not self.is_name_of(self.lock_file):
            raise Lost
        self.remove_new()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with open(os.open(self.hidden + "new", flags, 0o600), "wb") as file:
            file.write(b"oauthclient-record 1 " + digest(text, 32).encode() + b"\n" + text)
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.hidden + "new", self.record)
        directory = os.open(self.directory, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
        if is_mark and not self.is_name_of(self.lock_file):
            raise Lost
        return 0, 0

    def unlock(self):
        os.close(self.alive)
        os.pwrite(self.lock_file, b"%010d %020d\n" % (0, 0), 0)
        fcntl.flock(self.lock_file, fcntl.LOCK_UN)
        os.close(self.lock_file)


class Redis:
    """A login on a server without a password."""

    def __init__(self, url, place):
        address = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port or 6379), TIMEOUT_S)
        self.input = self.socket.makefile("rb")
        name = f"oauthclient:{{{digest(place.encode(), 8)}}}:%s:{place}"
        self.login, self.lock, self.fence = (name % kind for kind in ("login", "lock", "fence"))
        with open(PAGE) as page:
            found = re.findall(r"^\*\*(\w+)\*\*.*?^```lua(.*?)\n```$", page.read(), re.S | re.M)
        self.scripts = dict(found)
        self.found = None

    def ask(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.answer()

    def answer(self):
        line = self.input.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.input.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.answer() for _ in range(int(rest))]
        if kind in (b":", b"+"):
            return int(rest) if kind == b":" else rest
        raise OSError(line.decode() or "the connection was closed")

    def run(self, script, keys, *arguments):
        return self.ask("EVAL", self.scripts[script], len(keys), *keys, *arguments)

    def look(self):
        if self.found is None:
            self.found = self.ask("HMGET", self.login, "value", "fence", "number", "before")
        (value, self.seen, number, before), self.found = self.found, None
        return value, self.numbers(number, before)

    def try_lock(self):
        self.token, self.writes = os.urandom(16).hex(), 0
        keys = (self.lock, self.fence, self.login)
        mine, self.number, *found = self.run("LOCK", keys, self.token, 10000, FENCE_LIFE_MS)
        self.found = found if mine else None
        return mine == 1

    def write(self, text, number, expires_at_s=None, is_mark=False):
        self.writes += 1
        until_ms = "" if expires_at_s is None else (expires_at_s + 3600) * 1000
        number, before = number if number and number[0] else ("", "")
        arguments = [self.seen or 0, f"{self.token}{self.writes}", self.number, number, text, until_ms]
        arguments += [self.token, LEASE_MS if is_mark else "", before]
        answer = self.run("SAVE", (self.login, self.lock, self.fence), *arguments)
        if answer == 0:
            raise Overtaken
        if answer == -1:
            raise Lost
        self.seen, number, before = answer
        return self.numbers(number, before)

    @staticmethod
    def numbers(number, before):
        """That of the token, and the one that it replaced."""
        number = int(number or 0)
        return number, int(max(0, number - 1) if before is None else before)

    def unlock(self):
        self.run("RELEASE", (self.lock,), self.token)


class Session:
    """The login of a key."""

    def __init__(self, store, key):
        self.endpoint = os.environ["TOKEN_ENDPOINT"]
        self.client = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
        self.login = {"key": key, "token_endpoint": self.endpoint, "client_id": self.client[0]}
        place = f"{key}.{digest(to_json(self.login).encode(), 16)}"
        self.store = Redis(store, place) if store.startswith("redis:") else Files(store, key, place)
        self.own = None  # the token that this program got last
        self.pause_s = 0

    def read(self):
        text, number = self.store.look()
        record = json.loads(text) if text else {}
        if text and (record["oauthclient_session"], record["login"]) != (2, self.login):
            raise ValueError("a login of another version, or of another owner")
        return record, number

    def is_due(self, record):
        """Who renewed last leaves the next renewal to the others, as long as the token lasts."""
        token = record.get("token", {})
        left_s = token.get("expires_at_s", 1 << 40) - time.time()
        share = 0.05 if token.get("access_token") == self.own else 0.4
        is_refused = "access_token" not in token or record.get("access_token_refused")
        return is_refused or left_s < share * token.get("expires_in_s", 0)

    def token(self):
        """One that is good, renewed if it is due; None while another holder renews."""
        record = self.read()[0]
        if not self.is_due(record):
            return record["token"]
        if not self.store.try_lock():
            self.pause_s = min(0.1, self.pause_s * 2 or 0.002)
            time.sleep(self.pause_s * random.uniform(0.5, 1.5))
            return None
        self.pause_s = 0
        try:
            record, number = self.read()
            return self.renew(record, number) if self.is_due(record) else record["token"]
        except Overtaken:
            return None
        finally:
            self.store.unlock()

    def renew(self, record, number):
        token, refusal = record["token"], record.get("refusal", {})
        pause_s = 2 if refusal.get("times", 0) < 2 else 900
        if refusal.get("final") or refusal and 0 <= time.time() - refusal["last_at_s"] < pause_s:
            raise ValueError(f"the refresh token was refused{refusal.get('said', '')}")
        expires_at_s = token.get("refresh_token_expires_at_s")
        marked = {"renewal_began_s": int(time.time()), **record}
        number = self.store.write(self.text(marked), number, expires_at_s, is_mark=True)
        sent_at_s = int(time.time())
        status, answer = self.request(token)
        if status == 200:
            fresh = self.fresh(token, answer, sent_at_s)
            self.keep(record, number, fresh)
            self.own = fresh["access_token"]
            print("renewed", self.own, flush=True)
            return fresh
        if answer.get("error") == "invalid_grant":
            if self.read()[0].get("token") != token:
                raise Overtaken
            refusal = {"times": refusal.get("times", 0) + 1, "last_at_s": sent_at_s, "final": True}
            refusal["error"] = "invalid_grant"
            refused = {**record, "refusal": refusal}
            refused.pop("renewal_began_s", None)
            self.store.write(self.text(refused), number, expires_at_s)
        raise ValueError(f"the token endpoint answered {status} {answer}")

    def keep(self, record, number, fresh):
        text, expires_at_s = self.text({"token": fresh}), fresh.get("refresh_token_expires_at_s")
        while True:
            try:
                return self.store.write(text, None, expires_at_s)
            except Overtaken:
                now, its_number = self.read()
                is_deleted = "token" not in now and its_number[0] != number[0] and its_number[0] > number[1]
                if is_deleted or now.get("token", record["token"]) != record["token"]:
                    raise

    def text(self, record):
        order = ("renewal_began_s", "refusal", "access_token_refused", "token")
        members = {name: record[name] for name in order if name in record}
        return to_json({"oauthclient_session": 2, "login": self.login, **members}).encode()

    def fresh(self, before, answer, sent_at_s):
        token = {"oauthclient_token": 2}
        for name in ("access_token", "token_type", "scope", "refresh_token", "id_token"):
            if name in answer:
                token[name] = answer.pop(name)
        token.setdefault("refresh_token", before["refresh_token"])
        token["client_id"] = self.client[0]
        if "resource" in before:
            token["resource"] = before["resource"]
        if "expires_in" in answer:
            token["expires_in_s"] = answer.pop("expires_in")
            token["expires_at_s"] = sent_at_s + token["expires_in_s"]
        return {**token, "members": answer} if answer else token

    def request(self, token):
        url = urllib.parse.urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT_S)
        credentials = ":".join(urllib.parse.quote_plus(part) for part in self.client).encode()
        headers = {
            "Authorization": "Basic " + base64.b64encode(credentials).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "second",
        }
        fields = [("grant_type", "refresh_token"), ("refresh_token", token["refresh_token"])]
        fields += [("resource", resource) for resource in token.get("resource", "").split()]
        form = urllib.parse.urlencode(fields)
        connection.request("POST", url.path, form, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")


def resource_status(access_token):
    url = urllib.parse.urlsplit(os.environ["RESOURCE"])
    connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT_S)
    connection.request("GET", url.path, headers={"Authorization": "Bearer " + access_token})
    return connection.getresponse().status


def main():
    session, last = Session(*sys.argv[1:]), None
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        try:
            token = session.token()
        except (ValueError, Lost, OSError) as error:
            print("failed", repr(error), flush=True)
            time.sleep(0.2)
            continue
        if token is None or token["access_token"] == last:
            continue
        last = token["access_token"]
        if last != session.own:
            print("found", last, flush=True)
        status, now = resource_status(last), time.time()
        if status != 200 and now < token["expires_at_s"]:
            print("refused", last, status, flush=True)


if __name__ == "__main__":
    main()

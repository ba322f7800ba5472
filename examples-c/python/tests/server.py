"""An authorization server and a resource on loopback, as far as these tests need them."""
import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.text = self.rfile.read(length).decode()
        path = urlsplit(self.path).path
        answer = getattr(self, path.strip("/").replace("/", "_").replace("-", "_").replace(".", ""), None)
        self.server.seen.append((path, dict(parse_qsl(self.text)), self.headers))
        answer() if answer else self.send(404, {})

    do_POST = do_GET

    def send(self, status, document, **headers):
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def well_known_oauth_authorization_server(self):
        base = self.server.url
        names = ("authorization", "token", "revocation", "introspection", "userinfo", "device_authorization")
        self.send(200, {"issuer": base, "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
                        **{f"{name}_endpoint": f"{base}/{name}" for name in names}})

    def authorization(self):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.send(302, {}, Location=f"{query['redirect_uri']}?{urlencode({'code': 'c', 'state': query['state']})}")

    def token(self):
        form = dict(parse_qsl(self.text))
        if form.get("scope") == "too-much" or form.get("refresh_token") == "over":
            return self.send(400, {"error": "invalid_grant", "error_description": "not for you", "more": 1}, X_Trace="42")
        self.server.given += 1
        kind = "DPoP" if self.headers.get("DPoP") else "Bearer"
        self.send(200, {"access_token": f"access-{self.server.given}", "token_type": kind, "expires_in": 3600,
                        "refresh_token": f"refresh-{self.server.given}", "scope": form.get("scope", "all"), "more": 7})

    def hang(self):
        self.server.arrived.set()
        self.server.go_on.wait(30)

    def introspection(self):
        self.send(200, {"active": True, "sub": "alice"})

    def revocation(self):
        self.send(200, {})

    def device_authorization(self):
        self.send(200, {"device_code": "d", "user_code": "ABCD", "verification_uri": "https://as.example/device",
                        "expires_in": 600, "interval": 1})

    def elsewhere(self):
        self.send(302, {}, Location=self.server.other.url + "/api")

    def api(self):
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if token in ("", self.server.revoked):
            return self.send(401, {}, WWW_Authenticate='Bearer error="invalid_token"')
        if kind == "DPoP":
            claims = self.headers["DPoP"].split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
            if claims.get("nonce") != "n-1":
                return self.send(401, {}, WWW_Authenticate='DPoP error="use_dpop_nonce"', DPoP_Nonce="n-1")
        self.send(200, {"token": token, "kind": kind, "body": self.text})

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.seen, self.given, self.revoked, self.other = [], 0, None, None
        self.arrived, self.go_on = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def paths(self):
        return [path for path, _, _ in self.seen]

    def stop(self):
        self.go_on.set()
        self.shutdown()
        self.server_close()

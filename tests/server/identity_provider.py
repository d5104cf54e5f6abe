"""A small OpenID Connect provider on a real port: it knows one user, and lies when a test tells it to."""

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

CLIENT, SECRET = "polydesk", "a secret that both know"
REALM = "/realms/house"


class Provider(ThreadingHTTPServer):
    """`claims` and `info` change what the ID token and the user info say (None leaves one out); `sign` makes another
    ID token of the right claims; `answers` replaces the answer of an address by a status and a body."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.issuer = f"http://localhost:{self.server_port}{REALM}"
        self.key, self.strange_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.behave()

    def behave(self):
        self.claims, self.info, self.answers, self.asked, self.sign = {}, {}, {}, {}, self.signed
        self.issued: dict[str, dict[str, str]] = {}

    def token(self, asked):
        now = int(time.time())
        said = {"iss": self.issuer, "sub": "u-1", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        return self.sign({name: value for name, value in (said | self.claims).items() if value is not None})

    def signed(self, claims, key=None, algorithm="ES256", **header):
        return jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": "one"} | header)

    def user_info(self):
        said = {"sub": "u-1", "email": "ada@x.example", "email_verified": True} | self.info
        return {name: value for name, value in said.items() if value is not None}


class Answer(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self):
        path, query = urlsplit(self.path).path.removeprefix(REALM), dict(parse_qsl(urlsplit(self.path).query))
        if path == "/authorize":
            return self.allow(query)
        key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.server.key.public_key()))
        return self.tell(
            path,
            {
                "/.well-known/openid-configuration": {
                    "issuer": self.server.issuer,
                    **{f"{name}_endpoint": f"{self.server.issuer}/{name}" for name in ("token", "userinfo")},
                    "authorization_endpoint": f"{self.server.issuer}/authorize",
                    "jwks_uri": f"{self.server.issuer}/keys",
                },
                "/keys": {"keys": [key | {"kid": "one", "use": "sig"}]},
                "/userinfo": self.server.user_info(),
            }.get(path),
        )

    def do_POST(self):
        sent = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        asked = self.server.issued.pop(sent["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        right = asked and asked["code_challenge"] == challenge.decode().rstrip("=") and sent["client_secret"] == SECRET
        if not right:
            return self.say(400, {"error": "invalid_grant"})
        return self.tell("/token", {"access_token": "a", "token_type": "Bearer", "id_token": self.server.token(asked)})

    def allow(self, asked):
        code = f"code-{len(self.server.issued)}"
        self.server.issued[code] = self.server.asked = asked
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
        self.end_headers()

    def tell(self, path, body):
        self.say(*self.server.answers.get(path, (200 if body else 404, body)))

    def say(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args):
        pass


@contextmanager
def provider():
    with Provider() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()

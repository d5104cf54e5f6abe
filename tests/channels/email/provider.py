"""An OAuth 2.0 provider on a free port, for tests: it gives codes and tokens, and turns refresh tokens over."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit


class Provider:
    """`asked`: the forms that came to the token endpoint; `live`: refresh tokens that still hold."""

    def __init__(self):
        self.client_id, self.secret = "app-1", "app-secret"
        self.asked, self.codes, self.live, self.given = [], {}, set(), []
        self.lasts, self.answer = 3600, None
        """`answer`: what the token endpoint says instead, as (status, bytes)."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *problem):
        self.server.shutdown()
        self.server.server_close()

    def authorize(self, query):
        """What a browser is sent back with, once somebody has said yes."""
        assert query["response_type"] == "code" and query["client_id"] == self.client_id
        assert query["code_challenge_method"] == "S256"
        code = f"code{len(self.codes)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form):
        self.asked.append(form)
        if self.answer:
            return self.answer
        if (form["client_id"], form.get("client_secret")) != (self.client_id, self.secret):
            return self.no("invalid_client", 401)
        if form["grant_type"] == "authorization_code":
            query = self.codes.pop(form["code"], None)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
            if not query or challenge.decode().rstrip("=") != query["code_challenge"]:
                return self.no("invalid_grant")
            if form["redirect_uri"] != query["redirect_uri"]:
                return self.no("invalid_grant")
        elif form["refresh_token"] not in self.live:
            return self.no("invalid_grant")
        self.live = {f"refresh-{len(self.given)}"}  # one use each
        self.given.append(f"access-{len(self.given)}")
        said = {"access_token": self.given[-1], "refresh_token": min(self.live), "expires_in": self.lasts}
        return 200, json.dumps({**said, "token_type": "Bearer"}).encode()

    def no(self, error, status=400):
        return status, json.dumps({"error": error, "error_description": "of refresh-0"}).encode()


def _handler(provider):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            self.send_response(302)
            self.send_header("Location", provider.authorize(query))
            self.end_headers()

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, said = provider.token({name: values[0] for name, values in parse_qs(body).items()})
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *arguments):
            """Nothing on the screen of the tests."""

    return Handler

"""A desk of its own for tests that start real processes: a fresh folder, and a fresh database of the right kind."""

import http.cookiejar
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psycopg

POSTGRES = "DATABASE_URL" in os.environ


@dataclass
class Desk:
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def fresh(cls, folder: Path, **settings: str) -> "Desk":
        ours = ("POLYDESK_", "DJANGO_SETTINGS_MODULE", "DATABASE_URL")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        desk = cls(folder, kept)
        desk.environment |= {"POLYDESK_DATA_DIR": str(folder), "POLYDESK_TESTING": "on", **settings}
        if POSTGRES and "DATABASE_URL" not in settings:
            desk.environment["DATABASE_URL"] = _new_database(os.environ["DATABASE_URL"])
        return desk

    @classmethod
    def migrated(cls, folder: Path, **settings: str) -> "Desk":
        """The same with its tables made, by copying them: migrating takes seconds."""
        desk, pattern = cls.fresh(folder, **settings), _pattern()
        if POSTGRES:
            url = os.environ["DATABASE_URL"]
            desk.environment["DATABASE_URL"] = _new_database(url, like=pattern.environment["DATABASE_URL"])
        else:
            folder.mkdir(mode=0o700)
            shutil.copy(pattern.folder / "polydesk.sqlite3", folder)
        return desk

    def run(self, *arguments: str, input: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "polydesk.server", *arguments],
            env=self.environment | settings,
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            timeout=300,
            input=input,
        )

    def start(self, *arguments: str, **settings: str) -> "Running":
        port, log = free_port(), self.folder.parent / f"{uuid.uuid4().hex[:8]}.log"
        process = subprocess.Popen(
            [sys.executable, "-m", "polydesk.server", *arguments],
            env=self.environment | {"POLYDESK_PORT": str(port)} | settings,
            cwd=self.folder.parent,
            # A file, not a pipe: a pipe ends only with the last process that inherited it.
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
        )
        return Running(process, f"http://localhost:{port}", log)


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *problem: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    def get(self, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> tuple[int, str]:
        request = urllib.request.Request(self.url + path, headers=headers or {}, data=body)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def sign_in(self, username: str, password: str) -> bool:
        """Through the sign-in page, as a browser does it."""
        cookies = http.cookiejar.CookieJar()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
        page = browser.open(self.url + "/accounts/login/", timeout=20).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, page
        form = {"csrfmiddlewaretoken": token[1], "login": username, "password": password}
        browser.open(self.url + "/accounts/login/", urllib.parse.urlencode(form).encode(), timeout=20).close()
        return any(cookie.name == "session" for cookie in cookies)

    def wait_until_ready(self, seconds: float = 120) -> "Running":
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.get("/readyz")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("the server did not become ready: " + self.log.read_text()[-2000:])

    def stop(self, seconds: float = 10) -> str:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds)
        return self.log.read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@cache
def _pattern() -> Desk:
    pattern = Desk.fresh(Path(tempfile.mkdtemp(dir=os.environ["POLYDESK_TEST_FOLDER"])) / "pattern")
    made = pattern.run("migrate")
    assert made.returncode == 0, made.stderr
    return pattern


def _new_database(url: str, like: str = "") -> str:
    name = f"desk_{uuid.uuid4().hex[:12]}"
    start, _, options = url.partition("?")
    with psycopg.connect(url, autocommit=True) as connection:
        template = f" TEMPLATE {like.partition('?')[0].rpartition('/')[2]}" if like else ""
        connection.execute(f"CREATE DATABASE {name}{template}")
    return f"{start.rpartition('/')[0]}/{name}?{options}"

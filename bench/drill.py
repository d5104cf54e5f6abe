"""The drill behind RS-001: clients write through HTTP while web, worker, parent and database are killed with -9.

Every client keeps a log of what it was answered. It repeats a write that got no answer, or 503, under the same
`Idempotency-Key` until it is answered. Afterwards the log is held against the database: nothing answered may be
missing, and no key may have had its effect twice. Webhooks are counted at their receiver: none missing, at most one
extra for each job in hand at a kill (RS-042)."""

import contextlib
import http.client
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

from tests.reliability.postgres import Server
from tests.server.desks import Desk, Running, free_port

JOB_THREADS = 2
SETTINGS = {
    "POLYDESK_RATE_LIMITS": "off",
    "POLYDESK_LOG_LEVEL": "error",
    "POLYDESK_JOB_THREADS": str(JOB_THREADS),
    "POLYDESK_WEBHOOKS_ALLOW_PRIVATE": "on",
}


FOUND = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "polydesk.server.settings"
import django
django.setup()
from polydesk.directory import actors, founding
house = founding.found("House", "house")
ada = founding.add_person(house, "Ada Admin", role="manager", is_admin=True)
print(actors.issue(ada, "native")[1])
"""


@dataclass
class Report:
    """What a drill has counted."""

    acknowledged: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    delivered: int = 0
    undelivered: int = 0
    delivered_again: int = 0
    check: str = ""
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        bad_answers = self.answers.keys() - {200, 201, 409, 503}
        extra = self.delivered_again <= JOB_THREADS * sum(self.kills.values())
        return not (self.lost or self.doubled or bad_answers or self.undelivered) and extra and self.check.endswith(
            "\n0 differences"
        )  # fmt: skip

    def __str__(self) -> str:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        writes = ", ".join(f"{name} {count:,}" for name, count in sorted(self.acknowledged.items()))
        answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.answers.items()))
        return (
            f"kills {sum(self.kills.values())} ({kills}); acknowledged writes {self.acknowledged.total():,} ({writes});"
            f" repeated {self.repeated:,}; answers {answers or 'none'}; lost {len(self.lost)}, doubled"
            f" {len(self.doubled)}; webhooks delivered {self.delivered:,}, missing {self.undelivered}, again"
            f" {self.delivered_again}; check: {self.check.splitlines()[-1] if self.check else 'not run'};"
            f" {self.seconds:.0f} s"
        )


class Client(threading.Thread):
    """Writes until told to stop; `log` holds key, act and ticket of every answered write."""

    def __init__(self, drill: "Drill") -> None:
        super().__init__(daemon=True)
        self.drill = drill
        self.log: list[tuple[str, str, int]] = []
        self.mine: list[int] = []
        self.random = random.Random(uuid.uuid4().int)
        self.connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        while not self.drill.stop.is_set():
            act = self.random.choice(("create", "comment", "edit")) if self.mine else "create"
            ticket = self.random.choice(self.mine[-20:]) if act != "create" else 0
            self._write(act, ticket, uuid.uuid4().hex)

    def _write(self, act: str, ticket: int, key: str) -> None:
        method, path, body = {
            "create": ("POST", "/tickets", {"title": "drill", "description": key}),
            "comment": ("POST", f"/tickets/{ticket}/comments", {"text": key}),
            "edit": ("PATCH", f"/tickets/{ticket}", {"title": key}),
        }[act]
        again = False
        while not self.drill.give_up.is_set():
            status, answer = self._ask(method, path, body, key)
            self.drill.count(status, again=again)
            if status in (200, 201):
                number = answer["id"] if act == "create" else ticket
                self.log.append((key, act, number))
                if act == "create":
                    self.mine.append(number)
                return
            if status not in (0, 409, 503):
                return  # the report tells of it
            again = True
            time.sleep(self.random.uniform(0.05, 0.3))

    def _ask(self, method: str, path: str, body: dict[str, str], key: str) -> tuple[int, Any]:
        """Status 0: no answer came."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.drill.host, self.drill.port, timeout=15)
            headers = {**self.drill.headers, "Idempotency-Key": key}
            self.connection.request(method, f"/api/v1{path}", json.dumps(body), headers)
            response = self.connection.getresponse()
            content = response.read()
            return response.status, json.loads(content or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            return 0, None


def long(database: str, folder: Path, *, writes: int, seconds: float, seed: int) -> Report:
    """The long form, with everything that can fall."""
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(Server()) if database == "postgres" else None
        settings = {"DATABASE_URL": postgres.url} if postgres else {}
        drill = Drill(Desk.fresh(folder, **settings), postgres, webhooks=True)
        stack.callback(drill.close)
        return drill.run(clients=12, writes=writes, seconds=seconds, between=(20, 180), seed=seed)


def answered(clients: Sequence["Client"]) -> int:
    return sum(len(client.log) for client in clients)


class Drill:
    """One desk under fire; without a database server of its own, the server only drops all connections."""

    def __init__(self, desk: Desk, postgres: Server | None = None, *, webhooks: bool = False, workers: int = 2) -> None:
        self.desk, self.postgres, self.report = desk, postgres, Report()
        self.stop, self.give_up, self.lock = threading.Event(), threading.Event(), threading.Lock()
        self.receiver = _Receiver() if webhooks else None
        self.desk.environment |= SETTINGS | {"POLYDESK_WORKERS": str(workers)}
        self.database = desk.environment.get("DATABASE_URL", "")
        self.port_number = free_port()
        self.server = self._serve()
        try:
            self.server.wait_until_ready(300)
        except AssertionError:
            self.server.__exit__()
            raise
        address = urlsplit(self.server.url)
        self.host, self.port = str(address.hostname), int(address.port or 0)
        self.headers = {"Authorization": f"Bearer {self._key()}", "Content-Type": "application/json"}
        if self.receiver:
            self._register(self.receiver.url)

    def run(self, *, clients: int, writes: int, seconds: float, between: tuple[int, int], seed: int) -> Report:
        """Until so many writes are answered or the time is over, somebody falls after every few answers."""
        dice, ends, victims = random.Random(seed), time.monotonic() + seconds, self._victims()
        names = [name for name, (weight, _) in victims.items() for _ in range(weight)]
        with self._clients(clients) as threads:
            while time.monotonic() < ends and answered(threads) < writes:
                wanted = answered(threads) + dice.randint(*between)
                while answered(threads) < wanted and time.monotonic() < ends:
                    self.stop.wait(dice.uniform(0.01, 0.1))
                    self._as_a_service()
                self._kill(dice.choice(names))
        return self.report

    def in_turn(self, names: Sequence[str], *, clients: int, writes: int) -> Report:
        """So many answered writes, then the next one falls: as fast as the machine allows."""
        ends = time.monotonic() + 120
        with self._clients(clients) as threads:
            for name in (*names, ""):
                before = answered(threads)
                while answered(threads) < before + writes:
                    self.stop.wait(0.02)
                    self._as_a_service()
                    assert time.monotonic() < ends, f"no writes are answered any more: {self.report}"
                if name:
                    self._kill(name)
        return self.report

    @contextmanager
    def _clients(self, count: int) -> Iterator[list["Client"]]:
        began = time.monotonic()
        threads = [Client(self) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield threads
        finally:
            self.stop.set()
        self._settle()
        for thread in threads:
            thread.join(60)
        self.give_up.set()
        self._judge([entry for thread in threads for entry in thread.log])
        self.report.seconds = time.monotonic() - began

    def _settle(self) -> None:
        """Ready once more; a parent that notices only now that it has to give up is started again."""
        while True:
            self._as_a_service()
            try:
                self.server.wait_until_ready()
                return
            except AssertionError:
                if self.server.process.poll() is None:
                    raise

    def _kill(self, name: str) -> None:
        if self._victims()[name][1]():
            self.report.kills[name] += 1

    def close(self) -> None:
        self.give_up.set()
        self.server.stop(20)
        self.server.__exit__()
        if self.receiver:
            self.receiver.close()

    def count(self, status: int, *, again: bool) -> None:
        with self.lock:
            self.report.repeated += again
            if status:
                self.report.answers[status] += 1

    # --- who is killed

    def _victims(self) -> dict[str, tuple[int, Callable[[], bool]]]:
        victims: dict[str, tuple[int, Callable[[], bool]]] = {
            "web": (12, lambda: self._kill_child(worker=False)),
            "worker": (6, lambda: self._kill_child(worker=True)),
            "parent": (1, self._kill_parent),
        }
        if self.database:
            victims["database"] = (6, self._kill_database)
        return victims

    def _kill_child(self, *, worker: bool) -> bool:
        try:
            children = psutil.Process(self.server.process.pid).children()
            found = [c for c in children if ("--parent" in c.cmdline()) == worker and "tracker" not in str(c.cmdline())]
            if not found:
                return False
            random.choice(found).send_signal(signal.SIGKILL)
        except psutil.Error:
            return False
        return True

    def _kill_parent(self) -> bool:
        """Its children end by themselves; then everything is started again."""
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        self.server = self._serve()
        return True

    def _as_a_service(self) -> None:
        """The parent ends by itself when one web worker falls twice within seconds; systemd starts it again."""
        if self.server.process.poll() is not None:
            self.report.kills["parent (gave up)"] += 1
            self.server = self._serve()

    def _kill_database(self) -> bool:
        if self.postgres:
            self.postgres.kill()
            self.postgres.raise_again()
            return True
        with psycopg.connect(self.database, autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return True

    def _serve(self) -> Running:
        ends = time.monotonic() + 60
        while True:
            running = self.desk.start("serve", POLYDESK_PORT=str(self.port_number))
            running.url = f"http://localhost:{self.port_number}"
            try:
                running.process.wait(3)
            except subprocess.TimeoutExpired:
                return running
            assert time.monotonic() < ends, running.log.read_text()  # the port or the folder was still held

    # --- preparing

    def _key(self) -> str:
        """One process makes the house, its administrator and a key."""
        words = [sys.executable, "-c", FOUND]
        done = subprocess.run(words, env=self.desk.environment, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()[-1]

    def _register(self, url: str) -> None:
        body = json.dumps({"url": url, "types": ["ticket.created"]}).encode()
        status, answer = self.server.get("/api/v1/webhooks", self.headers, body)
        assert status == 201, answer

    # --- judging

    def _judge(self, log: list[tuple[str, str, int]]) -> None:
        report = self.report
        report.acknowledged = Counter(act for _, act, _ in log)
        found = {"create": Counter[str](), "comment": Counter[str](), "edit": Counter[str]()}
        with _connect(self) as ask:
            found["create"].update(text for (text,) in ask("SELECT description FROM tickets_ticket"))
            found["comment"].update(text for (text,) in ask("SELECT text FROM tickets_comment"))
            for (changes,) in ask("SELECT changes FROM tickets_event WHERE verb <> 'create'"):
                told = json.loads(changes) if isinstance(changes, str) else changes
                if "title" in told:
                    found["edit"][told["title"][1]] += 1
            report.lost = [key for key, act, _ in log if found[act][key] == 0]
            report.doubled = [key for key, act, _ in log if found[act][key] > 1]
            numbers = {number for (number,) in ask("SELECT id FROM tickets_ticket")}
        report.lost += [key for key, act, number in log if act == "create" and number not in numbers]
        if self.receiver:
            self._judge_deliveries(numbers)
        report.check = self.desk.run("check").stdout.strip()

    def _judge_deliveries(self, numbers: set[int]) -> None:
        """Jobs in hand at a kill come back when their lease of a minute ends."""
        assert self.receiver
        ends = time.monotonic() + 150
        while len(self.receiver.tickets) < len(numbers) and time.monotonic() < ends:
            self._as_a_service()
            time.sleep(0.5)
        got = self.receiver.tickets
        self.report.delivered = got.total()
        self.report.undelivered = len(numbers - got.keys())
        self.report.delivered_again = got.total() - len(got)


@contextmanager
def _connect(drill: Drill) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Straight at the database, past everything that is ours."""
    if drill.database:
        with psycopg.connect(drill.database) as server:
            yield lambda sql: server.execute(sql).fetchall()  # type: ignore[call-overload,no-any-return]
        return
    file = sqlite3.connect(f"file:{drill.desk.folder / 'polydesk.sqlite3'}?mode=ro", uri=True)
    try:
        yield lambda sql: file.execute(sql).fetchall()
    finally:
        file.close()


class _Receiver:
    """Counts which tickets it was told of."""

    def __init__(self) -> None:
        self.tickets: Counter[int] = Counter()
        self.lock = threading.Lock()
        counts = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with counts.lock:
                    counts.tickets[body["data"]["ticket"]["id"]] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def drilled(name: str, database: str, **facts: Any) -> Iterator[Drill]:
    """A drill on a new desk with a database of its own, both gone afterwards."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"polydesk-{name}-", dir="/tmp")))
        server = stack.enter_context(Server()) if database == "postgres" else None
        settings = {"DATABASE_URL": server.url} if server else {}
        drill = Drill(Desk.fresh(folder / "desk", **settings), server, **facts)
        stack.callback(drill.close)
        yield drill

"""What clients hear while the database is away (RS-161): everybody a 503 with Retry-After, soon, and nothing piles up.

    python -m bench.away [--clients 500] [--rounds 3] [--database sqlite|postgres]

PostgreSQL is stopped where it stands and answers nobody; SQLite's write lock is held by somebody who does not end. All
clients ask at the same moment, four web processes answer."""

import argparse
import asyncio
import json
import sqlite3
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from bench.drill import Drill, drilled

WITHIN = 2.0
GROWTH = 1.25
"""How much the web processes may take with all clients waiting, against what they took before."""


@dataclass
class Heard:
    """What the clients were told."""

    statuses: Counter[int] = field(default_factory=Counter)
    without_retry: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.seconds, n=100)[-1]


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    options = parser.parse_args(words)
    with drilled("away", options.database, workers=4) as drill:
        ask(drill, options.clients, Heard())  # every thread is there
        before, heard = memory(drill), Heard()
        with away(drill):
            for _ in range(options.rounds):
                ask(drill, options.clients, heard)
            during = memory(drill)
        again = Heard()
        ask(drill, 20, again)
    print(
        f"{options.clients} clients at once, {options.rounds} times, {options.database} away: {dict(heard.statuses)},"
        f" {heard.without_retry} without Retry-After, p50 {statistics.median(heard.seconds):.2f} s,"
        f" p99 {heard.p99:.2f} s (at most {WITHIN} s); web processes {before:.0f} MiB before, {during:.0f} MiB during;"
        f" afterwards {dict(again.statuses)}"
    )
    told = set(heard.statuses) == {503} and not heard.without_retry and heard.p99 <= WITHIN
    return 0 if told and during <= GROWTH * before and set(again.statuses) == {201} else 1


def ask(drill: Drill, clients: int, heard: Heard) -> None:
    """All clients write a ticket at the same moment."""
    body = json.dumps({"title": "Away", "description": "x"}).encode()
    lines = ["POST /api/v1/tickets HTTP/1.1", f"Host: localhost:{drill.port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in drill.headers.items()]
    request = "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body

    async def one(start: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection(drill.host, drill.port)
        await start.wait()
        began = time.monotonic()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        heard.seconds.append(time.monotonic() - began)
        status = int(head.split()[1])
        heard.statuses[status] += 1
        heard.without_retry += status == 503 and "retry-after:" not in head
        writer.close()

    async def everybody() -> None:
        start = asyncio.Event()
        tasks = [asyncio.create_task(one(start)) for _ in range(clients)]
        await asyncio.sleep(1)
        start.set()
        await asyncio.gather(*tasks)

    asyncio.run(everybody())


@contextmanager
def away(drill: Drill) -> Iterator[None]:
    if drill.postgres:
        drill.postgres.freeze()
        try:
            yield
        finally:
            drill.postgres.thaw()
        return
    lock = sqlite3.connect(drill.desk.folder / "polydesk.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        lock.execute("ROLLBACK")
        lock.close()


def memory(drill: Drill) -> float:
    """MiB of the web processes; what they share is counted once."""
    children = psutil.Process(drill.server.process.pid).children()
    return sum(child.memory_full_info().pss for child in children if "--parent" not in child.cmdline()) / 2**20


if __name__ == "__main__":
    sys.exit(main())

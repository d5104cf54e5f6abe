"""What open streams cost everybody else (PL-108): the median of other requests without and with them.

    python -m bench.streams [--streams 200] [--requests 200] [--database sqlite|postgres]

Each round asks the same ticket again and again, first with no stream open, then with all of them. The streams hold no
database connection, which is counted on PostgreSQL; beginning at the same moment they open those of the places."""

import argparse
import http.client
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.drill import Drill, drilled
from polydesk.web.turns import PLACES

ALLOWED = 1.5


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    options = parser.parse_args(words)
    with drilled("streams", options.database, workers=1) as drill:
        before, during, connections = measure(drill, options.streams, options.requests)
    ratio = during / before
    print(
        f"{options.streams} streams on {options.database}: median {before * 1000:.1f} ms without,"
        f" {during * 1000:.1f} ms with them ({ratio:.2f}×, allowed {ALLOWED}×);"
        f" database connections {connections[0]} before, {connections[1]} during"
    )
    return 0 if ratio <= ALLOWED and connections[1] <= connections[0] + PLACES["postgresql"] else 1


def measure(drill: Drill, streams: int, requests: int) -> tuple[float, float, tuple[int, int]]:
    """Medians without and with the streams, and how many connections the database counted each time."""
    median(drill, requests // 4)  # warms up
    before, held_before = median(drill, requests), connections(drill)
    with listening(drill, streams):
        during, held_during = median(drill, requests), connections(drill)
    # Without them once more: a machine that others use changes its mind.
    return max(before, median(drill, requests)), during, (held_before, held_during)


def median(drill: Drill, requests: int) -> float:
    connection = http.client.HTTPConnection(drill.host, drill.port, timeout=30)
    times = []
    for _ in range(requests):
        began = time.perf_counter()
        connection.request("GET", "/api/v1/tickets?limit=10", headers=drill.headers)
        connection.getresponse().read()
        times.append(time.perf_counter() - began)
    connection.close()
    return statistics.median(times)


@contextmanager
def listening(drill: Drill, streams: int) -> Iterator[list[socket.socket]]:
    """So many open streams, each of which has said hello."""
    wires = []
    try:
        for _ in range(streams):
            wire = socket.create_connection((drill.host, drill.port), timeout=60)
            wires.append(wire)
            lines = ["GET /api/v1/stream HTTP/1.1", f"Host: localhost:{drill.port}"]
            lines += [f"{name}: {value}" for name, value in drill.headers.items()]
            wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        for wire in wires:
            assert b" 200 " in wire.recv(4096).split(b"\r\n")[0]
        yield wires
    finally:
        for wire in wires:
            wire.close()


def connections(drill: Drill) -> int:
    """What the database counts; SQLite counts nothing."""
    if not drill.database:
        return 0
    with psycopg.connect(drill.database) as server:
        row = server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.exit(main())

"""What one organization's full load costs another (RS-164): the second one's 95th percentile, idle and beside the load.

    python -m bench.tenants [--clients 8] [--requests 200] [--database sqlite|postgres]

The first organization writes and lists without a pause, from a process of its own; the second reads its tickets one
request after the other. Quiet and loud rounds alternate: a machine that others use changes its mind."""

import argparse
import http.client
import json
import multiprocessing
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.drill import Drill, drilled

ALLOWED = 2.0
ROUNDS = 4
WARM_UP = 20
NEIGHBOUR = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "polydesk.server.settings"
import django
django.setup()
from polydesk.directory import actors, founding
other = founding.found("Other", "other")
bea = founding.add_person(other, "Bea Admin", role="manager", is_admin=True)
print(actors.issue(bea, "native")[1])
"""


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    options = parser.parse_args(words)
    with drilled("tenants", options.database) as drill:
        idle, beside = measure(drill, options.clients, options.requests)
    print(
        f"two organizations on {options.database}: the quiet one's p95 is {idle * 1000:.1f} ms alone and"
        f" {beside * 1000:.1f} ms beside {options.clients} clients without a pause ({beside / idle:.2f}×, allowed"
        f" {ALLOWED}×)"
    )
    return 0 if beside <= ALLOWED * idle else 1


def measure(drill: Drill, clients: int, requests: int) -> tuple[float, float]:
    words = [sys.executable, "-c", NEIGHBOUR]
    done = subprocess.run(words, env=drill.desk.environment, capture_output=True, text=True, check=True)
    quiet = {"Authorization": f"Bearer {done.stdout.splitlines()[-1]}"}
    times(drill, quiet, requests // 4)
    idle, beside = [], []
    for _ in range(ROUNDS):
        idle += times(drill, quiet, requests // ROUNDS)
        with load(drill, clients):
            times(drill, quiet, WARM_UP)
            beside += times(drill, quiet, requests // ROUNDS)
    return p95(idle), p95(beside)


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def times(drill: Drill, headers: dict[str, str], requests: int) -> list[float]:
    connection = http.client.HTTPConnection(drill.host, drill.port, timeout=30)
    took = []
    for _ in range(requests):
        began = time.perf_counter()
        connection.request("GET", "/api/v1/tickets?limit=10", headers=headers)
        connection.getresponse().read()
        took.append(time.perf_counter() - began)
    connection.close()
    return took


@contextmanager
def load(drill: Drill, clients: int) -> Iterator[None]:
    facts = (drill.host, drill.port, drill.headers, clients)
    process = multiprocessing.get_context("fork").Process(target=clients_without_pause, args=facts, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def clients_without_pause(host: str, port: int, headers: dict[str, str], clients: int) -> None:
    threads = [threading.Thread(target=one_client, args=(host, port, headers)) for _ in range(clients)]
    for thread in threads:
        thread.start()


def one_client(host: str, port: int, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection(host, port, timeout=30)
    body = json.dumps({"title": "load", "description": "x"})
    while True:
        for method, content in (("POST", body), ("GET", None)):
            connection.request(method, "/api/v1/tickets", content, headers)
            connection.getresponse().read()


if __name__ == "__main__":
    sys.exit(main())

"""What one organization's full load costs another (RS-164): the second one's 95th percentile, idle and beside the load.

    python -m bench.tenants [--clients 8] [--requests 200] [--database sqlite|postgres]

The first organization writes and lists without a pause; the second reads its tickets one request after the other."""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import threading
import time

from bench.drill import Drill, drilled

ALLOWED = 2.0
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
    p95(drill, quiet, requests // 4)
    idle, over = p95(drill, quiet, requests), threading.Event()
    loud = [threading.Thread(target=load, args=(drill, over), daemon=True) for _ in range(clients)]
    for thread in loud:
        thread.start()
    beside = p95(drill, quiet, requests)
    over.set()
    for thread in loud:
        thread.join(30)
    return idle, beside


def p95(drill: Drill, headers: dict[str, str], requests: int) -> float:
    connection = http.client.HTTPConnection(drill.host, drill.port, timeout=30)
    times = []
    for _ in range(requests):
        began = time.perf_counter()
        connection.request("GET", "/api/v1/tickets?limit=10", headers=headers)
        connection.getresponse().read()
        times.append(time.perf_counter() - began)
    connection.close()
    return statistics.quantiles(times, n=20)[-1]


def load(drill: Drill, over: threading.Event) -> None:
    connection = http.client.HTTPConnection(drill.host, drill.port, timeout=30)
    body = json.dumps({"title": "load", "description": "x"})
    while not over.is_set():
        for method, content in (("POST", body), ("GET", None)):
            connection.request(method, "/api/v1/tickets", content, drill.headers)
            connection.getresponse().read()
    connection.close()


if __name__ == "__main__":
    sys.exit(main())

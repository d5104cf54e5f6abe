"""How long the workplace's pages take on the server: the list, a ticket with 30 messages, a search (PL-302).

`python -m bench.pages` makes a session and the ticket in the desk that POLYDESK_DATA_DIR or POLYDESK_DATABASE_URL
names, and prints both as one JSON line; `bench.bench` then measures the pages one after the other, one at a time."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MESSAGES = 30
PAGES = {
    "list": ("/?q=status:open", 50),
    "ticket with 30 messages": ("/t/{ticket}", 60),
    "search": ("/?q=rareword", 50),
    "search, common word": ("/?q={common}", 50),
}
"""Each page's address and the milliseconds that 95 of 100 requests may take."""


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from polydesk.directory import actors
    from polydesk.directory.models import Person
    from polydesk.tickets import commands
    from polydesk.tickets.models import Ticket

    user = User.objects.get(username="agent-org-0")
    actor = actors.of(Person.objects.get(user=user))
    ticket = Ticket.objects.filter(organization_id=actor.organization_id, phase="open").order_by("-id")[0]
    for number in range(MESSAGES):
        commands.comment(ticket, f"**Message {number}** about `printer` 3.\n\nStill no paper.", by=actor, via="bench")
    client = Client()
    client.force_login(user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    print(json.dumps({"cookie": cookie, "ticket": ticket.pk, "common": ticket.title.split()[0]}))


def measure(port: int, facts: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
    """One row per page: p50, p95 and the limit in milliseconds, and the kilobytes of the page itself."""
    return [
        {"page": name, "limit": limit, **_wrk(port, path.format(**facts), facts["cookie"], seconds)}
        for name, (path, limit) in PAGES.items()
    ]


def _wrk(port: int, path: str, cookie: str, seconds: float) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as script:
        script.write(f'wrk.headers["Cookie"] = "{cookie}"\n')
        script.write('wrk.headers["Accept"] = "text/html"\n')
        script.write(
            "done = function(s, l, r) io.write(string.format("
            '"%d %f %f %d %d\\n", s.requests, l:percentile(50)/1000, l:percentile(95)/1000, s.bytes, '
            "s.errors.status + s.errors.connect + s.errors.timeout)) end\n"
        )
    # Four seconds before it counts: each thread and each kept connection learns its statements for itself.
    command = ["wrk", "-t1", "-c1", "-s", script.name, f"http://127.0.0.1:{port}{path}"]
    try:
        subprocess.run([*command, "-d4s"], capture_output=True, check=True)
        printed = subprocess.run([*command, f"-d{seconds}s"], capture_output=True, text=True, check=True).stdout
    finally:
        Path(script.name).unlink()
    requests, p50, p95, size, errors = re.findall(r"[\d.]+", printed.strip().splitlines()[-1])
    if int(errors):
        raise SystemExit(f"{path}: {errors} errors")
    return {"p50": float(p50), "p95": float(p95), "kilobytes": int(size) / max(1, int(requests)) / 1000}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polydesk.server.settings")
    sys.exit(main())

"""What reading one ticket and a list of fifty costs in each face, in processor time of one process (PL-304).

    POLYDESK_DATA_DIR=… [DATABASE_URL=…] python -m bench.faces

Asks the desk that is there, with fresh keys of an agent of its first organization that has tickets, and takes the keys
away again. Lists that their contract obliges to count stand beside the native list that counts."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

ROUNDS, REQUESTS = 3, 20


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polydesk.server.settings")
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    from polydesk.directory import actors
    from polydesk.directory.models import Membership
    from polydesk.tickets.models import Ticket

    tickets = Ticket.objects.filter(kind="request", deleted_at=None)
    first = tickets.order_by("pk").first()
    if first is None:
        print("bench.faces: this desk has no requests", file=sys.stderr)
        return 1
    here = {"organization_id": first.organization_id, "is_active": True}
    member = Membership.objects.filter(**here, side="staff", role__key__in=("manager", "agent")).select_related(
        "person"
    )
    person = member.order_by("pk")[0].person
    mine = tickets.filter(organization_id=first.organization_id).order_by("pk")
    number = mine[mine.count() // 2].pk
    keys = {face: actors.issue(person, face, name="bench") for face in ("native", "crm", "selectel", "centurion")}
    try:
        _report({face: secret for face, (_, secret) in keys.items()}, number)
    finally:
        for credential, _ in keys.values():
            actors.revoke(credential)
    return 0


def _report(secrets: dict[str, str], number: int) -> None:
    headers = {
        "native": {"Authorization": f"Bearer {secrets['native']}"},
        "crm": {"Authorization": f"Bearer {secrets['crm']}"},
        "selectel": {"X-Auth-Token": secrets["selectel"]},
        "centurion": {"Authorization": f"Token {secrets['centurion']}"},
    }
    groups = {
        "get": {
            "native": f"/api/v1/tickets/{number}",
            "crm": f"/backend/api/v1/tickets/{number}",
            "selectel": f"/support/v2/tickets/{number}",
            "centurion": f"/api/v2/assistance/ticket/request/{number}",
        },
        "list of 50": {
            "native": "/api/v1/tickets?limit=50",
            "crm": "/backend/api/v1/tickets/?limit=50",
            "selectel": "/support/v2/tickets?items_per_page=50",
        },
        "list of 50 with its count": {
            "native": "/api/v1/tickets?limit=50&count=exact",
            "selectel": "/support/tickets?items_per_page=50",
            "centurion": "/api/v2/assistance/ticket/request?page[size]=50",
        },
    }
    for work, paths in groups.items():
        costs = {face: _cost(path, headers[face]) for face, path in paths.items()}
        for face, cost in costs.items():
            print(f"{work:26} {face:10} {cost * 1000:7.2f} ms   {costs['native'] / cost:5.2f} of the native API's rate")


def _cost(path: str, headers: dict[str, str]) -> float:
    from django.test import Client

    client = Client()

    def ask() -> Any:
        answer = client.get(path, headers=headers)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code} {answer.content[:200]!r}")

    return min(_time(ask) for _ in range(ROUNDS))


def _time(ask: Callable[[], Any]) -> float:
    before = time.process_time()
    for _ in range(REQUESTS):
        ask()
    return (time.process_time() - before) / REQUESTS


if __name__ == "__main__":
    sys.exit(main())

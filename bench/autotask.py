"""Hold the Autotask face to its times (AT-543), all tickets in one organization, one request after the other.

    python -m bench.autotask 100000     (fills the empty desk that POLYDESK_DATA_DIR or POLYDESK_DATABASE_URL names)
    python -m bench.autotask            (measures one that was filled so before)

Prints wall-clock and processor time in milliseconds; fails when a median is over its limit. Processor time is that of
this process alone: what PostgreSQL does is not in it."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

ROUNDS = 30
USER = "bench@example.com"
GET, QUERY, COUNT, CREATE = 30, 400, 100, 60


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polydesk.server.settings")
    os.environ.setdefault("POLYDESK_LOG_LEVEL", "error")
    import django

    django.setup()
    from django.core.management import call_command

    from bench import generate
    from polydesk.directory.models import Organization
    from polydesk.faces.autotask import demo

    if len(sys.argv) > 1:
        call_command("migrate", verbosity=0)
        generate.fill(int(sys.argv[1]), among=1)
        demo.build(Organization.objects.get(key="org-0"))
    desk = Desk(demo.issue(demo.api_user(Organization.objects.get(key="org-0"), USER)))
    slow = 0
    for name, limit, act in operations(desk):
        wall, processor = measure(act)
        slow += wall > limit
        print(
            f"{name:28} {wall:8.1f} {processor:8.1f}   at most {limit}{'   SLOW' if wall > limit else ''}", flush=True
        )
    return 1 if slow else 0


class Desk:
    """Calls of one API user through the whole stack."""

    def __init__(self, headers: dict[str, str]) -> None:
        from django.conf import settings
        from django.test import Client

        settings.ALLOWED_HOSTS = ["testserver"]
        self.client, self.headers = Client(), headers

    def call(self, method: str, path: str, body: Any = None) -> Any:
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answer = getattr(self.client, method)(f"/atservicesrest/v1.0/{path}", headers=self.headers, **content)
        assert answer.status_code == 200, answer.content[:500]
        return json.loads(answer.content)

    def ids(self, entity: str, count: int = 20) -> list[int]:
        body = {"filter": [{"op": "gt", "field": "id", "value": 0}], "MaxRecords": count, "IncludeFields": ["id"]}
        return [item["id"] for item in self.call("post", f"{entity}/query", body)["items"]]


def operations(desk: Desk) -> Iterator[tuple[str, float, Callable[[int], Any]]]:
    """Name, limit and what the n-th round asks for."""
    newest = desk.call("post", "Tickets/query/count", {"filter": []})["queryCount"]
    yield "get", GET, lambda n: desk.call("get", f"Tickets/{1 + n * 997 % newest}")
    fields: dict[str, list[Any]] = {
        "companyID": desk.ids("Companies"),
        "assignedResourceID": desk.ids("Resources", 10),
        "status": [5, 1],
        "issueType": [int(v["value"]) for v in picklist(desk, "issueType")][:10],
    }
    for name, values in fields.items():

        def asked(n: int, name: str = name, values: list[Any] = values) -> dict[str, Any]:
            return {"filter": [{"op": "eq", "field": name, "value": values[n % len(values)]}]}

        yield f"query 500 by {name}", QUERY, lambda n, asked=asked: desk.call("post", "Tickets/query", asked(n))
        yield f"count by {name}", COUNT, lambda n, asked=asked: desk.call("post", "Tickets/query/count", asked(n))
    yield "count all", COUNT, lambda n: desk.call("post", "Tickets/query/count", {"filter": []})
    form = next(int(v["value"]) for v in picklist(desk, "ticketCategory") if v["label"] == "No Queue")
    draft = {"companyID": desk.ids("Companies")[0], "title": "Printer", "status": 1, "priority": 2}
    draft |= {"ticketCategory": form, "description": "It has been silent since this morning."}
    yield "create", CREATE, lambda n: desk.call("post", "Tickets", draft)
    yield "change", CREATE, lambda n: desk.call("patch", "Tickets", {"id": 1 + n * 13, "title": f"Printer {n}"})


def picklist(desk: Desk, name: str) -> list[dict[str, Any]]:
    fields = desk.call("get", "Tickets/entityInformation/fields")["fields"]
    found: list[dict[str, Any]] = next(f for f in fields if f["name"] == name)["picklistValues"]
    return found


def measure(act: Callable[[int], Any]) -> tuple[float, float]:
    """The medians of wall-clock and processor time of a round in milliseconds."""
    act(0)
    rounds = []
    for n in range(1, ROUNDS + 1):
        wall, processor = time.perf_counter(), time.process_time()
        act(n)
        rounds.append((time.perf_counter() - wall, time.process_time() - processor))
    one, other = zip(*rounds, strict=True)
    return 1000 * statistics.median(one), 1000 * statistics.median(other)


if __name__ == "__main__":
    sys.exit(main())

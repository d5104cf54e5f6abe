"""Webhooks: who is told of events, what was sent, send it again (PL-101, RS-043 … RS-046)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from polydesk.directory.models import Person
from polydesk.faces.native import lists, shapes, showing
from polydesk.faces.native.wire import Call, Reply
from polydesk.features.webhooks import endpoints
from polydesk.features.webhooks.models import Delivery, Endpoint
from polydesk.tickets.refusals import Missing, Stale
from polydesk.web.problems import Problem


def listing(call: Call) -> Reply:
    """One's own webhooks, or all of the organization for administrators."""
    found = _own(call).order_by()
    rows, links = lists.rows(call, found)
    return Reply(lists.Page(_shown(rows), links, lists.count(call, lambda most: found[:most].count())))


def read(call: Call, id: int) -> Reply:
    """One webhook."""
    row = _one(call, id)
    return Reply(_shown([row])[0], version=row.version)


def create(call: Call) -> Reply:
    """Have an address told of events; the secret is shown this once."""
    body = call.body
    row, secret = endpoints.create(
        by=call.actor, url=body.url, name=body.name, types=body.types, internal_notes=body.internal_notes
    )
    shown = _shown([row])[0]
    shown.secret = secret
    return Reply(shown, version=row.version, headers={"Location": f"{showing.PREFIX}/webhooks/{row.pk}"})


def change(call: Call, id: int) -> Reply:
    """Change a webhook, switch it off or on."""
    row, body = _one(call, id), call.body
    if call.expected is not None and call.expected != row.version:
        raise Stale(row.version)
    given = {n: v for n in body.__struct_fields__ if (v := getattr(body, n)) is not UNSET}
    is_active = given.pop("is_active", row.is_active)
    changed = {n: v for n, v in given.items() if getattr(row, n) != v}
    if changed:
        row = endpoints.change(row, by=call.actor, **changed)
    if is_active != row.is_active:
        (endpoints.enable if is_active else endpoints.disable)(row, by=call.actor)
    return read(call, id)


def remove(call: Call, id: int) -> Reply:
    """Forget a webhook."""
    endpoints.remove(_one(call, id), by=call.actor)
    return Reply()


def rotate(call: Call, id: int) -> Reply:
    """A new secret; for a day messages bear both signatures."""
    row = _one(call, id)
    secret = endpoints.rotate(row, by=call.actor)
    shown = _shown([row])[0]
    shown.secret = secret
    return Reply(shown)


def test(call: Call, id: int) -> Reply:
    """Send a message that says nothing."""
    return Reply(_delivery(endpoints.test(_one(call, id), by=call.actor)))


def deliveries(call: Call, id: int) -> Reply:
    """What was sent or waits."""
    found = endpoints.deliveries(_one(call, id), by=call.actor).order_by()
    rows, links = lists.rows(call, found, descending=True)
    total = lists.count(call, lambda most: found[:most].count())
    return Reply(lists.Page([_delivery(row) for row in rows], links, total))


def replay(call: Call, id: int, delivery: int) -> Reply:
    """Send one again, under the id it had."""
    found = endpoints.deliveries(_one(call, id), by=call.actor)
    row = found.select_related("endpoint").filter(pk=delivery).first() if delivery < 2**63 else None
    if row is None:
        raise Missing
    return Reply(_delivery(endpoints.replay(row, by=call.actor)))


def _own(call: Call) -> Any:
    if not call.actor.is_staff:
        raise Problem("forbidden", "Webhooks are for staff.")
    return endpoints.listed(call.actor).filter(format="standard")


def _one(call: Call, id: int) -> Endpoint:
    row = _own(call).filter(pk=id).first() if id < 2**63 else None
    if row is None:
        raise Missing
    return row


def _shown(rows: Sequence[Endpoint]) -> list[shapes.Webhook]:
    people = showing.refs(Person, [row.owner_id for row in rows])
    return [
        shapes.Webhook(
            id=row.pk,
            version=row.version,
            name=row.name,
            url=row.url,
            types=row.types,
            internal_notes=row.internal_notes,
            owner=people(row.owner_id),
            is_active=row.is_active,
            disabled_at=row.disabled_at,
            disabled_because=row.disabled_because,
            failures=row.failures,
        )
        for row in rows
    ]


def _delivery(row: Delivery) -> shapes.Delivery:
    return shapes.Delivery(
        id=row.pk,
        message_id=row.message_id,
        type=row.type,
        ticket=row.ticket_id,
        state=row.state,
        created_at=row.created_at,
        settled_at=row.settled_at,
        tries=row.tries,
        status=row.status,
        error=row.error,
    )

"""Callouts in the vendor's format: who is told of what, in which words and under which signature (AT-502 … AT-507).

What a webhook watches stands in `Endpoint.extra["autotask"]`; the engine of features.webhooks sends and retries."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from typing import Any

from polydesk.features.webhooks import signing
from polydesk.features.webhooks.formats import Format, News, Outgoing, register
from polydesk.features.webhooks.models import Endpoint
from polydesk.tickets.models import Comment, Event

from ..fields import Entity, Field
from ..tables import Tables
from ..values import show_moment
from .customers import COMPANIES, CONTACTS
from .notes import ENTITY as NOTES
from .things import ITEMS
from .tickets import ENTITY as TICKETS

FORMAT = "autotask"
MOST_FAILURES = 10
TIMEOUT = 10.0
DIRECTORY: dict[str, Entity] = {"Company": COMPANIES, "Contact": CONTACTS, "ConfigurationItem": ITEMS}
"""What no ticket's event tells of (`announcing`)."""
WATCHED: dict[str, Entity] = {"Ticket": TICKETS, "TicketNote": NOTES, **DIRECTORY}
TYPES = {"Ticket": ["ticket.*"], "TicketNote": ["comment.*"]}
CREATED = ("ticket.created", "comment.created")
DELETED = ("ticket.deleted", "ticket.purged", "comment.deleted")
SWITCH = {action: f"isSubscribedTo{action}Events" for action in ("Create", "Update", "Delete")}

# What an event must have changed for a field that no request writes.
FOLLOWS = {
    "completedDate": {"phase", "closed_at"},
    "completedByResourceID": {"phase", "closed_by"},
    "hoursToBeScheduled": {"estimate", "time_spent"},
    "currentServiceThermometerRating": {"rating"},
    "previousServiceThermometerRating": {"rating"},
    "serviceThermometerTemperature": {"rating"},
    "isAssignedToComanaged": {"assignee", "assigned_people"},
    "isVisibleToComanaged": {"extra"},
    "rmaStatus": {"extra"},
    "rmaType": {"extra"},
}
MOVED_BY_ALL = ("lastActivityDate", "lastActivityResourceID", "lastActivityPersonType")


def watchable(entity: Entity) -> list[Field]:
    """The fields that a webhook can name, in the order of their numbers (AT-501, AT-502)."""
    return [f for f in entity.fields if f.webhook]


def own(endpoint: Endpoint) -> dict[str, Any]:
    """What this face keeps of a webhook."""
    return endpoint.extra.get("autotask", {})  # type: ignore[no-any-return]


def is_ready(endpoint: Endpoint) -> bool:
    """At least one field is subscribed (AT-502)."""
    kept = own(endpoint)
    return any(f["isSubscribedField"] for f in (*kept.get("fields", ()), *kept.get("udfs", ())))


def wants(endpoint: Endpoint, event: Event) -> bool:
    """Asked in the writing transaction: by what the endpoint and the event already know."""
    kept = own(endpoint)
    if kept["entity"] in DIRECTORY or not is_ready(endpoint):
        return False
    if is_excluded(endpoint, event.actor_id, event.impersonator_id):
        return False
    if event.verb == "create" or (kept["entity"] == "TicketNote" and "+comment" in event.changes):
        return bool(kept.get("isSubscribedToCreateEvents"))
    if event.verb in ("remove", "purge") or "+comment_removed" in event.changes:
        return bool(kept.get("isSubscribedToDeleteEvents"))
    return bool(kept.get("isSubscribedToUpdateEvents")) and bool(_changed(kept, event))


def is_excluded(endpoint: Endpoint, *people: int | None) -> bool:
    """Nobody is told of what these resources do, in their own name or another's (AT-505)."""
    return not {e["resourceID"] for e in own(endpoint).get("excluded", ())}.isdisjoint(people)


def hears(endpoint: Endpoint, entity: str, action: str, changed: Iterable[str], actor_id: int | None) -> bool:
    """The same for a change of the directory, whose changed fields are known by name (AT-508)."""
    kept = own(endpoint)
    if kept.get("entity") != entity or not is_ready(endpoint) or is_excluded(endpoint, actor_id):
        return False
    return bool(kept.get(SWITCH[action])) and (action != "Update" or not _subscribed(kept).isdisjoint(changed))


def _changed(kept: dict[str, Any], event: Event) -> list[str]:
    """The names of the subscribed fields that the event changed."""
    fields = watchable(WATCHED[kept["entity"]])
    found = [
        fields[f["fieldID"] - 1].name
        for f in kept.get("fields", ())
        if f["isSubscribedField"] and _is_changed(fields[f["fieldID"] - 1], event)
    ]
    before, after = event.changes.get("fields", ({}, {}))
    found += [
        u["name"]
        for u in kept.get("udfs", ())
        if u["isSubscribedField"] and (before or {}).get(u["key"]) != (after or {}).get(u["key"])
    ]
    return found


def _is_changed(field: Field, event: Event) -> bool:
    if "+comment_edit" in event.changes:
        return True
    if field.name in MOVED_BY_ALL:
        return True
    if field.name == "lastTrackedModificationDateTime":
        return any(not name.startswith("+") for name in event.changes)
    if field.name == "lastCustomerVisibleActivityDateTime":
        return event.public
    names = FOLLOWS.get(field.name) or {field.core or field.column.removesuffix("_id")}
    return bool(names & event.changes.keys())


def compose(news: News) -> Outgoing | None:
    """One callout with the changed subscribed fields and those always shown, as they are now (AT-503)."""
    event = news.event
    if news.delivery.subject is not None:
        return _compose_of_directory(news, news.delivery.subject)
    if event is None:
        return None
    kept = own(news.endpoint)
    number = _number(kept["entity"], news)
    if number is None or _is_withheld(kept["entity"], number, news):
        return None
    action = "Create" if news.delivery.type in CREATED else "Delete" if news.delivery.type in DELETED else "Update"
    names = set(_changed(kept, event)) if action == "Update" else _subscribed(kept)
    return _callout(news, action, number, names, event.at, event.actor_id)


def _compose_of_directory(news: News, subject: dict[str, Any]) -> Outgoing | None:
    kept = own(news.endpoint)
    names = _subscribed(kept)
    if subject["action"] == "Update":
        names &= set(subject["changed"])
    return _callout(news, subject["action"], subject["id"], names, news.delivery.created_at, subject["actor"])


def _callout(
    news: News, action: str, number: int, names: set[str], at: dt.datetime, actor_id: int | None
) -> Outgoing | None:
    """The values are those of now; None for what the owner cannot see."""
    from ..views.reading import find

    kept = own(news.endpoint)
    shown = find(WATCHED[kept["entity"]], Tables(news.actor), number) if action != "Delete" else None
    if shown is None and action != "Delete":
        return None
    body = encode(
        {
            "Action": action,
            "Guid": kept["guid"],
            "EntityType": kept["entity"],
            "Id": number,
            "Fields": _values(kept, shown or {}, names),
            "EventTime": show_moment(at),
            "SequenceNumber": news.delivery.sequence,
            "PersonID": actor_id,
        }
    )
    return Outgoing(body, _signed(news.endpoint, body))


def _number(entity: str, news: News) -> int | None:
    if entity == "Ticket":
        return news.event.ticket_id if news.event else None
    part = {"created": "+comment", "updated": "+comment_edit", "deleted": "+comment_removed"}
    entries = news.event.changes.get(part[news.delivery.type.partition(".")[2]], ()) if news.event else ()
    return int(entries[0]["id"]) if entries else None


def _is_withheld(entity: str, number: int, news: News) -> bool:
    """Internal notes leave the house only where an administrator asked for them (RS-048)."""
    if entity != "TicketNote" or news.endpoint.internal_notes:
        return False
    return not Comment.objects.filter(pk=number, internal=False).exclude(type="task").exists()


def _subscribed(kept: dict[str, Any]) -> set[str]:
    fields = watchable(WATCHED[kept["entity"]])
    names = {fields[f["fieldID"] - 1].name for f in kept.get("fields", ()) if f["isSubscribedField"]}
    return names | {u["name"] for u in kept.get("udfs", ()) if u["isSubscribedField"]}


def _values(kept: dict[str, Any], shown: dict[str, Any], names: set[str]) -> dict[str, Any]:
    fields = watchable(WATCHED[kept["entity"]])
    always = {fields[f["fieldID"] - 1].name for f in kept.get("fields", ()) if f["isDisplayAlwaysField"]}
    always |= {u["name"] for u in kept.get("udfs", ()) if u["isDisplayAlwaysField"]}
    udfs = {u["name"]: u["value"] for u in shown.get("userDefinedFields", ())}
    return {name: shown.get(name, udfs.get(name)) for name in sorted(names | always)} if shown else {}


def farewell(endpoint: Endpoint) -> Outgoing | None:
    """Said once to the deactivation address (AT-506, AT-507)."""
    kept = own(endpoint)
    body = encode({"Action": "Deactivated", "Guid": kept["guid"]})
    return Outgoing(body, _signed(endpoint, body), kept["deactivationUrl"])


def _signed(endpoint: Endpoint, body: bytes) -> dict[str, str]:
    """Over exactly the bytes sent (AT-504)."""
    digest = hmac.new(signing.open_secret(endpoint).encode(), body, hashlib.sha1).digest()
    return {"X-Hook-Signature": "sha1=" + base64.b64encode(digest).decode()}


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SPECIAL = re.compile(r"[^\x20-\x7e]|[&<>'\"\\`+]")


def encode(value: Any) -> bytes:
    """JSON whose strings write `& < > ' " \\ ` +` and all that is not plain ASCII as `\\uXXXX` in capitals (AT-504)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _STRING.sub(lambda found: f'"{_SPECIAL.sub(_escape, json.loads(found[0]))}"', text).encode("ascii")


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n] << 8 | units[n + 1]:04X}" for n in range(0, len(units), 2))


def offer() -> None:
    """Offer the format to the engine."""
    register(
        Format(
            FORMAT,
            compose,
            wants=wants,
            farewell=farewell,
            is_numbered=True,
            most_failures=MOST_FAILURES,
            timeout=TIMEOUT,
        )
    )

"""What leaves in long runs: the feed of events and the exports (PL-106, PL-107, RS-089)."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from msgspec import Meta, Struct

from polydesk.faces.native import errors, fields, lists, shapes, showing
from polydesk.faces.native.fields import Picture
from polydesk.faces.native.wire import Call, Reply
from polydesk.tickets import queries
from polydesk.web import bodies, slots

AT_ONCE = 200


class FeedQuery(Struct, forbid_unknown_fields=True):
    """Where to go on."""

    after: Annotated[str, Meta(pattern=r"^\d{1,19}(-\d{1,19})?$", description="The `after` of the last answer.")] = "0"
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


def feed(call: Call) -> Reply:
    """Everything that happened and the caller may know of, in commit-safe order: a reader who follows skips nothing."""
    tx, _, event = call.query.after.rpartition("-")
    position = (int(tx or 0), int(event))
    if max(position) >= 2**63:
        raise errors.fault("after", "out_of_range", "This is no position of the feed.")
    rows = queries.feed(call.actor, after=position, limit=call.query.limit)
    after = f"{rows[-1].tx}-{rows[-1].pk}" if rows else call.query.after
    following = f"{call.request.path}?after={after}&limit={call.query.limit}"
    return Reply(shapes.Feed(showing.events(call.actor, rows), after, {"next": following}))


def as_lines(call: Call) -> HttpResponseBase:
    """The same tickets as the list, one JSON object per line."""
    picture, batches = _export(call)
    actor = call.actor

    def lines() -> Iterator[bytes]:
        for rows in batches:
            yield b"".join(bodies.encode(picture.show(row, actor)) + b"\n" for row in rows)

    return _stream(call, lines(), "application/x-ndjson", "tickets.jsonl")


def as_table(call: Call) -> HttpResponseBase:
    """The same tickets as a table; a cell can never start a formula (RS-089)."""
    picture, batches = _export(call)
    actor = call.actor

    def table() -> Iterator[str]:
        writer = csv.writer(_Echo(), lineterminator="\r\n")
        yield writer.writerow(picture.names)
        for rows in batches:
            shown = (picture.show(row, actor) for row in rows)
            yield "".join(writer.writerow([cell(getattr(row, name)) for name in picture.names]) for row in shown)

    return _stream(call, table(), "text/csv; charset=utf-8", "tickets.csv")


def _export(call: Call) -> tuple[Picture, Iterator[list[Any]]]:
    """How to show the tickets of a query, and all of them batch by batch; refusals come before the first byte."""
    actor, query = call.actor, call.query
    narrowed = lists.conditions(actor, query)
    found = lists.searched(actor, query)
    if found is not None:
        narrowed.append(found)
    names = lists.split(query.fields, fields.members(actor), "fields")
    picture = fields.choice(actor, names) if names else fields.picture(actor)
    order, down = lists.order(actor, query.sort)

    def batches() -> Iterator[list[Any]]:
        after = None
        while True:
            rows = picture.reading.page(
                actor,
                conditions=narrowed,
                order=order,
                descending=down,
                after=after,
                limit=AT_ONCE,
                deleted=query.deleted,
            )
            if rows:
                yield [row.row for row in rows]
            if len(rows) < AT_ONCE:
                return
            after = rows[-1].key

    return picture, batches()


def _stream(call: Call, content: Iterator[Any], kind: str, name: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        slots.held(content, person=call.actor.person_id, organization=call.actor.organization_id),
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """A value as the text of a cell."""
    text = _text(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.match(text) else text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
        return "" if value in (None, [], {}) else _joined(value)
    if isinstance(value, fields.Ref):
        return value.name or str(value.id)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(
            str(item.get("name") or item.get("id")) if isinstance(item, dict) else str(item) for item in value
        )
    return msgspec.json.encode(value).decode()

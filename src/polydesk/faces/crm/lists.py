"""Bare arrays: the parameters every list takes, and how a complete list is sent flat in memory (CR-054 … CR-059)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.request import QueryDict
from django.http.response import HttpResponseBase

from polydesk.web import settled
from polydesk.web.bodies import encode

from . import times
from .errors import refuse

CHUNK = 1000
"""Rows read at once: a list of up to so many costs a fixed number of statements, a longer one that many per chunk."""
LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parameters of a list ask for."""

    id_after: int | None = None
    created_since: dt.datetime | None = None
    updated_since: dt.datetime | None = None
    limit: int | None = None
    table: str = ""
    """Whose rows the ids are."""


def asked(query: QueryDict, model: type[Model]) -> Asked:
    """The documented parameters, or the 400 that names every faulty one; others are ignored."""
    faults: dict[str, str] = {}

    def read(name: str, reader: Callable[[str], Any], sentence: str) -> Any:
        if name not in query:
            return None
        try:
            return reader(str(query[name]))
        except ValueError:
            faults[name] = sentence

    found = Asked(
        id_after=read("idAfter", whole, "idAfter must be a whole number."),
        created_since=read("createdSince", times.moment, "createdSince must be a date and time."),
        updated_since=read("updatedSince", times.moment, "updatedSince must be a date and time."),
        limit=read("limit", _limit, "limit must be a whole number from 1 to 1000."),
        table=model._meta.db_table,
    )
    if faults:
        refuse(faults)
    return found


def whole(text: str) -> int:
    """A whole number; one beyond any id is as good as the largest."""
    text = text.strip()
    if not re.fullmatch(r"[-+]?[0-9]+", text) or len(text) > 4000:
        raise ValueError(text)
    return max(-LARGEST, min(LARGEST, int(text)))


def _limit(text: str) -> int:
    number = whole(text)
    if not 1 <= number <= 1000:
        raise ValueError(text)
    return number


Read = Callable[[int, int], Sequence[Any]]
"""Reads one chunk by rising id: at most so many rows (with an `id`) behind an id."""


def array(read: Read, wanted: Asked, show: Callable[[Sequence[Any]], Sequence[Any]]) -> Any:
    """The array by rising id. What fits into one chunk is sent at once, the rest as it is read."""
    after, most = wanted.id_after or 0, wanted.limit or LARGEST
    read = _settled(read, wanted)
    first = read(after, min(CHUNK, most))
    if len(first) < CHUNK or most <= CHUNK:
        return _plain(b"[" + _items(show(first)) + b"]")
    response: HttpResponseBase = StreamingHttpResponse(_rest(read, first, most, show), content_type="application/json")
    return response


def _settled(read: Read, wanted: Asked) -> Read:
    """Without what a lower id could still come in front of: a client that goes on behind the last one misses nothing
    (CR-055). Only rows that are newer than the last look cost another one."""

    def complete(after: int, size: int) -> Sequence[Any]:
        rows = read(after, size)
        if not rows or settled.is_known(wanted.table, rows[-1].id):
            return rows
        end = settled.up_to(wanted.table)
        return [row for row in read(after, size) if row.id <= end]

    return complete


def reader(found: QuerySet[Any]) -> Read:
    """Reads the rows of a queryset."""
    return lambda after, size: list(found.filter(id__gt=after).order_by("id")[:size])


def _plain(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")


def _rest(read: Read, rows: Sequence[Any], most: int, show: Any) -> Iterator[bytes]:
    yield b"[" + _items(show(rows))
    sent = len(rows)
    while len(rows) >= CHUNK and sent < most:
        rows = read(rows[-1].id, min(CHUNK, most - sent))
        sent += len(rows)
        if rows:
            yield b"," + _items(show(rows))
    yield b"]"


def _items(objects: Sequence[Any]) -> bytes:
    return encode(list(objects))[1:-1]

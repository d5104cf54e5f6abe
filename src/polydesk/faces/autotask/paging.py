"""Pages by key: an address that carries filter, fields and size, signed for one organization (AT-079 … AT-081)."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from polydesk.web import cursors

from .errors import Failure
from .tables import Tables

LONGEST_ADDRESS = 7_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after the id (`next`) or before it (`prev`)."""

    filter: Any
    fields: list[str] | None
    size: int
    last_id: int
    backwards: bool


def address(request: HttpRequest, entity: str, place: Place, tables: Tables) -> str | None:
    """The address of a neighbouring page."""
    packed = zlib.compress(json.dumps([place.filter, place.fields], separators=(",", ":")).encode(), 9)
    token = cursors.encode([packed, place.size, place.last_id, place.backwards], scope=_scope(entity, tables))  # type: ignore[list-item]
    if len(token) > LONGEST_ADDRESS:
        raise Failure("filter: the query is too long for the address of its next page; ask in smaller parts.")
    way = "prev" if place.backwards else "next"
    return f"{request.scheme}://{request.get_host()}/ATServicesRest/V1.0/{entity}/query/{way}?paging={token}"


def read(token: str, entity: str, tables: Tables) -> Place:
    """The place that an address names; a changed one is refused (AT-081)."""
    try:
        packed, size, last_id, backwards = cursors.decode(token, scope=_scope(entity, tables))
        found, names = json.loads(zlib.decompress(packed))  # type: ignore[arg-type]
    except (cursors.BadCursor, ValueError, zlib.error, TypeError) as error:
        raise Failure("paging: this is not the address of a page.") from error
    return Place(found, names, int(size), int(last_id), bool(backwards))  # type: ignore[arg-type]


def _scope(entity: str, tables: Tables) -> str:
    return f"autotask:{tables.organization_id}:{tables.actor.person_id}:{entity}"

"""get, query, count and the pages of a query, for every entity alike (section 4, AT-083)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count
from django.http import HttpResponse

from polydesk.web import bodies

from .. import paging, values
from ..answers import answer
from ..errors import Failure
from ..fields import Entity, Field, Hot, Row, Shape
from ..filters import Compiled, Condition, Group, matches, parse
from ..paging import Place
from ..tables import Tables
from .door import Call

MOST = 500


def item(call: Call) -> HttpResponse:
    """`{"item": …}`, null for what is not there or not visible (AT-044, AT-060)."""
    if call.entity.get:
        return answer(call.entity.get(call.tables, int(call.parts["id"]), None))
    return answer({"item": find(call.entity, call.tables, int(call.parts["id"]))})


def child(call: Call) -> HttpResponse:
    """One child below its parent (AT-083)."""
    entity, tables = call.entity, call.tables
    parent_id, number = int(call.parts["parent_id"]), int(call.parts["id"])
    if entity.get:
        return answer(entity.get(tables, number, parent_id))
    group = Group("and", (_equal(entity.key, number), _below(entity, parent_id)))
    return answer({"item": next(iter(read(entity, tables, group, entity.fields, None, 1, None)), None)})


def children(call: Call) -> HttpResponse:
    """All children of a parent, in pages like any query."""
    parent_id = int(call.parts["parent_id"])
    own = [{"op": "eq", "field": call.entity.parent_field, "value": parent_id}]
    return _page(call, Place(own, None, MOST, -1, False), first=True)


def query(call: Call) -> HttpResponse:
    """The first page of a query, by body or by `search` (AT-061, AT-062)."""
    asked = _asked(call)
    if asked.get("filter") is None:
        raise Failure("filter: a query needs a filter.")
    fields = asked.get("includefields")
    if fields is not None and not (isinstance(fields, list) and all(isinstance(f, str) for f in fields)):
        raise Failure("IncludeFields: a list of field names is needed.")
    return _page(call, Place(asked["filter"], fields, _size(asked.get("maxrecords")), -1, False), first=True)


def turn_page(call: Call) -> HttpResponse:
    """A further page: the address says all; a body sent again is not needed (AT-079)."""
    return _page(call, paging.read(call.parameter("paging") or "", call.entity.name, call.tables), first=False)


def count(call: Call) -> HttpResponse:
    """How many rows the caller may see and the filter fits; without a filter all (AT-063, AT-064)."""
    asked = _asked(call, bare=True)
    raw = asked.get("filter")
    group = parse(call.entity, [] if raw is None else raw, call.tables)
    return answer({"queryCount": total(call.entity, call.tables, group)})


def _asked(call: Call, *, bare: bool = False) -> dict[str, Any]:
    """The query's members by lower-case name; a bare list is a filter where that is allowed (AT-064)."""
    search = call.parameter("search")
    if call.method == "GET":
        if search is None:
            return {}
        found = bodies.parse(search.encode("utf-8", "surrogatepass"))
    else:
        raw = bodies.raw(call.request)
        found = bodies.parse(raw) if raw.strip() else {}
    if bare and isinstance(found, list):
        return {"filter": found}
    if not isinstance(found, dict):
        raise Failure("The query must be a JSON object.")
    return {str(key).lower(): value for key, value in found.items()}


def _size(raw: Any) -> int:
    """1 to 500 rows a page (AT-076)."""
    if raw is None:
        return MOST
    try:
        wanted = values.parse("integer", raw)
    except values.Wrong as wrong:
        raise Failure(f"MaxRecords: {wrong}.") from wrong
    if wanted is None or wanted < 1:
        raise Failure("MaxRecords: at least 1 is needed.")
    return min(int(wanted), MOST)


def _page(call: Call, place: Place, *, first: bool) -> HttpResponse:
    entity, tables = call.entity, call.tables
    group = parse(entity, place.filter, tables)
    wanted, udfs = included(entity, place.fields, tables)
    last = None if first else place.last_id
    items = read(entity, tables, group, wanted, udfs, place.size + 1, last, backwards=place.backwards)
    more = len(items) > place.size
    items = items[: place.size]
    if place.backwards:
        items = items[::-1]
    after = bool(items) if place.backwards else more
    before = more if place.backwards else bool(items) and not first

    def address(last_id: int, backwards: bool) -> str | None:
        there = Place(place.filter, place.fields, place.size, last_id, backwards)
        return paging.address(call.request, entity.name, there, tables)

    return answer(
        {
            "items": items,
            "pageDetails": {
                "count": len(items),
                "requestCount": place.size,
                "prevPageUrl": address(items[0]["id"], True) if before else None,
                "nextPageUrl": address(items[-1]["id"], False) if after else None,
            },
        }
    )


def included(entity: Entity, names: Sequence[str] | None, tables: Tables) -> tuple[Sequence[Field], set[str] | None]:
    """The fields that an answer carries, `id` always among them, and the named user-defined ones (AT-078)."""
    if not names:
        return entity.fields, None
    wanted: dict[str, Field] = {"id": entity.key}
    udfs: set[str] = set()
    all_udfs = False
    known = {f.name.lower() for f in tables.custom_fields} if entity.has_udf else set()
    for name in names:
        low = name.lower()
        if low in entity.names:
            wanted[low] = entity.names[low]
        elif low in known:
            udfs.add(low)
        elif low == "userdefinedfields":
            all_udfs = True
        else:
            raise Failure(f"IncludeFields: there is no field {name[:100]!r} in the {entity.name} entity.")
    return [f for f in entity.fields if f.name.lower() in wanted], None if all_udfs else udfs


def read(
    entity: Entity,
    tables: Tables,
    group: Group,
    wanted: Sequence[Field],
    udfs: set[str] | None,
    limit: int,
    last: int | None,
    *,
    backwards: bool = False,
) -> list[dict[str, Any]]:
    """Shown items in ascending order of id after `last` (descending before it when `backwards`)."""
    if entity.listed:
        items = [i for i in entity.listed(tables, demanded(entity, group)) if matches(group, i)]
        return _cut(items, wanted, limit, last, backwards)
    beside = [i for i in entity.beside(tables) if matches(group, i)] if entity.beside else []
    shape = Shape(entity, wanted, udfs)
    hot = entity.hot(shape.sources) if entity.hot else None
    rows = _rows(shape, hot, tables, group, limit, last, backwards)
    items = shape.items(rows, tables, hot.ready if hot else ())
    if beside:
        near = _cut(beside, wanted, limit, last, backwards)
        items = (items + near if backwards else near + items)[:limit]
    return items


def _rows(
    shape: Shape, hot: Hot | None, tables: Tables, group: Group, limit: int, last: int | None, backwards: bool
) -> Iterable[Row]:
    entity = shape.entity
    assert entity.rows
    if hot and (number := _only_id(entity, group)) is not None and last is None:
        found = hot.one(tables.actor, number)
        if found is not None:
            return found
    compiled = Compiled(group, tables)
    rows = entity.rows(tables).alias(**compiled.aliases).filter(compiled.q)
    key = entity.key.source
    if entity.key.expression is not None or not hot:
        rows = rows.annotate(**_computed(shape, tables))
    if last is not None:
        rows = rows.filter(**{f"{key}__{'lt' if backwards else 'gt'}": last})
    rows = rows.order_by(f"-{key}" if backwards else key)
    if hot:
        return hot.these(list(rows.values_list("pk", flat=True)[:limit]))
    return rows.values_list(*shape.sources)[:limit]


def _computed(shape: Shape, tables: Tables) -> dict[str, Any]:
    """What the database works out for the page."""
    fields = (shape.entity.key, *shape.wanted)
    return {f.source: f.expression(tables) for f in fields if f.expression is not None and f.show is None}


def _only_id(entity: Entity, group: Group) -> int | None:
    """The id when nothing else is asked for."""
    first = group.items[0] if len(group.items) == 1 else None
    is_it = isinstance(first, Condition) and first.field is entity.key and first.op == "eq"
    return first.value if is_it else None  # type: ignore[union-attr]


def _cut(
    items: Iterable[dict[str, Any]], wanted: Sequence[Field], limit: int, last: int | None, backwards: bool
) -> list[dict[str, Any]]:
    fitting = [i for i in items if last is None or (i["id"] < last if backwards else i["id"] > last)]
    fitting.sort(key=lambda i: i["id"], reverse=backwards)
    names = [f.name for f in wanted]
    return [{name: i.get(name) for name in names} | {"userDefinedFields": []} for i in fitting[:limit]]


def find(entity: Entity, tables: Tables, number: int) -> dict[str, Any] | None:
    """One item by its id."""
    group = Group("and", (_equal(entity.key, number),))
    return next(iter(read(entity, tables, group, entity.fields, None, 1, None)), None)


def total(entity: Entity, tables: Tables, group: Group) -> int:
    """The exact number of rows."""
    if entity.listed:
        return sum(matches(group, i) for i in entity.listed(tables, demanded(entity, group)))
    assert entity.rows
    compiled = Compiled(group, tables)
    rows = entity.rows(tables).alias(**compiled.aliases).filter(compiled.q)
    found: int = rows.order_by().aggregate(total=Count("pk"))["total"]
    return found + (sum(matches(group, i) for i in entity.beside(tables)) if entity.beside else 0)


def demanded(entity: Entity, group: Group) -> Any:
    """The value of the field that a query of this entity must name, such as the ticket of a history (AT-447)."""
    if not entity.needs:
        return None
    for part in group.items:
        if isinstance(part, Condition) and part.field.name == entity.needs and part.op in ("eq", "in"):
            return part.value if part.op == "in" else (part.value,)
        if isinstance(part, Condition) and part.field.name == "id" and part.op == "eq":
            return part.value
    raise Failure(f"{entity.needs}: a query of {entity.name} must name it by eq.")


def _equal(field: Field, value: int) -> Condition:
    return Condition(field, "eq", value)


def _below(entity: Entity, parent_id: int) -> Condition:
    return _equal(entity.names[entity.parent_field.lower()], parent_id)

"""Topics, categories, category fields and products (SE-017 … SE-020)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from polydesk.directory.actors import Actor

from .. import catalogue
from ..errors import missing
from ..reading import Query


def topics(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-171: one row per topic and subtopic."""
    items = []
    for topic, subtopic in catalogue.topics(actor.organization_id):
        below = None if subtopic is None else _topic(subtopic)
        items.append({**_topic(topic), "subtopics": below})
    return {"items": items}


def _topic(row: Any) -> dict[str, Any]:
    return {"key": catalogue.key_of(row), "names": catalogue.english_and_russian(row)}


def categories(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-160."""
    query = Query(request)
    sort_by, order, only_active = *_sorting(query), query.flag("is_only_active")
    query.check()
    rows = [row for row in catalogue.categories(actor.organization_id) if row.is_active or not only_active]
    return {
        "items": [
            {
                "descriptions": catalogue.localised("", row.descriptions),
                "id": row.pk,
                "key": catalogue.key_of(row),
                "names": catalogue.localised(row.name, row.names),
            }
            for row in catalogue.ordered(rows, sort_by, order)
        ]
    }


def category_fields(request: HttpRequest, actor: Actor, category: str) -> dict[str, Any]:
    """SE-161."""
    row = catalogue.category(actor.organization_id, category)
    if row is None:
        raise missing("category")
    return {
        "items": [
            {
                "key": field.key,
                "names": catalogue.localised(field.name, field.extra.get("names")),
                "values": catalogue.values_of(field),
            }
            for field in catalogue.fields_of([row]).values()
        ]
    }


def products(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """SE-162: the top ones, or those below `parent`."""
    query = Query(request)
    (sort_by, order), parent = _sorting(query), request.GET.get("parent")
    query.check()
    rows = list(catalogue.products(actor.organization_id))
    above = None
    if parent is not None:
        if parent not in catalogue.by_key(rows):
            raise missing("product")
        above = catalogue.by_key(rows)[parent].pk
    below = [row for row in rows if row.parent_id == above]
    return {
        "items": [
            {"id": row.pk, "key": catalogue.key_of(row), "names": catalogue.localised(row.name, row.names)}
            for row in catalogue.ordered(below, sort_by, order)
        ]
    }


def _sorting(query: Query) -> tuple[str, str]:
    return query.word("sort_by", catalogue.SORTS, "view_priority"), query.word("sort_by_order", ("asc", "desc"), "asc")

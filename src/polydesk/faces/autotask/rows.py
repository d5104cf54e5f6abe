"""Writing rows of the directory by an entity's table: what a reference entity needs is its table alone (section 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet

from . import auth
from .errors import NOTHING_TO_UPDATE, Failure
from .fields import Field
from .incoming import Incoming, stored
from .tables import Tables

Own = Callable[[Any, Mapping[str, Any], Incoming], None]
Rows = Callable[[Tables], QuerySet[Any]]


def owned(model: Any, **facts: Any) -> Rows:
    """All rows of a model that the organization has."""
    return lambda tables: model.objects.filter(organization_id=tables.organization_id, **facts)


def creator(model: Any, *, parent: str = "", also: Own | None = None, **fixed: Any) -> Callable[..., int]:
    """A function that makes a row of `model` from a body; `also` does what the table cannot say."""

    def create(call: Any, incoming: Incoming) -> int:
        auth.may_administer(call.actor)
        take_parent(call, incoming, parent)
        incoming.check_required(*(f.name for f in call.entity.fields if f.required and not f.read_only))
        row = model(**fixed)
        if hasattr(model, "organization_id"):
            row.organization_id = call.tables.organization_id
        _fill(row, incoming, also)
        return int(row.pk)

    return create


def updater(rows: Rows, *, also: Own | None = None) -> Callable[..., int]:
    """A function that changes a row by a body; unchanged values are no edit."""

    def update(call: Any, incoming: Incoming) -> int:
        from .views.reading import find

        auth.may_administer(call.actor)
        shown = find(call.entity, call.tables, incoming.id or 0)
        row = rows(call.tables).filter(pk=incoming.id).first() if shown else None
        if shown is None or row is None:
            raise Failure(NOTHING_TO_UPDATE)
        incoming.drop_unchanged(shown)
        incoming.check_required(*(f.name for f in call.entity.fields if f.required and not f.read_only), new=False)
        if incoming.given or incoming.faults:
            _fill(row, incoming, also)
        return int(incoming.id or 0)

    return update


def take_parent(call: Any, incoming: Incoming, name: str) -> None:
    """The parent's id comes from the address; a body that names another one is wrong (AT-400)."""
    if not name or call.number("parent_id") is None:
        return
    given = incoming.given.get(name)
    if given is not None and given != call.number("parent_id"):
        raise Failure(f"{name}: the body names another record than the address.")
    incoming.given[name] = call.number("parent_id")


def _fill(row: models.Model, incoming: Incoming, also: Own | None) -> None:
    incoming.check_lengths()
    incoming.check_ranges()
    incoming.check_picklists()
    incoming.check_references()
    incoming.refuse()
    for name, value in incoming.given.items():
        field = incoming.entity.names[name.lower()]
        if field.json:
            _set_json(row, field, value)
        elif field.column:
            _set(row, field, stored(field, value, incoming))
    if also:
        also(row, incoming.given, incoming)
        incoming.refuse()
    if hasattr(row, "version") and row.pk:
        row.version += 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Failure("The record breaks a rule of uniqueness: one with these values exists already.") from error


def _set(row: models.Model, field: Field, value: Any) -> None:
    column = next(c for c in row._meta.concrete_fields if field.column in (c.name, c.attname))
    if value is None and not column.null:
        value = column.get_default()
    setattr(row, column.attname, value if not (field.null == 0 and value == 0) else None)


def _set_json(row: Any, field: Field, value: Any) -> None:
    outer, inner = field.json
    own = {**row.extra.get(outer, {})}
    if value is None:
        own.pop(inner, None)
    else:
        own[inner] = value
    row.extra = {**row.extra, outer: own}

"""What an entity is here: one table per entity, from which get, query, count, metadata and writes are produced.

A row of the table says the wire name and type beside the stored value: a `column` path of the model, a `json` place,
an SQL `expression`, or a `constant`. `codes` names the table that turns a stored value into its number. Reading and
filtering both work on the *shown* value (RC-111), so that a list and a single row never disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from . import values
from .tables import Tables

if TYPE_CHECKING:
    from polydesk.tickets.models import CustomField

NOTHING = object()
"""A field that is computed in SQL or Python, not a constant."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of an entity."""

    name: str
    type: str = "integer"
    column: str = ""
    length: int = 0
    required: bool = False
    read_only: bool = False
    reference: str = ""
    picklist: str = ""
    parent: str = ""
    """The field whose picklist the entries hang on."""
    codes: str = ""
    json: tuple[str, ...] = ()
    expression: Callable[[Tables], Any] | None = None
    constant: Any = NOTHING
    queryable: bool = True
    flag: bool = False
    """An integer that takes true and false (AT-015)."""
    hours: bool = False
    """Stored in seconds."""
    day: bool = False
    """Stored as a date."""
    null: Any = None
    """What stored null shows as."""
    core: str = ""
    """The ticket field that writing it sets."""
    webhook: bool = True
    show: Callable[[Mapping[str, Any], Tables], Any] | None = None
    """Makes the shown value of the columns in `reads`: for a page of rows that is much cheaper than the expression."""
    reads: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The key of the stored value in a row read by `values`."""
        if self.expression is not None:
            return f"at_{self.name}"
        return self.column

    @property
    def sources(self) -> tuple[str, ...]:
        """All keys of a row that showing it needs."""
        return self.reads or ((self.source,) if self.source else ())

    @property
    def is_text(self) -> bool:
        return self.type == "string"

    def present(self, row: Mapping[str, Any], tables: Tables) -> Any:
        """The value that answers carry."""
        if self.constant is not NOTHING:
            return self.constant
        if self.show is not None:
            return values.shown(self.show(row, tables))
        stored = row[self.source]
        if self.codes:
            return tables.codes(self.codes).show(stored)
        for key in self.json:
            stored = stored.get(key) if isinstance(stored, dict) else None
        if stored is None:
            return "" if self.is_text and self.null is None else self.null
        if self.hours:
            return values.hours(stored)
        return values.shown(stored)


Create = Callable[..., int]


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """One entity with its table. `rows` gives what the caller may see; `parent` and `path` its child address.

    `create`, `update` and `delete` are absent where the dialect has no such verb. `listed` replaces `rows` for
    entities whose rows are no table rows; it gives shown items."""

    name: str
    fields: Sequence[Field]
    rows: Callable[[Tables], QuerySet[Any]] | None = None
    listed: Callable[[Tables, Any], Iterable[dict[str, Any]]] | None = None
    beside: Callable[[Tables], Iterable[dict[str, Any]]] | None = None
    """Shown items that stand before the table's own rows, with smaller ids."""
    parent: str = ""
    path: str = ""
    parent_field: str = ""
    create: Create | None = None
    update: Callable[..., int] | None = None
    delete: Callable[..., int] | None = None
    has_udf: bool = False
    has_webhooks: bool = False
    only_under_parent: bool = True
    """Writes go to the parent's address (AT-400); root entities set it to False."""
    needs: str = ""
    """A field that a query must name (AT-447)."""
    get: Callable[[Tables, int, int | None], Any] | None = None
    """Answers `GET …/{id}` in its own shape (attachments, AT-424)."""
    names: Mapping[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", {f.name.lower(): f for f in self.fields})

    @property
    def key(self) -> Field:
        return self.names["id"]


def udf_field(defined: CustomField) -> Field:
    """A user-defined field as a field of this face (RC-039); types that the dialect lacks are text, read-only."""
    kind, length = _UDF_TYPES.get(defined.type, ("string", 0))
    return Field(
        name=defined.name,
        type=kind,
        column="fields",
        json=(defined.key,),
        length=defined.max_length or length,
        required=defined.is_required,
        read_only=defined.type not in _UDF_TYPES,
        picklist="udf" if defined.type == "choice" else "",
    )


_UDF_TYPES = {
    "text": ("string", 32000),
    "long_text": ("string", 32000),
    "integer": ("integer", 0),
    "number": ("double", 0),
    "datetime": ("datetime", 0),
    "date": ("datetime", 0),
    "choice": ("string", 255),
}


def identity(column: str = "id", **facts: Any) -> Field:
    """The `id` of an entity."""
    return Field("id", "long", column, required=True, read_only=True, **facts)


def present(row: Mapping[str, Any], tables: Tables, wanted: Iterable[Field]) -> dict[str, Any]:
    """A row as an item of an answer."""
    return {f.name: f.present(row, tables) for f in wanted}


def udfs_of(stored: Mapping[str, Any], tables: Tables, wanted: set[str] | None = None) -> list[dict[str, Any]]:
    """`userDefinedFields` of an item: name and value as text (AT-060, AT-141)."""
    return [
        {"name": defined.name, "value": udf_text(stored.get(defined.key))}
        for defined in tables.custom_fields
        if defined.is_active and (wanted is None or defined.name.lower() in wanted)
    ]


def udf_text(value: Any) -> str | None:
    """The value of a user-defined field as the dialect writes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

"""What an entity is here: one table per entity, from which get, query, count, metadata and writes are produced.

A row of the table says the wire name and type beside the stored value: a `column` path of the model, a `json` place,
an SQL `expression`, or a `constant`. `codes` names the table that turns a stored value into its number. Reading and
filtering both work on the *shown* value (RC-111), so that a list and a single row never disagree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import QuerySet

from polydesk.directory.actors import Actor

from . import values
from .tables import Tables

if TYPE_CHECKING:
    from polydesk.tickets.models import CustomField

Row = tuple[Any, ...]
Reader = Callable[[Row], Any]
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
    show: Callable[..., Any] | None = None
    """Makes the shown value of tables and the columns in `reads`: much cheaper for a page than the expression."""
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

    def reader(self, tables: Tables, place: Mapping[str, int]) -> Reader:
        """What takes the value that answers carry out of a row; chosen once for a page, not at each value (AT-543)."""
        if self.constant is not NOTHING:
            constant = self.constant
            return lambda row: constant
        if self.show is not None:
            return self._computed(self.show, tables, place)
        at = place[self.source]
        if self.codes:
            codes = tables.codes(self.codes)
            code_of, other = {**codes.shown, None: codes.null}.get, codes.other
            return lambda row: code_of(row[at], other)
        empty = "" if self.is_text and self.null is None else self.null
        convert = values.hours if self.hours else values.shown
        if self.json:
            within = _within(at, self.json)
            return lambda row: empty if (value := within(row)) is None else convert(value)
        return lambda row: empty if (value := row[at]) is None else convert(value)

    def _computed(self, show: Callable[..., Any], tables: Tables, place: Mapping[str, int]) -> Reader:
        if len(self.sources) > 1:
            take = itemgetter(*(place[name] for name in self.sources))
            return lambda row: show(tables, *take(row))
        at, of_nothing = place[self.sources[0]], show(tables, None)
        return lambda row: of_nothing if (value := row[at]) is None else show(tables, value)

    def is_ready(self, ready: Collection[str]) -> bool:
        """Is the stored value of such a row the one that answers carry?"""
        made = self.constant is not NOTHING or self.show or self.codes or self.json or self.hours
        return not made and self.null is None and self.source in ready


def _within(at: int, keys: tuple[str, ...]) -> Reader:
    """The value at a place of a JSON column."""

    def found(row: Row) -> Any:
        value = row[at]
        for key in keys:
            if not value:
                return None
            value = value.get(key) if isinstance(value, dict) else None
        return value

    return found


Create = Callable[..., int]


class Hot(Protocol):
    """The two statements of an entity that is read all the time."""

    @property
    def ready(self) -> Collection[str]:
        """The sources whose values are as they are shown."""

    def one(self, actor: Actor, number: int) -> list[Row] | None:
        """The visible row in a list; None when only the ORM can tell what the actor sees."""

    def these(self, ids: Sequence[int]) -> list[Row]:
        """The rows in the order of their ids, which have been found visible."""


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
    hot: Callable[[tuple[str, ...]], Hot] | None = None
    """Reads rows of these sources by a static text, where the ORM's way would cost more than the rest."""
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


class Shape:
    """How the rows of one page become items: the fields that are wanted, and where a row has what they need."""

    def __init__(self, entity: Entity, wanted: Sequence[Field], udfs: set[str] | None) -> None:
        self.entity, self.wanted, self.udfs = entity, wanted, udfs
        sources = {source for f in (entity.key, *wanted) for source in f.sources}
        self.sources = tuple(sorted(sources | ({"fields"} if entity.has_udf else set())))

    def items(self, rows: Iterable[Row], tables: Tables, ready: Collection[str] = ()) -> list[dict[str, Any]]:
        """Rows of `sources` as items of an answer; `ready` sources hold what is shown and are copied all at once."""
        place = {name: n for n, name in enumerate(self.sources)}
        names = [f.name for f in self.wanted] + ["userDefinedFields"]
        copied = [place[f.source] if f.is_ready(ready) else 0 for f in self.wanted]
        made = [(n, f.reader(tables, place)) for n, f in enumerate(self.wanted) if not f.is_ready(ready)]
        made.append((len(self.wanted), self._udfs(tables, place) if self.entity.has_udf else lambda row: []))
        copy = itemgetter(*copied, 0, 0)
        items = []
        for row in rows:
            found = list(copy(row))
            for n, read in made:
                found[n] = read(row)
            items.append(dict(zip(names, found)))  # noqa: B905 - a place is left over, so that `copy` gives a tuple
        return items

    def _udfs(self, tables: Tables, place: Mapping[str, int]) -> Reader:
        """`userDefinedFields` of an item: name and value as text (AT-060, AT-141)."""
        stored, defined = itemgetter(place["fields"]), tables.shown_fields
        listed = [(name, key) for name, key in defined if self.udfs is None or name.lower() in self.udfs]

        def read(row: Row) -> list[dict[str, Any]]:
            found = stored(row) or {}
            return [{"name": name, "value": udf_text(found.get(key))} for name, key in listed]

        return read


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

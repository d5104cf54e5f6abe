"""The members of a ticket on the wire: names, types and limits are the core's own (RC-020), references go in as ids or
objects and come out as `{"id", "name"}` (RC-110, RC-358).

The structs are derived from `tickets.fields`, so a field that the core gains is a field of the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from polydesk.directory.actors import Actor
from polydesk.tickets import kinds
from polydesk.tickets.fields import FIELDS, LONG, Field
from polydesk.tickets.models import CustomField
from polydesk.tickets.models.ticket import ACCESS
from polydesk.tickets.rules import lifecycle
from polydesk.tickets.statements import Reading
from polydesk.web.problems import FieldError

from . import errors

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Moment = Annotated[dt.datetime, Meta(tz=True)]


class Ref(Struct):
    """A row that something refers to."""

    id: int
    name: str | None


class Thing(Struct):
    """Something a ticket speaks about, written `$kind-id` in texts."""

    kind: str
    id: int
    name: str | None = None


class RefIn(Struct, forbid_unknown_fields=True):
    """A reference as it was read; the id alone counts."""

    id: Id
    name: str | None = None


class ThingIn(Struct, forbid_unknown_fields=True):
    """A thing to be linked; the name is not looked at."""

    kind: Annotated[str, Meta(max_length=30)]
    id: Id
    name: str | None = None


class Rated(Struct):
    """A score with its scale (RC-185 … RC-187)."""

    scale: str
    score: int
    text: str
    at: str
    by: int | None
    previous: dict[str, Any] | UnsetType = UNSET


# Words that come from closed lists, for the document and for early refusal.
WORDS: dict[str, Any] = {
    "kind": Literal[tuple(kinds.KINDS)],
    "channel": Literal[tuple(kinds.CHANNELS)],
    "access": Literal[tuple(key for key, _ in ACCESS)],
    "description_format": Literal["markdown", "plain"],
    "resolution_format": Literal["markdown", "plain"],
}
Kinds = WORDS["kind"]
# Derived members that the core does not list as fields (RC-082 … RC-098, RC-110).
MORE: dict[str, Any] = {
    "id": Annotated[int, Meta(description="The ticket's number, never changed or used again.")],
    "version": Annotated[
        int, Meta(description="Moves with every change; the ETag. For customers: with every change they may know of.")
    ],
    "edited_at": Annotated[dt.datetime | None, Meta(description="Last change of a field.")],
    "updated_at": Annotated[
        dt.datetime | None, Meta(description="Last activity of any sort that the reader may know of.")
    ],
    "active_by": Ref | None,
    "public_active_at": Annotated[dt.datetime | None, Meta(description="Last activity that the customer may know of.")],
    "latest_message": Annotated[str, Meta(description="Text of the newest public message, else the description.")],
    "awaiting": Annotated[str, Meta(description="Whose turn it is: customer, staff or nobody (empty).")],
    "closes_at": Annotated[dt.datetime | None, Meta(description="When a solved ticket closes by itself.")],
}
# Long texts are left out of lists unless `fields` asks for them.
TEXTS = ("description", "resolution", "latest_message", "change_plan")
LEADING = ("id", "version")
STAFF = (
    *LEADING,
    *(name for name in FIELDS if name not in ("deleted_at", "deleted_by")),
    *(name for name in MORE if name not in LEADING),
)
CUSTOMER = (
    *LEADING,
    *(name for name, field in FIELDS.items() if field.for_customers),
    *("updated_at", "latest_message", "awaiting"),
)
# What a request may write; `extra` belongs to the faces that it is named after.
WRITABLE = tuple(name for name, field in FIELDS.items() if field.group != "derived" and name != "extra")
# What customers may say of a new ticket; everything else is for staff to decide.
CUSTOMER_WRITES = frozenset(
    {
        "kind",
        "title",
        "description",
        "description_format",
        "category",
        "products",
        "fields",
        "access",
        "access_projects",
    }
)
# Our word -> the statement's, where the two differ.
_SOURCE = {"closes_at": "closing"}
_CUSTOMER_SOURCE = {
    "version": "public_version",
    "updated_at": "public_active_at",
    "status": "seen_status",
    "phase": "seen_phase",
}


def _shown_type(field: Field) -> Any:
    match field.type:
        case "reference":
            return Ref | None
        case "references":
            return list[Ref]
        case "pairs":
            return list[Thing]
        case "words" | "texts":
            return list[str]
        case "json":
            return Rated | None if field.name == "rating" else dict[str, Any]
    plain: Any = {"integer": int, "boolean": bool, "datetime": dt.datetime, "date": dt.date}.get(field.type, str)
    return plain | None if field.nullable else plain


def _given_type(field: Field) -> Any:
    match field.type:
        case "reference":
            given: Any = Id | RefIn
        case "references":
            given = Annotated[list[Id | RefIn], Meta(max_length=1000)]
        case "pairs":
            given = Annotated[list[ThingIn], Meta(max_length=1000)]
        case "words":
            given = Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=1000)]
        case "texts":
            given = Annotated[list[Annotated[str, Meta(max_length=LONG)]], Meta(max_length=5)]
        case "json":
            given = dict[str, Any]
        case "integer":
            low, high = field.low, field.high
            given = Annotated[
                int, Meta(ge=low if low is not None else -(2**63), le=high if high is not None else 2**63 - 1)
            ]
        case "boolean":
            given = bool
        case "datetime":
            given = Moment
        case "date":
            given = dt.date
        case _:
            given = WORDS.get(field.name) or Annotated[str, Meta(max_length=field.limit or 40)]
    empties = field.nullable or field.type in ("references", "words", "pairs", "texts")
    return given | None if empties else given


def _described(type_: Any, text: str) -> Any:
    return Annotated[type_, Meta(description=text)]


def _struct(name: str, names: Iterable[str], doc: str) -> type[Struct]:
    types = [(n, MORE[n] if n in MORE else _described(_shown_type(FIELDS[n]), f"{FIELDS[n].label}.")) for n in names]
    return msgspec.defstruct(name, types, namespace={"__doc__": doc})


def _given(name: str, leading: Sequence[tuple[Any, ...]], doc: str, extra: Iterable[str] = ()) -> type[Struct]:
    taken = {entry[0] for entry in leading}
    optional = [
        (n, _described(Union[_given_type(FIELDS[n]), UnsetType], f"{FIELDS[n].label}."), UNSET)  # noqa: UP007 - built at run time
        for n in WRITABLE
        if n not in taken
    ]
    read_only = [(n, Any, UNSET) for n in extra]
    return msgspec.defstruct(
        name, [*leading, *optional, *read_only], namespace={"__doc__": doc}, forbid_unknown_fields=True, kw_only=True
    )


class Picture:
    """One way to show a ticket: which members, from which columns, as which struct."""

    def __init__(self, title: str, names: Sequence[str], doc: str, *, for_customer: bool) -> None:
        self.for_customer = for_customer
        source = {**_SOURCE, **(_CUSTOMER_SOURCE if for_customer else {})}
        self.reading = Reading([source.get(name, name) for name in names])
        back = {source.get(name, name): name for name in names}
        if for_customer and "updated_at" in names and "public_active_at" in names:
            raise ValueError("one column cannot be shown under two names")
        self.names = tuple(back[column] for column in self.reading.names)
        self.struct = _struct(title, self.names, doc)
        self.plain = len(self.reading.plain)
        self.jsons = self.plain + len(self.reading.json)
        self._closes = self.names.index("closes_at") if "closes_at" in self.names else None
        self._fields = self.names.index("fields") if for_customer and "fields" in self.names else None

    def show(self, row: Sequence[Any], actor: Actor) -> Struct:
        """A row of the statement as the struct that is encoded."""
        plain, jsons = self.plain, self.jsons
        values = [
            *row[:plain],
            *map(msgspec.Raw, row[plain:jsons]),
            *[None if i is None else Ref(i, name) for i, name in zip(row[jsons::2], row[jsons + 1 :: 2], strict=True)],
        ]
        if self._closes is not None and row[self._closes] is not None:
            values[self._closes] = _closes_at(row[self._closes])
        if self._fields is not None and row[self._fields] != "{}":
            values[self._fields] = fields_for_customers(actor, msgspec.json.decode(row[self._fields]))
        return self.struct(*values)


def _closes_at(closing: str) -> dt.datetime | None:
    known = msgspec.json.decode(closing)
    hours = known["hours"]
    span = lifecycle.span_until_closing(
        final=bool(known["final"]), extra=known["extra"], hours=lambda: None if hours is None else float(hours)
    )
    solved = dt.datetime.fromisoformat(known["solved_at"]) if known["solved_at"] else None
    return solved + span if solved and span is not None else None


TICKET = Picture("Ticket", STAFF, "A ticket with everything the desk knows of it.", for_customer=False)
LISTED = Picture("ListedTicket", [n for n in STAFF if n not in TEXTS], "A ticket in a list.", for_customer=False)
CUSTOMER_TICKET = Picture("CustomerTicket", CUSTOMER, "A ticket as its customer sees it.", for_customer=True)
CUSTOMER_LISTED = Picture(
    "ListedCustomerTicket", [n for n in CUSTOMER if n not in TEXTS], "A customer's ticket in a list.", for_customer=True
)

NewTicket = _given(
    "NewTicket",
    [
        ("title", Annotated[str, Meta(max_length=255, description="One line, not blank.")]),
        ("description", Annotated[str, Meta(max_length=LONG, description="What it is about; may be empty.")]),
        ("kind", Annotated[Kinds, Meta(description="What it is.")], "request"),
    ],
    "A ticket to be opened. References are ids, or objects as they were read.",
)
TicketChange = _given(
    "TicketChange",
    [],
    "Fields to change; what is absent stays. Read-only members are accepted when they equal what is shown.",
    extra=[n for n in (*STAFF, "deleted_at", "deleted_by") if n not in WRITABLE],
)


def picture(actor: Actor, *, listed: bool = False) -> Picture:
    """How this actor is shown tickets (RS-115)."""
    if is_customer(actor):
        return CUSTOMER_LISTED if listed else CUSTOMER_TICKET
    return LISTED if listed else TICKET


def is_customer(actor: Actor) -> bool:
    """Does the actor see tickets from the customer's side?"""
    return not actor.is_staff


def members(actor: Actor) -> tuple[str, ...]:
    """Every member that this actor may ask for."""
    return CUSTOMER if is_customer(actor) else STAFF


_chosen: dict[tuple[bool, tuple[str, ...]], Picture] = {}


def choice(actor: Actor, names: Sequence[str]) -> Picture:
    """A picture of chosen members, made once per choice."""
    customer = is_customer(actor)
    wanted = tuple(dict.fromkeys(["id", *names]))
    key = (customer, wanted)
    if key not in _chosen:
        if len(_chosen) > 200:
            _chosen.clear()
        _chosen[key] = Picture("ChosenTicket", key[1], "Chosen members of a ticket.", for_customer=customer)
    return _chosen[key]


def fields_for_customers(actor: Actor, values: Mapping[str, Any]) -> dict[str, Any]:
    """Custom fields that customers may see."""
    shown = CustomField.objects.filter(
        organization_id=actor.organization_id, for_customers=True, key__in=list(values)
    ).values_list("key", flat=True)
    return {key: values[key] for key in values if key in set(shown)}


def values_of(body: Struct) -> dict[str, Any]:
    """What a request gave of the writable fields, in the core's form."""
    given: dict[str, Any] = {}
    for name in WRITABLE:
        value = getattr(body, name, UNSET)
        if value is not UNSET:
            given[name] = _core(value)
    return given


def _core(value: Any) -> Any:
    if isinstance(value, RefIn):
        return value.id
    if isinstance(value, list):
        return [[item.kind, item.id] if isinstance(item, ThingIn) else _core(item) for item in value]
    return value


def read_only_given(body: Struct) -> dict[str, Any]:
    """The read-only members that a request carries."""
    names = (name for name in body.__struct_fields__ if name not in WRITABLE)
    return {name: value for name in names if (value := getattr(body, name)) is not UNSET}


def check_written_back(given: Mapping[str, Any], shown: Struct) -> None:
    """A read-only member is accepted when it equals what is shown (RC-350), else refused by name."""
    now = msgspec.json.decode(msgspec.json.encode(shown))
    faults = [
        FieldError(field=name, rule="read_only", message="This member cannot be written.")
        for name, value in given.items()
        if name not in now or now[name] != value
    ]
    if faults:
        raise errors.refused(faults)

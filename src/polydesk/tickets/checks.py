"""Whether a proposed value is one at all: type, length, range, and rows that exist in this organization."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Q, Subquery

from polydesk.directory.models import Membership, Person
from polydesk.web.sentences import say, word

from .fields import Field
from .refusals import Refusal

CONTROL = {chr(code) for code in range(32)} - {"\t", "\n", "\r"}
NEVER_IN_TEXT = re.compile("[\x00\ud800-\udfff]")
MAX_INTEGER = 2**63 - 1


class Wrong(ValueError):
    """A value that its field cannot hold; the text is the sentence for the caller, `rule` the name of the fault."""

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(message)


def normalise(field: Field, value: Any) -> Any:
    """The stored form of `value`, or Wrong. References may be given as ids or as rows."""
    if value is None:
        if field.nullable or field.type in ("references", "words", "pairs", "texts", "json"):
            return field.empty
        if field.type in ("text", "long_text"):
            return ""
        raise Wrong("required", say("%(field)s cannot be empty.", field=word(field.label)))
    return _BY_TYPE[field.type](field, value)


def text(field: Field, value: Any) -> str:
    """Text within the field's length, without NUL, other control characters or lone surrogates."""
    if not isinstance(value, str):
        raise Wrong("wrong_type", say("%(field)s must be text.", field=word(field.label)))
    if NEVER_IN_TEXT.search(value):
        raise Wrong(
            "invalid_characters", say("%(field)s has characters that no text may have.", field=word(field.label))
        )
    if field.limit and len(value) > field.limit:
        raise Wrong(
            "too_long",
            say("%(field)s may have at most %(most)s characters.", field=word(field.label), most=field.limit),
        )
    return value


def line(field: Field, value: Any) -> str:
    """One line of text: outer blanks and control characters are taken away."""
    value = text(field, value)
    return "".join(" " if c in CONTROL or c in "\n\r\t" else c for c in value) if not value.isprintable() else value


def integer(field: Field, value: Any) -> int:
    """A whole number in the field's range."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong("wrong_type", say("%(field)s must be a whole number.", field=word(field.label)))
    low = -MAX_INTEGER if field.low is None else field.low
    high = MAX_INTEGER if field.high is None else field.high
    if not low <= value <= high:
        raise Wrong(
            "out_of_range",
            say("%(field)s must be between %(low)s and %(high)s.", field=word(field.label), low=low, high=high),
        )
    return value


def boolean(field: Field, value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise Wrong("wrong_type", say("%(field)s must be true or false.", field=word(field.label)))
    return value


def moment(field: Field, value: Any) -> dt.datetime:
    """A moment, kept in UTC to the millisecond so that every face can say it exactly."""
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise Wrong("wrong_type", say("%(field)s must be a date and time with its zone.", field=word(field.label)))
    try:
        utc = value.astimezone(dt.UTC)
    except (OverflowError, ValueError) as error:
        raise Wrong("out_of_range", say("%(field)s is out of range.", field=word(field.label))) from error
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def day(field: Field, value: Any) -> dt.date:
    """A calendar date."""
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise Wrong("wrong_type", say("%(field)s must be a date.", field=word(field.label)))
    return value


def reference(field: Field, value: Any) -> int:
    """The id of a row."""
    if isinstance(value, Model):
        return int(value.pk)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong("wrong_type", say("%(field)s must name a row by its id.", field=word(field.label)))
    if not 0 < value <= MAX_INTEGER:
        raise Wrong("unknown", say("%(field)s: there is no such row.", field=word(field.label)))
    return value


def references(field: Field, value: Any) -> list[int]:
    """Ids of rows in the order given, each once."""
    return list(dict.fromkeys(reference(field, item) for item in _items(field, value)))


def words(field: Field, value: Any) -> list[str]:
    """Short texts in the order given, each once."""
    return list(dict.fromkeys(text(field, item) for item in _items(field, value)))


def texts(field: Field, value: Any) -> list[str]:
    """Texts in the order given; trailing empty ones fall away, so that nothing equals empty."""
    found = [text(field, item or "") for item in _items(field, value)]
    while found and not found[-1]:
        found.pop()
    return found


def pairs(field: Field, value: Any) -> list[list[Any]]:
    """[kind, id] pairs, each once."""
    unique: dict[tuple[str, int], None] = {}
    for item in _items(field, value):
        kind, number = item
        unique[(str(kind), reference(field, number))] = None
    return [list(pair) for pair in unique]


def json_object(field: Field, value: Any) -> dict[str, Any]:
    """An object; merging with what is stored is the edit's matter."""
    if not isinstance(value, Mapping):
        raise Wrong("wrong_type", say("%(field)s must be an object.", field=word(field.label)))
    return dict(value)


def _items(field: Field, value: Any) -> Iterable[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise Wrong("wrong_type", say("%(field)s must be a list.", field=word(field.label)))
    return value


_BY_TYPE = {
    "text": line,
    "long_text": text,
    "key": text,
    "integer": integer,
    "boolean": boolean,
    "datetime": moment,
    "date": day,
    "reference": reference,
    "references": references,
    "words": words,
    "texts": texts,
    "pairs": pairs,
    "json": json_object,
}


class Rows:
    """Rows that edits refer to, read once per model and kept: nothing outside `organization_id` is ever found."""

    def __init__(self, organization_id: int) -> None:
        self.organization_id = organization_id
        self._rows: dict[str, dict[int, Model | None]] = {}
        self._answers: dict[Hashable, Any] = {}

    def load(self, model: str, ids: Iterable[int]) -> None:
        """Make sure that these rows have been looked for; one query for those not yet known."""
        known = self._rows.setdefault(model, {})
        wanted = {i for i in ids if i not in known}
        if not wanted:
            return
        found = _of_organization(model, self.organization_id).filter(pk__in=wanted).in_bulk()
        known.update({i: found.get(i) for i in wanted})

    def get(self, model: str, row_id: int | None) -> Any:
        """The row, or None when the organization has no such row."""
        if row_id is None:
            return None
        self.load(model, [row_id])
        return self._rows[model][row_id]

    def keep(self, row: Model) -> None:
        """Remember a row that the caller has already read."""
        self._rows.setdefault(row._meta.label, {})[row.pk] = row

    def once(self, question: Hashable, ask: Callable[[], Any]) -> Any:
        """The answer to a question that a rule asks the database, asked once for a whole batch."""
        if question not in self._answers:
            self._answers[question] = ask()
        return self._answers[question]

    def answer(self, question: Hashable, answer: Any) -> None:
        """Tell the answer that the caller has already read."""
        self._answers[question] = answer


def _of_organization(model: str, organization_id: int) -> Any:
    rows = apps.get_model(model)._default_manager
    if model == "directory.Person":
        member = Membership.objects.filter(person=OuterRef("pk"), organization_id=organization_id, is_active=True)
        return rows.annotate(side=Subquery(member.values("side")[:1])).filter(
            Q(organization_id=organization_id) | Exists(member) | Q(is_superuser=True)
        )
    if model == "tickets.Ticket":
        return rows.filter(organization_id=organization_id, deleted_at__isnull=True)
    return rows.filter(organization_id=organization_id)


def unknown_rows(rows: Rows, asked: Mapping[Field, Iterable[int]]) -> list[Refusal]:
    """A refusal for each field that names a row which this organization does not have (RS-112)."""
    by_model: dict[str, set[int]] = {}
    for field, ids in asked.items():
        by_model.setdefault(field.model, set()).update(ids)
    for model, ids in by_model.items():
        rows.load(model, ids)
    return [
        Refusal("unknown", field.name, say("%(field)s: there is no such row.", field=word(field.label)))
        for field, ids in asked.items()
        if any(rows.get(field.model, i) is None for i in ids)
    ]


def side_of(person: Person) -> str:
    """On which side a person read through `Rows` stands: the membership says it; a contact is a customer (RC-357)."""
    if person.is_system:
        return "system"
    if person.is_superuser:
        return "staff"
    return getattr(person, "side", None) or Membership.CUSTOMER

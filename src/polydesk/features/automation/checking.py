"""Whether a recipe can be kept: every value fits its field, every row is one of this organization (RS-112)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from polydesk.directory import actors
from polydesk.tickets import checks, kinds
from polydesk.tickets.checks import NEVER_IN_TEXT, Rows, Wrong, normalise
from polydesk.tickets.fields import FIELDS, Field
from polydesk.tickets.models import CustomField
from polydesk.tickets.refusals import Refusal, Refused
from polydesk.tickets.rules.filing import fits
from polydesk.web.sentences import say, word

from . import abilities, recipe
from .clock import SINCE
from .happenings import HAPPENINGS, WATCHED

SETTABLE = ("status", "priority", "assignee", "assigned_teams", "category", "queue", "urgency", "impact", "fields")
"""What an automation may set, in the order in which it is shown."""
LONGEST_TEXT = 50_000
LONGEST_WAIT = 24 * 365
MOST = 100
"""Tags, people or teams of one list."""


def check(made: recipe.Recipe, organization_id: int) -> None:
    """Raise every reason against it at once, each with the part that it is about."""
    rows = Rows(organization_id)
    refusals = [*_when(made.when, rows), *_condition(made.condition, organization_id), *_then(made.then, rows)]
    if refusals:
        raise Refused(refusals)


def _when(when: recipe.Event | recipe.Time, rows: Rows) -> Iterator[Refusal]:
    if isinstance(when, recipe.Time):
        if not 1 <= when.hours <= LONGEST_WAIT:
            yield Refusal("out_of_range", "hours", say("Give between 1 and %(most)s hours.", most=LONGEST_WAIT))
        if when.since not in SINCE:
            yield Refusal("unknown", "since", say("Hours are counted from one of %(names)s.", names=", ".join(SINCE)))
        return
    if unknown := [key for key in when.of if key not in HAPPENINGS]:
        yield Refusal("unknown", "of", say("There is no event “%(name)s”.", name=unknown[0]))
    elif not when.of:
        yield Refusal("required", "of", say("Choose at least one event."))
    if when.field and when.field not in WATCHED:
        yield Refusal("unknown", "field", say("There is no field “%(name)s” to watch.", name=when.field))
    elif when.field and "changed" not in when.of:
        yield Refusal("contradiction", "field", say("A field is only looked at when a field changes."))
    elif when.field and when.to != "":
        yield from _value(FIELDS[when.field], [when.to] if _is_list(when.field) else when.to, rows)


def _is_list(name: str) -> bool:
    return FIELDS[name].type == "references"


def _condition(condition: str, organization_id: int) -> Iterable[Refusal]:
    try:
        abilities.find(actors.system(organization_id), condition)
    except Refused as refused:
        return refused.refusals
    return ()


def _then(then: recipe.Then, rows: Rows) -> Iterator[Refusal]:
    for name, value in then.values.items():
        if name not in SETTABLE:
            yield Refusal("unknown", name, say("An automation cannot set “%(name)s”.", name=name))
        elif name == "fields":
            yield from _custom(value, rows.organization_id)
        else:
            yield from _value(FIELDS[name], value, rows)
    yield from _references("add_tags", FIELDS["tags"], then.add_tags, rows)
    yield from _references("remove_tags", FIELDS["tags"], then.remove_tags, rows)
    yield from _references("tell_people", FIELDS["watchers"], then.tell_people, rows)
    yield from _references("tell_teams", FIELDS["watching_teams"], then.tell_teams, rows)
    if then.hand_to is not None:
        yield from _references("hand_to", FIELDS["assigned_teams"], [then.hand_to.team], rows)
        if "assignee" in then.values:
            yield Refusal("contradiction", "hand_to", say("Name an assignee or a team that shares the work, not both."))
    if then.checklist is not None and rows.get("checklists.Library", then.checklist) is None:
        yield Refusal("unknown", "checklist", say("There is no such checklist."))
    if len(then.text) > LONGEST_TEXT:
        yield Refusal("too_long", "text", say("The text may have at most %(most)s characters.", most=LONGEST_TEXT))
    if NEVER_IN_TEXT.search(then.text):
        yield Refusal("invalid_characters", "text", say("The text has characters that no text may have."))
    if not _does_something(then):
        yield Refusal("required", "then", say("Say what it does: set a field, write a text, tell somebody …"))


def _does_something(then: recipe.Then) -> bool:
    found = (then.values, then.add_tags, then.remove_tags, then.hand_to, then.text.strip(), then.checklist)
    return any(found) or bool(then.tell_people or then.tell_teams)


def _value(field: Field, value: Any, rows: Rows) -> Iterable[Refusal]:
    try:
        stored = normalise(field, value)
    except Wrong as wrong:
        return [Refusal(wrong.rule, field.name, str(wrong))]
    if field.model:
        ids = stored if field.type == "references" else [stored]
        return checks.unknown_rows(rows, {field: [i for i in ids if i is not None]})
    known = _KEYS[field.name](rows.organization_id) if field.name in _KEYS else None
    if known is not None and stored is not None and stored not in known:
        return [Refusal("unknown", field.name, say("%(field)s: there is no such value.", field=word(field.label)))]
    return ()


_KEYS: dict[str, Any] = {
    "status": lambda organization_id: {status.key for status in kinds.statuses(organization_id)},
    "priority": lambda organization_id: {level.key for level in kinds.priorities(organization_id)},
    "kind": lambda organization_id: kinds.KINDS,
}


def _references(part: str, field: Field, ids: list[int], rows: Rows) -> Iterator[Refusal]:
    """The refusals of a field under the name of the part that holds such a list."""
    if len(ids) > MOST:
        yield Refusal("too_many", part, say("At most %(most)s can be named here.", most=MOST))
    for refusal in _value(field, ids[:MOST], rows):
        yield Refusal(refusal.rule, part, refusal.message)


def _custom(values: Any, organization_id: int) -> Iterator[Refusal]:
    if not isinstance(values, dict):
        yield Refusal("wrong_type", "fields", say("Custom fields are given by their keys."))
        return
    defined = {row.key: row for row in CustomField.objects.filter(organization_id=organization_id, is_active=True)}
    for key, value in values.items():
        if key not in defined:
            yield Refusal("unknown", f"fields.{key}", say("There is no custom field “%(key)s”.", key=key))
        elif value is not None and not fits(defined[key], value):
            message = say(
                "%(field)s: this is not a value of the type %(type)s.",
                field=defined[key].name,
                type=word(defined[key].get_type_display()),
            )
            yield Refusal("wrong_type", f"fields.{key}", message)

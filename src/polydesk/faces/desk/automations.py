"""Automations in people's words, both ways: a recipe as the fields of a form and back, and as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polydesk.directory.models import Person
from polydesk.features.automation.clock import SINCE
from polydesk.features.automation.happenings import HAPPENINGS, WATCHED
from polydesk.features.automation.models import Automation
from polydesk.features.automation.recipe import Event, HandTo, Recipe, Then, Time
from polydesk.features.checklists.models import Library
from polydesk.tickets import placeholders
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Event as Recorded

from . import fields, history, setting
from .shelves import Wrong, number
from .shown import BETWEEN, Input, Line
from .vocabulary import Vocabulary

LONGEST_WAIT = 8760
PROPERTY_OF = {prop.target: prop.name for prop in fields.BY_NAME.values()}
SETTABLE = {prop.target: prop.name for prop in setting.PROPERTIES}


# The form -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Part:
    """Fields that stand together; `only` for one of the two ways to begin."""

    inputs: list[Input]
    heading: str = ""
    only: str = ""


def form(row: Automation | None, made: Recipe, vocabulary: Vocabulary, name: str = "") -> list[Part]:
    """Its fields in three parts: when, if, then."""
    known = [
        Input("name", _("Name"), value=row.name if row else name, required=True, limit=100),
        Input("position", _("Position"), "number", row.position if row else 0, hint=_("The lowest acts first.")),
    ]
    return [
        Part(known),
        *_when(made.when, vocabulary),
        Part([_condition(made.condition)], _("If")),
        Part(_then(made.then, vocabulary), _("Then")),
    ]


def _when(when: Event | Time, vocabulary: Vocabulary) -> list[Part]:
    event, time = (when, Time(hours=0)) if isinstance(when, Event) else (Event([]), when)
    by = [("event", _("Something happens")), ("time", _("Time has passed"))]
    happenings = [(key, str(one.name)) for key, one in HAPPENINGS.items()]
    counted = [(key, str(one.name)) for key, one in SINCE.items()]
    change = f"{event.field}:{event.to}" if event.field else ""
    chosen = "time" if isinstance(when, Time) else "event"
    happens = [
        Input("of", _("Something happens: one of these"), "checks", event.of, happenings, wide=True),
        Input("change", _("A field changes: which one"), "select", change, [("", _("any")), *_changes(vocabulary)]),
    ]
    passes = [
        Input("hours", _("Time has passed: hours"), "number", time.hours or ""),
        Input("since", _("counted from"), "select", time.since, counted, hint=_("Once for each time.")),
    ]
    return [
        Part([Input("by", _("It acts when"), "select", chosen, by)], _("When")),
        Part(happens, only="event"),
        Part(passes, only="time"),
    ]


def _changes(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Each field that can be watched, and after it each value that it can take."""
    found = []
    for name in WATCHED:
        label = _(FIELDS[name].label)
        found.append((f"{name}:", label))
        prop = fields.BY_NAME.get(PROPERTY_OF.get(name, ""))
        values = setting.choices(prop, vocabulary) if prop is not None else []
        found += [(f"{name}:{value}", f"{label}: {said}") for value, said in values]
    return found


def _condition(condition: str) -> Input:
    return Input(
        "condition",
        _("These words find the ticket"),
        value=condition,
        wide=True,
        limit=2_000,
        placeholder="kind:incident priority>=high assignee:none",
        hint=_("As in the search of a list, asked when it acts. Empty: every ticket."),
    )


def _then(then: Then, vocabulary: Vocabulary) -> list[Input]:
    names = "  ".join(f"{{{{{name}}}}}" for name in placeholders.NAMES if not name.startswith("agent."))
    told = list(Person.objects.filter(pk__in=then.tell_people)) if then.tell_people else []
    made = [
        *setting.inputs(then.values, vocabulary),
        Input("hand_to", _("Give it to somebody of a team"), "select", _shared(then.hand_to), _shares(vocabulary)),
        *setting.of_tags(then.add_tags, then.remove_tags, vocabulary),
        *_custom(then.values.get("fields", {}), vocabulary),
        Input(
            "text",
            _("Text"),
            "textarea",
            then.text,
            rows=4,
            wide=True,
            limit=50_000,
            hint=_("Filled in for the ticket: %(names)s") % {"names": names},
        ),
        Input("internal", _("The text is a note"), "checkbox", then.internal),
        Input(
            "tell_people",
            _("Tell these people"),
            value=", ".join(person.email or person.name for person in told),
            hint=_("Names or addresses, commas between."),
        ),
    ]
    libraries = list(
        Library.objects.filter(organization_id=vocabulary.organization_id, is_active=True).order_by("name")
    )
    if libraries or then.checklist:
        offered = [("", _("None")), *((library.pk, library.name) for library in libraries)]
        made.append(Input("checklist", _("Add a checklist"), "select", then.checklist or "", offered))
    if vocabulary.teams:
        teams = list(vocabulary.teams.items())
        made.append(Input("tell_teams", _("Tell these teams"), "checks", then.tell_teams, teams, wide=True))
    return made


def _shares(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    found = [("", _("Leave it"))]
    for pk, team in vocabulary.teams.items():
        found.append((f"turn:{pk}", _("%(team)s: in turn") % {"team": team}))
        found.append((f"load:{pk}", _("%(team)s: whoever has the fewest open") % {"team": team}))
    return found


def _custom(values: Mapping[str, Any], vocabulary: Vocabulary) -> list[Input]:
    """The organization's own fields; an empty one is left as it is."""
    made = []
    for declared in vocabulary.custom_fields:
        one = fields.custom_shown(declared, None)
        one.label = _("Set %(field)s") % {"field": declared.name}
        value = values.get(declared.key)
        if declared.type == "choices":
            one.value = [str(each) for each in value or []]
        elif declared.type == "boolean":
            one.value = "" if value is None else "yes" if value else "no"
        else:
            one.value = "" if value is None else str(value)
        made.append(one)
    return made


def read(posted: QueryDict, vocabulary: Vocabulary) -> Recipe:
    """The recipe that a form says; Wrong for what is no value of its field."""
    return Recipe(_read_when(posted), posted.get("condition", "").strip(), _read_then(posted, vocabulary))


def _read_when(posted: QueryDict) -> Event | Time:
    if posted.get("by") == "time":
        return Time(hours=number(posted, "hours", 1, LONGEST_WAIT), since=posted.get("since", "activity"))
    field, _colon, to = posted.get("change", "").partition(":")
    of = [key for key in HAPPENINGS if key in posted.getlist("of")]
    is_number = field in FIELDS and FIELDS[field].type in ("reference", "references", "integer") and to.isdecimal()
    return Event(of=of, field=field, to=int(to[:18]) if is_number else to)


def _read_then(posted: QueryDict, vocabulary: Vocabulary) -> Then:
    values = setting.read(posted, vocabulary)
    own = {
        declared.key: value
        for declared in vocabulary.custom_fields
        if (value := _read_custom(declared, posted)) is not None
    }
    how, _colon, team = posted.get("hand_to", "").partition(":")
    if how and (how not in ("turn", "load") or not team.isdecimal()):
        raise Wrong({"hand_to": [_("Choose one of the list.")]})
    checklist = posted.get("checklist", "")
    return Then(
        values=values | ({"fields": own} if own else {}),
        add_tags=fields.tags(posted.get("add_tags", ""), vocabulary, None),
        remove_tags=fields.tags(posted.get("remove_tags", ""), vocabulary, None),
        hand_to=HandTo(int(team[:18]), "load" if how == "load" else "turn") if how else None,
        text=posted.get("text", "").replace("\r\n", "\n").strip(),
        internal=posted.get("internal") == "on",
        tell_people=_people(posted.get("tell_people", ""), vocabulary),
        tell_teams=[int(team[:18]) for team in posted.getlist("tell_teams") if team.isdecimal()],
        checklist=int(checklist[:18]) if checklist.isdecimal() else None,
    )


def _read_custom(declared: Any, posted: QueryDict) -> Any:
    name = fields.CUSTOM + declared.key
    try:
        return fields.custom_read(declared, BETWEEN.join(one for one in posted.getlist(name) if one))
    except fields.Unreadable as error:
        raise Wrong({name: [str(error)]}) from error


def _people(text: str, vocabulary: Vocabulary) -> list[int]:
    try:
        found = [fields.person(one, vocabulary, None) for one in text.split(",") if one.strip()]
    except fields.Unreadable as error:
        raise Wrong({"tell_people": [str(error)]}) from error
    return [pk for pk in found if pk is not None]


def by_input(errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What the engine says against a recipe, under the names of the form's fields."""
    names = {"field": "change", "watchers": "tell_people"}
    found: dict[str, list[str]] = {}
    for name, messages in errors.items():
        own = name.removeprefix("fields.")
        at = fields.CUSTOM + own if own != name else names.get(name, name)
        at = setting.SET + SETTABLE[at] if at in SETTABLE else at
        found.setdefault(at, []).extend(messages)
    return found


# Sentences ------------------------------------------------------------------------------------------------------
class Sayings:
    """Recipes in the organization's words; the names that they mention are read with one statement."""

    def __init__(self, recipes: Iterable[Recipe], vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.names = history.Names([_mentions(made) for made in recipes], vocabulary)

    def when(self, made: Recipe) -> str:
        if isinstance(made.when, Time):
            days, rest = divmod(made.when.hours, 24)
            if rest:
                said = ngettext("%(n)d hour after %(what)s", "%(n)d hours after %(what)s", made.when.hours)
            else:
                said = ngettext("%(n)d day after %(what)s", "%(n)d days after %(what)s", days)
            return said % {"n": made.when.hours if rest else days, "what": SINCE[made.when.since].name}
        return ", ".join(self._happening(key, made.when) for key in made.when.of)

    def _happening(self, key: str, when: Event) -> str:
        if key != "changed" or not when.field:
            return str(HAPPENINGS[key].name)
        label = _(FIELDS[when.field].label)
        if when.to == "":
            return _("%(field)s changes") % {"field": label}
        return _("%(field)s becomes %(value)s") % {"field": label, "value": self._value(when.field, when.to)}

    def then(self, made: Recipe) -> list[tuple[str, str]]:
        """What it does, each with a label."""
        then = made.then
        values = {name: value for name, value in then.values.items() if name != "fields"}
        own = {f"{history.CUSTOM}{key}": value for key, value in then.values.get("fields", {}).items()}
        every = (values | own).items()
        found = [(self.names.label(name), self._value(name, value, is_set=True)) for name, value in every]
        found += [
            (_("Give it to somebody of a team"), self._share(then.hand_to)),
            (_("Add tags"), self._value("tags", then.add_tags)),
            (_("Remove tags"), self._value("tags", then.remove_tags)),
            (_("Note") if then.internal else _("Message"), then.text),
            (_("Tell these people"), self._value("watchers", then.tell_people)),
            (_("Tell these teams"), self._value("assigned_teams", then.tell_teams)),
            (_("Add a checklist"), self._checklist(then.checklist)),
        ]
        return [(label, said) for label, said in found if said]

    def besides(self, made: Recipe) -> list[tuple[str, str]]:
        """What it does that is not known beforehand, or is no field."""
        rest = msgspec.structs.replace(made.then, values={}, add_tags=[], remove_tags=[])
        return self.then(msgspec.structs.replace(made, then=rest))

    def lines(self, made: Recipe) -> dict[str, str]:
        """The whole, part by part."""
        condition = made.condition or _("every ticket")
        return {_("When"): self.when(made), _("If"): condition, **dict(self.then(made))}

    def differences(self, before: tuple[str, Recipe] | None, after: tuple[str, Recipe]) -> list[Line]:
        """What a save changed, of names with recipes."""
        was = {_("Name"): before[0], **self.lines(before[1])} if before else {}
        now = {_("Name"): after[0], **self.lines(after[1])}
        labels = dict.fromkeys([*now, *was])
        return [Line(n, was.get(n, ""), now.get(n, "")) for n in labels if was.get(n, "") != now.get(n, "")]

    def _value(self, name: str, value: Any, *, is_set: bool = False) -> str:
        is_list = name in FIELDS and FIELDS[name].type == "references"
        if value in (None, []) and name in SETTABLE:
            return "–" if is_set else ""
        return self.names.value(name, [value] if is_list and isinstance(value, int) else value)

    def _share(self, hand_to: HandTo | None) -> str:
        return dict(_shares(self.vocabulary)).get(_shared(hand_to), "") if hand_to else ""

    def _checklist(self, pk: int | None) -> str:
        found = Library.objects.filter(pk=pk, organization_id=self.vocabulary.organization_id).first() if pk else None
        return found.name if found else ""


def _shared(hand_to: HandTo | None) -> str:
    return f"{hand_to.how}:{hand_to.team}" if hand_to else ""


def _mentions(made: Recipe) -> Recorded:
    """An event that names the same rows, for whoever looks up the names of events."""
    changes: dict[str, list[Any]] = {name: [None, value] for name, value in made.then.values.items()}
    changes["tags"] = [[], [*made.then.add_tags, *made.then.remove_tags]]
    changes["watchers"] = [[], made.then.tell_people]
    changes.setdefault("assigned_teams", [[], []])[0] = made.then.tell_teams
    if isinstance(made.when, Event) and made.when.field:
        changes.setdefault(made.when.field, [None, None]).append(made.when.to)
    return Recorded(changes=changes)


def sets(found: Mapping[str, list[Any]], names: history.Names) -> list[Line]:
    """Before and after of what one would have set."""
    event = Recorded(changes=dict(found), verb="edit", via="automation")
    return [line for change in history.changes([event], names) for line in change.lines]

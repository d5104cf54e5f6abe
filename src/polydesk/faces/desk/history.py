"""Events as sentences: who did what, the values before and after in the organization's words, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from polydesk.directory.models import Asset, Company, Person, Project, Team
from polydesk.tickets import kinds
from polydesk.tickets.edits import decode
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Category, CustomField, Event, Queue, Tag
from polydesk.tickets.models.ticket import ACCESS
from polydesk.tickets.offers import offered

from . import words
from .naming import named
from .shown import Change, Line
from .vocabulary import Vocabulary

# What follows from other values, and what no reader misses.
CODED: dict[str, dict[str, str]] = {"channel": kinds.CHANNELS, "access": dict(ACCESS)}
"""Fields whose values are keys, with their words."""
HIDDEN = {
    "creator_side",
    "phase",
    "priority_level",
    "solved_at",
    "closed_at",
    "closed_by",
    "closed_by_system",
    "closes_at",
    "reopen_count",
    "time_spent",
    "assignee_role",
    "description_format",
    "resolution_format",
    "extra",
    "deleted_by",
    "rating",
}
CUSTOM = "fields."
MODELS: dict[str, Any] = {
    "directory.Person": Person,
    "directory.Team": Team,
    "directory.Company": Company,
    "directory.Asset": Asset,
    "directory.Project": Project,
    "tickets.Category": Category,
    "tickets.Queue": Queue,
    "tickets.Tag": Tag,
}
VIAS = {
    "web": gettext_lazy("the workplace"),
    "portal": gettext_lazy("the portal"),
    "native": gettext_lazy("the API"),
    "email": gettext_lazy("e-mail"),
    "autotask": "Autotask",
    "selectel": "Selectel",
    "crm": "CRM",
    "centurion": "Centurion",
    "simpletickets": "simpletickets",
    "rule": gettext_lazy("a rule"),
    "automation": gettext_lazy("an automation"),
    "import": gettext_lazy("an import"),
}


class Names:
    """The names behind the ids that some events mention, read with one statement."""

    def __init__(self, events: Iterable[Event], vocabulary: Vocabulary, people: Iterable[int] = ()) -> None:
        self.vocabulary = vocabulary
        wanted: dict[str, set[int]] = {"directory.Person": set(people)}
        for event in events:
            wanted["directory.Person"] |= {i for i in (event.actor_id, event.impersonator_id) if i}
            for name, change in event.changes.items():
                declared = FIELDS.get(name)
                if declared and declared.model in MODELS:
                    for value in change:
                        ids = value if isinstance(value, list) else [value]
                        wanted.setdefault(declared.model, set()).update(i for i in ids if isinstance(i, int))
        self.found = named({MODELS[model]: ids for model, ids in wanted.items()})

    def person(self, pk: int | None) -> str:
        if pk is None:
            return _("The desk")
        return self.found[Person].get(pk, "") or _("somebody")

    def label(self, name: str) -> str:
        """What a field is called; a custom one as the organization calls it."""
        if name.startswith(CUSTOM):
            custom = self._custom(name)
            return custom.name if custom else name.removeprefix(CUSTOM)
        return _(FIELDS[name].label)

    def _custom(self, name: str) -> CustomField | None:
        key = name.removeprefix(CUSTOM)
        return next((field for field in self.vocabulary.custom_fields if field.key == key), None)

    def _of_custom(self, name: str, raw: Any) -> str:
        custom = self._custom(name)
        words = dict(offered(custom)) if custom else {}
        several = raw if isinstance(raw, list) else [raw]
        return ", ".join(str(words.get(one, one)) for one in several)

    def value(self, name: str, raw: Any) -> str:
        """A stored value in words."""
        if raw in (None, "", [], {}):
            return ""
        if isinstance(raw, bool):
            return _("yes") if raw else _("no")
        if name.startswith(CUSTOM):
            return _shortened(self._of_custom(name, raw))
        declared = FIELDS[name]
        if name == "status":
            return self.vocabulary.status(raw)
        if name == "priority":
            return self.vocabulary.priority(raw)
        if name == "kind":
            return self.vocabulary.kind(raw)
        if name in ("urgency", "impact"):
            return _(kinds.SCALE.get(raw, str(raw)))
        if name in CODED:
            return _(CODED[name].get(raw, str(raw)))
        if declared.type in ("reference", "references"):
            ids = raw if isinstance(raw, list) else [raw]
            known = self.found.get(MODELS.get(declared.model), {})
            return ", ".join(str(known.get(i, f"#{i}")) for i in ids)
        if declared.type == "datetime":
            return words.moment(decode(name, raw))
        if isinstance(raw, dict):
            return ", ".join(f"{key}: {value}" for key, value in raw.items() if value not in (None, ""))
        return _shortened(str(raw) if not isinstance(raw, list) else ", ".join(map(str, raw)))


def _shortened(text: str) -> str:
    return text if len(text) <= 300 else text[:300] + "…"


ORDER = {name: place for place, name in enumerate(FIELDS)} | {"status": len(FIELDS)}


def _in_order(event: Event) -> list[tuple[str, Any]]:
    """An event's changes in the order of the fields, the status last: databases do not keep one. Of the custom fields
    each is a change of its own."""
    changes = {name: change for name, change in event.changes.items() if name != "fields"}
    before, after = (found or {} for found in event.changes.get("fields", (None, None)))
    for key in before.keys() | after.keys():
        changes[CUSTOM + key] = [before.get(key), after.get(key)]
    return sorted(changes.items(), key=lambda pair: (ORDER.get(pair[0].partition(".")[0], len(ORDER) + 1), pair[0]))


def _is_told(name: str, change: list[Any]) -> bool:
    return (name in FIELDS or name.startswith(CUSTOM)) and name not in HIDDEN and change[0] != change[1]


def changes(events: Iterable[Event], names: Names, *, also_quiet: bool = False) -> list[Change]:
    """The events that say more than the message they came with; all of them when `also_quiet`."""
    made = []
    for event in events:
        lines = [
            Line(names.label(name), names.value(name, change[0]), names.value(name, change[1]))
            for name, change in _in_order(event)
            if _is_told(name, change)
        ]
        clauses = _clauses(event, names)
        if event.verb == "create":
            clauses, lines = ([_("opened the ticket")] if also_quiet else []), lines if also_quiet else []
        if not clauses and also_quiet:
            clauses = [_("wrote a message")] if event.comment_id else [_(event.verb)]
        if clauses:
            who = names.person(event.actor_id) if event.side != "system" else _desk(event)
            made.append(Change(event.pk, _sentence(who, clauses), event.at, lines, why(event, names)))
    return made


def _desk(event: Event) -> str:
    """The desk itself; an automation of it by the name that it had."""
    mark = _mark(event)
    return _("The automation “%(name)s”") % {"name": mark["name"]} if mark else _("The desk")


def _mark(event: Event) -> dict[str, Any] | None:
    """What the event keeps of the automation that left it."""
    found: list[dict[str, Any]] = event.changes.get("+automation", [])
    return found[0] if found else None


def _sentence(who: str, clauses: list[str]) -> str:
    if len(clauses) > 1:
        return f"{who} {', '.join(clauses[:-1])} {pgettext('last of a list', 'and')} {clauses[-1]}"
    return f"{who} {clauses[0]}"


def _clauses(event: Event, names: Names) -> list[str]:
    said = []
    if event.cause.startswith("event:"):
        said.append(_("undid a change"))
    for name, change in _in_order(event):
        if name.startswith("+"):
            said += [text for part in change if (text := _part(name[1:], part))]
        elif _is_told(name, change):
            said.append(_field(event, name, change[0], change[1], names))
    return list(dict.fromkeys(said))


def _field(event: Event, name: str, before: Any, after: Any, names: Names) -> str:
    value = names.value(name, after)
    if name == "status":
        verbs = {"close": _("closed it"), "reopen": _("reopened it")}
        return verbs.get(event.verb) or _("set %(value)s") % {"value": value}
    if name == "assignee":
        if after is None:
            return _("took the assignee away")
        return _("took it") if after == event.actor_id else _("assigned %(value)s") % {"value": value}
    if name in ("title", "description", "resolution"):
        return _("changed the %(field)s") % {"field": words.within(_(FIELDS[name].label))}
    if name == "deleted_at":
        return _("deleted it") if after else _("restored it")
    label = names.label(name) if name.startswith(CUSTOM) else words.within(_(FIELDS[name].label))
    return (
        _("set %(field)s %(value)s") % {"field": label, "value": value}
        if value
        else _("cleared %(field)s") % {"field": label}
    )


def _part(name: str, part: dict[str, Any]) -> str:
    match name:
        case "comment_edit":
            return _("edited a message")
        case "comment_removed":
            return _("took a message back")
        case "attachment_removed":
            return _("removed the file %(name)s") % {"name": part.get("name", "")}
        case "time":
            return _("booked %(time)s") % {"time": words.seconds(int(part.get("seconds", 0)))}
        case "relation":
            return _("linked #%(number)s") % {"number": part.get("ticket")}
        case "relation_removed":
            return _("unlinked #%(number)s") % {"number": part.get("ticket")}
        case "merged":
            return _("merged #%(number)s into this") % {"number": part.get("source")}
        case "merged_into":
            return _("merged this into #%(number)s") % {"number": part.get("ticket")}
        case "unmerged":
            return _("undid the merge of #%(number)s") % {"number": part.get("source")}
        case "checklist":
            return _("added “%(name)s” to the checklist") % {"name": part.get("name", "")}
        case "checklist_edit":
            done = (part.get("after") or {}).get("done") and not (part.get("before") or {}).get("done")
            name = {"name": (part.get("after") or {}).get("name", "")}
            return _("ticked “%(name)s” off") % name if done else _("changed “%(name)s” of the checklist") % name
        case "approver":
            if part.get("approved") is None:
                return _("asked for an approval")
            return _("approved it") if part["approved"] else _("rejected it")
        case "rating":
            return _("rated it")
        case "secret":
            return _("handed over the secret “%(title)s”") % {"title": part.get("title", "")}
        case "told":
            return _("called people to it") if part.get("what") == "called" else ""
        case "automation_stopped":
            name = {"name": part.get("name", "")}
            return _("switched the automation “%(name)s” off, because it went in circles") % name
        case "sla":
            return _("saw the time for the %(clock)s run out") % {"clock": _(str(part.get("clock", "")))}
        case _:
            return ""


def why(event: Event, names: Names) -> str:
    """Through which door it came and what caused it: a person, a rule, an undo."""
    said = [_("through %(door)s") % {"door": VIAS.get(event.via, event.via)}]
    if event.impersonator_id:
        said.insert(0, _("%(name)s on behalf") % {"name": names.person(event.impersonator_id)})
    if event.cause.startswith("event:"):
        said.append(_("undoes event %(number)s") % {"number": event.cause.removeprefix("event:")})
    elif mark := _mark(event):
        places = {"version": mark["version"], "condition": mark["condition"] or _("every ticket")}
        said.append(_("version %(version)s, for %(condition)s") % places)
        if mark["event"]:
            said.append(_("because of event %(number)s") % {"number": mark["event"]})
    elif event.cause and not event.cause.startswith(("act:", "automation:")):
        said.append(_("because of %(cause)s") % {"cause": event.cause.replace("_", " ")})
    return " · ".join([*said, _("event %(number)s") % {"number": event.pk}])

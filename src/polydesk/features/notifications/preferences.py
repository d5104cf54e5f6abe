"""What people want to be told, and where: in the inbox, by mail, both or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from polydesk.directory.models import Person
from polydesk.tickets.refusals import refuse
from polydesk.web.sentences import say

from .models import Preference
from .news import WHATS


class Ways(NamedTuple):
    """Where somebody wants one kind of news."""

    inbox: bool
    mail: bool


DEFAULTS: dict[str, Ways] = {what: Ways(inbox=True, mail=what not in ("note", "breach")) for what in WHATS}


def of(people: Iterable[int]) -> dict[int, dict[str, Ways]]:
    """The ways of these people by kind of news. One query."""
    ids = list(people)
    kept = dict(Preference.objects.filter(person__in=ids).values_list("person_id", "choices"))
    return {pk: _complete(kept.get(pk, {})) for pk in ids}


def of_one(person_id: int) -> dict[str, Ways]:
    """The ways of one person."""
    return of([person_id])[person_id]


def choose(person_id: int, wanted: Mapping[str, Mapping[str, bool]]) -> dict[str, Ways]:
    """Change some of a person's ways; what equals the default is not kept."""
    if unknown := wanted.keys() - DEFAULTS.keys():
        raise refuse("unknown", "what", say("There is no kind of news “%(name)s”.", name=min(unknown)[:40]))
    person = Person.objects.select_for_update().get(pk=person_id)
    ways = of_one(person.pk)
    for what, changed in wanted.items():
        ways[what] = ways[what]._replace(**{name: changed[name] for name in Ways._fields if name in changed})
    kept = {what: way._asdict() for what, way in ways.items() if way != DEFAULTS[what]}
    Preference.objects.update_or_create(person=person, defaults={"choices": kept})
    return ways


def _complete(choices: Mapping[str, Mapping[str, Any]]) -> dict[str, Ways]:
    return {
        what: Ways(**{name: bool(choices.get(what, {}).get(name, getattr(way, name))) for name in Ways._fields})
        for what, way in DEFAULTS.items()
    }

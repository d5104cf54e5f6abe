"""Centurion's permission codes beside the engine's rights (section 4.1, RC-192 … RC-201).

The 35 codes of tickets come first, then view, add, change and delete of every other model of this face. A number is a
place in the list: stable, since the list only ever grows at its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from polydesk.tickets.access import CODED_KINDS, VERBS


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the original: where it stands, its name for people, and the object in the engine's rights."""

    id: int
    app_label: str
    model: str
    name: str
    object: str


@dataclass(frozen=True, slots=True)
class Permission:
    """One code, and the right that it spells."""

    id: int
    model: Model
    codename: str
    name: str
    right: str

    @property
    def code(self) -> str:
        """`core.add_ticket_request`"""
        return f"{self.model.app_label}.{self.codename}"


TICKET = Model(1, "core", "ticket", "ticket", "ticket")
MODELS = (
    TICKET,
    Model(2, "core", "ticketcomment", "ticket comment", "comment"),
    Model(3, "core", "ticketlinkeditem", "ticket linked item", "item_link"),
    Model(4, "core", "relatedtickets", "related ticket", "relation"),
    Model(5, "core", "ticketcategory", "ticket category", "category"),
    Model(6, "core", "ticketcommentcategory", "ticket comment category", "comment_category"),
    Model(7, "access", "organization", "organization", "organization"),
    Model(8, "access", "team", "team", "team"),
    Model(9, "access", "teamusers", "team user", "team_user"),
    Model(10, "project_management", "project", "project", "project"),
    Model(11, "project_management", "projectmilestone", "project milestone", "milestone"),
    Model(12, "itam", "device", "device", "device"),
    Model(13, "itam", "operatingsystem", "operating system", "operating_system"),
    Model(14, "itam", "software", "software", "software"),
    Model(15, "itim", "service", "service", "service"),
    Model(16, "itim", "cluster", "cluster", "cluster"),
    Model(17, "assistance", "knowledgebase", "knowledge base", "kb"),
    Model(18, "config_management", "configgroups", "config group", "config_group"),
    Model(19, "devops", "featureflag", "feature flag", "feature_flag"),
    Model(20, "auth", "user", "user", "user"),
)
MODEL_OF = {model.object: model for model in MODELS}

# The seed's names: add and delete "a request ticket", change "any", triage and view "all"; tasks say "project task".
_ARTICLE = {"change": "any", "triage": "all", "view": "all"}


def _of_tickets() -> Iterable[tuple[Model, str, str, str]]:
    for kind in CODED_KINDS:
        noun = "project task" if kind == "project_task" else f"{kind} ticket"
        for verb in VERBS:
            name = f"Can {verb} {_ARTICLE.get(verb, 'a')} {noun}"
            yield TICKET, f"{verb}_ticket_{kind}", name, f"{verb}:{kind}"


def _of_models() -> Iterable[tuple[Model, str, str, str]]:
    for model in MODELS[1:]:
        for verb in ("add", "change", "delete", "view"):
            yield model, f"{verb}_{model.model}", f"Can {verb} {model.name}", f"{verb}:{model.object}"


PERMISSIONS = tuple(Permission(number, *facts) for number, facts in enumerate((*_of_tickets(), *_of_models()), start=1))
BY_ID = {permission.id: permission for permission in PERMISSIONS}
BY_RIGHT = {permission.right: permission for permission in PERMISSIONS}

# Working on tickets needs these; a role that may do a verb everywhere may do it here. The rest is administration.
WORK = frozenset({"comment", "item_link", "relation"})


def granted(rights: Iterable[str]) -> list[Permission]:
    """The codes that these rights amount to, `verb:*` standing for all that it covers."""
    held = frozenset(rights)
    return [permission for permission in PERMISSIONS if covers(held, permission.right)]


def covers(rights: frozenset[str], right: str) -> bool:
    """Do the rights include this one? `verb:*` covers tickets and work on them; for view it covers everything."""
    if right in rights or "*" in rights:
        return True
    verb, _, thing = right.partition(":")
    return f"{verb}:*" in rights and (verb == "view" or thing in CODED_KINDS or thing in WORK)


def replaced(rights: Iterable[str], chosen: Iterable[Permission]) -> list[str]:
    """Rights of a team after its permissions were replaced: what no code here can say stays (RC-018)."""
    kept = [right for right in rights if right not in BY_RIGHT and not right.endswith(":*")]
    return sorted({*kept, *(permission.right for permission in chosen)})

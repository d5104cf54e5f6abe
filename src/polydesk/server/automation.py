"""Automations ask in the language of the lists and add checklists of the desk: the features that know these, handed to
the one that leans on them."""

from __future__ import annotations

from django.db.models import QuerySet

from polydesk.directory.actors import Actor
from polydesk.features import search
from polydesk.features.automation import abilities
from polydesk.features.checklists import items
from polydesk.features.search import language
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import refuse
from polydesk.web.sentences import say

READER = frozenset({"me", "mine", "my"})
OF_PEOPLE = frozenset({"assignee", "owner", "assigned", "requester", "creator", "author", "watcher", "team", "is"})


def find(actor: Actor, query: str) -> QuerySet[Ticket]:
    """What a list of this query shows to the desk itself; nobody reads it, so that it cannot speak of the reader."""
    try:
        for term in language.terms(language.parse(query)):
            if term.field in OF_PEOPLE and not READER.isdisjoint(value.lower() for value in term.values):
                raise language.QueryError(say("nobody is “me” to an automation"), term.value_column)
        return search.tickets(actor, query)
    except search.QueryError as error:
        message = say("Column %(column)s: %(why)s.", column=error.column, why=error.message)
        raise refuse("query", "condition", message) from error


abilities.adopt(abilities.Abilities(find=find, checklist=items.parts))

"""Choosing what will be set: a property may be left as it is, emptied, or given a value; tags come and go one by one.
Macros and automations are written so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from polydesk.tickets import kinds
from polydesk.tickets.models import Tag

from . import fields, words
from .shelves import Wrong
from .shown import Input
from .vocabulary import Vocabulary

SET = "set_"
NOTHING = "-"
PROPERTIES = tuple(
    fields.BY_NAME[n] for n in ("status", "priority", "assignee", "team", "category", "queue", "urgency", "impact")
)
FIRST: Mapping[str, fields.Choices] = {}


def inputs(
    values: Mapping[str, Any], vocabulary: Vocabulary, first: Mapping[str, fields.Choices] = FIRST
) -> list[Input]:
    """A field for each property with what is set now; `first` are choices that stand before a property's own."""
    return [_input(prop, values, vocabulary, first.get(prop.name, [])) for prop in PROPERTIES]


def of_tags(add: Collection[int], remove: Collection[int], vocabulary: Vocabulary) -> list[Input]:
    """The fields for tags that come and tags that go."""
    found = Tag.objects.filter(organization_id=vocabulary.organization_id, pk__in=[*add, *remove]).order_by("name")
    names = dict(found.values_list("pk", "name")) if add or remove else {}
    return [
        Input("add_tags", _("Add tags"), value=_listed(names, add), hint=_("Commas between.")),
        Input("remove_tags", _("Remove tags"), value=_listed(names, remove)),
    ]


def read(
    posted: QueryDict, vocabulary: Vocabulary, also: Mapping[str, Collection[str]] | None = None
) -> dict[str, Any]:
    """What was chosen, as the engine's values; Wrong for what is not offered. `also` are words that stay words."""
    found, errors = {}, {}
    for prop in PROPERTIES:
        text = posted.get(SET + prop.name, "")
        if text in (also or {}).get(prop.name, ()):
            found[prop.target] = text
        elif text and text != NOTHING and text not in {str(value) for value, _name in choices(prop, vocabulary)}:
            errors[SET + prop.name] = [_("Choose one of the list.")]
        elif text:
            found[prop.target] = prop.read("" if text == NOTHING else text, vocabulary, None)
    if errors:
        raise Wrong(errors)
    return found


def choices(prop: fields.Property, vocabulary: Vocabulary) -> fields.Choices:
    """The values of a property that one may choose for a ticket that is not known yet."""
    if prop.name == "status":
        return _all_statuses(vocabulary)
    return [choice for choice in (prop.choices(vocabulary, None) if prop.choices else []) if choice[0] != ""]


def _input(prop: fields.Property, values: Mapping[str, Any], vocabulary: Vocabulary, first: fields.Choices) -> Input:
    before: fields.Choices = [("", _("Leave it"))]
    if prop.name != "status":
        before.append((NOTHING, _("Empty it")))
    value: Any = ""
    if prop.target in values:
        stored = values[prop.target]
        stored = stored[0] if isinstance(stored, list) and stored else stored
        value = NOTHING if stored in (None, []) else stored
    label = _("Set %(field)s") % {"field": words.within(str(prop.label))}
    return Input(SET + prop.name, label, "select", value, [*before, *first, *choices(prop, vocabulary)])


def _all_statuses(vocabulary: Vocabulary) -> fields.Choices:
    offered = {
        key for kind in kinds.KINDS.values() for key in kind.offered
    } | vocabulary.statuses.keys() - kinds.STATUSES.keys()
    return [(key, vocabulary.status(key)) for key in vocabulary.statuses if key in offered]


def _listed(names: Mapping[int, str], chosen: Collection[int]) -> str:
    return ", ".join(name for pk, name in names.items() if pk in chosen)

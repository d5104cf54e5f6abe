"""Ticket categories and comment categories (CE-177 … CE-179)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from polydesk.directory.models import Organization
from polydesk.tickets.models import Category, CommentCategory

from ..door import Call
from ..errors import Faults
from ..names import tree_name
from ..resources import CREATED, DISPLAY_NAME, ID, MODIFIED, ORGANIZATION, URLS, Resource, field_map
from ..shapes import Field

SELF_PARENT = "Cant set self as parent category"
FLAGS = ("change", "incident", "problem", "project_task", "request")
# Kinds that have no flag of their own: alerts follow incidents, git types are never barred.
_UNFLAGGED = ("issue", "merge_request")
COMMENT_FLAGS = ("comment", "notification", "solution", "task")


def _flag(name: str, column: str) -> Field:
    return Field(
        name, "Boolean", f"{name.replace('_', ' ').title()}", f"Use category for {name.replace('_', ' ')}s",
        null=False, initial=True, show=lambda row: not getattr(row, column) or name in getattr(row, column),
    )  # fmt: skip


class Tree(Resource):
    """What both trees share: parents of the same organization, without circles (CE-178)."""

    filters: ClassVar[tuple[str, ...]] = ("organization", "parent")
    searched = ("name",)
    root = ""
    flags: tuple[str, ...] = ()
    column = ""

    def path(self, row: Any) -> str:
        return f"{self.root}/{row.pk}"

    def rows(self, call: Call, **ids: int) -> QuerySet[Any]:
        return self.model._default_manager.select_related("parent__parent__parent")

    def visible(self, call: Call, verb: str = "view", **ids: int) -> QuerySet[Any]:
        """Those of a global organization are read by everyone (CE-204)."""
        rows = super().visible(call, verb, **ids)
        if verb != "view" or call.caller.is_superuser:
            return rows
        everybodys = Organization.objects.filter(is_global=True).values("pk")
        own = call.caller.where(verb, self.thing)
        return self.rows(call).filter(Q(organization_id__in=own) | Q(organization_id__in=everybodys))

    def display_name(self, row: Any) -> str:
        chain: list[str] = []
        while row is not None and len(chain) < 20:
            chain.append(row.name)
            row = row.parent
        return tree_name(chain)

    def check(self, call: Call, row: Any, values: dict[str, Any], faults: Faults) -> None:
        above = values.get("parent")
        if above is None:
            return
        if row.pk is not None and above == row.pk:
            faults["parent"] = SELF_PARENT  # type: ignore[assignment]  # a plain text in the original
            return
        seen: set[int] = set()
        while above is not None and above not in seen:
            seen.add(above)
            above = self.model._default_manager.filter(pk=above).values_list("parent_id", flat=True).first()
            if row.pk is not None and above == row.pk:
                faults.add("parent", "Adding this category will create a circular dependency")
                return

    def apply(self, call: Call, row: Any, values: dict[str, Any]) -> None:
        flags = {name: values.pop(name) for name in self.flags if name in values}
        super().apply(call, row, values)
        if "parent" in values:
            row.parent = self.model._default_manager.filter(pk=values["parent"]).first()
        if flags:
            now = {name: self.fields[name].show(row) for name in self.flags} | flags  # type: ignore[misc]
            setattr(row, self.column, [] if all(now.values()) else self.listed(now))

    def listed(self, flags: dict[str, bool]) -> list[str]:
        """The engine's list for these flags; an empty list would mean all."""
        return [name for name, on in flags.items() if on]


class TicketCategories(Tree):
    """`settings/ticket_category`"""

    thing, name, plural, model = "category", "Ticket Category", "Ticket Categories", Category
    root, flags, column = "settings/ticket_category", FLAGS, "kinds"
    table_fields = ("name", "organization", "created", "modified")
    fields = field_map(
        ID,
        ORGANIZATION,
        DISPLAY_NAME,
        Field("parent", "Relationship", "Parent Category", "The Parent Category", core="parent", to="category"),
        Field("name", "String", "Name", "Category Name", core="name", required=True, null=False, max_length=50),
        Field("runbook", "Integer", "Runbook", "The runbook for this category", core="runbook_id", low=1),
        *(_flag(name, "kinds") for name in FLAGS),
        CREATED,
        MODIFIED,
        URLS,
    )
    filters = ("organization", "parent", *FLAGS)

    def filtered(self, rows: QuerySet[Any], name: str, value: str, faults: Faults) -> QuerySet[Any]:
        """`?request=true` is how a ticket links to its category (CE-236)."""
        if name not in FLAGS:
            return super().filtered(rows, name, value, faults)
        serving = [
            row.pk for row in rows.select_related(None).only("pk", "kinds") if not row.kinds or name in row.kinds
        ]
        if value.lower() in ("true", "1"):
            return rows.filter(pk__in=serving)
        return rows.exclude(pk__in=serving)

    def listed(self, flags: dict[str, bool]) -> list[str]:
        return [*super().listed(flags), *(["alert"] if flags["incident"] else []), *_UNFLAGGED]


class CommentCategories(Tree):
    """`settings/ticket_comment_category`"""

    thing, name, plural = "comment_category", "Ticket Comment Category", "Ticket Comment Categories"
    model = CommentCategory
    root, flags, column = "settings/ticket_comment_category", COMMENT_FLAGS, "types"
    table_fields = ("name", "organization", "created", "modified")
    fields = field_map(
        ID,
        ORGANIZATION,
        DISPLAY_NAME,
        Field("parent", "Relationship", "Parent Category", "The Parent Category", core="parent", to="comment_category"),
        Field("name", "String", "Name", "Category Name", core="name", required=True, null=False, max_length=50),
        Field("runbook", "Integer", "Runbook", "The runbook for this category", core="runbook_id", low=1),
        *(_flag(name, "types") for name in COMMENT_FLAGS),
        CREATED,
        MODIFIED,
        URLS,
    )

    def listed(self, flags: dict[str, bool]) -> list[str]:
        return [*super().listed(flags), "automation"]

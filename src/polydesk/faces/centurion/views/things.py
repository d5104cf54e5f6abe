"""What tickets can be linked to: devices, software, services … and knowledge base articles (CE-170, CE-173)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet

from polydesk.directory.models import Asset
from polydesk.features.knowledge.models import Article

from .. import codes
from ..door import Call
from ..resources import CREATED, DISPLAY_NAME, ID, MODIFIED, ORGANIZATION, URLS, Resource, field_map
from ..shapes import Field


class Things(Resource):
    """Assets of one type."""

    model = Asset
    table_fields = ("name", "organization", "created", "modified")
    fields = field_map(
        ID,
        ORGANIZATION,
        DISPLAY_NAME,
        Field("name", "String", "Name", "Name of the item", core="name", required=True, null=False, max_length=200),
        Field("serial_number", "String", "Serial Number", "Serial number of the item", core="serial_number",
              null=False, blank=True, max_length=100),
        Field("model_notes", "Markdown", "Notes", "Tid bits of information", core="notes", null=False, blank=True),
        CREATED,
        MODIFIED,
        URLS,
    )  # fmt: skip
    root: ClassVar[str] = ""

    def rows(self, call: Call, **ids: int) -> QuerySet[Any]:
        return Asset.objects.filter(type=self.kind)

    def path(self, row: Any) -> str:
        return f"{self.root}/{row.pk}"

    def urls(self, call: Call, row: Any) -> dict[str, Any]:
        return {"_self": call.url(self.path(row)), "tickets": call.url(f"core/{self.kind}/{row.pk}/item_ticket")}

    def new(self, owner: int, **ids: int) -> Any:
        return Asset(organization_id=owner, type=self.kind)


def of_type(number: int) -> Things:
    """The resource of one item type that is an asset."""
    label, kind, where = codes.ITEM_TYPES[number]
    facts = {"thing": kind, "kind": kind, "name": label, "plural": f"{label}s", "root": where, "__doc__": f"`{where}`"}
    return type(f"{kind.title()}s", (Things,), facts)()  # type: ignore[no-any-return]


ASSETS = {number: of_type(number) for number in (1, 2, 3, 4, 5, 6, 10)}


class Articles(Resource):
    """`assistance/knowledge_base`"""

    thing, kind, name, plural, model = "kb", "kb", "Knowledge Base", "Knowledge Base Articles", Article
    table_fields = ("title", "organization", "created", "modified")
    searched = ("title", "text", "summary")
    sorts = {"id": "pk", "title": "title", "created": "created_at", "modified": "updated_at"}
    fields = field_map(
        ID,
        ORGANIZATION,
        DISPLAY_NAME,
        Field("title", "String", "Title", "Title of the article", core="title", required=True, null=False,
              max_length=200),
        Field("summary", "Markdown", "Summary", "Short Summary of the article", core="summary", null=False, blank=True),
        Field("content", "Markdown", "Article Content", "Content of the article. Markdown is supported", core="text",
              null=False, blank=True),
        Field("release_date", "DateTime", "Publish Date", "Date the article will be published", core="released_at"),
        Field("expiry_date", "DateTime", "End Date", "Date the article will be removed from published articles",
              core="expires_at"),
        Field("public", "Boolean", "Public Article", "Is this article to be made available publically",
              core="is_public", null=False, initial=False),
        CREATED,
        MODIFIED,
        URLS,
    )  # fmt: skip

    def path(self, row: Any) -> str:
        return f"assistance/knowledge_base/{row.pk}"

    def urls(self, call: Call, row: Any) -> dict[str, Any]:
        return {"_self": call.url(self.path(row)), "tickets": call.url(f"core/kb/{row.pk}/item_ticket")}

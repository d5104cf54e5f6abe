"""Lists and items of everything that is no ticket: one way to show, make, change and delete a row (CE-219 … CE-222)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Model, ProtectedError, QuerySet, RestrictedError

from polydesk.directory.models import Organization
from polydesk.features.knowledge.models import Article
from polydesk.tickets.checks import Rows

from . import clearing, errors, lists, shapes
from .door import Call, Created
from .errors import Faults
from .objects import moment
from .shapes import Field, Invalid

REQUIRED = "This field is required."


def field_map(*fields: Field) -> dict[str, Field]:
    """Fields by name, in the order of answers."""
    return {field.name: field for field in fields}


ID = Field("id", "Integer", "ID", "ID of the item", core="pk", read_only=True)
DISPLAY_NAME = Field("display_name", "String", "Name", "Name of the item for people", read_only=True)
ORGANIZATION = Field(
    "organization",
    "Relationship",
    "Organization",
    "Organization this belongs to",
    core="organization",
    to="organization",
    required=True,
    null=False,
)
CREATED = Field("created", "DateTime", "Created", "Date and time of creation", core="created_at", read_only=True)
MODIFIED = Field(
    "modified", "DateTime", "Modified", "Date and time of last modification", core="updated_at", read_only=True
)
URLS = Field("_urls", "GenericField", " Urls", read_only=True)


class Resource:
    """One kind of row. Subclasses declare what is different about theirs."""

    thing: ClassVar[str] = ""
    """The object in rights, as in `view:team` (permissions.MODELS)."""
    name: ClassVar[str] = ""
    plural: ClassVar[str] = ""
    model: ClassVar[type[Model]]
    fields: ClassVar[dict[str, Field]]
    table_fields: ClassVar[tuple[str, ...]] = ("display_name", "organization", "created")
    filters: ClassVar[tuple[str, ...]] = ("organization",)
    sorts: ClassVar[dict[str, str]] = {"id": "pk", "name": "name", "created": "created_at", "modified": "updated_at"}
    searched: ClassVar[tuple[str, ...]] = ("name",)
    kind: ClassVar[str] = ""
    """The word in `$kind-id`, when tickets can be linked to it."""

    # What subclasses say

    def rows(self, call: Call, **ids: int) -> QuerySet[Any]:
        """The rows that stand at this address, whoever asks."""
        return self.model._default_manager.all()

    def path(self, row: Any) -> str:
        """The address of a row."""
        raise NotImplementedError

    def display_name(self, row: Any) -> str:
        """What people call it."""
        return str(row)

    def urls(self, call: Call, row: Any) -> dict[str, Any]:
        """Addresses around the row."""
        return {"_self": call.url(self.path(row))}

    def owner(self, call: Call, ids: dict[str, int], faults: Faults) -> int | None:
        """The organization of a new row: the body says."""
        field = self.fields["organization"]
        if field.name not in call.body:
            faults.add(field.name, REQUIRED)
            return None
        try:
            return int(shapes.read(field, call.body[field.name]))
        except Invalid as error:
            faults.add(field.name, str(error))
            return None

    def new(self, owner: int, **ids: int) -> Any:
        """A row with nothing but its place."""
        return self.model(organization_id=owner)

    def check(self, call: Call, row: Any, values: dict[str, Any], faults: Faults) -> None:
        """What is wrong with these values together; they are not on the row yet."""

    def apply(self, call: Call, row: Any, values: dict[str, Any]) -> None:
        """Put the values on the row."""
        for name, value in values.items():
            field = self.fields[name]
            setattr(row, f"{field.core}_id" if field.type == "Relationship" else field.core, value)

    # What all do alike

    def visible(self, call: Call, verb: str = "view", **ids: int) -> QuerySet[Any]:
        """The rows of organizations in which the caller holds the permission."""
        rows = self.rows(call, **ids)
        if call.caller.is_superuser:
            return rows
        return rows.filter(organization_id__in=call.caller.where(verb, self.thing))

    def index(self, call: Call, **ids: int) -> Any:
        """The list."""
        call.need(call.caller.holds_anywhere("view", self.thing))
        query, faults = call.request.GET, Faults()
        rows = self.visible(call, "view", **ids)
        for name, value in lists.filters(query, self.filters).items():
            rows = self.filtered(rows, name, value, faults)
        faults.check()
        if (text := lists.search(query)) and self.searched:
            found = rows.none()
            for column in self.searched:
                found = found | rows.filter(**{f"{column}__icontains": text})
            rows = found
        rows = rows.order_by(*lists.order(query, self.sorts))
        return lists.answer(call.request, rows, lambda page: self.show(call, page))

    def filtered(self, rows: QuerySet[Any], name: str, value: str, faults: Faults) -> QuerySet[Any]:
        """The rows that a filter leaves."""
        field = self.fields[name]
        if field.type == "Relationship":
            return rows.filter(**{f"{field.core}_id": lists.row_id(faults, name, value)})
        if field.type == "Boolean":
            return rows.filter(**{field.core: lists.truth(faults, name, value)})
        return rows.filter(**{field.core: value[:200].replace("\x00", "")})

    def read(self, call: Call, **ids: int) -> Any:
        """One row."""
        return self.show(call, [self.find(call, "view", **ids)])[0]

    def find(self, call: Call, verb: str, **ids: int) -> Any:
        """The row at this address, for a holder of the permission there."""
        pk = ids.pop("pk")
        row = self.visible(call, verb, **ids).filter(pk=pk).first() if 0 < pk < 2**63 else None
        if row is None:
            raise call.missing()
        return row

    def create(self, call: Call, **ids: int) -> Any:
        """A new row."""
        call.need(call.caller.holds_anywhere("add", self.thing))
        faults = Faults()
        organization_id = self.owner(call, ids, faults)
        if organization_id is not None:
            call.need(call.caller.holds("add", self.thing, organization_id) and _exists(organization_id))
        values = self.values(call, None, faults, whole=True)
        if organization_id is None:
            faults.check()
        row = self.new(organization_id or 0, **ids)
        self._check(call, row, values, faults)
        with transaction.atomic():
            self.apply(call, row, values)
            self.save(call, row)
        return Created(self.show(call, [row])[0])

    def save(self, call: Call, row: Any) -> None:
        """Write a row."""
        row.save()

    def change(self, call: Call, **ids: int) -> Any:
        """Edit a row: what is sent and writable."""
        return self._change(call, ids, whole=False)

    def replace(self, call: Call, **ids: int) -> Any:
        """PUT: the same with the required fields demanded."""
        return self._change(call, ids, whole=True)

    def _change(self, call: Call, ids: dict[str, int], *, whole: bool) -> Any:
        faults = Faults()
        found = self.find(call, "change", **ids)
        with transaction.atomic():
            row = type(found)._default_manager.select_for_update(of=("self",)).get(pk=found.pk)
            values = self.values(call, row, faults, whole=whole)
            self._check(call, row, values, faults)
            if values:
                self.apply(call, row, values)
                if hasattr(row, "version"):
                    row.version += 1
                self.save(call, row)
        return self.show(call, [row])[0]

    def _check(self, call: Call, row: Any, values: dict[str, Any], faults: Faults) -> None:
        for name, value in values.items():
            field = self.fields[name]
            refers = field.type == "Relationship" and not field.many and value is not None
            if refers and not known(field.to, value, row.organization_id):
                faults.add(name, shapes.unknown(value))
        if not faults:
            self.check(call, row, values, faults)
        faults.check()

    def values(self, call: Call, row: Any, faults: Faults, *, whole: bool) -> dict[str, Any]:
        """What the body says about writable fields and differs from the row."""
        found: dict[str, Any] = {}
        for name, field in self.fields.items():
            if field.read_only:
                continue
            if name == "organization":
                self._stays(call, row, faults)
                continue
            if name not in call.body:
                if whole and field.required:
                    faults.add(name, REQUIRED)
                continue
            try:
                value = shapes.read(field, call.body[name])
            except Invalid as error:
                faults.add(name, str(error))
                continue
            if row is None or self.stored(row, field) != value:
                found[name] = value
        return found

    def stored(self, row: Any, field: Field) -> Any:
        """The row's value as `shapes.read` gives values."""
        if field.show is not None:
            return field.show(row)
        return getattr(row, f"{field.core}_id" if field.type == "Relationship" else field.core)

    def _stays(self, call: Call, row: Any, faults: Faults) -> None:
        """A row stays in its organization."""
        if row is None or "organization" not in call.body:
            return
        try:
            same = shapes.reference(call.body["organization"]) == row.organization_id
        except Invalid:
            same = False
        if not same:
            faults.add("organization", "cant edit field: organization")

    def destroy(self, call: Call, **ids: int) -> Any:
        """Delete a row; what names it lets go of it."""
        row = self.find(call, "delete", **ids)
        try:
            clearing.forget(row, by=call.caller.acting(row.organization_id), kind=self.kind)
        except (ProtectedError, RestrictedError) as error:
            raise errors.invalid({"non_field_errors": ["This is still in use and cannot be deleted."]}) from error

    def show(self, call: Call, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows as answers show them; one statement for what they refer to."""
        names, zone = call.names, call.caller.zone()
        for row in rows:
            for field in self.fields.values():
                if field.type == "Relationship" and not field.many and field.core:
                    names.want(field.to, getattr(row, f"{field.core}_id"))
        names.load()
        return [{name: self.shown(call, row, field, zone) for name, field in self._shown_fields()} for row in rows]

    def _shown_fields(self) -> list[tuple[str, Field]]:
        return [(name, field) for name, field in self.fields.items() if not field.write_only]

    def shown(self, call: Call, row: Any, field: Field, zone: Any) -> Any:
        """One value of an answer."""
        if field.name == "display_name":
            return self.display_name(row)
        if field.name == "_urls":
            return self.urls(call, row)
        if field.type == "Relationship" and not field.many:
            return call.names.show(field.to, getattr(row, f"{field.core}_id"))
        value = field.show(row) if field.show is not None else getattr(row, field.core)
        return moment(value, zone) if field.type == "DateTime" else value


def _exists(organization_id: int) -> bool:
    return Organization.objects.filter(pk=organization_id).exists()


def known(what: str, number: int, organization_id: int) -> bool:
    """Is there such an object in the organization (CE-203)?"""
    if what == "kb":
        return Article.objects.filter(pk=number, organization_id=organization_id).exists()
    return Rows(organization_id).get(_LABELS[what], number) is not None


_LABELS = {
    "user": "directory.Person",
    "team": "directory.Team",
    "category": "tickets.Category",
    "comment_category": "tickets.CommentCategory",
    "project": "directory.Project",
}

"""The directory's rows as one table: companies, contacts, teams, queues, categories and all that tickets refer to.

Each line of `RESOURCES` makes the four addresses of a resource. Shapes are derived from the model's own columns; every
row has a version, which is its ETag (RS-030). Rows are never deleted, since tickets name them: they become inactive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Union

import msgspec
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from msgspec import UNSET, Meta, Struct, UnsetType

from polydesk.directory import founding, teams
from polydesk.directory.actors import Actor
from polydesk.directory.models import (
    Asset,
    Company,
    Contract,
    Membership,
    Milestone,
    Person,
    Product,
    Project,
    Role,
    Site,
    SlaPolicy,
    Team,
    WorkType,
)
from polydesk.tickets.checks import Rows
from polydesk.tickets.models import Category, CustomField, Form, Priority, Queue, Status, Tag
from polydesk.tickets.refusals import Missing, Stale
from polydesk.web.problems import FieldError, Problem

from . import errors, lists, showing
from .fields import Id, Moment, Ref, RefIn
from .wire import Call, Operation, Reply

Narrow = Callable[[Actor, QuerySet[Any]], QuerySet[Any]]
Words = Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=500)]


@dataclass(frozen=True)
class Resource:
    """One kind of row: which columns are shown and written, who reads and writes them, what lists narrow by."""

    key: str
    model: type[models.Model]
    one: str
    columns: str
    read_only: str = ""
    filters: str = ""
    writers: str = "admin"
    """`admin`: administrators; `staff`: everybody who works on tickets; `nobody`."""
    customers: Narrow | None = None
    """What customers see of it; None: nothing, it is for staff."""
    among: Q = field(default_factory=Q)
    types: Mapping[str, Any] = field(default_factory=dict)
    """Shapes of JSON columns."""

    @property
    def name(self) -> str:
        """The struct's name."""
        return "".join(part.capitalize() for part in self.one.split())

    @cached_property
    def shown_struct(self) -> type[Struct]:
        """What comes out."""
        columns = [("id", int), ("version", int)]
        columns += [(c, self._shown(c)) for c in (*self.columns.split(), *self.read_only.split())]
        columns += [("created_at", dt.datetime), ("updated_at", dt.datetime)]
        return msgspec.defstruct(self.name, columns, namespace={"__doc__": f"A {self.one}."})

    @cached_property
    def new_struct(self) -> type[Struct]:
        """What goes in to make one."""
        columns = [(c, *self._given(c, new=True)) for c in self.columns.split()]
        doc = f"A {self.one} to be made."
        return msgspec.defstruct(
            f"New{self.name}", columns, namespace={"__doc__": doc}, forbid_unknown_fields=True, kw_only=True
        )

    @cached_property
    def change_struct(self) -> type[Struct]:
        """What goes in to change one; read-only members are accepted as they are shown (RC-350)."""
        columns = [(c, *self._given(c, new=False)) for c in self.columns.split()]
        columns += [(c, Any, UNSET) for c in ("id", "version", "created_at", "updated_at", *self.read_only.split())]
        doc = f"What to change of a {self.one}; what is absent stays."
        return msgspec.defstruct(
            f"{self.name}Change", columns, namespace={"__doc__": doc}, forbid_unknown_fields=True, kw_only=True
        )

    @cached_property
    def query_struct(self) -> type[Struct]:
        """The parameters of the list."""
        columns: list[Any] = [
            (
                "name",
                Annotated[Annotated[str, Meta(max_length=200)] | None, Meta(description="Names that begin so.")],
                None,
            )
        ]
        for name in self.filters.split():
            column = self.model._meta.get_field(name)
            kind: Any = bool if isinstance(column, models.BooleanField) else Id if column.is_relation else str
            text = Annotated[str, Meta(max_length=255)] if kind is str else kind
            columns.append((name, Annotated[text | None, Meta(description=f"Only those of this {name}.")], None))
        return msgspec.defstruct(
            f"{self.name}Query", columns, bases=(lists.ListQuery,), forbid_unknown_fields=True, kw_only=True
        )

    def _shown(self, name: str) -> Any:
        if name in self.types:
            return self.types[name]
        column = self.model._meta.get_field(name)
        if column.is_relation:
            return Ref | None
        plain = _python_type(column)
        return plain | None if column.null else plain

    def _given(self, name: str, *, new: bool) -> tuple[Any, ...]:
        column = self.model._meta.get_field(name)
        required = new and not column.blank and not column.has_default() and not column.null
        if name in self.types:
            kind = self.types[name]
        elif column.is_relation:
            kind = Id | RefIn
        elif isinstance(column, models.DateTimeField):
            kind = Moment
        elif isinstance(column, models.CharField | models.TextField):
            kind = Annotated[str, Meta(max_length=column.max_length or 20_000)]
        elif isinstance(column, models.IntegerField):
            small = isinstance(column, models.PositiveSmallIntegerField)
            kind = Annotated[int, Meta(ge=0 if small else -(2**31), le=32_767 if small else 2**31 - 1)]
        else:
            kind = _python_type(column)
        kind = kind | None if column.null else kind
        return (kind,) if required else (Union[kind, UnsetType], UNSET)  # noqa: UP007 - built at run time

    # --- who

    def visible(self, actor: Actor) -> QuerySet[Any]:
        """The rows that the actor may see."""
        found = self.model._default_manager.filter(self.among, organization_id=actor.organization_id)
        if actor.is_staff:
            return found
        if self.customers is None:
            raise Problem("forbidden", "This is for staff.")
        return self.customers(actor, found)

    def require_writer(self, actor: Actor) -> None:
        """Raise unless the actor may write such rows (RS-138)."""
        works = actor.is_staff and any(r == "*" or r.startswith(("triage:", "change:")) for r in actor.rights)
        if not (actor.is_admin or (self.writers == "staff" and works)):
            raise Problem("forbidden", f"You may not write {self.key.replace('-', ' ')} here.")

    # --- views

    def list(self, call: Call) -> Reply:
        """A page of rows."""
        found = self.visible(call.actor)
        for name in self.filters.split():
            if (value := getattr(call.query, name)) is not None:
                found = found.filter(**{name: value})
        if call.query.name is not None:
            found = found.filter(name__istartswith=call.query.name)
        rows, links = lists.rows(call, found)
        return Reply(lists.Page(self.show(call.actor, rows), links, lists.count(call, lambda n: found[:n].count())))

    def read(self, call: Call, id: int) -> Reply:
        """One row."""
        return self._reply(call, self._row(call, id))

    def create(self, call: Call) -> Reply:
        """Make a row."""
        self.require_writer(call.actor)
        row = self.model(organization_id=call.actor.organization_id)
        self._take(call, row, call.body)
        self._save(row)
        reply = self._reply(call, row)
        reply.headers["Location"] = f"{showing.PREFIX}/{self.key}/{row.pk}"
        return reply

    def change(self, call: Call, id: int) -> Reply:
        """Change a row; what equals the present value changes nothing."""
        self._row(call, id)
        self.require_writer(call.actor)
        with transaction.atomic():
            row = self._row(call, id, hold=True)
            if call.expected is not None and call.expected != row.version:
                raise Stale(row.version)
            self._check_written_back(call, row)
            if self._take(call, row, call.body):
                row.version += 1
                self._save(row)
        return self._reply(call, self._row(call, id))

    def _reply(self, call: Call, row: Any) -> Reply:
        return Reply(self.show(call.actor, [row])[0], version=row.version)

    def _row(self, call: Call, id: int, *, hold: bool = False) -> Any:
        found = self.visible(call.actor)
        row = (found.select_for_update(of=("self",)) if hold else found).filter(pk=id).first() if id < 2**63 else None
        if row is None:
            raise Missing
        return row

    def show(self, actor: Actor, rows: Sequence[Any]) -> list[Any]:
        """Rows as structs, names looked up once per column."""
        names = self.shown_struct.__struct_fields__
        naming = {}
        for name in names:
            column = self.model._meta.get_field(name)
            if column.is_relation:
                title = (
                    "title"
                    if any(f.name == "title" for f in column.related_model._meta.fields)
                    and not any(f.name == "name" for f in column.related_model._meta.fields)
                    else "name"
                )
                naming[name] = showing.refs(column.related_model, [getattr(r, f"{name}_id") for r in rows], title)
        return [
            self.shown_struct(*(naming[n](getattr(row, f"{n}_id")) if n in naming else getattr(row, n) for n in names))
            for row in rows
        ]

    # --- writing

    def _check_written_back(self, call: Call, row: Any) -> None:
        fixed = ("id", "version", "created_at", "updated_at", *self.read_only.split())
        given = {n: v for n in fixed if (v := getattr(call.body, n)) is not UNSET}
        if not given:
            return
        now = msgspec.json.decode(msgspec.json.encode(self.show(call.actor, [row])[0]))
        faults = [
            FieldError(field=n, rule="read_only", message="This member cannot be written.")
            for n, v in given.items()
            if now[n] != v
        ]
        if faults:
            raise errors.refused(faults)

    def _take(self, call: Call, row: Any, body: Any) -> bool:
        """Put the given values on the row; did anything change?"""
        changed = False
        rows = Rows(call.actor.organization_id)
        for name in self.columns.split():
            value = getattr(body, name)
            if value is UNSET:
                continue
            column = self.model._meta.get_field(name)
            if column.is_relation:
                value = value.id if isinstance(value, RefIn) else value
                if value is not None and rows.get(column.related_model._meta.label, value) is None:
                    raise errors.fault(name, "unknown", "There is no such row.", "validation")
                name = f"{name}_id"
            elif isinstance(value, dt.datetime):
                value = _utc(name, value)
            if getattr(row, name) != value:
                setattr(row, name, value)
                changed = True
        if row.pk and any(f.name == "parent" for f in self.model._meta.fields):
            _check_no_circle(self.model, row)
        return changed

    def _save(self, row: Any) -> None:
        try:
            row.full_clean(validate_unique=True)
            with transaction.atomic():
                row.save()
        except ValidationError as error:
            raise errors.refused(_faults(error), "validation") from None
        except IntegrityError:
            raise errors.fault("", "unique", "Another row has these values already.", "validation") from None

    def operations(self) -> Iterable[Operation]:
        """The lines of the route table."""
        path, many = f"/{self.key}", self.key.replace("-", " ")
        scope = self.key
        yield Operation(
            "GET", path, self.list, f"List {many}", scope, query=self.query_struct, answer=lists.Page[self.shown_struct]
        )
        if self.writers != "nobody":
            yield Operation(
                "POST",
                path,
                self.create,
                f"Make a {self.one}",
                scope,
                self.new_struct,
                answer=self.shown_struct,
                status=201,
            )
        yield Operation("GET", path + "/{id}", self.read, f"Read a {self.one}", scope, answer=self.shown_struct)
        if self.writers != "nobody":
            yield Operation(
                "PATCH",
                path + "/{id}",
                self.change,
                f"Change a {self.one}",
                scope,
                self.change_struct,
                answer=self.shown_struct,
            )


def _python_type(column: Any) -> Any:
    if isinstance(column, models.BooleanField):
        return bool
    if isinstance(column, models.DateTimeField):
        return dt.datetime
    if isinstance(column, models.DateField):
        return dt.date
    if isinstance(column, models.IntegerField):
        return int
    return str


def _utc(name: str, value: dt.datetime) -> dt.datetime:
    try:
        return value.astimezone(dt.UTC)
    except (OverflowError, ValueError):
        raise errors.fault(name, "out_of_range", "This moment is out of range.", "validation") from None


def _check_no_circle(model: type[models.Model], row: Any) -> None:
    seen, parent = {row.pk}, row.parent_id
    while parent is not None:
        if parent in seen:
            raise errors.fault("parent", "circle", "A row cannot be its own ancestor.", "validation")
        seen.add(parent)
        parent = model._default_manager.filter(pk=parent).values_list("parent_id", flat=True).first()


def _faults(error: ValidationError) -> list[FieldError]:
    return [
        FieldError(
            field="" if name == "__all__" else name,
            rule="unique" if "nique" in str(problem.code) else str(problem.code or "invalid"),
            message=" ".join(problem.messages),
        )
        for name, problems in error.error_dict.items()
        for problem in problems
    ]


def _own_company(actor: Actor, found: QuerySet[Any]) -> QuerySet[Any]:
    return found.filter(pk=actor.company_id or 0)


def _oneself(actor: Actor, found: QuerySet[Any]) -> QuerySet[Any]:
    return found.filter(pk=actor.person_id or 0)


def _offered(actor: Actor, found: QuerySet[Any]) -> QuerySet[Any]:
    return found.filter(for_customers=True, is_active=True)


def _active(actor: Actor, found: QuerySet[Any]) -> QuerySet[Any]:
    return found.filter(is_active=True)


_PERSON = "name first_name last_name email phone mobile title company site is_active language time_zone"
_PLACE = "address city state postal_code country phone"
_USERS = Q(pk__in=Membership.objects.filter(side=Membership.STAFF).values("person"))

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "companies",
        Company,
        "company",
        "name parent is_customer is_supplier number reference email website "
        f"{_PLACE} owner sla default_access is_active",
        filters="parent is_customer is_supplier is_active number email",
        writers="staff",
        customers=_own_company,
    ),
    Resource(
        "sites",
        Site,
        "site",
        f"company name {_PLACE} is_active is_primary",
        filters="company is_active",
        writers="staff",
    ),
    Resource(
        "contacts",
        Person,
        "contact",
        _PERSON,
        read_only="login",
        filters="company email is_active",
        writers="staff",
        customers=_oneself,
        among=~_USERS & Q(is_system=False),
    ),
    Resource(
        "users",
        Person,
        "user",
        _PERSON,
        read_only="login",
        filters="email is_active",
        among=_USERS & Q(is_system=False),
    ),
    Resource("teams", Team, "team", "name description email is_active", filters="is_active"),
    Resource("queues", Queue, "queue", "name description team position is_active", filters="team is_active"),
    Resource(
        "categories",
        Category,
        "category",
        "parent key name names descriptions kinds position is_active for_customers",
        filters="parent is_active for_customers key",
        customers=_offered,
        types={"names": dict[str, str], "descriptions": dict[str, str], "kinds": Words},
    ),
    Resource(
        "statuses-added",
        Status,
        "added status",
        "key name phase kinds position is_active",
        filters="phase is_active",
        types={"kinds": Words},
    ),
    Resource("priorities-added", Priority, "added priority", "key name level position is_active", filters="is_active"),
    Resource("forms", Form, "form", "name nickname is_default is_active position", filters="is_active"),
    Resource("tags", Tag, "tag", "name is_active", filters="is_active", writers="staff"),
    Resource(
        "custom-fields",
        CustomField,
        "custom field",
        "key name help type choices max_length kinds is_required is_searchable for_customers is_active position",
        filters="type is_active for_customers",
        customers=_offered,
        types={"choices": list[str], "kinds": Words},
    ),
    Resource(
        "products",
        Product,
        "product",
        "key name names description parent position is_active",
        filters="parent is_active key",
        customers=_active,
        types={"names": dict[str, str]},
    ),
    Resource(
        "assets",
        Asset,
        "asset",
        "type name company site contact product contract sla "
        "serial_number reference_number notes installed_on is_active",
        filters="type company product is_active serial_number",
        writers="staff",
    ),
    Resource(
        "contracts",
        Contract,
        "contract",
        "company name number description starts_on ends_on is_default is_active sla",
        filters="company is_active",
    ),
    Resource(
        "projects",
        Project,
        "project",
        "name code description company manager planned_start planned_finish real_start real_finish is_active",
        filters="company is_active",
    ),
    Resource("milestones", Milestone, "milestone", "project name description starts_at ends_at", filters="project"),
    Resource("work-types", WorkType, "work type", "name number description use is_active", filters="use is_active"),
    Resource(
        "sla-policies",
        SlaPolicy,
        "service level",
        "name key is_active is_default",
        filters="is_active",
        writers="nobody",
    ),
)
BY_KEY = {resource.key: resource for resource in RESOURCES}


# --- what does not fit the table: who is in a team, and how a user stands in the organization


class Standing(Struct, kw_only=True):
    """How somebody stands in the organization."""

    side: str
    role: Ref | None
    role_key: str | None
    is_admin: bool
    sees_company: bool
    is_active: bool


class NewStanding(Struct, forbid_unknown_fields=True, kw_only=True):
    """How somebody shall stand in the organization; the role by its key."""

    role_key: Annotated[str, Meta(max_length=60)]
    side: Annotated[str, Meta(pattern="^(staff|customer)$")] = "staff"
    is_admin: bool = False
    sees_company: bool = True
    is_active: bool = True


def standing(call: Call, id: int) -> Reply:
    """How a person stands here."""
    person = _person(call, id)
    member = Membership.objects.filter(person=person, organization_id=call.actor.organization_id).first()
    if member is None:
        raise Missing
    return Reply(_standing(member))


def set_standing(call: Call, id: int) -> Reply:
    """Make a person a member, or change what he is here."""
    person, body = _person(call, id), call.body
    role = Role.objects.filter(organization_id=call.actor.organization_id, key=body.role_key).first()
    if role is None:
        raise errors.fault("role_key", "unknown", "There is no such role.", "validation")
    if person.pk == call.actor.person_id:
        raise Problem("forbidden", "Nobody changes his own standing.")
    if person.is_superuser and not call.actor.is_superuser:
        raise Problem("forbidden", "This person runs the installation.")
    member, _ = Membership.objects.update_or_create(
        person=person,
        organization_id=call.actor.organization_id,
        defaults={
            "role": role,
            "side": body.side,
            "is_admin": body.is_admin,
            "sees_company": body.sees_company,
            "is_active": body.is_active,
        },
    )
    founding.tell_standing(member, by=call.actor.person_id)
    return Reply(_standing(member))


def _standing(member: Membership) -> Standing:
    return Standing(
        side=member.side,
        role=Ref(member.role.pk, member.role.name) if member.role else None,
        role_key=member.role.key if member.role else None,
        is_admin=member.is_admin,
        sees_company=member.sees_company,
        is_active=member.is_active,
    )


def _person(call: Call, id: int) -> Person:
    found = Person.objects.filter(pk=id, organization_id=call.actor.organization_id) if id < 2**63 else None
    person = found.first() if found is not None else None
    if person is None:
        raise Missing
    return person


class NewMember(Struct, forbid_unknown_fields=True):
    """Who shall be in the team."""

    id: Id


def team_members(call: Call, id: int) -> Reply:
    """Who is in a team."""
    team = BY_KEY["teams"]._row(call, id)
    found = Person.objects.filter(teams=team)
    rows, links = lists.rows(call, found)
    return Reply(
        lists.Page([Ref(p.pk, p.name) for p in rows], links, lists.count(call, lambda most: found[:most].count()))
    )


def add_member(call: Call, id: int) -> Reply:
    """Put somebody into a team."""
    team = BY_KEY["teams"]._row(call, id)
    person = Rows(call.actor.organization_id).get("directory.Person", call.body.id)
    if person is None:
        raise errors.fault("id", "unknown", "There is no such person.", "validation")
    if person.pk == call.actor.person_id and not call.actor.is_superuser:
        raise Problem("forbidden", "Nobody puts himself into a team.")
    teams.admit(team, person.pk, by=call.actor.person_id)
    return Reply(Ref(person.pk, person.name))


def remove_member(call: Call, id: int, person: int) -> Reply:
    """Take somebody out of a team."""
    team = BY_KEY["teams"]._row(call, id)
    if person >= 2**63 or not teams.dismiss(team, person, by=call.actor.person_id):
        raise Missing
    return Reply()


MEMBER_OPERATIONS = (
    Operation(
        "GET", "/users/{id}/standing", standing, "Read how a person stands here", "users", answer=Standing, admin=True
    ),
    Operation(
        "PUT", "/users/{id}/standing", set_standing, "Set how a person stands here", "users", NewStanding,
        answer=Standing, admin=True,
    ),
    Operation(
        "GET", "/teams/{id}/members", team_members, "List a team's members", "teams", query=lists.ListQuery,
        answer=lists.Page[Ref],
    ),
    Operation(
        "POST", "/teams/{id}/members", add_member, "Put somebody into a team", "teams", NewMember, answer=Ref,
        status=201, admin=True,
    ),
    Operation(
        "DELETE", "/teams/{id}/members/{person}", remove_member, "Take somebody out of a team", "teams", status=204,
        admin=True,
    ),
)  # fmt: skip

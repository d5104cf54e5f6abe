"""`Ticket` as the package's users know it, over the engine's one ticket table (ST-003, ST-098, ST-099)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings as project
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from polydesk.tickets.kinds import PRIORITIES
from polydesk.tickets.models import Attachment
from polydesk.tickets.models import Ticket as CoreTicket
from polydesk.web.moments import Moment

from . import fields, lifecycle, people, settings
from .fields import ASSIGNED_STATUSES, CLOSED, FACE, NEW, SOLVED

LOOKUPS = {
    "user": "requester__user",
    "staff": "assignee__user",
    "resolution_text": "resolution",
    "creation_date": "created_at",
    "modification_date": "edited_at",
    "resolution_date": "solved_at",
}
NUMBERS = ("state", "severity", "ticket_type", "ticket_number")


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Lookups by the package's names; whatever is read has been closed when that was due (ST-048)."""

    def in_list(self) -> TicketQuerySet:
        """Not deleted."""
        return self.filter(deleted_at__isnull=True)

    def n_total(self, user: Any) -> int:
        """How many tickets count for this user: all for admins, those assigned to him for staff, else his own."""
        return self.counting_for(people.Visitor(user)).count()

    def n_solved(self, user: Any) -> int:
        """How many of them are solved or closed."""
        return self.counting_for(people.Visitor(user)).filter(phase__in=("solved", "closed", "dropped")).count()

    def counting_for(self, visitor: people.Visitor) -> TicketQuerySet:
        """The tickets in a visitor's boxes (ST-090)."""
        of_desk = self.filter(organization_id=visitor.person.organization_id)
        if visitor.is_admin:
            return of_desk
        return of_desk.filter(assignee=visitor.person) if visitor.is_staff else of_desk.filter(requester=visitor.person)

    def order_by(self, *names: Any) -> TicketQuerySet:
        return super().order_by(*[_ordering(name) for name in names])

    def _filter_or_exclude(self, negate: bool, args: Any, kwargs: Any) -> TicketQuerySet:
        plain: dict[str, Any] = {}
        for lookup, value in kwargs.items():
            name, _, rest = lookup.partition("__")
            if name in NUMBERS and rest in ("", "exact", "in"):
                args = (*args, _by_number(name, value if rest == "in" else [value]))
            else:
                plain["__".join(filter(None, (LOOKUPS.get(name, name), rest)))] = value
        found: TicketQuerySet = super()._filter_or_exclude(negate, args, plain)
        return found

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            lifecycle.settle()
        super()._fetch_all()  # type: ignore[misc]

    def count(self) -> int:
        if self._result_cache is None:
            lifecycle.settle()
        return super().count()

    def exists(self) -> bool:
        if self._result_cache is None:
            lifecycle.settle()
        return super().exists()

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        lifecycle.settle()
        return super().iterator(*args, **kwargs)


def _ordering(name: Any) -> Any:
    if not isinstance(name, str):
        return name
    sign, bare = ("-", name[1:]) if name.startswith("-") else ("", name)
    return sign + {**LOOKUPS, "severity": "priority_level", "ticket_number": "id", "state": "phase"}.get(bare, bare)


def _by_number(name: str, numbers: Iterable[Any]) -> Q:
    found = Q(pk__in=())
    for number in numbers:
        found |= _ONE[name](int(number))
    return found


def _state(number: int) -> Q:
    if number == NEW:
        return Q(phase="new")
    if number == SOLVED:
        return Q(phase="solved")
    if number == CLOSED:
        return Q(phase__in=("closed", "dropped"))
    if number == fields.ASSIGNED:
        return Q(status__in=ASSIGNED_STATUSES)
    worked_on = Q(phase__in=("open", "waiting")) & ~Q(status__in=ASSIGNED_STATUSES)
    kept = Q(status="in_progress") & _has("state")
    own = Q(status="in_progress", **{f"extra__{FACE}__state__0": number})
    return own | (worked_on & ~kept) if number == fields.in_progress() else own


def _severity(number: int) -> Q:
    levels = [level for level, shown in _shown_levels().items() if shown == number]
    nothing = Q(priority_level__isnull=True) if None in levels else Q(pk__in=())
    kept = Q(pk__in=())
    for priority in PRIORITIES:
        kept |= Q(priority=priority) & _has("severity") & Q(**{f"extra__{FACE}__severity__1": priority})
    own = kept & Q(**{f"extra__{FACE}__severity__0": number})
    return own | (~kept & (Q(priority_level__in=[n for n in levels if n]) | nothing))


def _has(name: str) -> Q:
    return Q(**{f"extra__{FACE}__{name}__isnull": False})


def _shown_levels() -> dict[int | None, int]:
    class Bare:
        kind, status, phase, priority, extra = "", "", "", None, {}  # type: ignore[var-annotated]
        priority_level: int | None = None

    found: dict[int | None, int] = {}
    for level in (None, 1, 2, 3, 4, 5, 6):
        bare = Bare()
        bare.priority_level = level
        found[level] = fields.severity(bare)  # type: ignore[arg-type]
    return found


def _type(number: int) -> Q:
    own = Q(**{f"extra__{FACE}__ticket_type": number})
    listed = [n for n, _ in fields.choices("ST_TCKT_TYPE")]

    def shown(code: int) -> bool:
        return (code if code in listed else listed[-1] if listed else code) == number

    kinds = [kind for kind, code in fields._TYPE_OF_KIND.items() if shown(code)]
    foreign = Q(kind__in=kinds)
    if shown(9):
        foreign |= ~Q(kind__in=tuple(fields._TYPE_OF_KIND))
    return own | (foreign & Q(**{f"extra__{FACE}__ticket_type__isnull": True}))


def _number(number: int) -> Q:
    return Q(pk=number % 1_000_000) if number < 10**8 else Q(pk=int(str(number)[2:]))


_ONE = {"state": _state, "severity": _severity, "ticket_type": _type, "ticket_number": _number}


class TicketManager(models.Manager.from_queryset(TicketQuerySet)):  # type: ignore[misc]
    """Tickets that are not deleted."""

    def get_queryset(self) -> TicketQuerySet:
        found: TicketQuerySet = super().get_queryset()
        return found.filter(deleted_at__isnull=True)


class Ticket(CoreTicket):
    """A ticket under the package's names. Saving goes through the engine's one write path."""

    objects = TicketManager()  # type: ignore[misc]

    class Meta:
        proxy = True
        verbose_name = "ticket"
        verbose_name_plural = "tickets"

    def __str__(self) -> str:
        return f"{self.ticket_number}"

    @property
    def _pending(self) -> dict[str, Any]:
        found: dict[str, Any] = self.__dict__.setdefault("_asked", {})
        return found

    def _get(self, name: str, stored: Any) -> Any:
        return self._pending.get(name, stored)

    @property
    def ticket_number(self) -> str:
        """Two digits of the year of creation and the id on six digits (ST-038)."""
        if self.pk is None:
            return ""
        return f"{moment(self.created_at):%y}{self.pk:06d}"

    @property
    def user(self) -> Any:
        """The owner, as the project's user; None for people the project does not know."""
        return self._get("user", self.requester.user if self.requester_id else None)

    @user.setter
    def user(self, value: Any) -> None:
        self._pending["user"] = value

    @property
    def staff(self) -> Any:
        """Who works on it, as the project's user."""
        return self._get("staff", self.assignee.user if self.assignee_id else None)

    @staff.setter
    def staff(self, value: Any) -> None:
        self._pending["staff"] = value

    @property
    def ticket_type(self) -> int:
        return int(self._get("ticket_type", None) or fields.ticket_type(self))

    @ticket_type.setter
    def ticket_type(self, value: int) -> None:
        self._pending["ticket_type"] = int(value)

    @property
    def severity(self) -> int:
        return int(self._get("severity", None) or fields.severity(self))

    @severity.setter
    def severity(self, value: int) -> None:
        self._pending["severity"] = int(value)

    @property
    def state(self) -> int:
        return int(self._get("state", None) or (fields.state(self) if self.pk else NEW))

    @state.setter
    def state(self, value: int) -> None:
        self._pending["state"] = int(value)

    @property
    def resolution_text(self) -> str:
        return str(self._get("resolution_text", self.resolution))

    @resolution_text.setter
    def resolution_text(self, value: str) -> None:
        self._pending["resolution_text"] = value

    def get_ticket_type_display(self) -> str:
        return fields.label("ST_TCKT_TYPE", self.ticket_type)

    def get_severity_display(self) -> str:
        return fields.label("ST_TCKT_SEVERITY", self.severity)

    def get_state_display(self) -> str:
        return fields.label("ST_TCKT_STATE", self.state)

    @property
    def creation_date(self) -> dt.datetime:
        return moment(self.created_at)

    @property
    def modification_date(self) -> dt.datetime:
        return moment(self.edited_at)

    @property
    def resolution_date(self) -> dt.datetime | None:
        return moment(self.solved_at) if self.solved_at else None

    @property
    def resolution_delta(self) -> int | None:
        """Whole seconds from creation to the solution (ST-044)."""
        return int((self.solved_at - self.created_at).total_seconds()) if self.solved_at else None

    def humanized_delta(self) -> str:
        """How long it took, in words."""
        return humanized(self.resolution_delta)

    @property
    def attachment(self) -> Attachment | None:
        """The first file of the opening message; None without one (ST-094)."""
        if self.pk is None:
            return None
        if "attachment" not in self.__dict__:
            self.__dict__["attachment"] = first_files([self.pk]).get(self.pk)
        found: Attachment | None = self.__dict__["attachment"]
        return found

    @attachment.setter
    def attachment(self, value: Any) -> None:
        self.__dict__["attachment"] = value

    def mntrfile(self) -> str:
        """Where the monitor is downloaded."""
        return reverse("TicketMonitor", kwargs={"ST_id": self.pk})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Create, or change what was assigned to; one event, or a line of its own when nothing changed."""
        from . import acts

        acts.save(self)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Delete softly, as every face does."""
        from . import acts

        acts.remove_by_program(self)
        return 1, {"simpletickets.Ticket": 1}

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__.pop("_asked", None)
        self.__dict__.pop("attachment", None)
        super().refresh_from_db(*args, **kwargs)


def first_files(ticket_ids: Iterable[int]) -> dict[int, Attachment]:
    """The first file of each opening message. One query."""
    rows = Attachment.objects.filter(
        ticket_id__in=list(ticket_ids), comment__type="opening", type="file", deleted_at__isnull=True, internal=False
    )
    return {row.ticket_id: row for row in rows.order_by("-id") if row.ticket_id}


def moment(value: dt.datetime) -> dt.datetime:
    """A moment as the project has them: aware, or local and naive with USE_TZ off."""
    if project.USE_TZ:
        return value
    return timezone.make_naive(value, timezone.get_default_timezone())


def humanized(seconds: float | None) -> str:
    """A span in its two largest units."""
    if seconds is None:
        return ""
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    left, said = int(seconds), []
    for name, size in units:
        number, left = divmod(left, size)
        if number:
            said.append(f"{number} {name}")
    return " ".join(said[:2]) or "0 s"


class UnchangedSave(models.Model):
    """Somebody saved a ticket without changing it: a line of the monitor that the engine's history need not know
    (ST-056, RC-346)."""

    ticket = models.ForeignKey(CoreTicket, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey("directory.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    at = Moment()
    version = models.PositiveIntegerField()
    """The number of the event it came after."""

    class Meta:
        ordering = ("id",)


__all__ = ["Ticket", "TicketManager", "UnchangedSave", "settings"]

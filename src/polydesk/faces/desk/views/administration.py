"""Administration: the organization, its people, its shelves, tokens per face, the log of what happened (PL-207)."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from polydesk.directory import actors, founding, teams
from polydesk.directory.models import Company, Credential, Membership, Organization, Person, Role, SecurityEvent
from polydesk.features import keys
from polydesk.tickets import kinds
from polydesk.tickets.models import Event, Ticket
from polydesk.tickets.refusals import Missing

from .. import admin, fields, history, shelves
from ..auth import administrator
from ..shelves import SHELVES, Wrong
from ..shown import Input
from ..vocabulary import Vocabulary

both = require_http_methods(["GET", "POST"])
PAGE = 100
VERBS = {
    "automation.changed": gettext_lazy("automation changed"),
    "automation.created": gettext_lazy("automation made"),
    "automation.removed": gettext_lazy("automation removed"),
    "automation.stopped": gettext_lazy("automation switched off: it went in circles"),
    "automation.switched_off": gettext_lazy("automation switched off"),
    "automation.switched_on": gettext_lazy("automation switched on"),
    "key.issued": gettext_lazy("key issued"),
    "key.revoked": gettext_lazy("key revoked"),
    "mail.brought_back": gettext_lazy("mail brought back"),
    "mail.dropped": gettext_lazy("mail dropped"),
    "mail.let_in": gettext_lazy("mail let in"),
    "mailbox.changed": gettext_lazy("mailbox changed"),
    "mailbox.connected": gettext_lazy("mailbox connected"),
    "mailbox.created": gettext_lazy("mailbox made"),
    "mailbox.removed": gettext_lazy("mailbox removed"),
    "membership.granted": gettext_lazy("may act here"),
    "membership.ended": gettext_lazy("may no longer act here"),
    "person.erased": gettext_lazy("personal data erased"),
    "role.rights_changed": gettext_lazy("rights of a role changed"),
    "signin.succeeded": gettext_lazy("signed in"),
    "signin.failed": gettext_lazy("sign-in failed"),
    "signin.ended": gettext_lazy("signed out"),
    "team.deleted": gettext_lazy("team deleted"),
    "team.joined": gettext_lazy("joined a team"),
    "team.left": gettext_lazy("left a team"),
    "team.rights_changed": gettext_lazy("rights of a team changed"),
}
"""What the audit log's verbs mean; the names themselves are for programs."""

NUMBERED = re.compile(r"\bperson (\d{1,18})\b")


@both
@administrator
def organization(request: HttpRequest) -> HttpResponse:
    """Name, address, zone and language; and the five steps to a working desk while some are open."""
    row = Organization.objects.get(pk=request.actor.organization_id)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        import zoneinfo

        name, zone = request.POST.get("name", "").strip(), request.POST.get("time_zone", "").strip()
        errors = {} if name else {"name": [_("A name is needed.")]}
        if zone not in zoneinfo.available_timezones():
            errors["time_zone"] = [_("There is no such time zone. Give one such as Europe/Berlin.")]
        if not errors:
            row.name, row.time_zone, row.email = name[:120], zone, request.POST.get("email", "").strip()[:254]
            row.save(update_fields=["name", "time_zone", "email", "updated_at"])
            messages.info(request, _("Changed."))
            return HttpResponseRedirect(reverse("desk:admin"))
    inputs = [
        Input("name", _("Name"), value=row.name, required=True, limit=120),
        Input("email", _("E-mail"), "email", row.email),
        Input("time_zone", _("Time zone"), value=row.time_zone, hint=_("Such as Europe/Berlin.")),
    ]
    for one in inputs:
        one.value, one.errors = request.POST.get(one.name, one.value), errors.get(one.name, [])
    values = {"title": _("Organization"), "inputs": inputs, "errors": [], "back": "", "lead": "", "steps": _steps(row)}
    return admin.page(request, "admin_form", "organization", values, 422 if errors else 200)


def _steps(row: Organization) -> list[tuple[str, str, bool]]:
    """What a desk needs before the first customer writes."""
    here = {"organization": row}
    teams = reverse("desk:admin_shelf", kwargs={"shelf": "teams"})
    categories = reverse("desk:admin_shelf", kwargs={"shelf": "categories"})
    staff = Membership.objects.filter(organization=row, side=Membership.STAFF, is_active=True).count()
    steps = [
        (_("Say who you are: name, address, time zone"), reverse("desk:admin"), bool(row.email)),
        (_("Invite a colleague"), reverse("desk:admin_people"), staff > 1),
        (_("Make a team"), teams, SHELVES["teams"].model._default_manager.filter(**here).exists()),
        (
            _("Name the categories of what people ask"),
            categories,
            SHELVES["categories"].model._default_manager.filter(**here).exists(),
        ),
        (_("Write the first ticket"), reverse("desk:new"), Ticket.objects.filter(**here).exists()),
    ]
    return [] if all(done for _n, _u, done in steps) else steps


# Shelves --------------------------------------------------------------------------------------------------------
@require_GET
@administrator
def shelf(request: HttpRequest, shelf: str) -> HttpResponse:
    one = _shelf(shelf)
    vocabulary = Vocabulary(request.actor)
    rows = _rows(one, request).order_by(*one.order)[:1000]
    shown = [
        SimpleNamespace(
            url=reverse("desk:admin_row", kwargs={"shelf": shelf, "pk": r.pk}), cells=one.cells(r, vocabulary)
        )
        for r in rows
    ]
    values = {
        "title": str(one.name),
        "heads": one.heads,
        "rows": shown,
        "hint": one.hint,
        "q": None,
        "older": "",
        "add": reverse("desk:admin_new", kwargs={"shelf": shelf}),
        "add_label": one.new,
        "offered": _offered(vocabulary) if shelf == "statuses" else [],
    }
    return admin.page(request, "admin_rows", shelf, values)


def _offered(vocabulary: Vocabulary) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each kind with the statuses that people choose from, the organization's own among them, and their phases."""
    own = {
        row.key: row.kinds
        for row in SHELVES["statuses"].model._default_manager.filter(organization_id=vocabulary.organization_id)
    }
    return [
        (
            vocabulary.kind(kind),
            [
                (name, vocabulary.statuses[key].phase)
                for key, name in vocabulary.offered_statuses(kind)
                if not own.get(key) or kind in own[key]
            ],
        )
        for kind in kinds.KINDS
    ]


@both
@administrator
def row(request: HttpRequest, shelf: str, pk: int = 0) -> HttpResponse:
    """One row of a shelf, to be changed or (without a number) to be made."""
    one = _shelf(shelf)
    found = _rows(one, request).filter(pk=pk).first() if pk else None
    if pk and found is None:
        raise Missing
    back = reverse("desk:admin_shelf", kwargs={"shelf": shelf})
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            _store(one, found, request)
        except Wrong as wrong:
            errors = wrong.errors
        except IntegrityError:
            errors = {"name": [_("There is one of this name already.")]}
        else:
            messages.info(request, _("Changed.") if found else _("Made."))
            return HttpResponseRedirect(back)
    title = getattr(found, "name", "") or str(one.new)
    return admin.form(
        request, shelf, title, one.inputs(found, Vocabulary(request.actor)), errors, back=back, lead=str(one.hint)
    )


def _store(one: shelves.Shelf, found: Any, request: HttpRequest) -> None:
    values = one.read(request.POST, request.actor, found)
    before = getattr(found, "rights", ())
    with transaction.atomic():
        made = found or one.model(organization_id=request.actor.organization_id)  # type: ignore[misc]
        for name, value in values.items():
            setattr(made, name, value)
        if found:
            made.version += 1
        made.save()
        if isinstance(made, Role):
            teams.regranted(made, before, by=request.actor.person_id)
        if one.after:
            one.after(made, request.POST, request.actor)


def _shelf(key: str) -> shelves.Shelf:
    if key not in SHELVES:
        raise Missing
    return SHELVES[key]


def _rows(one: shelves.Shelf, request: HttpRequest) -> Any:
    return one.model._default_manager.filter(organization_id=request.actor.organization_id)


# People ---------------------------------------------------------------------------------------------------------
@require_GET
@administrator
def people(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:100]
    found = Person.objects.filter(organization_id=request.actor.organization_id, is_system=False)
    if q:
        found = found.filter(Q(name__icontains=q) | Q(email__icontains=q) | Q(login__iexact=q))
    after = request.GET.get("after", "")
    found = found.filter(name__gt=after) if after else found
    rows = list(found.select_related("company").order_by("name")[: PAGE + 1])
    roles = {
        m.person_id: (m.role.name if m.role else m.get_side_display())
        for m in Membership.objects.filter(
            organization_id=request.actor.organization_id, person__in=[p.pk for p in rows], is_active=True
        ).select_related("role")
    }
    shown = [
        SimpleNamespace(
            url=reverse("desk:admin_person", kwargs={"pk": p.pk}),
            cells=(p.name, p.email, p.login or "", p.company.name if p.company else "", roles.get(p.pk, "")),
        )
        for p in rows[:PAGE]
    ]
    from urllib.parse import urlencode

    values = {
        "title": _("People"),
        "heads": (pgettext("of a person", "Name"), _("E-mail"), _("Login"), _("Company"), _("Role")),
        "rows": shown,
        "hint": "",
        "add": reverse("desk:admin_person_new"),
        "add_label": _("New person"),
        "q": q,
        "older": "?" + urlencode({"q": q, "after": rows[PAGE - 1].name}) if len(rows) > PAGE else "",
    }
    return admin.page(request, "admin_rows", "people", values)


@both
@administrator
def person(request: HttpRequest, pk: int = 0) -> HttpResponse:
    here = Person.objects.filter(organization_id=request.actor.organization_id, is_system=False)
    found = here.filter(pk=pk).first() if pk else None
    if pk and (found is None or (found.is_superuser and not request.actor.is_superuser)):
        raise Missing
    member = (
        Membership.objects.filter(organization_id=request.actor.organization_id, person=found).first()
        if found
        else None
    )
    roles = dict(
        Role.objects.filter(organization_id=request.actor.organization_id).order_by("id").values_list("id", "name")
    )
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            with transaction.atomic():
                _keep_person(request, found, member)
        except Wrong as wrong:
            errors = wrong.errors
        except IntegrityError:
            errors = {"email": [_("Somebody has this address or login already.")]}
        else:
            messages.info(request, _("Changed.") if found else _("Made."))
            return HttpResponseRedirect(reverse("desk:admin_people"))
    inputs = [
        Input("name", pgettext("of a person", "Name"), value=found.name if found else "", required=True, limit=200),
        Input("email", _("E-mail"), "email", found.email if found else ""),
        Input(
            "login",
            _("Login"),
            value=(found.login if found else "") or "",
            hint=_("Who has one can sign in; the password is set by “Forgot your password”."),
            limit=150,
        ),
        Input(
            "company",
            _("Company"),
            "lookup",
            fields.named_company(found.company) if found else "",
            source=reverse("desk:companies"),
        ),
        Input("role", _("Role"), "select", member.role_id if member else "", [("", _("None")), *roles.items()]),
        Input("is_admin", _("Administers the organization"), "checkbox", bool(member and member.is_admin)),
        Input("is_active", _("In use"), "checkbox", found.is_active if found else True),
    ]
    return admin.form(
        request, "people", found.name if found else _("New person"), inputs, errors, back=reverse("desk:admin_people")
    )


def _keep_person(request: HttpRequest, found: Person | None, member: Membership | None) -> None:
    actor, posted = request.actor, request.POST
    values = shelves.named(posted, 200)
    company = posted.get("company", "").strip()
    try:
        company_id = fields.company(company, Vocabulary(actor), None)
    except fields.Unreadable:
        company_id = Company.objects.create(organization_id=actor.organization_id, name=company[:255]).pk
    role = _role(request, member)
    login = posted.get("login", "").strip()[:150]
    row = found or Person(organization_id=actor.organization_id)
    first, _space, last = values["name"].partition(" ")
    if row.name != values["name"]:
        row.first_name, row.last_name = first[:80], last[:80]
    row.name, row.email, row.company_id = values["name"], posted.get("email", "").strip()[:254], company_id
    row.is_active = posted.get("is_active") == "on"
    if found and found.pk == actor.person_id and not row.is_active:
        raise Wrong({"is_active": [_("You cannot put yourself out of use.")]})
    if login != (row.login or ""):
        _rename(row, login)
    row.version += 1 if found else 0
    row.save()
    if role is not None:
        is_admin = posted.get("is_admin") == "on"
        founding.join(row, row.organization, role=role.key, is_admin=is_admin, by=actor.person_id)
    elif member is not None and member.is_admin != (posted.get("is_admin") == "on"):
        member.is_admin = not member.is_admin
        member.save(update_fields=["is_admin"])
        founding.tell_standing(member, by=actor.person_id)


def _role(request: HttpRequest, member: Membership | None) -> Role | None:
    """The role to give: not one's own, and none that holds more than one holds (RS-138)."""
    text = request.POST.get("role", "")
    role = (
        Role.objects.filter(organization_id=request.actor.organization_id, pk=text).first()
        if text.isdecimal()
        else None
    )
    changed = (role.pk if role else None) != (member.role_id if member else None)
    if not changed:
        return role
    if member is not None and member.person_id == request.actor.person_id:
        raise Wrong({"role": [_("Your own role is changed by somebody else.")]})
    if role is not None and not shelves.may_give(request.actor, role.rights):
        raise Wrong({"role": [_("This role has rights that you lack.")]})
    return role


def _rename(row: Person, login: str) -> None:
    users = get_user_model().objects
    if login and users.filter(username__iexact=login).exclude(pk=row.user_id).exists():
        raise Wrong({"login": [_("Somebody has this address or login already.")]})
    if not login:
        raise Wrong({"login": [_("A login cannot be taken away; put the person out of use instead.")]})
    if row.user is None:
        row.user = users.create_user(login, row.email, None)
    else:
        row.user.username = login
        row.user.save(update_fields=["username"])
    row.login = login


# Tokens ---------------------------------------------------------------------------------------------------------
@both
@administrator
def tokens(request: HttpRequest) -> HttpResponse:
    """Keys of the faces: made here, shown once, revoked here (PL-014)."""
    actor = request.actor
    errors: dict[str, list[str]] = {}
    secret: dict[str, object] = {}
    if request.method == "POST":
        try:
            secret = _issue(request)
        except Wrong as wrong:
            errors = wrong.errors
    rows = (
        Credential.objects.filter(organization_id=actor.organization_id).select_related("person").order_by("-id")[:500]
    )
    inputs = [
        Input("person", _("Acts as"), "lookup", "", source=reverse("desk:people"), required=True),
        Input("face", _("For"), "select", "native", [(f, str(history.VIAS.get(f, f))) for f in keys.FACES]),
        Input("name", _("Name"), value="", limit=100),
        Input("days", _("Ends after days"), "number", "", hint=_("Empty: never.")),
        Input("projects", _("Only these projects"), value="", limit=500, hint=_("For Selectel, with commas between.")),
        Input("read_only", _("May only read"), "checkbox", False),
    ]
    for one in inputs:
        one.errors = errors.get(one.name, [])
        if errors:
            one.value = request.POST.get(one.name, one.value)
    values = {
        "title": _("Tokens"),
        "rows": list(rows),
        "inputs": inputs,
        "secret": secret,
        "now": timezone.now(),
        "vias": history.VIAS,
    }
    return admin.page(request, "admin_tokens", "tokens", values, 422 if errors else 200)


def _issue(request: HttpRequest) -> dict[str, object]:
    posted, vocabulary = request.POST, Vocabulary(request.actor)
    try:
        person_id = fields.person(posted.get("person", ""), vocabulary, None)
    except fields.Unreadable as error:
        raise Wrong({"person": [str(error)]}) from error
    if person_id is None or posted.get("face") not in keys.FACES:
        raise Wrong({"person": [_("Choose whom the token acts as, and for what.")]})
    person = Person.objects.get(pk=person_id)
    acting = actors.of(person, request.actor.organization_id)
    if (
        acting is None
        or not shelves.may_give(request.actor, acting.rights)
        or (acting.is_superuser and not request.actor.is_superuser)
    ):
        raise Wrong({"person": [_("This person is no member here, or holds rights that you lack.")]})
    days = shelves.number(posted, "days", 1, 3650, 0)
    projects = list(dict.fromkeys(p for part in posted.get("projects", "").split(",") if (p := part.strip()[:64])))
    if projects and posted["face"] not in keys.SCOPED:
        raise Wrong({"projects": [_("Only tokens for Selectel have projects.")]})
    _row, shown = keys.issue(
        person,
        posted["face"],
        organization=request.actor.organization_id,
        name=posted.get("name", "")[:100],
        read_only=posted.get("read_only") == "on",
        projects=projects,
        created_by=request.actor.person_id,
        expires_at=timezone.now() + dt.timedelta(days=days) if days else None,
    )
    return shown


@require_POST
@administrator
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    found = Credential.objects.filter(organization_id=request.actor.organization_id, pk=pk).first()
    if found is None or not actors.revoke(found, by=request.actor.person_id):
        raise Missing
    messages.info(request, _("The token is revoked."))
    return HttpResponseRedirect(reverse("desk:admin_tokens"))


@require_GET
@administrator
def log(request: HttpRequest) -> HttpResponse:
    """What happened to tickets, newest first, and to the organization itself."""
    before = request.GET.get("before", "")
    found = Event.objects.filter(organization_id=request.actor.organization_id).order_by("-id")
    found = found.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else found
    events = list(found[: PAGE + 1])
    names = history.Names(events, Vocabulary(request.actor))
    changes = {c.id: c for c in history.changes(events[:PAGE], names, also_quiet=True)}
    rows = [(e, changes[e.pk]) for e in events[:PAGE] if e.pk in changes]
    secure = SecurityEvent.objects.filter(organization_id=request.actor.organization_id).order_by("-id")[:50]
    values = {
        "title": _("Log"),
        "rows": rows,
        "secure": _with_names(list(secure), request.actor.organization_id),
        "verbs": VERBS,
        "older": f"?before={events[PAGE - 1].pk}" if len(events) > PAGE else "",
    }
    return admin.page(request, "admin_log", "log", values)


def _with_names(events: list[SecurityEvent], organization: int) -> list[tuple[SecurityEvent, str, str]]:
    """Each event with what it is about and who did it: the rows keep numbers alone, for names change and are erased."""
    about = {int(number) for event in events for number in NUMBERED.findall(event.subject)}
    wanted = about | {event.actor_id for event in events if event.actor_id}
    names = dict(Person.objects.filter(organization_id=organization, pk__in=wanted).values_list("pk", "name"))

    def named(found: re.Match[str]) -> str:
        return names.get(int(found[1]), found[0])

    return [(e, NUMBERED.sub(named, e.subject), names.get(e.actor_id or 0, "")) for e in events]

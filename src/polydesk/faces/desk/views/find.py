"""What the palette and the look-up fields find: tickets, people, companies, views, pages and commands (PL-203)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from polydesk.directory.models import Company, Person
from polydesk.tickets import queries

from .. import fields, lists, rail
from ..auth import agent
from ..vocabulary import Vocabulary

FEW = 6
# Look-ups that search titles read only so many of the newest tickets: search proper belongs to the list.
RECENT = 3000


@require_GET
@agent
def find(request: HttpRequest) -> HttpResponse:
    """Groups of lines for what was typed: commands on the open ticket first, then tickets, people, pages."""
    q = request.GET.get("q", "").strip()[:100]
    ticket = request.GET.get("ticket", "")
    number = int(ticket) if ticket.isdecimal() and len(ticket) < 18 else 0
    groups = [
        (_("On this ticket"), _on_ticket(request, number, q) if number else []),
        (_("Tickets"), _tickets(request, q)),
        (_("People"), _people(request, q)),
        (_("Go to"), _places(request, q)),
    ]
    shown = [{"title": title, "found": found} for title, found in groups if found]
    return JsonResponse({"groups": shown, "nothing": _("Nothing by that name.")})


def _on_ticket(request: HttpRequest, number: int, q: str) -> list[dict[str, Any]]:
    """`assign tess`, `pri high`, `status solved`: a verb and the beginning of a value; without a value its form."""
    url = reverse("desk:ticket", kwargs={"number": number})
    vocabulary = Vocabulary(request.actor)
    verbs: list[tuple[str, str, str, dict[Any, str]]] = [
        ("assign", "assignee", "a", vocabulary.agents),
        ("status", "status", "s", {k: vocabulary.status(k) for k in vocabulary.statuses}),
        ("priority", "priority", "p", {k: vocabulary.priority(k) for k in vocabulary.priorities}),
        ("team", "team", "", vocabulary.teams),
    ]
    word, _space, rest = q.casefold().partition(" ")
    if not word:
        return [
            {"name": _("Reply"), "press": "r", "key": "r"},
            {"name": _("Note"), "press": "n", "key": "n"},
            {"name": _("Close the ticket"), "press": "e", "key": "e"},
            {"name": _("Assign…"), "dialog": f"{url}/change/assignee", "key": "a"},
            {"name": _("Set the priority…"), "dialog": f"{url}/change/priority", "key": "p"},
            {"name": _("Copy the link"), "press": "y", "key": "y"},
        ]
    found: list[dict[str, Any]] = []
    for verb, name, key, values in verbs:
        if not verb.startswith(word):
            continue
        chosen = [(k, v) for k, v in values.items() if rest.strip() in v.casefold()][:FEW]
        if rest.strip():
            found += [
                {
                    "name": f"{_(verb.capitalize())}: {label}",
                    "post": f"{url}/change/{name}",
                    "values": {name: value},
                    "key": key,
                }
                for value, label in chosen
            ]
        else:
            found.append({"name": _(verb.capitalize()) + "…", "dialog": f"{url}/change/{name}", "key": key})
    others = [
        (_("Close the ticket"), "close", {"press": "e", "key": "e"}),
        (_("Reply"), "reply", {"press": "r", "key": "r"}),
        (_("Note"), "note", {"press": "n", "key": "n"}),
        (_("Copy the link"), "copy", {"press": "y", "key": "y"}),
        (_("Merge…"), "merge", {"dialog": f"{url}/merge"}),
        (_("Link…"), "link", {"dialog": f"{url}/links"}),
        (_("Book time…"), "time", {"dialog": f"{url}/time"}),
        (_("History"), "history", {"url": f"{url}/history"}),
    ]
    return found + [
        {"name": n, **how} for n, w, how in others if w.startswith(word) or n.casefold().startswith(q.casefold())
    ]


def _tickets(request: HttpRequest, q: str) -> list[dict[str, Any]]:
    if not q:
        return []
    return [
        {"name": f"#{pk} {title}", "about": _(phase), "url": reverse("desk:ticket", kwargs={"number": pk})}
        for pk, title, phase in _matching(request, q)
    ] + [{"name": _("Search all tickets for “%(q)s”") % {"q": q}, "url": lists.Asked(q=q).link(), "key": "/"}]


def _matching(request: HttpRequest, q: str) -> list[tuple[int, str, str]]:
    visible = queries.visible_to(request.actor)
    number = q.lstrip("#")
    if number.isdecimal() and len(number) < 18:
        return list(visible.filter(pk=int(number)).values_list("pk", "title", "phase"))
    recent = list(visible.order_by("-id").values_list("pk", flat=True)[:RECENT])
    wanted = Q()
    for word in q.split()[:5]:
        wanted &= Q(title__icontains=word)
    found = (
        visible.filter(wanted, pk__in=recent) if len(recent) < RECENT else visible.filter(wanted, pk__gte=recent[-1])
    )
    return list(found.order_by("-id").values_list("pk", "title", "phase")[:FEW])


def _people(request: HttpRequest, q: str) -> list[dict[str, Any]]:
    if len(q) < 2:
        return []
    return [
        {"name": p.name, "about": p.email, "url": lists.Asked(q=f"requester:{p.pk}").link()}
        for p in _persons(request.actor.organization_id, q)[:FEW]
    ]


def _persons(organization_id: int, q: str) -> Any:
    wanted = Q(name__icontains=q) | Q(email__istartswith=q) | Q(login__istartswith=q)
    return Person.objects.filter(wanted, organization_id=organization_id, is_active=True, is_system=False).order_by(
        "name"
    )


def _places(request: HttpRequest, q: str) -> list[dict[str, Any]]:
    places = [(str(s.name), f"{reverse('desk:list')}?view={s.key}", "") for s in lists.STANDING]
    places += [(v.name, f"{reverse('desk:list')}?view={v.pk}", "") for v in rail.saved(request.actor)]
    places += [
        (_("New ticket"), reverse("desk:new"), "c"),
        (_("Triage"), reverse("desk:triage"), "t"),
        (_("Board"), reverse("desk:board"), ""),
        (_("Calendar"), reverse("desk:calendar"), ""),
        (_("Reports"), reverse("desk:reports"), ""),
        (_("Your profile"), reverse("desk:profile"), ""),
        (_("Keys"), reverse("desk:keys"), "?"),
    ]
    if request.actor.is_admin:
        places.append((_("Administration"), reverse("desk:admin"), ""))
    return [{"name": n, "url": u, "key": k} for n, u, k in places if q.casefold() in n.casefold()][
        : 12 if not q else FEW
    ]


@require_GET
@agent
def people(request: HttpRequest) -> HttpResponse:
    found = _persons(request.actor.organization_id, request.GET.get("q", "").strip()[:100]).select_related("company")[
        :10
    ]
    results = [{"value": fields.named_person(p), "about": p.company.name if p.company else ""} for p in found]
    return JsonResponse({"results": results})


@require_GET
@agent
def companies(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:100]
    found = Company.objects.filter(organization_id=request.actor.organization_id, is_active=True, name__icontains=q)
    return JsonResponse({"results": [{"value": c.name, "about": c.number} for c in found.order_by("name")[:10]]})


@require_GET
@agent
def numbers(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:100]
    return JsonResponse(
        {"results": [{"value": str(pk), "about": title} for pk, title, _p in (_matching(request, q) if q else [])]}
    )

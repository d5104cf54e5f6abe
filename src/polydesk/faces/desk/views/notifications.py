"""What the reader was told: the list, reading, and choosing what to be told (RS-027)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from polydesk.features.notifications import inbox, preferences, wording
from polydesk.features.notifications.house import house

from .. import pages
from ..auth import agent
from .preferences import back

PAGE = 50


@require_GET
@agent
def show(request: HttpRequest) -> HttpResponse:
    """Newest first; only the unread ones when asked for them."""
    unread = request.GET.get("show") == "unread"
    before = request.GET.get("before", "")
    found = inbox.listed(request.actor, unread=unread)
    found = found.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else found
    rows = list(found[: PAGE + 1])
    query: dict[str, Any] = {"show": "unread"} if unread else {}
    values = {
        "title": _("Notifications"),
        "rows": [_row(item) for item in inbox.items(request.actor, rows[:PAGE])],
        "unread": unread,
        "older": f"?{urlencode(query | {'before': rows[PAGE - 1].pk})}" if len(rows) > PAGE else "",
        "is_first": not before,
    }
    return pages.page(request, "notifications", values, here="notifications")


def _row(item: inbox.Item) -> SimpleNamespace:
    return SimpleNamespace(
        id=item.row.pk,
        url=reverse("desk:ticket", args=(item.ticket.pk,)) + (f"#entry-{item.row.comment_id}" if item.excerpt else ""),
        number=item.ticket.pk,
        title=item.ticket.title,
        sentence=item.sentence,
        excerpt=item.excerpt,
        at=item.row.created_at,
        unread=item.row.read_at is None,
    )


@require_POST
@agent
def read(request: HttpRequest) -> HttpResponse:
    """One is read, or unread again, or all are read."""
    one = request.POST.get("notification", "")
    if not one:
        inbox.mark(request.actor)
    elif one.isdecimal() and len(one) < 19:
        inbox.mark(request.actor, [int(one)], read=request.POST.get("read") != "no")
    return HttpResponseRedirect(back(request, reverse("desk:notifications")))


@require_http_methods(["GET", "POST"])
@agent
def choices(request: HttpRequest) -> HttpResponse:
    """What the reader wants to be told, and where."""
    if request.method == "POST":
        posted = set(request.POST)
        wanted = {
            what: {"inbox": f"inbox-{what}" in posted, "mail": f"mail-{what}" in posted}
            for what in preferences.DEFAULTS
        }
        with transaction.atomic():
            preferences.choose(request.person.pk, wanted)
        messages.info(request, _("Changed."))
        return HttpResponseRedirect(reverse("desk:notification_choices"))
    ways = preferences.of_one(request.person.pk)
    values = {
        "title": _("What you are told"),
        "ways": [(what, str(wording.LABELS[what]), way) for what, way in ways.items()],
        "mails": house().sends_mail(),
        "address": request.person.email,
    }
    return pages.page(request, "notification_choices", values, here="notifications")

"""The reader's own page: name, language, zone, keys, density; the doors to password, second factor and sessions."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from .. import pages, preferences
from ..auth import agent
from ..shown import Input


@require_http_methods(["GET", "POST"])
@agent
def show(request: HttpRequest) -> HttpResponse:
    person = request.person
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _keep(request)
        if not errors:
            messages.info(request, _("Changed."))
            response = HttpResponseRedirect(reverse("desk:profile"))
            preferences.keep(
                request, response, **{n: request.POST.get(n, "") for n in ("theme", "density", "keys", "hold")}
            )
            return response
    liked = preferences.of(request)
    languages = [("", _("As the browser says")), *settings.LANGUAGES]
    inputs = [
        Input(
            "name",
            pgettext("of a person", "Name"),
            value=request.POST.get("name", person.name),
            limit=200,
            required=True,
            autocomplete="name",
        ),
        Input("phone", _("Phone"), value=request.POST.get("phone", person.phone), limit=40, autocomplete="tel"),
        Input("language", _("Language"), "select", person.language, languages),
        Input(
            "time_zone",
            _("Time zone"),
            "text",
            request.POST.get("time_zone", person.time_zone),
            hint=_("Such as Europe/Berlin; empty takes the organization's."),
        ),
        Input(
            "theme",
            _("Colours"),
            "select",
            liked["theme"],
            [("system", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
        ),
        Input(
            "density",
            _("Rows"),
            "select",
            liked["density"],
            [("normal", _("Normal")), ("compact", _("Compact")), ("roomy", _("Roomy"))],
        ),
        Input(
            "keys",
            _("Keys"),
            "select",
            liked["keys"],
            [("on", _("On")), ("off", _("Off"))],
            hint=_("Single letters such as j, k and r."),
        ),
        Input(
            "hold",
            _("Replies"),
            "select",
            liked["hold"],
            [("on", _("Held for ten seconds")), ("off", _("Sent at once"))],
            hint=_("A held reply can be taken back before anybody has read it."),
        ),
    ]
    for one in inputs:
        one.errors = [errors[one.name]] if one.name in errors else []
    doors = [
        (_("Password"), reverse("account_change_password"), "key-round"),
        (_("Second factor and passkeys"), reverse("mfa_index"), "shield-check"),
        (_("Where you are signed in"), reverse("usersessions_list"), "monitor-smartphone"),
        (_("E-mail addresses"), reverse("account_email"), "mail"),
    ]
    values = {"inputs": inputs, "doors": doors, "person": person}
    return pages.page(request, "profile", values, here="profile", status=422 if errors else 200)


def _keep(request: HttpRequest) -> dict[str, str]:
    person, posted = request.person, request.POST
    errors = {}
    if not (name := posted.get("name", "").strip()):
        errors["name"] = _("A name is needed, for the people you write to.")
    zone = posted.get("time_zone", "").strip()
    if zone and zone not in zoneinfo.available_timezones():
        errors["time_zone"] = _("There is no such time zone. Give one such as Europe/Berlin.")
    language = posted.get("language", "")
    if language and language not in dict(settings.LANGUAGES):
        errors["language"] = _("Choose one of the list.")
    if not errors:
        person.name, person.phone = name[:200], posted.get("phone", "").strip()[:40]
        person.time_zone, person.language = zone, language
        person.version += 1
        person.save(update_fields=["name", "phone", "time_zone", "language", "version", "updated_at"])
    return errors


@require_GET
@agent
def keys(request: HttpRequest) -> HttpResponse:
    return pages.page(request, "keys", {})

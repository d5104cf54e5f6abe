"""How tickets end: what must be done before one is solved, and when a solved one closes by itself (RC-214, RC-307)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from polydesk.directory import settings
from polydesk.directory.models import Organization
from polydesk.features.checklists.rules import SETTING as CHECKLIST
from polydesk.tickets.kinds import KINDS
from polydesk.tickets.rules.lifecycle import AUTO_CLOSE, auto_close_hours

from .. import admin
from ..auth import administrator
from ..shelves import Wrong
from ..shown import Input

LONGEST = 10_000
AFTER = "after."


@require_http_methods(["GET", "POST"])
@administrator
def show(request: HttpRequest) -> HttpResponse:
    house = Organization.objects.get(pk=request.actor.organization_id)
    errors = admin.keep(request, _keep)
    if errors is None:
        return HttpResponseRedirect(request.path)
    inputs = [
        Input(AFTER + kind.key, _(kind.plural), value=_shown(auto_close_hours(house, kind.key)), limit=8)
        for kind in KINDS.values()
    ]
    condition = _("Solve tickets only when every item of the checklist is ticked off")
    inputs.append(Input(CHECKLIST, condition, "checkbox", bool(house.setting(CHECKLIST)), wide=True))
    lead = _("How many hours after it was solved a ticket closes by itself, kind by kind. Empty: never.")
    return admin.form(request, "endings", _("Solving and closing"), inputs, errors, lead=lead)


def _shown(hours: float | None) -> str:
    return "" if hours is None else f"{hours:g}"


def _keep(request: HttpRequest) -> None:
    hours, errors = {}, {}
    for key in KINDS:
        text = request.POST.get(AFTER + key, "").strip().replace(",", ".")
        try:
            found = float(text) if text else None
        except ValueError:
            found = -1.0
        if found is not None and not 0 <= found <= LONGEST:
            errors[AFTER + key] = [_("Give hours such as 48 or 0.5.")]
        elif found is not None:
            hours[key] = int(found) if found == int(found) else found
    if errors:
        raise Wrong(errors)
    wanted = {CHECKLIST: request.POST.get(CHECKLIST) == "on" or None, AUTO_CLOSE: hours or None}
    settings.change(request.actor.organization_id, **wanted)

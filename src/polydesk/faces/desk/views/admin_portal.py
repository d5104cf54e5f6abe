"""How the portal looks to customers: name, logo, accent colour (PL-252)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from polydesk.features.branding import colours, logos
from polydesk.features.branding.models import Brand, of
from polydesk.tickets.refusals import Missing

from .. import admin
from ..auth import administrator
from ..shelves import Wrong
from ..shown import Input


@require_http_methods(["GET", "POST"])
@administrator
def show(request: HttpRequest) -> HttpResponse:
    row = of(request.actor.organization_id)
    errors = admin.keep(request, _keep)
    if errors is None:
        return HttpResponseRedirect(request.path)
    inputs = [
        Input("name", _("Name that customers read"), value=row.name if row else "", limit=120),
        Input(
            "accent",
            _("Accent colour"),
            value=row.accent if row else "",
            limit=7,
            hint=_("Such as #1d4ed8; empty: the one as shipped. It must be readable on white."),
        ),
        Input("logo", _("Logo"), "file", hint=_("PNG, JPEG, GIF or WebP, at most 200 kB; shown 32 pixels high.")),
    ]
    if row and row.logo_type:
        inputs.append(Input("no_logo", _("Take the logo away"), "checkbox", False))
    lead = _("The customers' portal at /portal/ shows these.")
    return admin.form(request, "portal", _("Portal"), inputs, errors, template="admin_portal", lead=lead, brand=row)


def _keep(request: HttpRequest) -> None:
    posted, errors = request.POST, {}
    accent, data = posted.get("accent", "").strip().lower(), b""
    if accent:
        try:
            if not colours.is_readable(accent):
                errors["accent"] = [_("This colour is too pale to be read on white. Take a darker one.")]
        except ValueError:
            errors["accent"] = [_("Give a colour such as #1d4ed8.")]
    if file := request.FILES.get("logo"):
        data = file.read(logos.LARGEST + 1)
        if len(data) > logos.LARGEST:
            errors["logo"] = [_("The logo is larger than 200 kB.")]
        elif not logos.kind(data):
            errors["logo"] = [_("This is no PNG, JPEG, GIF or WebP.")]
    if errors:
        raise Wrong(errors)
    row, made = Brand.objects.get_or_create(organization_id=request.actor.organization_id)
    row.name, row.accent = posted.get("name", "").strip()[:120], accent
    if data:
        row.logo, row.logo_type = data, logos.kind(data)
    elif posted.get("no_logo") == "on":
        row.logo, row.logo_type = None, ""
    row.version += 0 if made else 1
    row.save()


@require_GET
@administrator
def logo(request: HttpRequest) -> HttpResponse:
    """The logo as administrators see it in the form."""
    row = Brand.objects.filter(organization_id=request.actor.organization_id).first()
    if row is None or not row.logo:
        raise Missing
    return HttpResponse(bytes(row.logo), content_type=row.logo_type, headers={"Cache-Control": "private, max-age=60"})

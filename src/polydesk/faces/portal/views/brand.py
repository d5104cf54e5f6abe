"""The organization's own colour and logo, for the pages of its customers (PL-252)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from polydesk.features.branding import models as branding
from polydesk.features.branding.models import Brand
from polydesk.tickets.refusals import Missing

from ..auth import asker

# The address names the brand's version: what it answers never changes.
KEEP = {"Cache-Control": "private, max-age=31536000, immutable"}
STYLE = """:root {{
  --accent: light-dark({0.light}, {0.dark});
  --accent-strong: light-dark({0.light_strong}, {0.dark_strong});
  --accent-ground: light-dark({0.light_ground}, {0.dark_ground});
}}
"""


@require_GET
@asker
def style(request: HttpRequest) -> HttpResponse:
    """The accent colour as the tokens of the style sheet, for light and dark."""
    brand = branding.of(request.actor.organization_id)
    if brand is None or brand.colours is None:
        raise Missing
    return HttpResponse(STYLE.format(brand.colours), content_type="text/css; charset=utf-8", headers=KEEP)


@require_GET
@asker
def logo(request: HttpRequest) -> HttpResponse:
    """The logo's bytes, of a type that was known when they came."""
    brand = Brand.objects.filter(organization_id=request.actor.organization_id).first()
    if brand is None or not brand.logo:
        raise Missing
    return HttpResponse(bytes(brand.logo), content_type=brand.logo_type, headers=KEEP)

"""Every address of the standalone server: one line per face (PL-015)."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from polydesk.server import health, metrics

FACES: list[tuple[str, str, str]] = [
    # (face, where it stands, its addresses)
    ("native", "api/v1/", "polydesk.faces.native.urls"),
    ("autotask", "", "polydesk.faces.autotask.urls"),
    ("crm", "backend/api/v1/", "polydesk.faces.crm.urls"),
    ("selectel", "", "polydesk.faces.selectel.urls"),
    ("centurion", "api/v2", "polydesk.faces.centurion.urls"),
    ("simpletickets", "tickets/", "polydesk.faces.simpletickets.urls"),
    ("portal", "", "polydesk.faces.portal.urls"),
    ("desk", "", "polydesk.faces.desk.urls"),
]  # fmt: skip

handler500 = "polydesk.web.middleware.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.page),
    path("accounts/", include("allauth.urls")),
    *(path(where, include(urls)) for face, where, urls in FACES if face not in settings.POLYDESK_FACES_OFF),
]

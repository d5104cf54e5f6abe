"""A tiny face with one view per way to fail."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from polydesk.web import bodies
from polydesk.web.bodies import json_response
from polydesk.web.problems import Problem

FAILURES = {
    "missing": Http404("secret"),
    "forbidden": PermissionDenied("secret"),
    "suspicious": SuspiciousOperation("secret"),
    "database": OperationalError("secret"),
    "bug": RuntimeError("secret"),
    "stale": Problem("stale", "Version 3 is current.", current_version=3),
    "fields": Problem("validation", errors=[{"field": "title", "rule": "too_long", "message": "At most 5."}]),
    "limited": Problem("rate-limited", headers={"Retry-After": "7"}),
}


def fail(request, how):
    raise FAILURES[how]


def own(request):
    return json_response({"my": "words"}, status=409)


@require_POST
def echo(request):
    return json_response(bodies.read(request))


urlpatterns = [
    path("shaped/fail/<how>", fail),
    path("shaped/own", own),
    path("shaped/echo", echo),
    path("shaped/inner/fail/<how>", fail),
    path("shaped/page", lambda request: HttpResponse("<p>Try again</p>", status=422)),
    path("plain/fail/<how>", fail),
    path("plain/page", lambda request: HttpResponse("page")),
]

"""Who must have a second factor and has none sets one up before anything else (RS-132)."""

from __future__ import annotations

import time
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from polydesk.directory import second_factor
from polydesk.web.middleware import refuse
from polydesk.web.problems import Problem

OPEN = ("/accounts/", "/static/", "/healthz", "/readyz")


class SecondFactor:
    """Stands behind the sessions of every face. Keys of the faces are not asked: they are made by who is signed in."""

    LOOKED = "factor_at"
    # As SessionLimits: asking at every request would cost statements each; who lacks one is asked every time.
    COARSE = 300

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(OPEN)
        if has_session and request.user.is_authenticated and self._lacks(request):
            return self._ask(request)
        return self.answer(request)

    def _lacks(self, request: HttpRequest) -> bool:
        now = int(time.time())
        if now - request.session.get(self.LOOKED, 0) < self.COARSE:
            return False
        if second_factor.demanded(request.user) and not is_mfa_enabled(request.user):
            return True
        request.session[self.LOOKED] = now
        return False

    def _ask(self, request: HttpRequest) -> HttpResponseBase:
        sentence = _("Your role asks for a second factor. Set one up, then go on.")
        if request.method != "GET" or "text/html" not in request.headers.get("Accept", ""):
            return refuse(request, Problem("forbidden", sentence))
        if "HX-Request" in request.headers:
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("mfa_index")})
        messages.warning(request, sentence)
        return HttpResponseRedirect(reverse("mfa_index"))

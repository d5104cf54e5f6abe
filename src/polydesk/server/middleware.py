"""What surrounds every request: its line in the log, its security headers, the limits of its session."""

import ipaddress
import secrets
import time
from collections.abc import Callable
from functools import lru_cache
from itertools import count

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils import translation

from polydesk.server import metrics
from polydesk.web.middleware import rescue

Answer = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("polydesk.request")

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
IDENTITY_HEADERS = ("HTTP_REMOTE_USER", "HTTP_X_FORWARDED_USER", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_FOR")


class RequestLog:
    """Names the request, decides whom to believe about its sender, and writes its one line (RS-173, RS-133)."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        # Unique, not secret: randomness once per process instead of a system call per request.
        self.process, self.numbers = secrets.token_hex(8), count()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        request.request_id = f"{self.process}{next(self.numbers):016x}"  # type: ignore[attr-defined]
        request.META["POLYDESK_REQUEST_ID"] = request.request_id  # type: ignore[attr-defined]
        believe_proxy_only(request)
        response = self.answer(request)
        response.headers.setdefault("X-Request-Id", request.request_id)  # type: ignore[attr-defined]
        seconds = time.perf_counter() - began
        metrics.count(request.method or "", response.status_code, seconds)
        log.info("request", **self._facts(request, response), ms=round(seconds * 1000, 1))
        return response

    def _facts(self, request: HttpRequest, response: HttpResponse) -> dict[str, object]:
        """Route instead of path and no query: both may hold what people typed, or a token.

        `refused` says of a status 500 that it is a face's word for a refusal (RC-012)."""
        match = request.resolver_match
        actor = getattr(request, "actor", None)
        return {
            "request_id": request.request_id,  # type: ignore[attr-defined]
            "method": request.method,
            "route": match.route if match else None,
            "status": response.status_code,
            **({"refused": True} if getattr(response, "refusal", False) else {}),
            "user": getattr(actor, "person_id", None),
            "organization": getattr(actor, "organization_id", None),
        }


def believe_proxy_only(request: HttpRequest) -> None:
    """Take the client's address from a trusted proxy, and drop what anybody else says about identity."""
    if not trusted(request.META.get("REMOTE_ADDR", ""), settings.POLYDESK_TRUSTED_PROXIES):
        for name in IDENTITY_HEADERS:
            request.META.pop(name, None)
        return
    for claimed in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if claimed := claimed.strip():
            request.META["REMOTE_ADDR"] = claimed
            if not trusted(claimed, settings.POLYDESK_TRUSTED_PROXIES):
                return


@lru_cache(maxsize=4096)
def trusted(address: str, networks: tuple[str, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(network, strict=False) for network in networks)


@lru_cache
def content_security(issuer: str) -> str:
    """Sign-in through a provider answers a form by a redirect to it, which browsers count as the form's target."""
    return CONTENT_SECURITY.replace("form-action 'self'", f"form-action 'self' {issuer}".strip())


class SecurityHeaders:
    """A strict policy on every answer that has not set a stricter one of its own (RS-087)."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        response.headers.setdefault("Content-Security-Policy", content_security(settings.POLYDESK_OIDC_ISSUER))
        response.headers.setdefault("X-Frame-Options", "DENY")
        if getattr(request, "session", None) is not None and request.session.accessed:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class Programs:
    """Requests of programs go straight to their view, past everything that only browsers need.

    A program's request has no cookie, and its view needs no token against forged forms: sessions, messages, sign-in
    and the language of a person cannot matter to it. On reading one ticket that is a third of the time."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_COOKIE" in request.META:
            return self.answer(request)
        try:
            match = resolve(request.path_info)
        except Http404:
            return self.answer(request)
        if not getattr(match.func, "csrf_exempt", False):
            return self.answer(request)
        request.resolver_match = match
        accepted = request.META.get("HTTP_ACCEPT_LANGUAGE")
        translation.activate(translation.get_language_from_request(request) if accepted else settings.LANGUAGE_CODE)
        try:
            response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        except Exception as exception:
            shaped = rescue(request, exception)
            if shaped is None:
                raise
            response = shaped
        if not response.streaming and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        return response


def of_itself(request: HttpRequest) -> bool:
    """Does a page ask by itself, with nobody at the keys? It keeps no sign-in alive (RS-129)."""
    return "X-Of-Itself" in request.headers or "text/event-stream" in request.headers.get("Accept", "")


class SessionLimits:
    """A sign-in ends after so many idle hours, and in any case after so many days (RS-129)."""

    SEEN, BEGAN = "seen_at", "began_at"
    # Writing at every request would cost a statement each; five minutes is close enough for a limit of hours.
    COARSE = 300

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._look(request, int(time.time()))
        return self.answer(request)

    def _look(self, request: HttpRequest, now: int) -> None:
        session = request.session
        began, seen = session.get(self.BEGAN, now), session.get(self.SEEN, now)
        if (
            now - seen > settings.POLYDESK_SESSION_IDLE_HOURS * 3600
            or now - began > settings.POLYDESK_SESSION_DAYS * 86_400
        ):
            logout(request)
        elif self.SEEN not in session or (now - seen > self.COARSE and not of_itself(request)):
            session[self.BEGAN], session[self.SEEN] = began, now

"""Login and logout by cookie (CE-225, CE-270)."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from polydesk.directory import second_factor
from polydesk.web import limits

from .. import errors
from ..door import root

LIMIT = limits.Limit("centurion-login", amount=20, seconds=600, always=True)
WRONG = "Please enter a correct username and password. Note that both fields may be case-sensitive."
SECOND_FACTOR = "This account has a second factor: sign in through the web pages, their session counts here too."


@never_cache
@csrf_protect
@sensitive_post_parameters("password")
def login(request: HttpRequest) -> HttpResponse:
    """A plain form; POST username and password, then `next` or the root."""
    if request.method == "GET":
        return HttpResponse(_page(request))
    if request.method != "POST":
        return errors.detail(405, f'Method "{request.method}" not allowed.', {"Allow": "GET, POST"}).response()
    name = request.POST.get("username", "")[:254].replace("\x00", "")
    for who in (f"ip:{request.META.get('REMOTE_ADDR', '')}", f"user:{name.lower()[:150]}"):
        verdict = limits.take(LIMIT, who)
        if not verdict.allowed:
            return errors.detail(429, "Too many attempts.", verdict.headers).response()
    user = auth.authenticate(request, username=name, password=request.POST.get("password", ""))
    if user is None:
        return HttpResponse(_page(request, WRONG), status=400)
    if is_mfa_enabled(user) or second_factor.demanded(user):
        return HttpResponse(_page(request, SECOND_FACTOR), status=403)
    auth.login(request, user)
    return HttpResponseRedirect(_next(request))


@never_cache
@csrf_protect
def logout(request: HttpRequest) -> HttpResponse:
    """POST ends the session; GET asks."""
    if request.method == "POST":
        auth.logout(request)
        return HttpResponseRedirect(_next(request, default=reverse("centurion:login")))
    if request.method != "GET":
        return errors.detail(405, f'Method "{request.method}" not allowed.', {"Allow": "GET, POST"}).response()
    return HttpResponse(_form(request, "Log out", ""))


def is_mfa_enabled(user: Any) -> bool:
    """Has the account a second factor? None has where nothing offers one."""
    if not apps.is_installed("allauth.mfa"):
        return False
    return bool(apps.get_model("mfa", "Authenticator").objects.filter(user=user).exists())


def _next(request: HttpRequest, default: str = "") -> str:
    """Only to this very site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=request.is_secure()):
        return target
    return default or f"{root()}/"


def _page(request: HttpRequest, sorry: str = "") -> str:
    fields = """<p><label>Username <input name="username" autocomplete="username" required></label></p>
<p><label>Password <input type="password" name="password" autocomplete="current-password" required></label></p>"""
    return _form(request, "Log in", (f'<p role="alert">{escape(sorry)}</p>' if sorry else "") + fields)


def _form(request: HttpRequest, title: str, inner: str) -> str:
    target = escape(request.POST.get("next") or request.GET.get("next") or "")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title></head><body><main><h1>{title}</h1>
<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">
<input type="hidden" name="next" value="{target}">{inner}
<p><button type="submit">{title}</button></p></form></main></body></html>
"""

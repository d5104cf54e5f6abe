"""How one reader likes the workplace: kept in one cookie, so that the first byte of a page has the right theme."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse

COOKIE = "desk"
YEAR = 31_536_000
# What may be chosen, the default first. `columns` is a list of its own and is checked where it is read.
CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("system", "light", "dark"),
    "density": ("normal", "compact", "roomy"),
    "rail": ("open", "folded"),
    "facts": ("open", "folded"),
    "keys": ("on", "off"),
    "hold": ("on", "off"),
}
DEFAULT_COLUMNS = ("requester", "status", "priority", "assignee", "due", "updated")


def of(request: HttpRequest) -> dict[str, str]:
    """Every preference with a value that is allowed, whatever the cookie says."""
    kept = dict(parse_qsl(request.COOKIES.get(COOKIE, "")[:2000]))
    chosen = {name: kept.get(name, "") for name in CHOICES}
    found = {name: value if value in CHOICES[name] else CHOICES[name][0] for name, value in chosen.items()}
    found["columns"] = kept.get("columns", "")
    return found


def keep(request: HttpRequest, response: HttpResponse, **changed: str) -> None:
    """Writes the cookie with what was changed; names and values that are not offered are left out."""
    now = of(request)
    for name, value in changed.items():
        if name == "columns" or value in CHOICES.get(name, ()):
            now[name] = value
    response.set_cookie(COOKIE, urlencode(now), max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())

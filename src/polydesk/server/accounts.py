"""How allauth treats our accounts: made by invitation, linked by an address of the settings, guarded by limits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from polydesk.web import limits

# Wrong passwords for one login, and from one address; a right one costs nothing (RS-126).
SIGN_IN = limits.Limit("sign-in", amount=10, seconds=600, always=True)


@dataclass(frozen=True)
class Site:
    """What allauth's mails know of the place they come from."""

    name: str
    domain: str


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """People are added by their organization; nobody signs himself up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """While the limit holds, a right password is refused like a wrong one. The tokens are taken before anything
        is compared, so that parallel tries count as well."""
        named = str(credentials.get("username") or credentials.get("email") or "").casefold()
        doors = (f"login:{named}", f"address:{request.META.get('REMOTE_ADDR', '')}")
        for door in doors:
            verdict = limits.take(SIGN_IN, door)
            if not verdict.allowed:
                request.sign_in_refused = verdict  # type: ignore[attr-defined]
                raise self.validation_error("too_many_login_attempts")
        user = super().authenticate(request, **credentials)
        if user:
            for door in doors:
                limits.give_back(SIGN_IN, door)
        return user

    def get_reset_password_from_key_url(self, key: str) -> str:
        return self._ours(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: object) -> str:
        return self._ours(super().get_email_confirmation_url(request, emailconfirmation))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails greet from the address of the settings too."""
        host = urlsplit(settings.BASE_URL).netloc
        super().send_mail(template_prefix, email, {**context, "current_site": Site(host, host)})

    def _ours(self, address: str) -> str:
        """The host in a link comes from the settings, never from the request (RS-128)."""
        return settings.BASE_URL + "/" + address.split("/", 3)[3]


class SignInRefusals:
    """The page that says "too many tries" says it to programs as well."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        if verdict := getattr(request, "sign_in_refused", None):
            response.status_code = 429
            for name, value in verdict.headers.items():
                response.headers[name] = value
        return response

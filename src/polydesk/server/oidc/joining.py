"""Whom a single sign-on lets in: who was invited, known by the provider's own id or by a confirmed address (RS-134)."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.http import HttpRequest
from django.shortcuts import render

from polydesk.directory import audit


class Joining(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[Any, str] | None:
        """Both sides must have confirmed the address: else who types another's into either gets his account."""
        for said in sociallogin.email_addresses:
            ours = EmailAddress.objects.filter(email__iexact=said.email, verified=True).select_related("user")[:2]
            if said.verified and len(ours) == 1:
                return ours[0].user, ours[0].email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if not sociallogin.is_existing and sociallogin.state.get("process") != AuthProcess.CONNECT:
            _tell("nobody here is the one whom the provider names")
            raise ImmediateHttpResponse(render(request, "socialaccount/not_invited.html", status=403))

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """A stray way back, without an attempt that it answers, is nobody's sign-in and costs no row."""
        if exception is not None:
            _tell(str(exception))


def _tell(reason: str) -> None:
    audit.record("signin.failed", organization_id=None, subject=f"single sign-on: {reason}")

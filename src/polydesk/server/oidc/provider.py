"""Our provider: each attempt has a nonce, and no parameter of the request changes what is asked (RS-134)."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse

from .exchange import Exchange


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    oauth2_adapter_class = Exchange

    def redirect(
        self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        nonce = secrets.token_urlsafe(24)
        kwargs["auth_params"] = self.get_auth_params() | {"nonce": nonce}
        return super().redirect(request, process, next_url, data, nonce=nonce, **kwargs)

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        return self.get_auth_params()

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return self.get_scope()

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Of issuer and subject: with another provider the same subject is somebody else."""
        claims = data["id_token"]
        return hashlib.sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing: people are made by their organization, not out of what a provider says of them."""
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """The address and the word on it come from one source: mixing two would confirm one address by another."""
        said = next((claims for claims in (data["userinfo"], data["id_token"]) if claims.get("email")), {})
        if not _is_address(said.get("email")):
            return []
        confirmed = said.get("email_verified") is True or said.get("email_verified") == "true"
        return [EmailAddress(email=said["email"], verified=confirmed, primary=True)]

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """No more is kept than tells one account from another."""
        return {"emails": [address.email for address in self.extract_email_addresses(data)]}


def _is_address(email: Any) -> bool:
    try:
        validate_email(email)
    except (ValidationError, TypeError):
        return False
    return isinstance(email, str)


provider_classes = [Provider]

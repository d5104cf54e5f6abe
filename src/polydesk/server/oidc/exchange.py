"""The talk with the provider: what it says of itself, its keys, and the ID token it signs (RS-134).

Whatever it answers, the worst is an OAuth2Error, which becomes a page that says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from requests import RequestException

# Signatures that only the provider can make. Not HS256: its key is our own secret, and "none" is no signature.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
CLAIMS = ("iss", "sub", "aud", "exp", "iat")
CLOCKS_DIFFER = 60


P = ParamSpec("P")
T = TypeVar("T")


def _spoken(ask: Callable[P, T]) -> Callable[P, T]:
    """What cannot be reached or read is a refusal."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return ask(*args, **kwargs)
        except (RequestException, jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError) as problem:
            raise OAuth2Error(f"{type(problem).__name__} in {ask.__name__}") from problem

    return asked


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    nonce: str | None = None

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_openid_config"):
            self._openid_config = self._discover()
        return self._openid_config

    @_spoken
    def _discover(self) -> dict[str, Any]:
        found = self._fetch(self.get_provider().server_url)
        if not all(isinstance(found.get(name), str) for name in NEEDED):
            raise OAuth2Error(f"the provider's description lacks one of {', '.join(NEEDED)}")
        if found["issuer"].rstrip("/") != settings.POLYDESK_OIDC_ISSUER.rstrip("/"):
            raise OAuth2Error(f"the provider calls itself {found['issuer']!a}")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """The host comes from the settings, never from the request (RS-128)."""
        path: str = reverse("openid_connect_callback", kwargs={"provider_id": self.provider_id})
        return str(settings.BASE_URL) + path

    @_spoken
    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        return super().parse_token(data)

    @_spoken
    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        claims = self._claims(app, kwargs["response"]["id_token"])
        asked = self.openid_config.get("userinfo_endpoint")
        info = self._fetch(asked, {"Authorization": f"Bearer {token.token}"}) if asked else {}
        if asked and info.get("sub") != claims["sub"]:
            raise OAuth2Error("the user info is about somebody else")
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims, "userinfo": info})

    def _claims(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key=self._key(jwt.get_unverified_header(id_token)),
            algorithms=SIGNATURES,
            audience=app.client_id,
            issuer=self.openid_config["issuer"],
            leeway=CLOCKS_DIFFER,
            options={"require": list(CLAIMS)},
        )
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("the ID token was made for somebody else")
        if not self.nonce or claims.get("nonce") != self.nonce:
            raise OAuth2Error("the ID token answers another question")
        return claims

    def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        """The provider's key of this name; without a name there must be only one."""
        if header.get("alg") not in SIGNATURES:
            raise OAuth2Error("the ID token bears no signature that only the provider can make")
        keys = [key for key in self._fetch(self.openid_config["jwks_uri"])["keys"] if key.get("use", "sig") == "sig"]
        if "kid" in header:
            keys = [key for key in keys if key.get("kid") == header["kid"]]
        if len(keys) != 1:
            raise OAuth2Error("the ID token is signed by no key of the provider")
        return jwt.PyJWK.from_dict(keys[0], algorithm=header["alg"])

    def _fetch(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(address, headers=headers)
            answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict):
            raise OAuth2Error(f"{address} answers with no JSON object")
        return found

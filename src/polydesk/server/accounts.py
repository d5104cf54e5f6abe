"""How allauth treats our accounts: made by invitation, linked by an address of the settings."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """People are added by their organization; nobody signs himself up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        return self._ours(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: object) -> str:
        return self._ours(super().get_email_confirmation_url(request, emailconfirmation))

    def _ours(self, address: str) -> str:
        """The host in a link comes from the settings, never from the request (RS-128)."""
        return settings.BASE_URL + "/" + address.split("/", 3)[3]

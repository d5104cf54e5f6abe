"""How values are sealed: Fernet (AES and HMAC) with a key of the organization."""

from __future__ import annotations

import base64
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """Sealed with another key: of another site, or one that is gone."""


def seal(value: str, organization_id: int) -> str:
    """The value as it is stored."""
    return _box(organization_id).encrypt(value.encode()).decode()


def unseal(sealed: str, organization_id: int) -> str:
    """The value again; raises Unreadable."""
    try:
        return _box(organization_id).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def _box(organization_id: int) -> MultiFernet:
    """Seals with the present secret key, opens with former ones too."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key(key, organization_id)) for key in keys])


def _key(secret_key: str, organization_id: int) -> bytes:
    derived = hmac.digest(secret_key.encode(), f"polydesk\0vault:{organization_id}".encode(), "sha256")
    return base64.urlsafe_b64encode(derived)

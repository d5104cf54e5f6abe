"""Keeping a secret readable for ourselves alone: Fernet (AES and HMAC) with a key derived for each purpose."""

from __future__ import annotations

import base64
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """Sealed with another key: of another site, or one that is gone."""


def seal(value: str, purpose: str) -> str:
    """The value as it is stored."""
    return _box(purpose).encrypt(value.encode("utf-8", "surrogatepass")).decode()


def unseal(sealed: str, purpose: str) -> str:
    """The value again; raises Unreadable."""
    try:
        return _box(purpose).decrypt(sealed.encode()).decode("utf-8", "surrogatepass")
    except InvalidToken as error:
        raise Unreadable from error


def _box(purpose: str) -> MultiFernet:
    """Seals with the present secret key, opens with former ones too."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key(str(key), purpose)) for key in keys])


def _key(secret_key: str, purpose: str) -> bytes:
    derived = hmac.digest(secret_key.encode(), f"polydesk\0{purpose}".encode(), "sha256")
    return base64.urlsafe_b64encode(derived)

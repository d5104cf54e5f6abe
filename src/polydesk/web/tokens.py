"""Secrets and signed tokens: how they are made, stored and compared (RS-130, RS-131).

A *secret* is random and shown once; we keep its digest only. A *signed token* carries its purpose, its subject and the
moment it ends, so that a token made for one purpose fails at every other.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from datetime import timedelta
from functools import lru_cache

from django.conf import settings

PREFIX = "pd_"


class BadToken(ValueError):
    """The token is not ours, was made for something else, or has ended; the caller is not told which."""


def make_secret(prefix: str = PREFIX) -> str:
    """A new secret with 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a secret. No slow hash: 256 random bits cannot be guessed (PL-014)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, stored: str) -> bool:
    """Compares in constant time; an empty secret or digest never matches (RS-128)."""
    return bool(secret and stored) and hmac.compare_digest(digest(secret), stored)


def sign(purpose: str, subject: str, *, lasts: timedelta) -> str:
    """A token for this purpose and subject that ends after `lasts`."""
    ends = int(time.time() + lasts.total_seconds())
    return f"{_encode(subject.encode())}.{ends:x}.{_encode(_mac(purpose, subject, ends))}"


def verify(purpose: str, token: str) -> str:
    """The subject of a token that was signed for this purpose and has not ended; raises BadToken."""
    try:
        subject_part, ends_part, mac_part = token.split(".")
        subject, ends, mac = _decode(subject_part).decode(), int(ends_part, 16), _decode(mac_part)
    except (ValueError, binascii.Error) as error:
        raise BadToken("not a valid token") from error
    # Each part has one spelling only: an end in capitals would be a second token for the same thing.
    spelled = f"{ends:x}" == ends_part
    if not hmac.compare_digest(mac, _mac(purpose, subject, ends)) or not spelled or ends <= time.time():
        raise BadToken("not a valid token")
    return subject


def key_for(purpose: str) -> bytes:
    """A key of its own for each purpose, derived from the site's secret key."""
    return _derive(settings.SECRET_KEY, purpose)


@lru_cache(maxsize=256)
def _derive(secret_key: str, purpose: str) -> bytes:
    return hmac.digest(secret_key.encode(), b"polydesk\0" + purpose.encode(), "sha256")


def _mac(purpose: str, subject: str, ends: int) -> bytes:
    return hmac.digest(key_for(f"token:{purpose}"), f"{ends}\0{subject}".encode(), "sha256")


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    if not text.isascii() or "=" in text:
        raise ValueError("not base64url")
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encode(raw) != text:  # two spellings of one token would be two tokens to a log
        raise ValueError("not base64url")
    return raw

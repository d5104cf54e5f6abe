"""Signatures of Standard Webhooks 1.0 (RS-043)."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets

from polydesk.web import sealing

from .models import Endpoint

PREFIX = "whsec_"


def make_secret() -> str:
    """`whsec_` and 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    """Is it `whsec_` with 24 to 64 bytes?"""
    try:
        return text.startswith(PREFIX) and 24 <= len(_bytes(text)) <= 64
    except (ValueError, binascii.Error):
        return False


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over `id.timestamp.body`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_bytes(secret), signed, hashlib.sha256).digest()).decode()


def signature(endpoint: Endpoint, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, two while a former secret is still honoured."""
    now = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    return " ".join(sign(secret, message_id, timestamp, body) for secret in valid_secrets(endpoint, now))


def valid_secrets(endpoint: Endpoint, now: dt.datetime) -> list[str]:
    """The present secret, then the former one for as long as it counts."""
    found = [open_secret(endpoint)]
    if endpoint.former_secret and endpoint.former_until and endpoint.former_until > now:
        found.append(sealing.unseal(endpoint.former_secret, _purpose(endpoint)))
    return found


def open_secret(endpoint: Endpoint) -> str:
    """The endpoint's present secret in the clear."""
    return sealing.unseal(endpoint.secret, _purpose(endpoint))


def seal_secret(endpoint: Endpoint, secret: str) -> str:
    """A secret as the endpoint's row keeps it."""
    return sealing.seal(secret, _purpose(endpoint))


def _purpose(endpoint: Endpoint) -> str:
    return f"webhooks:{endpoint.organization_id}"


def _bytes(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)

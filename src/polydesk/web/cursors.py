"""Keyset cursors: where a page of a list ended, opaque to the client and signed (PL-104, RS-152).

Values keep their type on the way round: int, str, float, bool, datetime (aware) and None.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime

import msgspec

from polydesk.web.tokens import key_for

Value = int | str | float | bool | datetime | None
_MAC_BYTES = 12


class BadCursor(ValueError):
    """The cursor was not made by us, or for another list."""


def encode(values: Sequence[Value], *, scope: str = "") -> str:
    """`scope` names the list (its filters and order), so that a cursor of one list is refused by another."""
    packed = msgspec.msgpack.encode(list(values))
    return base64.urlsafe_b64encode(_mac(packed, scope) + packed).rstrip(b"=").decode()


def decode(text: str, *, scope: str = "") -> tuple[Value, ...]:
    """The values given to `encode`; raises BadCursor for anything else."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadCursor("not a cursor of this list") from error
    mac, packed = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(packed, scope)):
        raise BadCursor("not a cursor of this list")
    return tuple(msgspec.msgpack.decode(packed))


def _mac(packed: bytes, scope: str) -> bytes:
    return hmac.digest(key_for("cursor"), scope.encode() + b"\0" + packed, "sha256")[:_MAC_BYTES]

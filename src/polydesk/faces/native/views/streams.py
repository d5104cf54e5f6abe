"""The stream of what happens, as server-sent events (PL-108)."""

from __future__ import annotations

import re

from django.db import connection
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from polydesk.faces.native import errors, stream
from polydesk.faces.native.wire import Call

_POSITION = re.compile(r"^(\d{1,18})-(\d{1,18})$")


def listen(call: Call) -> HttpResponseBase:
    """What happens and the caller may know of; `Last-Event-ID` goes on after what was missed."""
    given = call.header("Last-Event-ID")
    found = _POSITION.match(given) if given else None
    if given and not found:
        raise errors.fault("Last-Event-ID", "invalid", "This is no position of the stream.")
    listener = stream.HUB.join(call.actor, (int(found[1]), int(found[2])) if found else None)
    if not connection.in_atomic_block:
        connection.close()  # the stream may stay for minutes; the connection must not
    return StreamingHttpResponse(
        stream.chunks(listener),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )

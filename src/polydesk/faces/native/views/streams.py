"""The stream of what happens, as server-sent events (PL-108)."""

from __future__ import annotations

from django.db import connection
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from polydesk.faces.native import errors, stream
from polydesk.faces.native.wire import Call
from polydesk.features.live import hub


def listen(call: Call) -> HttpResponseBase:
    """What happens and the caller may know of, staff also who is at which ticket; `Last-Event-ID` resumes."""
    given = call.header("Last-Event-ID")
    after = hub.position(given) if given else None
    if given and after is None:
        raise errors.fault("Last-Event-ID", "invalid", "This is no position of the stream.")
    listener = hub.HUB.join(call.actor, after, stream.tell)
    if not connection.in_atomic_block:
        connection.close()  # the stream may stay for minutes; the connection must not
    return StreamingHttpResponse(
        hub.chunks(listener),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )

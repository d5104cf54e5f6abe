"""The stream of what happens, as server-sent events (PL-108)."""

from __future__ import annotations

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
    return hub.answer(listener)

"""Creating, updating, replacing and deleting, for every entity alike (sections 5 and 9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse

from polydesk.tickets.refusals import Missing

from ..answers import answer
from ..errors import NOTHING_TO_DELETE, Failure
from ..incoming import Incoming
from .door import Call


def create(call: Call) -> HttpResponse:
    """`{"itemId": n}` (AT-100, AT-401)."""
    function = _writer(call, call.entity.create)
    return _write(lambda: function(call, Incoming(call, new=True)))


def update(call: Call) -> HttpResponse:
    """PATCH: only what is present changes (AT-101, AT-103, AT-104)."""
    function = _writer(call, call.entity.update)
    return _write(lambda: function(call, Incoming(call)))


def replace(call: Call) -> HttpResponse:
    """PUT: absent writable fields become null (AT-102)."""
    function = _writer(call, call.entity.update)
    return _write(lambda: function(call, Incoming(call, whole=True)))


def delete(call: Call) -> HttpResponse:
    """Where the dialect has it at all (AT-045, AT-106)."""
    function = _writer(call, call.entity.delete)
    try:
        return _write(lambda: function(call, int(call.parts["id"])))
    except Missing:
        raise Failure(NOTHING_TO_DELETE) from None


def _writer(call: Call, function: Callable[..., int] | None) -> Callable[..., int]:
    """Children are written below their parent (AT-400)."""
    under_parent = call.entity.parent and call.entity.only_under_parent
    if function is None or (under_parent and "parent_id" not in call.parts):
        raise Failure("The requested resource does not support this method.", status=405)
    return function


def _write(function: Callable[[], Any]) -> HttpResponse:
    """A write that fails changes nothing (AT-050)."""
    with transaction.atomic():
        return answer({"itemId": function()})

"""Every request comes in here: its address is matched, its sender known, its faults answered in the dialect."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse

from polydesk.directory.actors import Actor
from polydesk.tickets.refusals import Denied, Missing, Refused, Stale
from polydesk.web import bodies

from .. import auth, limits
from ..entities import CHILDREN, ENTITIES, REFUSED_NAMES
from ..errors import NOTHING_TO_UPDATE, Failure, error_response, no_right, texts_of
from ..fields import Entity
from ..tables import Tables

VERSIONS = ("v1.0", "1.0", "v1", "1")
ATTACHMENT_BODY = 10 * 1024 * 1024


@dataclass
class Call:
    """One request: who asks for what."""

    request: HttpRequest
    parts: dict[str, str]
    actor: Actor = None  # type: ignore[assignment]
    entity: Entity = None  # type: ignore[assignment]
    tables: Tables = None  # type: ignore[assignment]

    @property
    def method(self) -> str:
        return str(self.request.method)

    def number(self, name: str) -> int | None:
        """An id of the address."""
        return int(self.parts[name]) if name in self.parts else None

    def parameter(self, name: str) -> str | None:
        """A parameter of the query string, its name in any case."""
        return next((v for k, v in self.request.GET.items() if k.lower() == name), None)

    def body(self) -> Any:
        """The JSON body, whatever its media type says (AT-009)."""
        is_file = "attachment" in self.entity.name.lower()
        return bodies.parse(bodies.raw(self.request, limit=ATTACHMENT_BODY if is_file else bodies.MEBIBYTE))


View = Callable[[Call], HttpResponse]
Route = tuple[str, str, View]


class Door:
    """The one view behind the face's address."""

    def __init__(self, free: Sequence[Route], routes: Sequence[Route]) -> None:
        self.free = [(m.split(), _pattern(path), view) for m, path, view in free]
        self.routes = [(m.split(), _pattern(path), view) for m, path, view in routes]
        self.csrf_exempt = True
        self.__name__ = self.__qualname__ = "autotask"

    def __call__(self, request: HttpRequest, rest: str | None = None) -> HttpResponse:
        try:
            return self.enter(request, rest or "")
        except Failure as failure:
            return error_response(failure.texts, failure.status, failure.headers)
        except bodies.BadBody as bad:
            texts = [f"{e['field']}: {e['message']}" for e in bad.errors] or [bad.message]
            return error_response(texts)
        except Refused as refused:
            return error_response(texts_of(refused.refusals, REFUSED_NAMES))
        except Denied as denied:
            failure = no_right(denied.reason)
            return error_response(failure.texts, failure.status)
        except Missing:
            return error_response([NOTHING_TO_UPDATE])
        except Stale:
            return error_response(["The record was changed in the meantime."])

    def enter(self, request: HttpRequest, rest: str) -> HttpResponse:
        path = _path(rest)
        for methods, pattern, view in self.free:
            if pattern.fullmatch(path):
                _check_method(request, methods)
                return view(Call(request, {}))
        call = Call(request, {}, actor=auth.actor_of(request))
        request.actor = call.actor  # type: ignore[attr-defined]
        call.tables = Tables(call.actor)
        if path.lower() == "thresholdinformation":  # asking for the limits costs nothing of them (AT-540)
            return self.find(call, path)(call)
        limits.count(call.actor)
        view = self.find(call, path)
        with limits.thread(call.actor, call.entity.name if call.entity else path):
            return view(call)

    def find(self, call: Call, path: str) -> View:
        allowed: list[str] = []
        for methods, pattern, view in self.routes:
            found = pattern.fullmatch(path)
            if found:
                entity = _entity(found.groupdict())
                if entity is None and "entity" in pattern.groupindex:
                    continue
                if call.method not in methods:
                    allowed += methods
                    continue
                call.parts = {k: v for k, v in found.groupdict().items() if v is not None}
                call.entity = entity  # type: ignore[assignment]
                return view
        if allowed:
            raise Failure("The requested resource does not support this method.", status=405)
        raise Failure("There is no such resource.", status=404)


def _pattern(path: str) -> re.Pattern[str]:
    """`Tickets/{id:number}` as an expression over a path without doubled slashes."""
    parts = []
    for part in path.split("/"):
        name, _, kind = part.strip("{}").partition(":")
        if part.startswith("{"):
            parts.append(rf"(?P<{name}>\d{{1,18}})" if kind == "number" else rf"(?P<{name}>[^/]+)")
        else:
            parts.append(re.escape(part))
    return re.compile("/".join(parts), re.IGNORECASE | re.ASCII)


def _path(rest: str) -> str:
    """The path without the version, doubled slashes and a final one."""
    parts = [part for part in unquote(rest).split("/") if part]
    if parts and parts[0].lower() in VERSIONS:
        parts = parts[1:]
    return "/".join(parts)


def _entity(parts: dict[str, str | None]) -> Entity | None:
    name = (parts.get("entity") or "").lower()
    if "child" in parts:
        return CHILDREN.get((name, (parts["child"] or "").lower()))
    return ENTITIES.get(name)


def _check_method(request: HttpRequest, methods: Sequence[str]) -> None:
    if request.method not in methods:
        raise Failure("The requested resource does not support this method.", status=405)

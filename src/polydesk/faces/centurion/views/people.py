"""Users, permissions and content types: what clients look up (CE-070, CE-223)."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Coalesce

from polydesk.directory.models import Membership, Person

from .. import lists, permissions
from ..door import Call
from ..errors import Faults

USER_SORTS = {"id": "pk", "username": "login", "first_name": "first_name", "last_name": "last_name"}


def visible(call: Call) -> QuerySet[Person]:
    """People of the caller's organizations; a customer sees staff and the own company (RC-272)."""
    people = Person.objects.filter(erased_at__isnull=True, is_system=False)
    if call.caller.is_superuser:
        return people
    found = Q(pk=call.caller.person_id)
    for organization_id, actor in call.caller.actors.items():
        members = Membership.objects.filter(organization_id=organization_id, is_active=True)
        staff = Q(pk__in=members.filter(side=Membership.STAFF).values("person_id"))
        if actor.side == "customer":
            colleagues = Q(company_id=actor.company_id) if actor.company_id and actor.sees_company else Q(pk__in=())
            found |= staff | colleagues
        else:
            found |= Q(organization_id=organization_id) | Q(pk__in=members.values("person_id"))
    return people.filter(found)


def users(call: Call) -> Any:
    """`base/user`"""
    call.need(bool(call.caller.actors) or call.caller.is_superuser)
    query = call.request.GET
    rows = visible(call).annotate(shown=Coalesce("login", "email", output_field=CharField()))
    asked = lists.filters(query, ("username", "is_active"))
    faults = Faults()
    if "username" in asked:
        rows = rows.filter(shown=asked["username"].replace("\x00", ""))
    if "is_active" in asked:
        rows = rows.filter(is_active=bool(lists.truth(faults, "is_active", asked["is_active"])))
    faults.check()
    if text := lists.search(query):
        rows = rows.filter(Q(login__icontains=text) | Q(name__icontains=text) | Q(email__icontains=text))
    numbers = rows.order_by(*lists.order(query, USER_SORTS)).values_list("pk", flat=True)
    return lists.answer(call.request, numbers, lambda page: show(call, page))


def show(call: Call, numbers: Any) -> list[dict[str, Any]]:
    """Users by their numbers."""
    call.names.want("user", *numbers)
    return call.names.shown("user", numbers)


def user(call: Call, pk: int) -> Any:
    """`base/user/{id}`"""
    if not 0 < pk < 2**63 or not visible(call).filter(pk=pk).exists():
        raise call.missing()
    return show(call, [pk])[0]


def all_permissions(call: Call) -> Any:
    """`base/permission`: the 35 of tickets first."""
    found = list(permissions.PERMISSIONS)
    if text := lists.search(call.request.GET).lower():
        found = [p for p in found if text in p.name.lower() or text in p.codename]
    return lists.answer(call.request, found, lambda page: [_permission(call, p) for p in page])


def permission(call: Call, pk: int) -> Any:
    """`base/permission/{id}`"""
    if pk not in permissions.BY_ID:
        raise call.missing()
    return _permission(call, permissions.BY_ID[pk])


def _permission(call: Call, p: permissions.Permission) -> dict[str, Any]:
    return {
        "id": p.id,
        "display_name": f"{p.model.app_label} | {p.model.name} | {p.name}",
        "name": p.name,
        "codename": p.codename,
        "app_label": p.model.app_label,
        "content_type": _content_type(call, p.model),
        "url": call.url(f"base/permission/{p.id}"),
    }


def content_types(call: Call) -> Any:
    """`base/content_type`"""
    found = list(permissions.MODELS)
    return lists.answer(call.request, found, lambda page: [_content_type(call, m) for m in page])


def content_type(call: Call, pk: int) -> Any:
    """`base/content_type/{id}`"""
    for model in permissions.MODELS:
        if model.id == pk:
            return _content_type(call, model)
    raise call.missing()


def _content_type(call: Call, model: permissions.Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "display_name": f"{model.app_label} | {model.name}",
        "app_label": model.app_label,
        "model": model.model,
        "url": call.url(f"base/content_type/{model.id}"),
    }

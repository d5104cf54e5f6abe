"""Customers: what the ticket calls need of them (CR-070 … CR-073)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from polydesk.directory.actors import Actor
from polydesk.directory.models import Company
from polydesk.tickets import checks
from polydesk.tickets.fields import FIELDS
from polydesk.web.bodies import json_response
from polydesk.web.problems import Problem

from .. import auth, lists
from ..errors import faulty, refuse
from .door import address, body_of

TEXTS = {
    "name": ("name", 255),
    "accountNumber": ("number", 60),
    "CRMReference": ("reference", 100),
    "email": ("email", 254),
}
UNIQUE = ("accountNumber", "CRMReference")
WORDS = {"true": True, "false": False}  # a form has no other way to say it
ON = ("", "1", "true", "on", "yes")


def customers(actor: Actor) -> QuerySet[Company]:
    """The companies that are customers; pure suppliers never appear (RC-048)."""
    return Company.objects.filter(organization_id=actor.organization_id, is_customer=True)


def row(actor: Actor, customer_id: int) -> Company:
    """One customer, dropped or not; else the 404."""
    found = customers(actor).filter(pk=customer_id).first() if 0 < customer_id < 2**63 else None
    if found is None:
        raise Problem("not-found", "There is no such customer.")
    return found


def shown(company: Company) -> dict[str, Any]:
    """A customer as this API shows it."""
    return {
        "id": str(company.pk),
        "name": company.name,
        "email": company.email,
        "accountNumber": company.number,
        "CRMReference": company.reference,
        "active": company.is_active and company.dropped_at is None,
    }


def list_all(request: HttpRequest, actor: Actor) -> Any:
    """All customers, or those that the parameters name (CR-071)."""
    wanted = lists.asked(request.GET, Company)
    found = customers(actor)
    if "accountNumber" in request.GET:
        found = found.filter(number=request.GET["accountNumber"]).exclude(number="")
    if "CRMReference" in request.GET:
        found = found.filter(reference=request.GET["CRMReference"]).exclude(reference="")
    active = Q(is_active=True, dropped_at__isnull=True)
    if _is_on(request, "active") != _is_on(request, "dropped"):
        found = found.filter(active if _is_on(request, "active") else ~active)
    if wanted.created_since:
        found = found.filter(created_at__gte=wanted.created_since)
    if wanted.updated_since:
        found = found.filter(updated_at__gte=wanted.updated_since)
    return lists.array(lists.reader(found), wanted, lambda rows: [shown(company) for company in rows])


def _is_on(request: HttpRequest, flag: str) -> bool:
    return request.GET.get(flag, "off").strip().lower() in ON


def get(request: HttpRequest, actor: Actor, customer_id: int) -> HttpResponse:
    """One customer."""
    return json_response(shown(row(actor, customer_id)))


def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A new customer; the name is required."""
    auth.may_write_customers(actor)
    body, faults = body_of(request, required=True)
    company = Company(organization_id=actor.organization_id)
    _take(company, {"name": None, **body}, faults)
    return json_response(shown(company), 201)


def update(request: HttpRequest, actor: Actor, customer_id: int) -> HttpResponse:
    """Change what was sent."""
    auth.may_write_customers(actor)
    with transaction.atomic():
        company = customers(actor).select_for_update().filter(pk=row(actor, customer_id).pk).get()
        body, faults = body_of(request, required=False)
        _take(company, body, faults)
    return json_response(shown(company))


def drop(request: HttpRequest, actor: Actor, customer_id: int) -> HttpResponse:
    """No customer any more; its tickets stay and it can still be read (CR-072)."""
    auth.may_write_customers(actor)
    company = row(actor, customer_id)
    if company.dropped_at is None:
        company.dropped_at, company.is_active = timezone.now(), False
        company.save()
    return HttpResponse(status=204)


def _take(company: Company, body: Mapping[str, Any], faults: dict[str, str]) -> None:
    """Put the body's values on the customer and keep it, or refuse with every fault."""
    before = shown(company)
    for name, (column, limit) in TEXTS.items():
        if name in body and name not in faults:
            value = "" if body[name] is None else body[name]
            if isinstance(value, int) and not isinstance(value, bool) and name in UNIQUE:
                value = str(value)
            fault = _fault(company, name, value, limit)
            if fault:
                faults[name] = fault
            else:
                setattr(company, column, value.strip())
    if "active" in body:
        active = WORDS.get(body["active"], body["active"]) if isinstance(body["active"], str) else body["active"]
        if not isinstance(active, bool):
            faults["active"] = "active must be true or false."
        elif active != before["active"]:
            company.is_active, company.dropped_at = active, None
    if faults:
        refuse(faults)
    if company.pk is None or shown(company) != before:
        _save(company)


def _fault(company: Company, name: str, value: object, limit: int) -> str:
    try:
        checks.normalise(FIELDS["title"], value)
    except checks.Wrong:
        return f"{name} must be text of at most {limit} characters."
    assert isinstance(value, str)
    value = value.strip()
    if name == "name" and not value:
        return "A name is needed."
    if len(value) > limit:
        return f"{name} may have at most {limit} characters."
    if name == "email" and value:
        try:
            validate_email(value)
        except ValidationError:
            return "email must be an e-mail address."
    others = Company.objects.filter(organization_id=company.organization_id).exclude(pk=company.pk)
    if name in UNIQUE and value and others.filter(**{TEXTS[name][0]: value}).exists():
        return f"Another customer has this {name}."
    return ""


def _save(company: Company) -> None:
    company.version += company.pk is not None
    try:
        with transaction.atomic():
            company.save()
    except IntegrityError as error:  # a parallel request took the same a moment ago
        name = "CRMReference" if "reference" in str(error) else "accountNumber"
        raise faulty({name: f"Another customer has this {name}."}) from error


collection = address(GET=list_all, POST=create)
single = address(GET=get, PATCH=update, PUT=update, POST=update, DELETE=drop)

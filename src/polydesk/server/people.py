"""A person who can sign in: Django's user, the directory's person and the membership, made together."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from polydesk.directory import founding
from polydesk.directory.models import Organization, Person
from polydesk.server.config import ConfigError


@transaction.atomic
def add(
    organization: Organization,
    login: str,
    name: str,
    *,
    password: str = "",
    hashed: str = "",
    email: str = "",
    is_superuser: bool = False,
    **facts: Any,
) -> Person:
    """`facts` are those of founding.add_person: role, teams, company, is_admin … Hashing is slow by intent, so that
    who adds many with one password gives it `hashed`."""
    hashed = hashed or make_password(password)
    user = get_user_model().objects.create(username=login, email=email, password=hashed, is_superuser=is_superuser)
    if email:
        EmailAddress.objects.create(user=user, email=email.lower(), verified=True, primary=True)
    return founding.add_person(organization, name, user=user, email=email, **facts)


def check_password(password: str, login: str, email: str = "") -> None:
    """The same rules as the pages (RS-125)."""
    try:
        validate_password(password, get_user_model()(username=login, email=email))
    except ValidationError as problem:
        raise ConfigError(f"this password will not do: {' '.join(problem.messages)}") from problem


def find(login: str) -> Person:
    person = (
        Person.objects.filter(login=login).first()
        or Person.objects.filter(email__iexact=login, user__isnull=False).first()
    )
    if person is None:
        raise ConfigError(f"nobody has the login {login} (polydesk user list shows all)")
    return person


def the_organization(key: str | None) -> Organization:
    """The one named, or the only one there is."""
    found = list(Organization.objects.filter(key=key) if key else Organization.objects.order_by("id")[:2])
    if len(found) == 1:
        return found[0]
    if key:
        raise ConfigError(f"there is no organization {key}")
    raise ConfigError(
        "there are several organizations: name one" if found else "there is no organization (polydesk init)"
    )

"""Make a desk that can be used: an organization with its administrator, a team, queues and categories."""

import argparse
import getpass
import secrets
import sys

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.text import slugify

from polydesk.directory import founding
from polydesk.directory.models import Organization
from polydesk.server import furniture, migrating, people
from polydesk.server.config import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organization", metavar="NAME", help="its name, such as “Example Ltd”")
    parser.add_argument("--admin", metavar="LOGIN", help="login of the first administrator")
    parser.add_argument("--name", help="the administrator's full name")
    parser.add_argument("--email", default="", help="the administrator's e-mail address")
    parser.add_argument("--password", help="the administrator's password; without it one is made and shown once")


def run(options: argparse.Namespace) -> int:
    migrating.migrate()
    if existing := Organization.objects.order_by("id").first():
        print(f"nothing to do: this desk belongs to {existing.name} already")
        return 0
    name = options.organization or _ask("Organization", "My desk")
    login = options.admin or _ask("Administrator's login", "admin")
    password, is_made = _password(options.password, login, options.email)
    if get_user_model().objects.filter(username=login).exists():
        raise ConfigError(f"the login {login} is taken")
    with transaction.atomic():
        organization = founding.found(name, slugify(name)[:60] or "desk")
        team = furniture.furnish(organization)
        people.add(
            organization,
            login,
            options.name or login,
            password=password,
            email=options.email,
            role="manager",
            is_admin=True,
            is_superuser=True,
            teams=[team],
        )
    print(f"{name} is ready; {login} administers it" + (f" with the password {password}" if is_made else ""))
    print("polydesk serve starts it")
    return 0


def _ask(question: str, default: str) -> str:
    """Without a terminal nobody can answer, so the default is taken."""
    return (input(f"{question} [{default}]: ").strip() if sys.stdin.isatty() else "") or default


def _password(given: str | None, login: str, email: str) -> tuple[str, bool]:
    if given is None and sys.stdin.isatty():
        given = getpass.getpass("Password (empty: make one): ") or None
    if given is None:
        return secrets.token_urlsafe(12), True
    people.check_password(given, login, email)
    return given, False

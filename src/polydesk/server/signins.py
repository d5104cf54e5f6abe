"""Sign-ins, failed ones too, and sign-outs go to the audit log (RS-171); never a password, never what was typed."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from polydesk.directory import audit
from polydesk.directory.models import Person


@receiver(user_logged_in)
def came_in(sender: Any, user: Any, **_: Any) -> None:
    _tell("signin.succeeded", user)


@receiver(user_logged_out)
def left(sender: Any, user: Any, **_: Any) -> None:
    if user is not None:
        _tell("signin.ended", user)


@receiver(user_login_failed)
def was_turned_away(sender: Any, credentials: dict[str, Any], **_: Any) -> None:
    login = str(credentials.get("username") or credentials.get("email") or "")
    person = Person.objects.filter(login__iexact=login).first() if login else None
    audit.record(
        "signin.failed",
        organization_id=person.organization_id if person else None,
        subject=f"person {person.pk}" if person else "an unknown login",
    )


def _tell(verb: str, user: Any) -> None:
    person = Person.objects.filter(user=user).first()
    audit.record(
        verb,
        organization_id=person.organization_id if person else None,
        actor_id=person.pk if person else None,
        subject=f"person {person.pk}" if person else f"user {user.pk}",
    )

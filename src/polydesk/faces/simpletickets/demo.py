"""Who of the demo works on tickets in simpletickets' sense (RC-400)."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.core.management import call_command

from polydesk.directory.demo import Desk
from simpletickets import settings

STAFF = ("anna", "bob", "agent")
ADMINS = ("mona",)


def furnish(desk: Desk) -> None:
    """Anna and Bob are ticket staff, Mona is ticket admin; their web login opens the pages."""
    call_command("st_create_groups", verbosity=0, stdout=_Silent())
    for name, logins in ((settings.ST_STAFF_GNAME, STAFF), (settings.ST_ADMIN_GNAME, ADMINS)):
        group = Group.objects.get(name=name)
        for login in logins:
            person = desk.people.get(login)
            if person is not None and person.user is not None:
                person.user.groups.add(group)


class _Silent:
    def write(self, text: str) -> None:
        """Nothing of it is for the demo's reader."""

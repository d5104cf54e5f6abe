"""Creates the two groups under the names in force; a second run changes nothing (ST-026)."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand

from simpletickets import settings


class Command(BaseCommand):
    help = "Creates the groups of ticket staff and ticket admins."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in (settings.ST_STAFF_GNAME, settings.ST_ADMIN_GNAME):
            _, is_new = Group.objects.get_or_create(name=name)
            self.stdout.write(f"{name}: {'created' if is_new else 'exists'}")

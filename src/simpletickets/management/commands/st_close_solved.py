"""Closes what is solved for longer than ST_DELTA_CLOSE, for those who want it done by the clock (ST-048)."""

from typing import Any

from django.core.management.base import BaseCommand

from simpletickets import lifecycle


class Command(BaseCommand):
    help = "Closes solved tickets whose time to be reopened has passed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{lifecycle.settle()} closed")

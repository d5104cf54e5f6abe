"""Sends the mails that wait, when the project has switched ST_NOTIFICATIONS on (ST-051)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from polydesk.jobs import clock, running, worker


class Command(BaseCommand):
    help = "Sends the mails that wait. Let cron call it every minute, or keep it running with --stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stay", action="store_true", help="keep running and send each mail at once")

    def handle(self, *args: Any, stay: bool = False, **options: Any) -> None:
        if stay:
            worker.run(threads=1)
            return
        count = 0
        while (job := running.claim("st_send_mail", now=clock.now())) is not None:
            worker.perform(job)
            count += job.kind == "notification.mail"
        self.stdout.write(f"{count} handled")

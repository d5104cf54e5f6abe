"""The channel as a Django app."""

from django.apps import AppConfig


class EmailConfig(AppConfig):
    """Incoming mail."""

    name = "polydesk.channels.email"
    label = "email"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs; answers to our mails come here."""
        from polydesk.features.mailboxes import boxes
        from polydesk.features.notifications import telling, threads

        from . import confirming, copies, fetching, handling, matching, replies  # noqa: F401

        threads.replies_go_to(replies.address)
        threads.came_by(matching.came_by)
        telling.mail_passes_over(copies.passed_over)
        boxes.check_with(fetching.check)

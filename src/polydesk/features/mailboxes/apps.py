"""Incoming mail as a feature."""

from django.apps import AppConfig


class MailboxesConfig(AppConfig):
    """Mailboxes and what came into them."""

    name = "polydesk.features.mailboxes"
    label = "mailboxes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Raw messages are files; old ones are forgotten."""
        from polydesk.web import files

        from . import taking

        files.named_by(taking.named)

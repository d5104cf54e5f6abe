"""Notifications as a feature."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """People are told what concerns them."""

    name = "polydesk.features.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to recorded edits; register the jobs."""
        from polydesk.tickets import edits

        from . import sending, telling  # noqa: F401
        from .outbox import take

        edits.listen(take)

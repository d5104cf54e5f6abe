"""Webhooks as a feature."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Endpoints that are told of events."""

    name = "polydesk.features.webhooks"
    label = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to recorded edits; register Polydesk's own format and the jobs."""
        from polydesk.tickets import edits

        from . import messages, sending  # noqa: F401
        from .outbox import LISTENING, take

        edits.listen(take, where=LISTENING)

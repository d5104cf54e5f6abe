"""Automations as a feature."""

from django.apps import AppConfig


class AutomationConfig(AppConfig):
    """What the desk does by itself."""

    name = "polydesk.features.automation"
    label = "automation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to recorded edits; register the jobs."""
        from polydesk.tickets import edits

        from . import running  # noqa: F401
        from .outbox import LISTENING, take

        edits.listen(take, where=LISTENING)

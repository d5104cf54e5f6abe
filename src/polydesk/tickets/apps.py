"""The ticket engine as a reusable Django app: no setting, no middleware, any user model."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """One engine behind every face."""

    name = "polydesk.tickets"
    label = "tickets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the engine does by the clock."""
        from . import ticks  # noqa: F401

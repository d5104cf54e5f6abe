"""Live as a feature."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Streams of changes, and who is there."""

    name = "polydesk.features.live"
    label = "live"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the sweep; what is written rings."""
        from polydesk.tickets import edits

        from . import (
            bell,
            ticks,  # noqa: F401
        )

        edits.listen(bell.ring_of)

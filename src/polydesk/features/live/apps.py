"""Live as a feature."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Streams of changes, and who is there."""

    name = "polydesk.features.live"
    label = "live"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the sweep."""
        from . import ticks  # noqa: F401

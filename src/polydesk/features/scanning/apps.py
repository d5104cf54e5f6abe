"""Scanning as a Django app."""

from django.apps import AppConfig


class ScanningConfig(AppConfig):
    """Files are examined before they are handed out."""

    name = "polydesk.features.scanning"
    label = "scanning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Files that come are examined, and the door of downloads asks for the verdict."""
        from polydesk.tickets import edits
        from polydesk.web import files

        from . import examining, verdicts

        edits.listen(examining.take)
        files.ask_before_sending(verdicts.check)

"""The workplace as a Django app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "polydesk.faces.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Gives the templates the one name they speak through: `desk`."""
        from polydesk.web import pages

        from . import sending, ticks, words  # noqa: F401

        pages.register_global("desk", words)

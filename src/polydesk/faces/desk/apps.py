"""The workplace as a Django app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "polydesk.faces.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Gives the templates the one name they speak through: `desk`."""
        from django.template import engines

        from . import words

        for engine in engines.all():
            if hasattr(engine, "env"):
                engine.env.globals["desk"] = words

"""The Centurion face as a Django app."""

from django.apps import AppConfig


class CenturionConfig(AppConfig):
    name = "polydesk.faces.centurion"
    label = "centurion"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Every error under its address is told in its shape."""
        from polydesk.web import middleware

        from . import errors

        middleware.register_errors("/api/v2", errors.render)

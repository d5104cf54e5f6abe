"""The native API as a Django app."""

from django.apps import AppConfig


class NativeConfig(AppConfig):
    name = "polydesk.faces.native"
    label = "native"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Errors under our address are problem documents (RS-148)."""
        from polydesk.web.middleware import register_errors
        from polydesk.web.problems import problem_response

        register_errors("/api/v1", problem_response)

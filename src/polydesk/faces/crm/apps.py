"""The CRM face as a Django app."""

from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "polydesk.faces.crm"
    label = "crm"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Every error under the face's prefix has its shape (CR-060, RS-148)."""
        from polydesk.web.middleware import register_errors

        from . import errors

        register_errors("/backend/api/v1", errors.render)

"""The channel as a Django app."""

from django.apps import AppConfig


class EmailConfig(AppConfig):
    """Incoming mail."""

    name = "polydesk.channels.email"
    label = "email"
    default_auto_field = "django.db.models.BigAutoField"

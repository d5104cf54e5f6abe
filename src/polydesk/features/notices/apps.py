"""Notices as a Django app."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Announcements of the desk."""

    name = "polydesk.features.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"

"""The directory as a Django app of its own."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """Who and what tickets are about."""

    name = "polydesk.directory"
    label = "directory"
    default_auto_field = "django.db.models.BigAutoField"

"""Macros as a Django app."""

from django.apps import AppConfig


class MacrosConfig(AppConfig):
    """Changes and a text prepared in advance."""

    name = "polydesk.features.macros"
    label = "macros"
    default_auto_field = "django.db.models.BigAutoField"

"""Checklists as a Django app."""

from django.apps import AppConfig


class ChecklistsConfig(AppConfig):
    """Items and libraries."""

    name = "polydesk.features.checklists"
    label = "checklists"
    default_auto_field = "django.db.models.BigAutoField"

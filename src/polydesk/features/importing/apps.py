"""Importing as a feature; it has no rows of its own."""

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    """Imports."""

    name = "polydesk.features.importing"
    label = "importing"

"""Branding as a Django app."""

from django.apps import AppConfig


class BrandingConfig(AppConfig):
    """Name, logo and colour."""

    name = "polydesk.features.branding"
    label = "branding"
    default_auto_field = "django.db.models.BigAutoField"

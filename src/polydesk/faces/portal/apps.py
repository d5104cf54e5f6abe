"""The portal as a Django app."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "polydesk.faces.portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Gives the templates their words as `portal`, and errors under /portal/ the look of its pages."""
        from django.urls import reverse

        from polydesk.features.notifications import house
        from polydesk.web import middleware, pages

        from . import errors, words

        pages.register_global("portal", words)
        middleware.register_errors("/portal", errors.page)
        house.page_for("customer", lambda number: reverse("portal:request", args=(number,)))

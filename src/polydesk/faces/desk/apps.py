"""The workplace as a Django app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "polydesk.faces.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Gives the templates the one name they speak through: `desk`."""
        from django.urls import reverse

        from polydesk.features.notifications import house
        from polydesk.web import pages

        from . import sending, ticks, words  # noqa: F401

        pages.register_global("desk", words)
        house.page_for(
            "staff",
            lambda number: reverse("desk:ticket", args=(number,)),
            lambda: reverse("desk:notification_choices"),
        )

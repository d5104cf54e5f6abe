"""The knowledge base as a Django app."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "polydesk.features.knowledge"
    label = "knowledge"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tickets can be linked to articles."""
        from polydesk.tickets import items

        from .models import names

        items.register("kb", "Knowledge base", names)

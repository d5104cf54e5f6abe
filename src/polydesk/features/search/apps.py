"""Search as a feature: it listens to what the engine records."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Full text and saved views."""

    name = "polydesk.features.search"
    label = "search"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep the documents in step with every recorded edit; look after those of the release before."""
        from polydesk.tickets import edits

        from . import documents, marks  # noqa: F401

        edits.listen(documents.keep_in_step)

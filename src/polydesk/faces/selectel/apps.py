"""The Selectel face as a Django app."""

from django.apps import AppConfig


class SelectelConfig(AppConfig):
    """Errors under its prefixes, and the text function that its search needs on SQLite."""

    name = "polydesk.faces.selectel"
    label = "selectel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Every error under the face's prefixes has its shape (SE-040, RS-148)."""
        from django.db.backends.signals import connection_created

        from polydesk.web.middleware import register_errors

        from . import errors, folding, prefixes

        for prefix in (prefixes.classic(), prefixes.current(), prefixes.files(), prefixes.IDENTITY):
            register_errors(prefix, errors.render)
        connection_created.connect(folding.teach, dispatch_uid="selectel.folding")

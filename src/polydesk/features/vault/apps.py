"""The vault as a feature."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Sealed secrets and the log of who saw them."""

    name = "polydesk.features.vault"
    label = "vault"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the sweep."""
        from . import sweep  # noqa: F401

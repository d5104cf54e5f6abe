"""The Autotask face as a Django app."""

from django.apps import AppConfig


class AutotaskConfig(AppConfig):
    """Answers the Autotask PSA REST dialect."""

    name = "polydesk.faces.autotask"
    label = "autotask"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Everything under the path fails in the vendor's shape; webhooks can speak its format."""
        from polydesk.web.middleware import register_errors

        from .entities.callouts import offer
        from .errors import problem_response
        from .folding import install

        register_errors("/atservicesrest", problem_response)
        offer()
        install()

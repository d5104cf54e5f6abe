"""The Autotask face as a Django app."""

from django.apps import AppConfig


class AutotaskConfig(AppConfig):
    """Answers the Autotask PSA REST dialect."""

    name = "polydesk.faces.autotask"
    label = "autotask"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Everything under the path fails in the vendor's shape; webhooks can speak its format and hear of its rows."""
        from polydesk.web.middleware import register_errors

        from . import folding
        from .entities import announcing, callouts
        from .errors import problem_response

        register_errors("/atservicesrest", problem_response)
        callouts.offer()
        announcing.install()
        folding.install()

"""The Django app of the web plumbing."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "polydesk.web"
    label = "web"
    verbose_name = "Polydesk web plumbing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from polydesk.web import failpoints

        failpoints.arm_from_settings()

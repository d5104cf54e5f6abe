"""The Django app of the job table."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "polydesk.jobs"
    label = "jobs"
    verbose_name = "Polydesk jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from polydesk.jobs import sweep  # noqa: F401  its tick registers itself

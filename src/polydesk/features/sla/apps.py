"""Service levels as a feature."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class SlaConfig(AppConfig):
    """Policies by the chain, clocks by the events."""

    name = "polydesk.features.sla"
    label = "sla"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Choose policies, keep the clocks in step, and follow what administrators change."""
        from polydesk.directory.models import SlaPolicy
        from polydesk.tickets import edits, rules

        from . import ticks  # noqa: F401
        from .keeping import keep_in_step
        from .models import Calendar, Target
        from .rules import RULES

        rules.install(RULES, last=True)
        edits.listen(keep_in_step)
        for model in (SlaPolicy, Target, Calendar):
            for signal in (post_save, post_delete):
                signal.connect(_promises_have_changed, sender=model, dispatch_uid=f"sla.{model.__name__}")


def _promises_have_changed(instance: Any, created: bool = False, **_: Any) -> None:
    from . import plans

    plans.follow(instance, is_new=created)

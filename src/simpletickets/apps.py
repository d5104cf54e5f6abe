"""The one app that a project names; it brings the engine along (ST-002, ST-003)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate

ENGINE = ("polydesk.web", "polydesk.jobs", "polydesk.directory", "polydesk.tickets")
NOTIFICATIONS = "polydesk.features.notifications"


class SimpleticketsConfig(AppConfig):
    """Tickets between users and staff."""

    name = "simpletickets"
    label = "simpletickets"
    verbose_name = "Tickets"
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        _bring_the_engine()

    def ready(self) -> None:
        """Say what the engine must know of this face, and look after a database that 0.2 has used."""
        from polydesk.tickets.rules.lifecycle import span_after_solving

        from . import (
            checks,  # noqa: F401  they register themselves
            files,
            lifecycle,
            takeover,
        )

        span_after_solving(lifecycle.span)
        files.keep_under_attachments_folder()
        if _wants_mail():
            from . import telling

            telling.switch_on()
        post_migrate.connect(takeover.after_migrating, sender=self, dispatch_uid="simpletickets.takeover")


def _bring_the_engine() -> None:
    """Put the engine's apps before this one, unless the project lists them itself."""
    named = list(_entries())
    for engine in (*ENGINE, NOTIFICATIONS) if _wants_mail() else ENGINE:
        if not any(entry == engine or str(entry).startswith(f"{engine}.apps.") for entry in named):
            config = AppConfig.create(engine)
            if config.label not in apps.app_configs:
                apps.app_configs[config.label] = config
                config.apps = apps  # type: ignore[attr-defined]


def _wants_mail() -> bool:
    """Has the project switched notifications on (ST-051)?"""
    return bool(getattr(settings, "ST_NOTIFICATIONS", False))


def _entries() -> Iterable[Any]:
    """The entries being loaded: while a test overrides INSTALLED_APPS, the settings still hold the former ones."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code is type(apps).populate.__code__:
            return frame.f_locals["installed_apps"] or ()
        frame = frame.f_back  # type: ignore[assignment]
    return settings.INSTALLED_APPS

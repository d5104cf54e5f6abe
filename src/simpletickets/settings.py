"""Every setting with the value in force, read from the project's settings when it is used (ST-011, ST-012)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

DEFAULTS: dict[str, Any] = {
    "ST_DELTA_CLOSE": timedelta(hours=6),
    "ST_FL_MNTR_STAFF": True,
    "ST_FL_MNTR_OWNER": False,
    "ST_STAFF_GNAME": "simpleticket_staff",
    "ST_ADMIN_GNAME": "simpleticket_admin",
    "ST_ATTACHMENTS": "tickets",
    "ST_TCKT_TYPE": (
        (1, _("Inform about an error")),
        (2, _("Problem")),
        (8, _("Propose a sugestion")),
        (9, _("Others")),
    ),
    "ST_TCKT_SEVERITY": (
        (1, _("Low")),
        (2, _("Normal")),
        (5, _("important")),
        (8, _("very important")),
        (9, _("Critical")),
    ),
    "ST_TCKT_STATE": ((1, _("new")), (2, _("assigned")), (5, _("in progress")), (8, _("solved")), (9, _("closed"))),
    "BASE_TEMPLATE": "index.html",
    "ST_MAIN_TASKBAR": True,
    "ST_SETT_TIMES_STAFF": True,
    "ST_SETT_NUMBERS_STAFF": True,
    "ST_SETT_TIMES_OWNER": True,
    "ST_SETT_NUMBERS_OWNER": True,
    "ST_REST_API": True,
    "API_BASE_URL": "api",
    "ST_NOTIFICATIONS": False,
    "ST_SITE_URL": "",
}
# Older names, understood where the documented one is not set (ST-067, ST-072).
OTHER_NAMES = {"ST_ATTACHMENTS": "ATTACHMENTS_DIR", "ST_MAIN_TASKBAR": "ST_SETT_MAIN_TASKBAR"}
PLAIN_BASE = "simpletickets/plain_base.html"


def __getattr__(name: str) -> Any:
    if name not in DEFAULTS:
        raise AttributeError(name)
    for spelling in (name, OTHER_NAMES.get(name, name)):
        if hasattr(settings, spelling):
            return getattr(settings, spelling)
    return DEFAULTS[name]


def __dir__() -> list[str]:
    return sorted([*globals(), *DEFAULTS])


def is_set(name: str) -> bool:
    """Does the project say it, rather than the default?"""
    return hasattr(settings, name)

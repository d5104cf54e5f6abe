"""What `manage.py check` says of the settings (ST-008, ST-081, ST-084)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Error, Info, register
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.utils.functional import Promise

from . import settings

LISTS = ("ST_TCKT_TYPE", "ST_TCKT_SEVERITY", "ST_TCKT_STATE")
NEEDED_STATES = (1, 2, 8, 9)
FLAGS = tuple(name for name, default in settings.DEFAULTS.items() if isinstance(default, bool))
TEXTS = ("ST_STAFF_GNAME", "ST_ADMIN_GNAME", "ST_ATTACHMENTS", "BASE_TEMPLATE", "API_BASE_URL")


@register()
def check_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Every fault of every setting."""
    return [*_lists(), *_types(), *_template()]


def _lists() -> Iterator[CheckMessage]:
    for name in LISTS:
        value = getattr(settings, name)
        if not _is_list(value):
            yield Error(
                f"{name} must be a sequence of (integer, label).", hint='For instance ((1, "Low"), (2, "High")).',
                id="simpletickets.E001",
            )  # fmt: skip
            continue
        numbers = [number for number, _ in value]
        if len(set(numbers)) < len(numbers):
            yield Error(f"{name} has a number twice.", hint="Give each entry its own.", id="simpletickets.E002")
        if not numbers:
            yield Error(f"{name} is empty.", hint="Leave the setting out for the default.", id="simpletickets.E003")
        missing = [str(n) for n in NEEDED_STATES if n not in numbers] if name == "ST_TCKT_STATE" else []
        if missing:
            yield Error(
                f"ST_TCKT_STATE lacks {', '.join(missing)}.",
                hint="1 new, 2 assigned, 8 solved and 9 closed are needed; other states go between 3 and 7.",
                id="simpletickets.E004",
            )


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(pair, list | tuple)
        and len(pair) == 2
        and isinstance(pair[0], int)
        and not isinstance(pair[0], bool)
        and isinstance(pair[1], str | Promise)
        for pair in value
    )


def _types() -> Iterator[CheckMessage]:
    delta = settings.ST_DELTA_CLOSE
    if not isinstance(delta, timedelta) or delta < timedelta(0):
        yield Error(
            "ST_DELTA_CLOSE must be a timedelta that is not negative.", hint="For instance timedelta(hours=6).",
            id="simpletickets.E005",
        )  # fmt: skip
    for name in FLAGS:
        if not isinstance(getattr(settings, name), bool):
            yield Error(f"{name} must be True or False.", hint="Without quotes.", id="simpletickets.E006")
    for name in TEXTS:
        value = getattr(settings, name)
        if not isinstance(value, str) or not value.strip("/ "):
            yield Error(
                f"{name} must be a text.", hint=f"The default is {settings.DEFAULTS[name]!r}.", id="simpletickets.E007"
            )
    if settings.ST_STAFF_GNAME == settings.ST_ADMIN_GNAME:
        yield Error(
            "ST_STAFF_GNAME and ST_ADMIN_GNAME are the same.", hint="Staff and admins need a group each.",
            id="simpletickets.E008",
        )  # fmt: skip


def _template() -> Iterator[CheckMessage]:
    name = settings.BASE_TEMPLATE
    if not isinstance(name, str):
        return
    try:
        get_template(name)
    except TemplateDoesNotExist:
        if settings.is_set("BASE_TEMPLATE"):
            yield Error(
                f"The template {name!r} that BASE_TEMPLATE names does not exist.",
                hint="Create it with a block named simpletickets, or leave the setting out.",
                id="simpletickets.E009",
            )
        else:
            yield Info(
                "The project has no index.html: a plain page is used around the tickets.",
                hint="Set BASE_TEMPLATE to a template of yours that has a block named simpletickets.",
                id="simpletickets.I001",
            )
    except TemplateSyntaxError:
        return  # the host's own tests say more about its templates

"""The Jinja2 environment of our pages, and the registry by which faces add globals and filters to it.

Named in the settings: `"environment": "polydesk.web.pages.environment"`. Names are added in an app's `ready()`:
`pages.register_filter("ago", ago)`.
"""

from collections.abc import Callable
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django_htmx.jinja import htmx_script
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound

_globals: dict[str, Any] = {}
_filters: dict[str, Callable[..., Any]] = {}
_made: list[Environment] = []


class JinjaFiles(FileSystemLoader):
    """Leaves every name but `*.jinja` to Django's own engine: allauth's pages and ours stand in one folder."""

    def get_source(self, environment: Environment, template: str) -> Any:
        if not template.endswith(".jinja"):
            raise TemplateNotFound(template)
        return super().get_source(environment, template)


def environment(**options: Any) -> Environment:
    if isinstance(loader := options.get("loader"), FileSystemLoader):
        options["loader"] = JinjaFiles(loader.searchpath)
    options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True, **options}
    options["extensions"] = [*options.get("extensions", []), "jinja2.ext.i18n"]
    made = Environment(**options)
    made.undefined = StrictUndefined  # the backend chooses a lenient one under DEBUG
    made.install_gettext_translations(translation, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(static=static, url=url, htmx_script=htmx_script, **_globals)
    made.filters.update(_filters)
    _made.append(made)
    return made


def url(name: str, *args: Any, **kwargs: Any) -> str:
    return reverse(name, args=args or None, kwargs=kwargs or None)


def register_global(name: str, value: Any) -> None:
    _globals[name] = value
    for made in _made:
        made.globals[name] = value


def register_filter(name: str, function: Callable[..., Any]) -> None:
    _filters[name] = function
    for made in _made:
        made.filters[name] = function

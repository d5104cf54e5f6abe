"""The Jinja environment of all pages: the request's language, static addresses, routes by name, htmx."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django_htmx.jinja import htmx_script
from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from jinja2.loaders import FileSystemLoader


class JinjaFiles(FileSystemLoader):
    """Leaves every name but `*.jinja` to Django's own engine: allauth's pages and ours stand in one folder."""

    def get_source(self, environment: Environment, template: str) -> Any:
        if not template.endswith(".jinja"):
            raise TemplateNotFound(template)
        return super().get_source(environment, template)


def environment(**options: Any) -> Environment:
    loader: BaseLoader = options["loader"]
    if isinstance(loader, FileSystemLoader):
        options["loader"] = JinjaFiles(loader.searchpath)
    made = Environment(
        **{**options, "undefined": StrictUndefined},
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(translation, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(static=static, url=url, htmx_script=htmx_script)
    return made


def url(name: str, **arguments: Any) -> str:
    return reverse(name, kwargs=arguments)

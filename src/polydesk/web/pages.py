"""The Jinja2 environments of our pages, and the registry by which faces add globals and filters to them.

Named in the settings: `"environment": "polydesk.web.pages.environment"`. Names are added in an app's `ready()`:
`pages.register_filter("ago", ago)`.

A template is compiled once for each language in which somebody reads it, with its sentences translated: `_("Save")` is
then a constant like the text around it, where looking up some hundred sentences would cost more than all else.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from django.http import HttpRequest
from django.template.backends.utils import csrf_input
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils import translation
from django.utils.functional import cached_property
from django_htmx.jinja import htmx_script
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateNotFound, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

_globals: dict[str, Any] = {}
_filters: dict[str, Callable[..., Any]] = {}
_made: list["Translated"] = []


class JinjaFiles(FileSystemLoader):
    """Leaves every name but `*.jinja` to Django's own engine: allauth's pages and ours stand in one folder."""

    def get_source(self, environment: Environment, template: str) -> Any:
        if not template.endswith(".jinja"):
            raise TemplateNotFound(template)
        return super().get_source(environment, template)


class Page(Template):
    """A template that escapes texts without wrapping each in a `Markup` first: what it shows is joined at once."""

    @classmethod
    def from_code(cls, environment: Environment, *args: Any, **options: Any) -> Template:
        made = super().from_code(environment, *args, **options)
        made.root_render_func.__globals__["escape"] = _escaped
        return made


_SPECIAL = re.compile("[&<>\"']")


def _escaped(value: Any) -> str:
    if type(value) is Markup or (type(value) is str and not _SPECIAL.search(value)):
        return value
    return escape(value)


class Translated(Environment):
    """The environment of one language."""

    language = "en"
    template_class = Page

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        with translation.override(self.language):
            found = _Translator().visit(super()._parse(source, name, filename))
        assert isinstance(found, nodes.Template)
        return found


_FUNCTIONS: dict[str, Callable[..., str]] = {
    "_": translation.gettext,
    "gettext": translation.gettext,
    "pgettext": translation.pgettext,
}


class _Translator(NodeTransformer):
    """Puts the translation in the place of `_("a constant")`; what has parameters is translated when it is shown."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        found = _FUNCTIONS.get(node.node.name) if isinstance(node.node, nodes.Name) and not node.kwargs else None
        if found is None or not all(isinstance(word, nodes.Const) for word in node.args):
            return node
        words = [word.value for word in node.args if isinstance(word, nodes.Const)]
        return nodes.Const(Markup(found(*words)) % {}, lineno=node.lineno)


E = TypeVar("E", bound=Translated)


class Languages(Translated):
    """The environment that Django knows: a template of it is that of the reader's language."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.options = options
        self.of: dict[str | None, Translated] = {}

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:
        language = translation.get_language()
        if language not in self.of:
            self.of[language] = made = _made_of(Translated, self.options)
            made.language = language or "en"
        return self.of[language].get_template(name, parent, globals)


def environment(**options: Any) -> Environment:
    if isinstance(loader := options.get("loader"), FileSystemLoader):
        options["loader"] = JinjaFiles(loader.searchpath)
    options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True, **options}
    options["extensions"] = [*options.get("extensions", []), "jinja2.ext.i18n"]
    return _made_of(Languages, options)


def _made_of(kind: type[E], options: dict[str, Any]) -> E:
    made = kind(**options)
    made.undefined = StrictUndefined  # the backend chooses a lenient one under DEBUG
    made.install_gettext_translations(translation, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(static=static, url=url, fixed=fixed, htmx_script=htmx_script, **_globals)
    made.filters.update(_filters)
    _made.append(made)
    return made


class _FormToken:
    """Django's hidden field against forged forms. Masking its token costs as much as a form: once per page is enough,
    and a page without a form has none."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def made(self) -> str:
        return csrf_input(self.request)

    def __html__(self) -> str:
        return self.made


def one_form_token(request: HttpRequest) -> dict[str, Any]:
    """A context processor: all forms of a page carry the same token."""
    return {"csrf_input": _FormToken(request)}


_ANY = 7_310_465_982
"""A number that stands in no address of ours."""


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """An address by its name; those with one number, of which a list has hundreds, are made from a pattern."""
    found = (*args, *kwargs.values())
    if len(found) == 1 and type(found[0]) is int and found[0] >= 0:
        return _pattern(get_urlconf(), get_script_prefix(), name, *kwargs).replace(str(_ANY), str(found[0]))
    if not found:
        return _plain(get_urlconf(), get_script_prefix(), name)
    return reverse(name, args=args or None, kwargs=kwargs or None)


@lru_cache(maxsize=1000)
def _plain(urlconf: str | None, prefix: str, name: str) -> str:
    return reverse(name)


@lru_cache(maxsize=1000)
def _pattern(urlconf: str | None, prefix: str, name: str, *named: str) -> str:
    return reverse(name, kwargs={named[0]: _ANY}) if named else reverse(name, args=[_ANY])


def fixed(name: str) -> Markup:
    """A part of a page that says the same to everybody who reads a language: rendered once."""
    return _rendered(name, translation.get_language(), get_urlconf(), get_script_prefix())


@lru_cache(maxsize=100)
def _rendered(name: str, language: str | None, urlconf: str | None, prefix: str) -> Markup:
    return Markup(get_template(name).render())


def register_global(name: str, value: Any) -> None:
    _globals[name] = value
    for made in _made:
        made.globals[name] = value


def register_filter(name: str, function: Callable[..., Any]) -> None:
    _filters[name] = function
    for made in _made:
        made.filters[name] = function

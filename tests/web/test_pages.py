"""The Jinja2 environment."""

import re

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import gettext_lazy
from jinja2 import StrictUndefined, UndefinedError
from markupsafe import Markup

from polydesk.web import pages


def render(source, **context):
    return engines["jinja2"].from_string(source).render(context)


@pytest.mark.spec("RS-085")
def test_what_is_shown_is_escaped():
    assert render("{{ x }}", x="<b>") == "&lt;b&gt;"
    shown = render("{{ a }}{{ b }}{{ c }}{{ d }}", a=Markup("<i>"), b=5, c=gettext_lazy("<u>"), d=["'"])
    assert shown == "<i>5&lt;u&gt;[&#34;&#39;&#34;]"
    assert render("{% macro m(x) %}<p>{{ x }}</p>{% endmacro %}{{ m('&') }}{{ '<' ~ m('>') }}") == (
        "<p>&amp;</p>&lt;<p>&gt;</p>"
    )


@pytest.mark.spec("PL-302")
def test_all_forms_of_a_page_carry_one_token_and_a_page_without_forms_none():
    request = RequestFactory().get("/")
    twice = engines["jinja2"].from_string("{{ csrf_input }} {{ csrf_input }}").render({}, request)
    first, second = re.findall(r'name="csrfmiddlewaretoken" value="(\w{64})"', twice)
    assert first == second and "CSRF_COOKIE" in request.META
    quiet = RequestFactory().get("/")
    assert engines["jinja2"].from_string("x").render({}, quiet) == "x" and "CSRF_COOKIE" not in quiet.META


def test_a_misspelt_name_is_an_error():
    assert engines["jinja2"].env.undefined is StrictUndefined
    with pytest.raises(UndefinedError):
        render("{{ nobody }}")


def test_static_files_translations_and_htmx_are_at_hand():
    assert render("{{ static('a.css') }}") == "/static/a.css"
    assert "htmx" in render("{{ htmx_script() }}")
    with translation.override("de"):
        assert render("{{ gettext('Yes') }}{% trans %}No{% endtrans %}")


def test_a_face_adds_names_also_after_the_environment_was_made():
    render("x")
    pages.register_filter("shout", lambda text: text.upper() + "!")
    pages.register_global("answer", 42)
    assert render("{{ 'hi' | shout }} {{ answer }}") == "HI! 42"

"""The Jinja2 environment."""

import pytest
from django.template import engines
from django.utils import translation
from jinja2 import StrictUndefined, UndefinedError

from polydesk.web import pages


def render(source, **context):
    return engines["jinja2"].from_string(source).render(context)


@pytest.mark.spec("RS-085")
def test_what_is_shown_is_escaped():
    assert render("{{ x }}", x="<b>") == "&lt;b&gt;"


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

"""The workplace's style sheet, when the workplace is there."""

from django import template
from django.apps import apps
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def workplace_style() -> SafeString | str:
    """A link, or nothing: this face can be used without that one."""
    if not apps.is_installed("polydesk.faces.desk"):
        return ""
    return format_html('<link rel="stylesheet" href="{}">', static("desk/desk.css"))

"""Canned replies of the demo: what an IT support writes every day."""

from __future__ import annotations

from polydesk.directory.demo import Desk

from .models import CannedReply

REPLIES = (
    (
        "Printers",
        "Ask for the serial number",
        "serial",
        "Hello {{requester.first_name}},\n\nwhich serial number does the device have? It stands on its back, after S/N."
        "\n\nKind regards\n{{agent.name}}",
    ),
    (
        "",
        "We have begun",
        "begun",
        "Hello {{requester.first_name}},\n\n{{assignee.name}} has begun to work on #{{ticket.number}}."
        " We write again as soon as there is news.",
    ),
    (
        "",
        "Is it solved?",
        "solved",
        "Hello {{requester.first_name}},\n\n“{{ticket.title}}” should work again."
        " If it does not, just answer this message.",
    ),
    (
        "Accounts",
        "A new password",
        "password",
        "Hello {{requester.first_name}},\n\nchoose a new password on the sign-in page by “Forgot your password”."
        " The link is good for one hour.",
    ),
)


def furnish(desk: Desk) -> None:
    """For everybody in the first organization; what is there already is left alone."""
    for folder, name, shortcut, body in REPLIES:
        facts = {"folder": folder, "shortcut": shortcut, "body": body}
        CannedReply.objects.get_or_create(organization=desk.house, name=name, defaults=facts)

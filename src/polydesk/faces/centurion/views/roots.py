"""Addresses that only tell where to go on (CE-211, CE-228)."""

from __future__ import annotations

from typing import Any

from ..door import Call, Handler

ROOTS: dict[str, dict[str, str]] = {
    "": {
        "access": "access",
        "assistance": "assistance",
        "base": "base",
        "docs": "docs",
        "itim": "itim",
        "project_management": "project_management",
        "settings": "settings",
    },
    "access": {"organization": "access/organization"},
    "assistance": {"request": "assistance/ticket/request"},
    "base": {"content_type": "base/content_type", "permission": "base/permission", "user": "base/user"},
    "itim": {
        "change": "itim/ticket/change",
        "incident": "itim/ticket/incident",
        "problem": "itim/ticket/problem",
    },
    "project_management": {"project": "project_management/project"},
    "settings": {
        "ticket_category": "settings/ticket_category",
        "ticket_comment_category": "settings/ticket_comment_category",
    },
}


def page(where: str) -> Handler:
    """The links of one of them."""

    def links(call: Call) -> Any:
        found = {name: call.url(path) for name, path in ROOTS[where].items()}
        if where == "settings":
            found["user_settings"] = call.url(f"settings/user_settings/{call.caller.person_id}")
        return found

    return links

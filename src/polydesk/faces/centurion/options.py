"""OPTIONS: what a page needs to draw a list or a form (centurion.md section 14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from polydesk.directory.models import Membership, Milestone, Person, Project, Team
from polydesk.tickets import items
from polydesk.tickets.models import Category, CommentCategory
from polydesk.web.markdown import find_references

from . import codes
from .auth import organizations_of
from .door import PARSES, RENDERS, Call
from .names import ticket_path, username
from .shapes import Field

VERSION = {"project_url": None, "sha": None, "version": "1.13.1"}
"""The release whose interface this is."""
MOST_CHOICES = 500


def metadata(
    call: Call,
    *,
    name: str,
    description: str,
    fields: Mapping[str, Any],
    methods: Iterable[str],
    table_fields: Sequence[str] | None = None,
    back: str = "",
    documentation: str = "",
) -> dict[str, Any]:
    """The answer to OPTIONS (CE-260)."""
    urls = {"self": call.request.build_absolute_uri(call.request.path)}
    if back:
        urls["back"] = back
    found = {
        "name": name,
        "description": description,
        "documentation": documentation or call.url("docs"),
        "urls": urls,
        "renders": list(RENDERS),
        "parses": list(PARSES),
        "allowed_methods": [method.upper() for method in methods],
        "fields": dict(fields),
        "layout": [],
        "version": VERSION,
        "navigation": navigation(call),
    }
    if table_fields is not None:
        found["table_fields"] = list(table_fields)
    return found


def describe(
    call: Call,
    field: Field,
    *,
    read_only: bool | None = None,
    choices: Mapping[int, str] | None = None,
    render: Any = None,
    initial: Any = None,
) -> dict[str, Any]:
    """One field (CE-263); choices for read-only ones too (CE-264)."""
    found: dict[str, Any] = {
        "type": field.type,
        "required": field.required,
        "read_only": field.read_only if read_only is None else read_only,
        "write_only": field.write_only,
        "label": field.label,
    }
    if field.help_text:
        found["help_text"] = field.help_text
    if field.max_length:
        found["max_length"] = field.max_length
    start = initial if initial is not None else field.initial
    if start is not None:
        found["initial"] = start
    offered = choices if choices is not None else field.choices
    if offered is not None:
        found["choices"] = [{"value": value, "display_name": label} for value, label in offered.items()]
    if field.type == "Relationship":
        found["relationship_type"] = "ManyToMany" if field.many else "ManyToOne"
        found["relationship_resource"] = _RESOURCES.get(field.to, field.to.title().replace("_", ""))
        if offered is None:
            found["choices"] = [
                {"value": value, "display_name": label} for value, label in relation_choices(call, field.to)
            ]
        if field.many:
            found["child"] = {"type": "Relationship", "required": True, "read_only": found["read_only"]}
    if field.type == "Markdown":
        found["multi_line"] = True
        found["style"] = {"class": "large"}
        found["render"] = render if render is not None else {"models": {}, "tickets": {}}
    return found


_RESOURCES = {
    "user": "User",
    "team": "Team",
    "organization": "Organization",
    "category": "TicketCategory",
    "comment_category": "TicketCommentCategory",
    "project": "Project",
    "milestone": "ProjectMilestone",
    "ticket": "Ticket",
    "comment": "TicketComment",
    "permission": "Permission",
}


def relation_choices(call: Call, to: str) -> list[tuple[int, str]]:
    """Objects of the caller's organizations only (CE-205); tickets and comments are too many to offer."""
    organizations = organizations_of(call.caller).values("pk")
    match to:
        case "user":
            members = Membership.objects.filter(organization__in=organizations, is_active=True).values("person_id")
            people = Person.objects.filter(pk__in=members, is_active=True).order_by("login", "pk")
            rows = people.values_list("pk", "login", "email", "name")[:MOST_CHOICES]
            return [(pk, username(login or "", email, name)) for pk, login, email, name in rows]
        case "team":
            teams = Team.objects.filter(organization__in=organizations, is_active=True).order_by("organization", "name")
            named = teams.values_list("pk", "organization__name", "name")[:MOST_CHOICES]
            return [(pk, f"{organization}, {name}") for pk, organization, name in named]
        case "organization":
            return list(organizations_of(call.caller).values_list("pk", "name")[:MOST_CHOICES])
        case "category" | "comment_category":
            model = Category if to == "category" else CommentCategory
            found = model._default_manager.filter(organization__in=organizations).order_by("name", "pk")
            return list(found.values_list("pk", "name")[:MOST_CHOICES])
        case "project":
            projects = Project.objects.filter(organization__in=organizations, deleted_at__isnull=True)
            return list(projects.order_by("name").values_list("pk", "name")[:MOST_CHOICES])
        case "milestone":
            stages = Milestone.objects.filter(organization__in=organizations).order_by("project", "name")
            return list(stages.values_list("pk", "name")[:MOST_CHOICES])
    return []


# References in Markdown


def rendered(call: Call, texts: Iterable[str]) -> dict[str, Any]:
    """What `#123` and `$kind-id` in these texts stand for, for this reader; without the API's prefix (CE-165)."""
    words = list(dict.fromkeys(word for text in texts for word in find_references(text)))
    return {"models": _models(call, words), "tickets": _tickets(call, words)}


def _tickets(call: Call, words: Sequence[str]) -> dict[str, Any]:
    numbers = [int(word[1:]) for word in words if word.startswith("#")]
    if not numbers:
        return {}
    rows = call.caller.tickets().filter(pk__in=[n for n in numbers if n < 2**63])
    return {
        str(t.pk): {
            "status": codes.status_number(t.status, t.phase),
            "ticket_type": codes.TYPE_OF_KIND[t.kind],
            "title": t.title,
            "url": f"/{ticket_path(t.kind, t.pk, t.project_id)}",
        }
        for t in rows
    }


def _models(call: Call, words: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pairs = []
    for word in words:
        if word.startswith("$"):
            kind, _, number = word[1:].rpartition("-")
            if kind in codes.ITEM_NUMBER and call.caller.holds_anywhere("view", kind):
                pairs.append((kind, int(number)))
    for organization_id in _organizations(call) if pairs else ():
        for (kind, item), title in items.names(organization_id, pairs).items():
            where = codes.ITEM_TYPES[codes.ITEM_NUMBER[kind]][2].format(organization=organization_id)
            found.setdefault(kind, {})[str(item)] = {"title": title, "url": f"/{where}/{item}"}
    return found


def _organizations(call: Call) -> list[int]:
    return list(organizations_of(call.caller).values_list("pk", flat=True)[:50])


# Navigation

# group -> (label, pages); a page: name, label, address, and the permission that shows it.
MENU: dict[str, tuple[str, tuple[tuple[str, str, str, tuple[str, str]], ...]]] = {
    "access": ("Access", (("organization", "Organization", "/access/organization", ("view", "organization")),)),
    "assistance": (
        "Assistance",
        (
            ("request", "Requests", "/assistance/ticket/request", ("view", "request")),
            ("knowledge_base", "Knowledge Base", "/assistance/knowledge_base", ("view", "kb")),
        ),
    ),
    "itam": (
        "ITAM",
        (
            ("device", "Devices", "/itam/device", ("view", "device")),
            ("operating_system", "Operating System", "/itam/operating_system", ("view", "operating_system")),
            ("software", "Software", "/itam/software", ("view", "software")),
        ),
    ),
    "itim": (
        "ITIM",
        (
            ("ticket_change", "Changes", "/itim/ticket/change", ("view", "change")),
            ("cluster", "Clusters", "/itim/cluster", ("view", "cluster")),
            ("ticket_incident", "Incidents", "/itim/ticket/incident", ("view", "incident")),
            ("ticket_problem", "Problems", "/itim/ticket/problem", ("view", "problem")),
            ("service", "Services", "/itim/service", ("view", "service")),
        ),
    ),
    "config_management": (
        "Config Management",
        (("group", "Groups", "/config_management/group", ("view", "config_group")),),
    ),
    "devops": ("DevOPs", (("feature_flag", "Feature Flags", "/devops/feature_flag", ("view", "feature_flag")),)),
    "project_management": (
        "Project Management",
        (("project", "Projects", "/project_management/project", ("view", "project")),),
    ),
    "settings": (
        "Settings",
        (
            ("ticket_category", "Ticket Categories", "/settings/ticket_category", ("view", "category")),
            (
                "ticket_comment_category",
                "Ticket Comment Categories",
                "/settings/ticket_comment_category",
                ("view", "comment_category"),
            ),
        ),
    ),
}


def navigation(call: Call) -> list[dict[str, Any]]:
    """The menu groups with the pages that the caller may see (CE-265)."""
    found = []
    for name, (label, pages) in MENU.items():
        shown = [
            {"display_name": title, "name": page, "link": link}
            for page, title, link, (verb, thing) in pages
            if call.caller.holds_anywhere(verb, thing)
        ]
        if shown:
            found.append({"display_name": label, "name": name, "pages": shown})
    return found

"""The addresses under `/api/v2`, without a slash at their end (centurion.md section 11)."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.urls import URLPattern, path

from . import codes, comment_fields, fields, resources
from .door import Handler, address
from .views import access, comments, documents, filing, forms, links, own, people, roots, session, things, tickets, work

app_name = "centurion"

READ = ["get", "options"]
LIST = ["get", "post", "options"]
ITEM = ["get", "put", "patch", "delete", "options"]


def _tickets(kind: str, where: str) -> list[URLPattern]:
    """CE-212 … CE-214."""
    every = {name: partial(getattr(tickets, name), kind=kind) for name in _TICKET_HANDLERS}
    return [
        path(
            where,
            address(fields.FIELDS, get=every["index"], post=every["create"], options=forms.ticket_list(kind, LIST)),
        ),
        path(
            f"{where}/<int:pk>",
            address(
                fields.FIELDS,
                get=every["read"],
                put=every["replace"],
                patch=every["change"],
                delete=every["destroy"],
                options=forms.ticket(kind, ITEM),
            ),
        ),
    ]


_TICKET_HANDLERS = ("index", "create", "read", "replace", "change", "destroy")


def _comments(where: str) -> list[URLPattern]:
    """CE-215, CE-216."""
    return [
        path(
            where,
            address(comment_fields.FIELDS, get=comments.index, post=comments.create, options=forms.comment_list(LIST)),
        ),
        path(
            f"{where}/<int:pk>",
            address(
                comment_fields.FIELDS,
                get=comments.read,
                put=comments.change,
                patch=comments.change,
                delete=comments.destroy,
                options=forms.comment(ITEM),
            ),
        ),
    ]


def _resource(where: str, found: resources.Resource) -> list[URLPattern]:
    """A plain resource with all its methods."""
    return [
        path(
            where,
            address(found.fields, get=found.index, post=found.create, options=forms.resource(found, LIST, listed=True)),
        ),
        path(
            f"{where}/<int:pk>",
            address(
                found.fields,
                get=found.read,
                put=found.replace,
                patch=found.change,
                delete=found.destroy,
                options=forms.resource(found, ITEM, listed=False),
            ),
        ),
    ]


def _read_only(where: str, name: str, index: Handler, item: Handler) -> list[URLPattern]:
    """CE-223."""
    return [
        path(where, address(get=index, options=forms.plain(name, READ))),
        path(f"{where}/<int:pk>", address(get=item, options=forms.plain(name, READ))),
    ]


_linked = partial(forms.linked, "Ticket Linked Items", "item_link", links.LINK_FIELDS)
_related = partial(forms.linked, "Related Tickets", "relation", links.RELATION_FIELDS)

urlpatterns: list[Any] = [
    path("", address(get=roots.page(""), options=forms.plain("Centurion", READ)), name="root"),
    *(path(f"/{where}", address(get=roots.page(where), options=forms.plain(where or "Centurion", READ)))
      for where in roots.ROOTS),
    *_tickets("request", "/assistance/ticket/request"),
    *_tickets("incident", "/itim/ticket/incident"),
    *_tickets("problem", "/itim/ticket/problem"),
    *_tickets("change", "/itim/ticket/change"),
    *_tickets("project_task", "/project_management/project/<int:project_id>/project_task"),
    *_comments("/core/ticket/<int:ticket_id>/comments"),
    *_comments("/core/ticket/<int:ticket_id>/comments/<int:parent_id>/threads"),
    path("/core/ticket/<int:ticket_id>/linked_item",
         address(links.LINK_FIELDS, get=links.list_links, post=links.create_link, options=_linked(LIST))),
    path("/core/ticket/<int:ticket_id>/linked_item/<int:pk>",
         address(links.LINK_FIELDS, get=links.read_link, put=links.change_link, patch=links.change_link,
                 delete=links.delete_link, options=_linked(ITEM))),
    path("/core/ticket/<int:ticket_id>/related_ticket",
         address(get=links.list_relations, options=_related(READ))),
    path("/core/ticket/<int:ticket_id>/related_ticket/<int:pk>",
         address(get=links.read_relation, delete=links.delete_relation,
                 options=_related(["get", "delete", "options"]))),
    path("/core/<slug:kind>/<int:item_id>/item_ticket",
         address(get=links.list_item_tickets, options=forms.plain("Ticket Linked Items", READ))),
    *_resource("/settings/ticket_category", filing.TicketCategories()),
    *_resource("/settings/ticket_comment_category", filing.CommentCategories()),
    *_resource("/project_management/project", work.Projects()),
    *_resource("/project_management/project/<int:project_id>/milestone", work.Milestones()),
    *_resource("/access/organization", access.Organizations()),
    *_resource("/access/organization/<int:organization_id>/team", access.Teams()),
    *_resource("/access/organization/<int:organization_id>/team/<int:team_id>/user", access.TeamUsers()),
    *(pattern for number, found in things.ASSETS.items()
      for pattern in _resource(f"/{codes.ITEM_TYPES[number][2]}", found)),
    *_resource("/assistance/knowledge_base", things.Articles()),
    *_read_only("/base/user", "Users", people.users, people.user),
    *_read_only("/base/permission", "Permissions", people.all_permissions, people.permission),
    *_read_only("/base/content_type", "Content Types", people.content_types, people.content_type),
    path("/settings/user_settings/<int:user_id>",
         address(own.SETTINGS, get=own.settings, put=own.change_settings, patch=own.change_settings,
                 options=forms.user_settings(["get", "put", "patch", "options"]))),
    path("/settings/user_settings/<int:user_id>/token",
         address(own.TOKENS, get=own.list_tokens, post=own.create_token, options=forms.tokens(LIST))),
    path("/settings/user_settings/<int:user_id>/token/<int:pk>",
         address(get=own.token, delete=own.revoke_token, options=forms.tokens(["get", "delete", "options"]))),
    path("/schema", documents.schema),
    path("/docs", documents.docs),
    path("/auth/login/", session.login, name="login"),
    path("/auth/login", session.login),
    path("/auth/logout/", session.logout, name="logout"),
    path("/auth/logout", session.logout),
]  # fmt: skip
documents.tell_of(urlpatterns)

"""The workplace's addresses: lists, one ticket and its verbs, the other pages, administration."""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from .views import (
    acts,
    board,
    bulk,
    compose,
    find,
    gallery,
    lists,
    new,
    preferences,
    profile,
    properties,
    reports,
    ticket,
)

app_name = "desk"
urlpatterns = [
    path("", lists.show, name="list"),
    path("views", lists.save, name="views"),
    path("bulk", bulk.act, name="bulk"),
    path("new", new.write, name="new"),
    path("t/<int:number>", ticket.show, name="ticket"),
    path("t/<int:number>/history", ticket.show_history, name="history"),
    path("t/<int:number>/comments", compose.comment, name="comment"),
    path("t/<int:number>/comments/<int:comment>", compose.edit_comment, name="edit_comment"),
    path("t/<int:number>/draft", compose.draft, name="draft"),
    path("t/<int:number>/properties", properties.save, name="properties"),
    path("t/<int:number>/change/<slug:name>", properties.change, name="change"),
    path("t/<int:number>/text", properties.text, name="text"),
    path("t/<int:number>/closure", ticket.close, name="close"),
    path("t/<int:number>/reopening", ticket.reopen, name="reopen"),
    path("t/<int:number>/links", acts.link, name="link"),
    path("t/<int:number>/links/<int:relation>/removal", acts.unlink, name="unlink"),
    path("t/<int:number>/merge", acts.merge, name="merge"),
    path("t/<int:number>/split", acts.split, name="split"),
    path("t/<int:number>/time", acts.time, name="time"),
    path("t/<int:number>/removal", acts.remove, name="remove"),
    path("undo/<int:event>", ticket.undo, name="undo"),
    path("files/<uuid:uuid>", compose.download, name="file"),
    path("preview", compose.preview, name="preview"),
    path("complete", compose.complete, name="complete"),
    path("find", find.find, name="find"),
    path("find/people", find.people, name="people"),
    path("find/companies", find.companies, name="companies"),
    path("find/tickets", find.numbers, name="numbers"),
    path("board", board.board, name="board"),
    path("calendar", board.month, name="calendar"),
    path("reports", reports.dashboard, name="reports"),
    path("profile", profile.show, name="profile"),
    path("keys", profile.keys, name="keys"),
    path("set", preferences.choose, name="set"),
]
if settings.DEBUG or getattr(settings, "TESTING", False):
    urlpatterns.append(path("gallery/<slug:name>", gallery.gallery, name="gallery"))

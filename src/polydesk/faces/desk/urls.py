"""The workplace's addresses: lists, one ticket and its verbs, the other pages, administration."""

from __future__ import annotations

from django.conf import settings
from django.urls import path, register_converter

from .views import (
    acts,
    admin_endings,
    admin_notices,
    admin_portal,
    admin_sla,
    admin_webhooks,
    administration,
    board,
    bulk,
    clock,
    compose,
    find,
    gallery,
    lists,
    live,
    macros,
    new,
    notifications,
    preferences,
    profile,
    properties,
    replies,
    reports,
    saved,
    secrets,
    ticket,
    triage,
)


class Number:
    """A number that a ticket or event can have: larger ones are no address of ours."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(Number, "number")

app_name = "desk"
urlpatterns = [
    path("", lists.show, name="list"),
    path("views", saved.listing, name="views"),
    path("views/<number:pk>", saved.edit, name="view"),
    path("triage", triage.walk, name="triage"),
    path("triage/<number:number>", triage.sort, name="triaged"),
    path("rows", live.rows, name="rows"),
    path("counts", live.counts, name="counts"),
    path("live", live.stream, name="live"),
    path("bulk", bulk.act, name="bulk"),
    path("replies", replies.listing, name="replies"),
    path("replies/new", replies.edit, name="reply_new"),
    path("replies/<number:pk>", replies.edit, name="reply"),
    path("macros", macros.listing, name="macros"),
    path("macros/new", macros.edit, name="macro_new"),
    path("macros/<number:pk>", macros.edit, name="macro"),
    path("bulk/macro", macros.many, name="bulk_macro"),
    path("new", new.write, name="new"),
    path("t/<number:number>", ticket.show, name="ticket"),
    path("t/<number:number>/presence", live.present, name="presence"),
    path("t/<number:number>/history", ticket.show_history, name="history"),
    path("t/<number:number>/comments", compose.comment, name="comment"),
    path("t/<number:number>/comments/<number:comment>", compose.edit_comment, name="edit_comment"),
    path("t/<number:number>/draft", compose.draft, name="draft"),
    path("t/<number:number>/properties", properties.save, name="properties"),
    path("t/<number:number>/change/<slug:name>", properties.change, name="change"),
    path("t/<number:number>/text", properties.text, name="text"),
    path("t/<number:number>/replies", replies.pick, name="pick_reply"),
    path("t/<number:number>/replies/<number:pk>", replies.filled, name="filled_reply"),
    path("t/<number:number>/macros", macros.pick, name="pick_macro"),
    path("t/<number:number>/macros/<number:pk>", macros.use, name="use_macro"),
    path("t/<number:number>/secrets", secrets.new, name="secret_new"),
    path("t/<number:number>/secrets/<number:pk>", secrets.reveal, name="secret"),
    path("t/<number:number>/clock", clock.show, name="clock"),
    path("t/<number:number>/closure", ticket.close, name="close"),
    path("t/<number:number>/reopening", ticket.reopen, name="reopen"),
    path("t/<number:number>/links", acts.link, name="link"),
    path("t/<number:number>/links/<number:relation>/removal", acts.unlink, name="unlink"),
    path("t/<number:number>/merge", acts.merge, name="merge"),
    path("t/<number:number>/split", acts.split, name="split"),
    path("t/<number:number>/time", acts.time, name="time"),
    path("t/<number:number>/checklist", acts.add_item, name="checklist"),
    path("t/<number:number>/checklist/<number:item>", acts.tick, name="tick"),
    path("t/<number:number>/approvals", acts.ask, name="ask"),
    path("t/<number:number>/approvals/<number:approver>", acts.vote, name="vote"),
    path("t/<number:number>/removal", acts.remove, name="remove"),
    path("undo/<number:event>", ticket.undo, name="undo"),
    path("held/<number:held>/undo", compose.take_back, name="take_back"),
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
    path("notifications", notifications.show, name="notifications"),
    path("notifications/read", notifications.read, name="notifications_read"),
    path("notifications/choices", notifications.choices, name="notification_choices"),
    path("profile", profile.show, name="profile"),
    path("keys", profile.keys, name="keys"),
    path("set", preferences.choose, name="set"),
    path("admin", administration.organization, name="admin"),
    path("admin/people", administration.people, name="admin_people"),
    path("admin/people/new", administration.person, name="admin_person_new"),
    path("admin/people/<number:pk>", administration.person, name="admin_person"),
    path("admin/tokens", administration.tokens, name="admin_tokens"),
    path("admin/tokens/<number:pk>/revocation", administration.revoke, name="admin_revoke"),
    path("admin/log", administration.log, name="admin_log"),
    path("admin/webhooks", admin_webhooks.listing, name="admin_webhooks"),
    path("admin/webhooks/new", admin_webhooks.new, name="admin_webhook_new"),
    path("admin/webhooks/<number:pk>", admin_webhooks.one, name="admin_webhook"),
    path("admin/webhooks/<number:pk>/switch", admin_webhooks.switch, name="admin_webhook_switch"),
    path("admin/webhooks/<number:pk>/deliveries/<number:delivery>/replay", admin_webhooks.replay, name="admin_replay"),
    path("admin/policies", admin_sla.policies, name="admin_policies"),
    path("admin/policies/new", admin_sla.policy, name="admin_policy_new"),
    path("admin/policies/<number:pk>", admin_sla.policy, name="admin_policy"),
    path("admin/calendars", admin_sla.calendars, name="admin_calendars"),
    path("admin/calendars/new", admin_sla.calendar, name="admin_calendar_new"),
    path("admin/calendars/<number:pk>", admin_sla.calendar, name="admin_calendar"),
    path("admin/notices", admin_notices.listing, name="admin_notices"),
    path("admin/notices/new", admin_notices.one, name="admin_notice_new"),
    path("admin/notices/<number:pk>", admin_notices.one, name="admin_notice"),
    path("admin/endings", admin_endings.show, name="admin_endings"),
    path("admin/portal", admin_portal.show, name="admin_portal"),
    path("admin/portal/logo", admin_portal.logo, name="admin_logo"),
    path("admin/<slug:shelf>", administration.shelf, name="admin_shelf"),
    path("admin/<slug:shelf>/new", administration.row, name="admin_new"),
    path("admin/<slug:shelf>/<number:pk>", administration.row, name="admin_row"),
]
if settings.DEBUG or getattr(settings, "TESTING", False):
    urlpatterns.append(path("gallery/<slug:name>", gallery.gallery, name="gallery"))

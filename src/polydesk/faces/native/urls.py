"""Every address of the native API, as tables: method, path, view, what it is, scope, and the shapes in and out."""

from __future__ import annotations

import re

from django.urls import URLPattern, path

from polydesk.web.problems import Problem

from . import fields, lists, rows, shapes
from .views import (
    acts,
    docs,
    entries,
    features,
    feeds,
    notices,
    notifications,
    people,
    prepared,
    streams,
    tickets,
    webhooks,
)
from .wire import TABLE, Endpoint, Operation

Page = lists.Page
One = "/tickets/{id}"
_NEW = {"title": "Printer down", "description": "No paper light", "kind": "incident", "priority": "high"}

TICKETS = (
    Operation("GET", "/tickets", tickets.listing, "List tickets", "tickets", query=lists.TicketQuery,
              answer=Page[fields.LISTED.struct]),
    Operation("POST", "/tickets", tickets.create, "Open a ticket", "tickets", fields.NewTicket,
              answer=fields.TICKET.struct, status=201, example=_NEW),
    Operation("POST", "/tickets/bulk", acts.bulk, "Do many things at once", "tickets", shapes.Bulk,
              answer=shapes.BulkResults, is_large=acts.is_large),
    Operation("GET", "/tickets.csv", feeds.as_table, "Export tickets as a table", "tickets", query=lists.TicketQuery,
              produces="text/csv"),
    Operation("GET", "/tickets.jsonl", feeds.as_lines, "Export tickets as JSON lines", "tickets",
              query=lists.TicketQuery, produces="application/x-ndjson"),
    Operation("GET", One, tickets.read, "Read a ticket", "tickets", query=tickets.ReadQuery,
              answer=fields.TICKET.struct),
    Operation("PATCH", One, tickets.change, "Change fields of a ticket", "tickets", fields.TicketChange,
              answer=fields.TICKET.struct, example={"priority": "high"}),
    Operation("DELETE", One, tickets.remove, "Delete a ticket", "tickets", status=204),
    Operation("POST", f"{One}/restoration", tickets.restore, "Bring a deleted ticket back", "tickets",
              answer=fields.TICKET.struct),
    Operation("POST", f"{One}/purge", tickets.purge, "Destroy a deleted ticket for good", "tickets", status=204),
)  # fmt: skip

ACTS = (
    Operation("GET", f"{One}/closure", acts.closure, "Read how a ticket was closed", "tickets", answer=shapes.Closure),
    Operation("POST", f"{One}/closure", acts.close, "Close a ticket", "tickets", shapes.NewClosure,
              answer=shapes.Closure, status=201),
    Operation("DELETE", f"{One}/closure", acts.reopen, "Reopen a ticket", "tickets", status=204),
    Operation("POST", f"{One}/merge", acts.merge, "Merge other tickets into this one", "tickets", shapes.Merge,
              answer=fields.TICKET.struct),
    Operation("POST", f"{One}/split", acts.split, "Make a ticket of chosen entries", "tickets", shapes.Split,
              answer=fields.TICKET.struct, status=201),
    Operation("POST", f"{One}/undo", acts.undo, "Undo an event", "tickets", shapes.Undo, answer=shapes.Undone),
    *(
        operation
        for part, name in acts.LISTS.items()
        for operation in (
            Operation("GET", f"{One}/{part}", acts.parts(name), f"List the {part.replace('-', ' ')} of a ticket",
                      "tickets", answer=list[fields.Ref]),
            Operation("POST", f"{One}/{part}", acts.add_part(name), f"Add to the {part.replace('-', ' ')}", "tickets",
                      shapes.NewPart, answer=list[fields.Ref]),
            Operation("DELETE", f"{One}/{part}/{{part}}", acts.remove_part(name),
                      f"Remove from the {part.replace('-', ' ')}", "tickets", status=204),
        )
    ),
    Operation("GET", f"{One}/tags", acts.parts("tags"), "List the tags of a ticket", "tickets",
              answer=list[fields.Ref]),
    Operation("POST", f"{One}/tags", acts.add_tag, "Put a tag on a ticket", "tickets", shapes.NewTagged,
              answer=list[fields.Ref]),
    Operation("DELETE", f"{One}/tags/{{part}}", acts.remove_part("tags"), "Take a tag off", "tickets", status=204),
    Operation("GET", f"{One}/items", acts.parts("items"), "List the things a ticket speaks about", "tickets",
              answer=list[fields.Thing]),
    Operation("POST", f"{One}/items", acts.add_item, "Link a thing", "tickets", shapes.NewItem,
              answer=list[fields.Thing]),
    Operation("DELETE", f"{One}/items/{{kind}}/{{item}}", acts.remove_item, "Unlink a thing", "tickets", status=204),
)  # fmt: skip

ENTRIES = (
    Operation("GET", f"{One}/comments", entries.comments, "List the entries of a ticket", "tickets",
              query=lists.ListQuery, answer=Page[shapes.Comment]),
    Operation("POST", f"{One}/comments", entries.add_comment, "Write an entry", "tickets", shapes.NewComment,
              answer=shapes.Comment, status=201, example={"text": "Have you tried turning it off?", "internal": False}),
    Operation("GET", "/comments/{id}", entries.comment, "Read an entry", "tickets", answer=shapes.Comment),
    Operation("PATCH", "/comments/{id}", entries.edit_comment, "Change an entry", "tickets", shapes.CommentChange,
              answer=shapes.Comment),
    Operation("DELETE", "/comments/{id}", entries.remove_comment, "Take an entry away", "tickets", status=204),
    Operation("POST", "/comments/{id}/ratings", entries.rate_comment, "Rate an entry", "tickets", shapes.NewRating,
              answer=shapes.Rating, status=201),
    Operation("GET", f"{One}/attachments", entries.attachments, "List the files of a ticket", "tickets",
              query=lists.ListQuery, answer=Page[shapes.File]),
    Operation("POST", f"{One}/attachments", entries.attach, "Put files on a ticket", "tickets",
              query=entries.UploadQuery, answer=Page[shapes.File], status=201, consumes="multipart/form-data"),
    Operation("POST", f"{One}/links", entries.attach_link, "Put a link on a ticket", "tickets", shapes.NewLink,
              answer=shapes.File, status=201),
    Operation("POST", "/uploads", entries.upload, "Keep files until an entry takes them", "tickets",
              query=entries.UploadQuery, answer=Page[shapes.File], status=201, consumes="multipart/form-data"),
    Operation("GET", "/attachments/{id}", entries.attachment, "Read what is known of a file", "tickets",
              answer=shapes.File),
    Operation("GET", "/attachments/{id}/content", entries.download, "Download a file", "tickets", produces="*/*"),
    Operation("DELETE", "/attachments/{id}", entries.detach, "Take a file off its ticket", "tickets", status=204),
    Operation("GET", f"{One}/time", entries.times, "List the work booked on a ticket", "tickets",
              query=lists.ListQuery, answer=Page[shapes.Time]),
    Operation("POST", f"{One}/time", entries.add_time, "Book work", "tickets", shapes.NewTime, answer=shapes.Time,
              status=201),
    Operation("GET", "/time/{id}", entries.time, "Read booked work", "tickets", answer=shapes.Time),
    Operation("PATCH", "/time/{id}", entries.edit_time, "Change booked work", "tickets", shapes.TimeChange,
              answer=shapes.Time),
    Operation("DELETE", "/time/{id}", entries.remove_time, "Take booked work away", "tickets", status=204),
    Operation("GET", f"{One}/ratings", entries.ratings, "List the scores of a ticket", "tickets",
              query=lists.ListQuery, answer=Page[shapes.Rating]),
    Operation("POST", f"{One}/ratings", entries.rate, "Rate a ticket", "tickets", shapes.NewRating,
              answer=shapes.Rating, status=201),
    Operation("GET", f"{One}/relations", entries.relations, "List what a ticket is tied to", "tickets",
              query=lists.ListQuery, answer=Page[shapes.Relation]),
    Operation("POST", f"{One}/relations", entries.relate, "Tie two tickets together", "tickets", shapes.NewRelation,
              answer=shapes.Relation, status=201),
    Operation("DELETE", f"{One}/relations/{{relation}}", entries.unrelate, "Take a relation away", "tickets",
              status=204),
    Operation("GET", f"{One}/events", entries.events, "Read the history of a ticket", "tickets",
              query=lists.ListQuery, answer=Page[shapes.Event]),
    Operation("GET", "/stream", streams.listen, "Hear what happens as it happens", "tickets",
              produces="text/event-stream"),
    Operation("GET", "/events", feeds.feed, "Follow everything that happens", "tickets", query=feeds.FeedQuery,
              answer=shapes.Feed),
)  # fmt: skip

PEOPLE = (
    Operation("GET", "/me", people.me, "Read who calls", "me", answer=shapes.Me),
    Operation("GET", "/tokens", people.tokens, "List keys", "tokens", query=people.TokenQuery,
              answer=Page[shapes.Token]),
    Operation("POST", "/tokens", people.add_token, "Make a key", "tokens", shapes.NewToken, answer=shapes.Token,
              status=201),
    Operation("GET", "/tokens/{id}", people.token, "Read a key", "tokens", answer=shapes.Token),
    Operation("DELETE", "/tokens/{id}", people.revoke, "End a key", "tokens", status=204),
    Operation("GET", "/kinds", people.all_kinds, "List the kinds of tickets", "tickets", answer=shapes.Words),
    Operation("GET", "/statuses", people.statuses, "List the statuses", "tickets", answer=shapes.Words),
    Operation("GET", "/priorities", people.priorities, "List the priorities", "tickets", answer=shapes.Words),
    Operation("GET", "/search", people.search, "Search tickets, people and companies", "tickets",
              query=people.SearchQuery, answer=shapes.Hits),
)  # fmt: skip

FEATURES = (
    Operation("GET", f"{One}/checklist", features.checklist, "List what is to be ticked off", "tickets",
              answer=Page[shapes.Item]),
    Operation("POST", f"{One}/checklist", features.add_item, "Add something to tick off", "tickets", shapes.NewCheck,
              answer=shapes.Item, status=201),
    Operation("PATCH", "/checklist/{id}", features.change_item, "Tick off", "tickets", shapes.ItemChange,
              answer=shapes.Item),
    Operation("DELETE", "/checklist/{id}", features.remove_item, "Take something off the list", "tickets", status=204),
    Operation("GET", f"{One}/approvals", features.approvals, "List who is asked and the votes", "tickets",
              answer=Page[shapes.Approval]),
    Operation("POST", f"{One}/approvals", features.ask, "Ask somebody to approve", "tickets", shapes.NewApproval,
              answer=shapes.Approval, status=201),
    Operation("PUT", "/approvals/{id}/vote", features.vote, "Vote", "tickets", shapes.Vote, answer=shapes.Approval),
    Operation("DELETE", "/approvals/{id}", features.withdraw, "Ask somebody no more", "tickets", status=204),
    Operation("GET", f"{One}/sla", features.sla_of, "Read how a ticket stands by its service level", "tickets",
              answer=shapes.Sla),
    Operation("GET", "/notifications", notifications.listing, "List what the caller was told", "notifications",
              query=notifications.NotificationQuery, answer=Page[shapes.Notification]),
    Operation("POST", "/notifications/read", notifications.mark_all, "Mark many as read", "notifications",
              shapes.NewReading, answer=shapes.Marked),
    Operation("GET", "/notifications/{id}", notifications.read, "Read a notification", "notifications",
              answer=shapes.Notification),
    Operation("PATCH", "/notifications/{id}", notifications.change, "Mark one as read or unread", "notifications",
              shapes.NotificationChange, answer=shapes.Notification),
    Operation("GET", "/notification-choices", notifications.ways, "Read what the caller wants to be told",
              "notifications", answer=shapes.Ways),
    Operation("PATCH", "/notification-choices", notifications.choose, "Choose what to be told", "notifications",
              shapes.WaysChange, answer=shapes.Ways, example={"message": {"mail": False}}),
    Operation("GET", "/notification-texts", notifications.texts, "List the organization's own texts", "notifications",
              query=lists.ListQuery, answer=Page[shapes.NotificationText]),
    Operation("PUT", "/notification-texts/{kind}", notifications.write_text, "Write a text", "notifications",
              shapes.NewNotificationText, answer=shapes.NotificationText, admin=True,
              example={"subject": "{{ticket.title}}", "body": "{{sentence}}\n\n{{link}}"}),
    Operation("GET", "/webhooks", webhooks.listing, "List webhooks", "webhooks", query=lists.ListQuery,
              answer=Page[shapes.Webhook]),
    Operation("POST", "/webhooks", webhooks.create, "Have an address told of events", "webhooks", shapes.NewWebhook,
              answer=shapes.Webhook, status=201, example={"url": "https://example.com/hook", "types": ["ticket.*"]}),
    Operation("GET", "/webhooks/{id}", webhooks.read, "Read a webhook", "webhooks", answer=shapes.Webhook),
    Operation("PATCH", "/webhooks/{id}", webhooks.change, "Change a webhook", "webhooks", shapes.WebhookChange,
              answer=shapes.Webhook),
    Operation("DELETE", "/webhooks/{id}", webhooks.remove, "Forget a webhook", "webhooks", status=204),
    Operation("POST", "/webhooks/{id}/secret", webhooks.rotate, "Make a new secret", "webhooks",
              answer=shapes.Webhook),
    Operation("POST", "/webhooks/{id}/test", webhooks.test, "Send a test message", "webhooks",
              answer=shapes.Delivery),
    Operation("GET", "/webhooks/{id}/deliveries", webhooks.deliveries, "List what was sent", "webhooks",
              query=lists.ListQuery, answer=Page[shapes.Delivery]),
    Operation("POST", "/webhooks/{id}/deliveries/{delivery}/replay", webhooks.replay, "Send a message again",
              "webhooks", answer=shapes.Delivery),
    Operation("GET", "/views", features.views, "List saved queries", "views", query=lists.ListQuery,
              answer=Page[shapes.View]),
    Operation("POST", "/views", features.add_view, "Save a query", "views", shapes.NewView, answer=shapes.View,
              status=201, example={"name": "Mine", "query": "is:open assignee:me"}),
    Operation("GET", "/views/{id}", features.view, "Read a saved query", "views", answer=shapes.View),
    Operation("PATCH", "/views/{id}", features.change_view, "Change a saved query", "views", shapes.ViewChange,
              answer=shapes.View),
    Operation("DELETE", "/views/{id}", features.remove_view, "Forget a saved query", "views", status=204),
    Operation("GET", "/notices", notices.listing, "List notices", "notices", query=lists.ListQuery,
              answer=Page[shapes.Notice]),
    Operation("POST", "/notices", notices.create, "Write a notice", "notices", shapes.NewNotice, answer=shapes.Notice,
              status=201, example={"title": "Maintenance", "notification_categories": ["maintenance"]}),
    Operation("GET", "/notices/{id}", notices.read, "Read a notice", "notices", answer=shapes.Notice),
    Operation("PATCH", "/notices/{id}", notices.change, "Change a notice", "notices", shapes.NoticeChange,
              answer=shapes.Notice),
    Operation("DELETE", "/notices/{id}", notices.remove, "Forget a notice", "notices", status=204),
    Operation("GET", "/canned-replies", prepared.replies, "List canned replies", "canned-replies",
              query=lists.ListQuery, answer=Page[shapes.CannedReply]),
    Operation("POST", "/canned-replies", prepared.add_reply, "Write a canned reply", "canned-replies",
              shapes.NewCannedReply, answer=shapes.CannedReply, status=201,
              example={"name": "Ask for the serial", "body": "Dear {{requester.first_name}}, which serial number?"}),
    Operation("GET", "/canned-replies/{id}", prepared.reply, "Read a canned reply", "canned-replies",
              answer=shapes.CannedReply),
    Operation("PATCH", "/canned-replies/{id}", prepared.change_reply, "Change a canned reply", "canned-replies",
              shapes.CannedReplyChange, answer=shapes.CannedReply),
    Operation("DELETE", "/canned-replies/{id}", prepared.remove_reply, "Forget a canned reply", "canned-replies",
              status=204),
    Operation("GET", f"{One}/canned-replies/{{reply}}", prepared.fill_reply, "Read a canned reply for a ticket",
              "tickets", answer=shapes.FilledReply),
    Operation("GET", "/macros", prepared.macros, "List macros", "macros", query=lists.ListQuery,
              answer=Page[shapes.Macro]),
    Operation("POST", "/macros", prepared.add_macro, "Make a macro", "macros", shapes.NewMacro, answer=shapes.Macro,
              status=201, example={"name": "Ordered", "values": {"status": "waiting_supplier"}}),
    Operation("GET", "/macros/{id}", prepared.macro, "Read a macro", "macros", answer=shapes.Macro),
    Operation("PATCH", "/macros/{id}", prepared.change_macro, "Change a macro", "macros", shapes.MacroChange,
              answer=shapes.Macro),
    Operation("DELETE", "/macros/{id}", prepared.remove_macro, "Forget a macro", "macros", status=204),
    Operation("GET", f"{One}/macros/{{macro}}", prepared.look_at_macro, "See what a macro would change", "tickets",
              answer=shapes.MacroPreview),
    Operation("POST", f"{One}/macros/{{macro}}", prepared.apply_macro, "Apply a macro", "tickets",
              answer=fields.TICKET.struct),
)  # fmt: skip

DIRECTORY = (*(o for resource in rows.RESOURCES for o in resource.operations()), *rows.MEMBER_OPERATIONS)

OPERATIONS: tuple[Operation, ...] = (*TICKETS, *ACTS, *ENTRIES, *FEATURES, *PEOPLE, *DIRECTORY)


TABLE[:] = OPERATIONS


def _django(route: str) -> str:
    """`/tickets/{id}` as Django writes it; `kind` is a word, everything else in braces a number."""
    return re.sub(r"\{(\w+)\}", lambda m: f"<{'slug' if m[1] == 'kind' else 'int'}:{m[1]}>", route.lstrip("/"))


def _endpoints() -> list[URLPattern]:
    by_path: dict[str, list[Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, []).append(operation)
    return [path(_django(route), Endpoint(found), name=route) for route, found in by_path.items()]


def _nothing(request: object, rest: str = "") -> None:
    raise Problem("not-found")


urlpatterns = [
    path("openapi.json", docs.document),
    path("docs", docs.page),
    *_endpoints(),
    path("", _nothing),
    path("<path:rest>", _nothing),
]

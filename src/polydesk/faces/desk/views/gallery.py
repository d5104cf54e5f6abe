"""Every component with made-up words, to be looked at; stands only where DEBUG or tests say so."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace as Namespace

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from markupsafe import Markup

from ..shown import Change, Chip, Column, Due, Entry, File, Frame, Group, Input, Item, Line, Row, Unsent

LONG = (
    "A title of two hundred characters that somebody wrote in one breath because the subject line of the mail was "
    "the only thing he could see on his phone while standing in front of the printer, waiting, and waiting on"
)


def gallery(request: HttpRequest, name: str) -> HttpResponse:
    """`list`, `ticket`, `empty` or `parts`, as the real templates show them."""
    if not (settings.DEBUG or getattr(settings, "TESTING", False)) or name not in ("list", "ticket", "empty", "parts"):
        raise Http404
    if request.GET.get("toast"):
        messages.info(request, "Status set to Waiting for customer", extra_tags="undo:17")
    rows = [] if name == "empty" else sample_rows()
    context = {
        "frame": sample_frame(request),
        "rows": rows,
        "view": sample_view(),
        "columns": sample_columns(),
        "t": sample_ticket(),
        "composer": sample_composer(),
        "form_token": "",
        "once": "once",
        "messages": messages.get_messages(request),
        "held": [],
        "fields": sample_fields(),
        "sample_tabs": [Item("Queues", "#", count="4", here=True), Item("Categories", "#")],
    }
    template = {"ticket": "ticket", "parts": "gallery"}.get(name, "list")
    return render(request, f"desk/{template}.jinja", context)


def sample_frame(request: HttpRequest) -> Frame:
    views = [
        Item("Inbox", "#", "inbox", "12", here=True),
        Item("Mine", "#", "user-round", "7"),
        Item("Team", "#", "users-round", "31"),
        Item("Breaching", "#", "alarm-clock", "2", late=True),
    ]
    saved = [
        Item("VIP customers", "#", "bookmark", "3"),
        Item("Planned changes", "#", "bookmark", "5"),
        Item("Waiting on vendor", "#", "bookmark", "1,000+"),
    ]
    pages = [
        Item("Board", "#", "square-kanban"),
        Item("Calendar", "#", "calendar"),
        Item("Reports", "#", "chart-column"),
        Item("Administration", "#", "settings-2"),
    ]
    return Frame(
        house="Acme IT",
        me="Tess Technician",
        theme=request.GET.get("theme", "system"),
        nav=[Group("", views), Group("Views", saved), Group("Desk", pages)],
        others=[(2, "Globex Services")],
    )


def sample_rows() -> list[Row]:
    now = timezone.now()
    facts = [
        (
            1042,
            "Printer on floor two is dead",
            "open",
            "Assigned",
            4,
            "Ada Lovelace",
            "Tess Technician",
            Due("2 h left", "soon", share=0.22),
            False,
        ),
        (
            1039,
            "VPN drops every hour since the update on Monday morning",
            "new",
            "New",
            3,
            "Ben Okri",
            "",
            Due("5 h", share=0.7),
            True,
        ),
        (
            1037,
            "Cannot open the payroll page",
            "open",
            "In progress",
            6,
            "Chinua Achebe",
            "Max Kowalski",
            Due("1 h over", "breached", share=0),
            False,
        ),
        (
            1031,
            "New laptop for the design team",
            "waiting",
            "Waiting for supplier",
            3,
            "Dora Maar",
            "Tess Technician",
            Due("paused", "paused"),
            False,
        ),
        (
            1029,
            "Не приходит письмо для сброса пароля",
            "solved",
            "Solved",
            2,
            "Фёдор Достоевский",
            "",
            Due("met", "met"),
            False,
        ),
        (
            1024,
            LONG,
            "open",
            "Under observation",
            5,
            "Maximiliane von Hohenzollern-Sigmaringen",
            "Øyvind Ås",
            None,
            True,
        ),
        (1019, "Old monitor", "closed", "Closed", 1, "Eve", "Tess Technician", None, False),
        (1011, "Spam about lottery", "dropped", "Invalid", 0, "", "", None, False),
    ]
    return [
        Row(
            number,
            title,
            "/gallery/ticket",
            phase,
            status,
            level,
            ("None", "Very low", "Low", "Normal", "High", "Very high", "Major")[level],
            requester,
            "ACME Ltd",
            assignee,
            due=due,
            unread=unread,
            here=number == 1042,
            updated=now - timedelta(hours=i * 7),
            created=now - timedelta(days=i),
        )
        for i, (number, title, phase, status, level, requester, assignee, due, unread) in enumerate(facts)
    ]


def sample_columns() -> list[Column]:
    return [
        Column("number", "Number", "#"),
        Column("title", "Title", "#"),
        Column("requester", "Requester"),
        Column("status", "Status"),
        Column("priority", "Priority", "#"),
        Column("assignee", "Who"),
        Column("due", "Due", "#"),
        Column("updated", "Updated", "#", "descending"),
    ]


def sample_view() -> Namespace:
    return Namespace(
        id=None,
        name="Inbox",
        total="12",
        q="status:open",
        sort="-updated",
        context="",
        live="?",
        back="/gallery/list",
        sharing=[],
        edit="",
        error="",
        chips=[Chip("status: open", "#"), Chip("assignee: me", "#")],
        sorts=[("Last change", "#", True), ("Newest", "#", False)],
        sorted_by="Last change",
        teams=[],
        newer="",
        older="#",
        everything="#",
        columns_field=Input("columns", "Columns", "checks", ["status"], [("status", "Status"), ("company", "Company")]),
        filters=[Input("status", "Status", "select", "", [("", "Any"), ("open", "Open")])],
        bulk=[
            Input("status", "Status", "select", "", [("", "Status"), ("open", "Open")]),
            Input("assignee", "Assignee", "select", "", [("", "Assignee"), ("1", "Tess")]),
        ],
    )


def sample_ticket() -> Namespace:
    now = timezone.now()
    timeline = [
        Entry(
            1,
            "Ada Lovelace",
            now - timedelta(hours=3),
            Markup("<p>The printer shows E-52. We have the board papers to print by two.</p>"),
            side="customer",
            files=(File("panel.jpg", "#", 482_113),),
        ),
        Change(
            2,
            "Tess set priority High and took it",
            now - timedelta(hours=2, minutes=50),
            [Line("Priority", "Normal", "High"), Line("Assignee", "", "Tess Technician")],
            "Tess Technician, through the workplace",
        ),
        Entry(
            3,
            "Tess Technician",
            now - timedelta(hours=2),
            Markup("<p>E-52 is the fuser. Same unit failed in March (<a href='#'>#988</a>). Spare is in room 14.</p>"),
            internal=True,
            actions=(("Edit", "#", "pencil"),),
        ),
        Entry(
            4,
            "Tess Technician",
            now - timedelta(hours=1),
            Markup(
                "<p>Thanks Ada, I am on my way. Until then: <a href='#'>floor-3-colour</a>.</p><pre><code>"
                + "long line " * 20
                + "</code></pre>"
            ),
            edited=True,
            actions=(("Edit", "#", "pencil"),),
        ),
    ]
    choices = [("assigned", "Assigned"), ("waiting", "Waiting for customer")]
    return Namespace(
        number=1042,
        version=7,
        url="/gallery/ticket",
        title="Printer on floor two is dead",
        kind="Incident",
        phase="open",
        level=4,
        opened="Opened by Ada Lovelace 3 h ago through e-mail",
        is_open=True,
        may_write=True,
        merged_into=None,
        earlier="",
        newest=4,
        timeline=timeline,
        held=[Unsent(1, Markup("<p>The part is here; I come at two.</p>"), ["fuser.pdf"])],
        actions=[("Merge into…", "#", "merge"), ("Split…", "#", "split"), ("Link…", "#", "link")],
        props=[
            Input("status", "Status", "select", "assigned", choices),
            Input("assignee", "Assignee", "select", "1", [("", "Nobody"), ("1", "Tess Technician")]),
            Input("team", "Team", "select", "1", [("1", "Level I support")]),
            Input("priority", "Priority", "select", "high", [("high", "High"), ("major", "Major")]),
            Input("category", "Category", "select", "1", [("1", "Hardware › Printer")]),
            Input("due", "Due", "text", "soon", errors=["Give a date such as 2026-03-14 09:00."]),
        ],
        more_props=[Input("requester", "Requester", "text", "Ada Lovelace")],
        more_open=False,
        due=Due("14:20 · 2 h left", "soon", share=0.22),
        due_label="Resolve by",
        clock="",
        sections=[
            Namespace(
                title="Customer",
                lead="Ada Lovelace",
                under="ACME Ltd · 3 open · rated 5 of 5",
                rows=[],
                add="",
                empty="",
            ),
            Namespace(
                title="Similar",
                lead="",
                under="",
                add="",
                empty="",
                rows=[
                    Namespace(
                        number=988,
                        title="Printer jams on floor two",
                        url="#",
                        phase="closed",
                        status="Closed",
                        type="",
                        remove="",
                    ),
                    Namespace(
                        number=871,
                        title="Fuser error after power cut",
                        url="#",
                        phase="solved",
                        status="Solved",
                        type="",
                        remove="",
                    ),
                ],
            ),
            Namespace(
                title="Links",
                lead="",
                under="",
                add="#",
                add_label="Link a ticket",
                empty="",
                rows=[
                    Namespace(
                        number=1044,
                        title="Board papers",
                        url="#",
                        phase="open",
                        status="Open",
                        type="blocks",
                        remove="#",
                    )
                ],
            ),
        ],
    )


def sample_composer() -> Namespace:
    return Namespace(
        mode="reply",
        text="",
        errors=[],
        drafted=True,
        kept=[],
        canned="#",
        ask="",
        then="waiting_customer",
        placeholder="Write to Ada Lovelace… (/ commands, @ people, # tickets)",
        reply_button="Send to ada@acme.example",
        reply_sets="set Waiting",
        nexts=[
            ("", "Send and leave it Assigned", ""),
            ("waiting_customer", "Send and set Waiting for customer", "waiting"),
            ("solved", "Send and set Solved", "solved"),
        ],
        note_nexts=[("solved", "Keep and set Solved", "solved")],
    )


def sample_fields() -> list[Input]:
    return [
        Input("name", "Name", value="Ada", required=True),
        Input("mail", "E-mail", "email", "ada", errors=["An address has an @ in it, such as ada@acme.example."]),
        Input("kind", "Kind", "select", "b", [("a", "Incident"), ("b", "Request")], hint="What the ticket is."),
        Input("text", "Description", "textarea", "…", wide=True),
        Input("vip", "Very important", "checkbox", True),
        Input("teams", "Teams", "checks", [1], [(1, "Level I"), (2, "Level II")]),
    ]

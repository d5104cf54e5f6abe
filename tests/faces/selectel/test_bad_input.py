"""The table at the end of the contract, and worse: each row is refused by name, and nothing is a fault of ours."""

import pytest

from polydesk.tickets.models import Ticket

from .conftest import wish

pytestmark = pytest.mark.django_db

HUGE = 10**30
UNKNOWN = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
CURRENT, CLASSIC = "/support/v2/tickets", "/support/tickets"
INVALID, CLOSED = "REQUEST_VALIDATION_FAILED", "TICKET_CLOSED"


def without(name: str) -> dict:
    body = wish()
    del body[name]
    return body


def classic(**members):
    return {"summary": "Slow", "comment_body": "It is slow", **members}


# (method, address, body, status, code); {open} has comments of support and of the client, {closed} is closed
TABLE = [
    # create (current): SE-070 … SE-077
    *(("POST", CURRENT, without(name), 400, INVALID) for name in wish()),
    *(
        ("POST", CURRENT, wish(**{name: value}), 400, INVALID)
        for name, value in [
            *(("summary", value) for value in ("", " \t", "x" * 256, 5, None, ["x"], "a\x00b")),
            *(("access_level", value) for value in ("everyone", "", 1, None, ["all_users"], "All_users")),
            *(("files", value) for value in (["x"], [1], "x", None, [UNKNOWN] * 11, [None], [UNKNOWN + "0"], {})),
            *(("secrets", value) for value in (["1"], [1.5], [True], None, [None], [HUGE], 1)),
            *(("categories", value) for value in ([1], "abuse", None, [None], ["colocation_move"])),
            *(("products", value) for value in ([1], "servers", None)),
            *(("keystone_projects", value) for value in ([1], "p", None, [""], ["x" * 65], [" "])),
            *(("category_fields", value) for value in ([{"key": "a"}], [{"values": []}], [1], {}, "x", [{}])),
            *(("category_fields", [{"key": "impact", "values": value}]) for value in (["high"], [1], "high", None)),
            *(("body_values", value) for value in ([], "x", 1, True)),
            *(("comment_body", value) for value in (5, ["x"], "x" * 50_001, True, "\x00")),
        ]
    ),
    ("POST", CURRENT, wish(access_level="project_users"), 400, INVALID),
    *(
        ("POST", CURRENT, wish(categories=["technical_issue"], category_fields=value), 400, INVALID)
        for value in (
            [{"key": "impact", "values": ["huge"]}],
            [{"key": "invoice", "values": ["1"]}],
            [{"key": "impact", "values": ["high"]}, {"key": "impact", "values": ["low"]}],
        )
    ),
    *(
        ("POST", CURRENT, wish(categories=["pass_to_data_center"], body_values=value), 400, INVALID)
        for value in (
            {},
            {"full_name": "A", "date": "today"},
            {"full_name": True, "date": 1, "data_center": 2},
            {"full_name": None, "date": 1, "data_center": 2},
        )
    ),
    ("POST", CURRENT, wish(categories=["nothing"]), 404, "CATEGORY_NOT_FOUND"),
    (
        "POST",
        CURRENT,
        wish(categories=["nothing", "abuse"], category_fields=[{"key": "its", "values": []}]),
        404,
        "CATEGORY_NOT_FOUND",
    ),
    ("POST", CURRENT, wish(products=["nothing"], category_fields=[{"key": "its", "values": []}]), 400, INVALID),
    ("POST", CURRENT, wish(products=["nothing"], categories=["colocation_move"]), 400, INVALID),
    ("POST", CURRENT, wish(categories=[""]), 404, "CATEGORY_NOT_FOUND"),
    ("POST", CURRENT, wish(products=["nothing"]), 404, "PRODUCT_NOT_FOUND"),
    ("POST", CURRENT, wish(files=[UNKNOWN]), 404, "FILE_NOT_FOUND"),
    *(("POST", CURRENT, wish(secrets=[value]), 404, "SECRET_NOT_FOUND") for value in (99, 0, -1, 2**63 - 1)),
    # list and count (current): SE-080 … SE-090
    *(
        ("GET", f"{CURRENT}?{query}", None, 400, INVALID)
        for query in (
            *(f"page={value}" for value in ("0", "x", "-1", "1.5", "", "%2B1", str(HUGE), "9" * 5000, "١")),
            *(f"items_per_page={value}" for value in ("0", "1001", "ten", "")),
            *(["sort_by=number", "sort_by=CREATED_AT", "sort_by_order=up", "sort_by_order="]),
            *(["access_levels=none", "access_levels=all_users&access_levels=x", "access_levels="]),
            *(["is_only_opened=maybe", "is_only_closed=", "is_only_abuse=2", "is_only_opened=yes"]),
            *(["q=%00", "keystone_projects=%00"]),
            "q=" + "+".join(f"word{n}" for n in range(51)),
        )
    ),
    *(
        ("GET", f"{CURRENT}/count?{query}", None, 400, INVALID)
        for query in ("access_levels=none", "is_only_opened=maybe", "q=a%00")
    ),
    # numbers of paths: SE-047
    *(
        (method, f"{address}/{number}{rest}", body, 404, "TICKET_NOT_FOUND")
        for number in ("99", "0", "-1", "abc", "1.0", "٣", "99999999999999999999", "9" * 400, "%00", "1%20")
        for method, address, rest, body in (
            ("GET", CURRENT, "", None),
            ("PATCH", CURRENT, "", {}),
            ("GET", CLASSIC, "", None),
            ("PATCH", CLASSIC, "", {}),
            ("POST", CLASSIC, "/close", None),
            ("POST", CLASSIC, "/reopen", {"body": "x"}),
            ("POST", CLASSIC, "/rate", {"score": 1}),
            ("GET", CLASSIC, "/comments", None),
            ("POST", CLASSIC, "/comments", {"body": "x"}),
        )
    ),
    *(
        (method, f"/support/comments/{number}{rest}", {"score": 1}, 404, "COMMENT_NOT_FOUND")
        for number in ("9999", "0", "-1", "abc", "99999999999999999999", "%00")
        for method, rest in (("GET", ""), ("POST", "/rate"))
    ),
    *(("GET", f"/files/public/files/{name}", None, 404, "FILE_NOT_FOUND") for name in (UNKNOWN, "x", "1", "%00")),
    # update (current): SE-094, SE-095
    *(
        ("PATCH", CURRENT + "/{open}", body, 400, INVALID)
        for body in (
            {},
            {"access_level": "all_users"},
            {"keystone_projects": []},
            {"access_level": "none", "keystone_projects": []},
            {"access_level": "all_users", "keystone_projects": None},
            {"access_level": "all_users", "keystone_projects": [1]},
            {"access_level": "project_users", "keystone_projects": []},
        )
    ),
    # create (classic): SE-100 … SE-105
    *(("POST", CLASSIC, body, 400, INVALID) for body in ({}, {"summary": "x"}, {"comment_body": "x"})),
    *(
        ("POST", CLASSIC, classic(**{name: value}), 400, INVALID)
        for name, value in [
            *(("comment_body", value) for value in ("", " ", "x" * 50_001, None, 5)),
            *(("summary", value) for value in ("", "x" * 256, None, 5)),
            *(("files", value) for value in ([], [UNKNOWN] * 11, None, ["x"], "x")),
            *(("topic_key", value) for value in ("", " ", None, 5)),
            *(("notice_id", value) for value in (2147483648, -2147483649, HUGE, "1", 1.0, True, None)),
            *(("keystone_projects", value) for value in ([], ["a", "b"], None, [1], "a", [""])),
            *(("access_level", value) for value in ("x", None, "project_users")),
        ]
    ),
    ("POST", CLASSIC, classic(topic_key="nothing"), 404, "TOPIC_NOT_FOUND"),
    *(("POST", CLASSIC, classic(notice_id=value), 404, "NOTICE_NOT_FOUND") for value in (99999, 0, -5)),
    ("POST", CLASSIC, classic(files=[UNKNOWN]), 404, "FILE_NOT_FOUND"),
    # list (classic): SE-110 … SE-114
    *(
        ("GET", f"{CLASSIC}?{query}", None, 400, INVALID)
        for query in (
            *["page=0", "page=2147483648", "items_per_page=1001", "items_per_page=0", "q=", "q=%20", "q=%00"],
            *["sort_by=closed_at", "sort_by_order=up", "only_opened=maybe", "only_closed=2", "access_level=x"],
            *["keystone_projects=a&keystone_projects=b", "access_level=all_users&access_level=all_users"],
        )
    ),
    # update (classic): SE-117
    *(
        ("PATCH", CLASSIC + "/{open}", body, 400, INVALID)
        for body in (
            {"access_level": "x"},
            {"access_level": None},
            {"keystone_projects": ["a", "b"]},
            {"access_level": "project_users"},
        )
    ),
    # close: SE-120 … SE-123
    *(
        ("POST", CLASSIC + "/{open}/close", body, 400, INVALID)
        for body in (
            *({"score": value} for value in (0, 6, "5", 4.5, None, True, HUGE, 5.0)),
            *({"comment": value} for value in ("", " ", None, 1)),
        )
    ),
    ("POST", CLASSIC + "/{closed}/close", {}, 400, CLOSED),
    # reopen: SE-130, SE-131
    *(
        ("POST", CLASSIC + "/{closed}/reopen", body, 400, INVALID)
        for body in ({}, {"body": ""}, {"body": "x" * 50_001}, {"body": "x", "files": []}, {"body": None})
    ),
    ("POST", CLASSIC + "/{open}/reopen", {"body": "x"}, 400, "TICKET_NOT_CLOSED"),
    ("POST", CLASSIC + "/{closed}/reopen", {"body": "x", "files": [UNKNOWN]}, 404, "FILE_NOT_FOUND"),
    # rate: SE-125
    *(
        ("POST", CLASSIC + "/{open}/rate", body, 400, INVALID)
        for body in ({}, *({"score": value} for value in (0, 11, -1, "8", 8.5, True, None, HUGE)))
    ),
    ("POST", CLASSIC + "/{open}/rate", {"score": 8, "comment": ""}, 400, INVALID),
    # comments: SE-140, SE-145, SE-146
    *(
        ("POST", CLASSIC + "/{open}/comments", body, 400, INVALID)
        for body in (
            {},
            {"body": ""},
            {"body": "\n"},
            {"files": []},
            {"body": "x", "files": [UNKNOWN] * 11},
            {"body": None},
            {"body": "x" * 50_001},
            {"body": "a\x00"},
            {"other": "x"},
        )
    ),
    ("POST", CLASSIC + "/{open}/comments", {"files": [UNKNOWN]}, 404, "FILE_NOT_FOUND"),
    ("POST", CLASSIC + "/{closed}/comments", {"body": "x"}, 400, CLOSED),
    *(
        ("POST", "/support/comments/{theirs}/rate", body, 400, INVALID)
        for body in ({}, *({"score": value} for value in (0, 2, -2, "1", 1.0, True, HUGE)), {"score": 1, "comment": ""})
    ),
    ("POST", "/support/comments/{mine}/rate", {"score": 1}, 400, "COMMENT_NOT_RATABLE"),
    # catalogue and secrets: SE-155, SE-160 … SE-162
    ("GET", "/support/v2/categories?sort_by=name", None, 400, INVALID),
    ("GET", "/support/v2/categories?sort_by_order=x", None, 400, INVALID),
    ("GET", "/support/v2/categories?is_only_active=x", None, 400, INVALID),
    *(("GET", f"/support/v2/categories/{key}/fields", None, 404, "CATEGORY_NOT_FOUND") for key in ("x", "%00", "0")),
    ("GET", "/support/v2/products?parent=x", None, 404, "PRODUCT_NOT_FOUND"),
    ("GET", "/support/v2/products?parent=%00", None, 404, "PRODUCT_NOT_FOUND"),
    ("GET", "/support/v2/products?sort_by=x", None, 400, INVALID),
    *(
        ("POST", "/support/v2/secrets", body, 400, INVALID)
        for body in (
            {},
            {"title": "x"},
            {"title": "x" * 256, "value": "x"},
            {"title": "x", "value": "x" * 10_001},
            {"title": "", "value": "x"},
            {"title": "x", "value": 5},
        )
    ),
]


@pytest.mark.spec(
    "SE-042", "SE-043", "SE-044", "SE-045", "SE-046", "SE-047", "SE-048", "SE-049", "SE-052", "SE-053", "SE-054",
    "SE-070", "SE-071", "SE-074", "SE-075", "SE-076", "SE-077", "SE-082", "SE-095", "SE-103", "SE-104", "SE-105",
    "SE-114", "SE-145", "SE-146", "RC-019"
)  # fmt: skip
def test_bad_input_is_refused_by_name_and_changes_nothing(carl, anna):
    opened, closed = carl.open(comment_body="It is slow"), carl.open()
    mine = carl.comments(opened)[0]["id"]
    theirs = anna.comment(opened, "We look")["id"]
    assert carl.post(f"/support/tickets/{closed}/close").status == 200
    before = list(Ticket.objects.order_by("pk").values())
    wrong = []
    for method, address, body, status, code in TABLE:
        path = address.format(open=opened, closed=closed, mine=mine, theirs=theirs)
        answer = carl.send(method, path, body)
        got = (answer.status, answer.body.get("code") if isinstance(answer.body, dict) else None)
        if got != (status, code):
            wrong.append((method, path[:100], str(body)[:100], got, (status, code)))
    assert not wrong
    assert list(Ticket.objects.order_by("pk").values()) == before


@pytest.mark.spec("SE-043", "SE-096", "RC-015")
def test_unknown_members_are_ignored(carl):
    number = carl.open(comment_body=None, category_fields=None, body_values=None, status="closed", nonsense={"a": [1]})
    body = {
        "access_level": "all_users",
        "keystone_projects": ["p"],
        "summary": "Other",
        "status": "closed",
        "topic_key": 1,
    }
    changed = carl.patch(f"{CURRENT}/{number}", body).body
    assert (changed["summary"], changed["status"], changed["keystone_projects"]) == (
        "Unstable link",
        "in_progress",
        ["p"],
    )
    assert carl.get(f"{CURRENT}?nonsense=1&page=1").status == 200


@pytest.mark.spec("SE-044", "RC-183", "RC-417")
@pytest.mark.parametrize("text", ["  two  ", "line\r\nline\n", "<b>&amp;</b>", "ﷺ 𝄞 é", "a\tb", "**x** /spend 1h #1"])
def test_texts_come_back_as_they_were_sent(carl, text):
    number = carl.open(summary=f"{text}.", comment_body=f"{text}.")
    assert carl.ticket(number)["summary"] == f"{text}."
    assert carl.get(f"{CURRENT}?q=").body["items"][0]["summary"] == f"{text}."
    assert carl.comments(number)[0]["body"] == f"{text}."
    assert carl.comment(number, f"{text}.")["body"] == f"{text}."


@pytest.mark.spec("SE-044")
def test_lengths_count_characters(carl):
    number = carl.open(summary="🂡" * 255, comment_body="я" * 50_000)
    assert carl.ticket(number)["summary"] == "🂡" * 255
    assert carl.post(CURRENT, wish(summary="🂡" * 256)).faults == {"summary"}

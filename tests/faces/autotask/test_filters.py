"""The filter language, pages and counts (section 4)."""

import datetime as dt
import json
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from polydesk.directory import actors
from polydesk.faces.autotask.entities import ENTITIES
from polydesk.faces.autotask.errors import Failure
from polydesk.faces.autotask.filters import matches, parse
from polydesk.faces.autotask.tables import Tables
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket
from polydesk.web.testing import count_statements

from .conftest import NOTE


def condition(op, field, *value, **more):
    return {"op": op, "field": field, **({"value": value[0]} if value else {}), **more}


@pytest.fixture
def twenty(api, make, world):
    """Tickets with a bit of everything."""
    titles = ("100% done", "under_score", "Printer", "printer down", "", "Ünicode", "a'b\"c", "x" * 255)
    numbers = []
    for n in range(20):
        fields = {"title": titles[n % 8] or "blank", "priority": 1 + n % 4, "status": (1, 5, 7, 8)[n % 4]}
        fields["userDefinedFields"] = [{"name": "Conf Number", "value": n}, {"name": "Conf Text", "value": f"text {n}"}]
        if n % 3:
            fields |= {
                "externalID": f"EXT-{n}",
                "estimatedHours": n / 4,
                "queueID": api.choice("queueID", "Level I Support"),
            }
        if n < 3:
            numbers.append(make(**fields))
        else:  # the engine is quicker
            values = {
                "title": fields["title"],
                "external_id": fields.get("externalID", ""),
                "fields": {"conf_number": n},
            }
            numbers.append(commands.create("incident", values, by=world.actor("mona"), via="web").pk)
    return numbers


@pytest.mark.spec("AT-065", "AT-066", "AT-067", "AT-068", "AT-071", "AT-072", "AT-074", "AT-075", "AT-070")
def test_operators(api, make):
    one = make(title="100% done_now", externalID="AbC", estimatedHours=1)
    two = make(title="1000 done now", estimatedHours=2, queueID=api.choice("queueID", "Level I Support"))
    mine = condition("in", "id", [one, two])

    def ids(*conditions):
        return api.ids("Tickets", mine, *conditions)

    table = (
        ([one], condition("eq", "externalID", "aBc")),
        ([two], condition("noteq", "externalID", "abc")),
        ([two], condition("ne", "ExternalId", "abc")),
        ([one], condition("contains", "title", "0% D")),
        ([one], condition("contains", "title", "e_n")),
        ([one], condition("beginsWith", "title", "100%")),
        ([two], condition("endsWith", "title", "DONE NOW")),
        ([one], condition("notExist", "queueID")),
        ([two], condition("exist", "queueID", "ignored")),
        ([two], condition("isNotNull", "queueID")),
        ([one], condition("isNull", "queueID")),
        ([two], condition("notExist", "externalID")),
        ([one], condition("eq", "queueID")),
        ([one, two], condition("eq", "isVisibleToComanaged")),
        ([two], condition("gt", "estimatedHours", 1)),
        ([one, two], condition("gte", "estimatedHours", "1")),
        ([one], condition("lt", "estimatedHours", 2.0)),
        ([one], condition("between", "estimatedHours", [0, 1])),
        ([one], condition("in", "externalID", ["ABC", "zzz"])),
        ([two], condition("notIn", "externalID", ["ABC", "zzz"])),
        ([one, two], condition("notIn", "queueID", [99999])),
        ([one, two], condition("gte", "createDate", "2020-01-01")),
        ([], condition("gt", "createDate", "2999-01-01T00:00:00.000000Z")),
        ([one, two], {"op": "OR", "items": [condition("eq", "id", one), condition("eq", "id", str(two))]}),
        ([], {"op": "and", "items": [condition("eq", "id", one), condition("eq", "id", two)]}),
    )
    for wanted, found in table:
        assert ids(found) == wanted, found
    deep = condition("eq", "id", one)
    for _ in range(12):
        deep = {"op": "or", "items": [deep]}
    assert ids(deep) == [one]


@pytest.mark.spec("AT-071", "AT-070")
def test_every_script_has_two_cases(api, make):
    """ΣΑΣ ends in another small letter than it begins with; ß is no SS; what has no case is left alone."""
    words = ("Tür zu", "ПРИВЕТ мир", "Σίσυφος ΣΑΣ", "Straße", "日本", "ÉCOLE ÇA")
    ids = [make(title=word, userDefinedFields=[{"name": "Conf Text", "value": word}]) for word in words]
    asked = ("tÜR ZU", "привет МИР", "ΣΊΣΥΦΟς σας", "STRAßE", "日本", "école ça")
    mine = condition("in", "id", ids)
    for number, word in zip(ids, asked, strict=True):
        for more in ({"field": "title"}, {"field": "Conf Text", "udf": True}):
            for op, value in (
                ("eq", word),
                ("contains", word[1:-1] if len(word) > 2 else word),
                ("beginsWith", word[:2]),
                ("endsWith", word[-2:]),
                ("in", [word, "nothing"]),
            ):
                assert api.ids("Tickets", mine, {"op": op, "value": value, **more}) == [number], (op, value, more)
            rest = [n for n in ids if n != number]
            assert api.ids("Tickets", mine, {"op": "noteq", "value": word, **more}) == rest
            assert api.ids("Tickets", mine, {"op": "notIn", "value": [word], **more}) == rest
    assert api.ids("Tickets", mine, condition("eq", "title", "STRASSE")) == []
    assert api.ids("Tickets", mine, condition("contains", "title", "ü%")) == []


@pytest.mark.spec("AT-064", "AT-069", "AT-070", "AT-073", "AT-074", "AT-067", "AT-015", "AT-041")
def test_what_a_filter_must_not_be(api, house):
    for wrong, names in (
        ([condition("eq", "noSuch", 1)], "noSuch"),
        ([condition("like", "title", "x")], "like"),
        ([condition("eq", "queueID", "abc")], "queueID"),
        ([condition("eq", "createDate", "yesterday")], "createDate"),
        ([condition("gt", "id")], "id"),
        ([condition("in", "id", 5)], "id"),
        ([condition("in", "id", [])], "id"),
        ([condition("in", "id", list(range(501)))], "500"),
        ([condition("contains", "id", 5)], "id"),
        ([condition("eq", "isVisibleToComanaged", None)], "isVisibleToComanaged"),
        ([condition("eq", "isVisibleToComanaged", "maybe")], "isVisibleToComanaged"),
        ([condition("eq", "creatorType", 1)], "creatorType"),
        ([condition("exist", "lastActivityPersonType")], "lastActivityPersonType"),
        ([{"op": "or", "items": []}], "items"),
        ([{"op": "or"}], "items"),
        ([{"field": "id", "value": 1}], "op"),
        ([{"op": "eq", "value": 1}], "field"),
        (["id"], "condition"),
        ([condition("eq", "Conf Text", "x", udf=True)] * 2, "udf"),
        ([condition("eq", "No such", "x", udf=True)], "No such"),
        ([{"op": "or", "items": [condition("eq", "id", n) for n in range(501)]}], "500 OR"),
    ):
        for path in ("Tickets/query", "Tickets/query/count"):
            api.fails("post", path, {"filter": wrong}, names)
    api.fails("post", "Tickets/query", {}, "filter")
    api.fails("post", "Tickets/query", {"filter": {}}, "filter")
    assert api.post("Tickets/query/count", {})["queryCount"] == 3
    assert api.post("Tickets/query/count", [])["queryCount"] == 3
    api.post("Tickets/query", [], status=500)
    api.get("Tickets/query", status=500)
    api.get("Tickets/query?search={", status=500)


@pytest.mark.spec("AT-070", "RC-039")
def test_user_defined_fields_are_compared_by_their_type(api, twenty):
    def ids(op, name, *value):
        return api.ids("Tickets", condition(op, name, *value, udf=True))

    assert ids("eq", "conf text", "TEXT 1") == [twenty[1]]
    assert ids("gt", "Conf Number", 9) == twenty[10:]
    assert ids("lt", "Conf Number", "2") == twenty[:2]
    assert ids("in", "Conf Number", [3, 4]) == twenty[3:5]
    assert set(ids("notExist", "Conf Text")) >= set(twenty[3:])
    assert set(ids("noteq", "Conf Number", 5)) >= {n for i, n in enumerate(twenty) if i != 5}
    assert ids("contains", "Conf Text", "ext 2") == [twenty[2]]


@pytest.mark.spec("AT-062", "AT-063", "AT-076", "AT-077", "AT-078", "AT-079", "AT-080", "AT-081", "AT-061")
def test_pages(api, twenty, make, limited):
    search = {"filter": [condition("in", "id", twenty)], "MaxRecords": 6, "IncludeFields": ["title"]}
    first = api.post("Tickets/query", search)
    details = first["pageDetails"]
    assert (details["count"], details["requestCount"], details["prevPageUrl"]) == (6, 6, None)
    assert set(first["items"][0]) == {"id", "title", "userDefinedFields"}
    assert details["nextPageUrl"].startswith("http://testserver/ATServicesRest/V1.0/Tickets/query/next?paging=")
    for way in ("get", "body", "empty"):
        seen, page = [], first
        while True:
            seen += [i["id"] for i in page["items"]]
            address = page["pageDetails"]["nextPageUrl"]
            if address is None:
                break
            path = address.removeprefix("http://testserver")
            page = api.get(path) if way == "get" else api.call("post", path, search if way == "body" else None)
            make() if way == "get" else None
        assert seen == twenty
    back = page["pageDetails"]["prevPageUrl"].removeprefix("http://testserver")
    page = api.get(back)
    assert [i["id"] for i in page["items"]] == twenty[12:18] and page["pageDetails"]["nextPageUrl"]
    while page["pageDetails"]["prevPageUrl"]:
        page = api.get(page["pageDetails"]["prevPageUrl"].removeprefix("http://testserver"))
    assert [i["id"] for i in page["items"]] == twenty[:6]
    by_get = api.get(f"Tickets/query?search={quote(json.dumps(search))}")
    assert by_get["items"] == first["items"]
    assert Client().get(
        "/atservicesrest/v1.0/Tickets/query/count", {"Search": json.dumps(search)}, headers=api.headers
    ).json() == {"queryCount": 20}
    path = details["nextPageUrl"].removeprefix("http://testserver")
    for wrong in (path[:-3], path.replace("paging=", "paging=A"), path.split("?")[0]):
        api.get(wrong, status=500)
    limited.get(path, status=500)
    for size, used in ((500, 500), (9999, 500), ("7", 7)):
        assert (
            api.post("Tickets/query", {**search, "maxRecords": size, "MaxRecords": size})["pageDetails"]["requestCount"]
            == used
        )
    for size in (0, -1, "many"):
        api.fails("post", "Tickets/query", {**search, "MaxRecords": size}, "MaxRecords")
    api.fails("post", "Tickets/query", {**search, "IncludeFields": ["nonsense"]}, "nonsense")
    udf = api.post("Tickets/query", {**search, "IncludeFields": ["conf text"]})["items"][0]
    assert [u["name"] for u in udf["userDefinedFields"]] == ["Conf Text"]
    assert api.ids("Tickets") == sorted(api.ids("Tickets"))


@pytest.mark.spec("AT-543", "AT-544", "PL-304")
def test_the_number_of_statements_does_not_grow(api, twenty, settings):
    settings.POLYDESK_RATE_LIMITS = "off"
    counts = {}
    for size in (2, 20):
        with count_statements() as ran:
            api.query("Tickets", condition("in", "id", twenty), MaxRecords=size)
        counts[size] = len(ran)
    assert counts[2] == counts[20] <= 4, (counts, ran.sql)
    with count_statements() as ran:
        api.item("Tickets", twenty[0])
    assert len(ran) == 3, ran.sql
    with count_statements() as ran:
        api.post("Tickets/query/count", {"filter": [condition("eq", "status", 5)]})
    assert len(ran) <= 5, ran.sql


@pytest.mark.spec("AT-543", "PL-304")
def test_the_number_of_statements_of_a_write(api, make, settings):
    settings.POLYDESK_RATE_LIMITS = "off"
    number = make()
    body = {"companyID": api.item("Tickets", number)["companyID"], "title": "Printer", "status": 1, "priority": 2}
    form = api.choice("ticketCategory", "No Queue")
    tess = {
        "assignedResourceID": api.find("Resources", "firstName", "Tess"),
        "assignedResourceRoleID": api.find("Roles", "name", "Technician"),
    }

    def post(**more):
        return lambda: api.post("Tickets", {**body, **more})

    def patch(**values):
        return lambda: api.patch("Tickets", {"id": number, **values})

    writes = {
        "create": (post(ticketCategory=form), 12),
        "create, assigned": (post(**tess), 17),
        "change of text": (patch(title="Scanner", externalID="X"), 13),
        "the same again": (patch(title="Scanner", externalID="X"), 6),
        "change of status": (patch(status=8), 11),
        "assignment": (patch(**tess), 15),
        "note": (lambda: api.post(f"Tickets/{number}/Notes", NOTE), 12),
    }
    counts = {}
    for name, (write, most) in writes.items():
        with count_statements() as ran:
            write()
        counts[name] = len(ran)
        assert len(ran) <= most, (name, ran.sql)
    for _ in range(3):
        with count_statements() as ran:
            post(ticketCategory=form)()
        assert len(ran) == counts["create"]


@pytest.mark.spec("AT-013", "AT-543")
def test_plain_rows_show_moments_to_the_millisecond(api, make):
    number = make()
    for stored, shown in (
        ((2026, 1, 31, 9, 30, 0, 0), "2026-01-31T09:30:00Z"),
        ((2026, 1, 31, 9, 30, 0, 123987), "2026-01-31T09:30:00.123Z"),
        ((2026, 1, 31, 9, 30, 0, 400), "2026-01-31T09:30:00.000Z"),
    ):
        Ticket.objects.filter(pk=number).update(due_at=dt.datetime(*stored, tzinfo=dt.UTC))
        assert api.item("Tickets", number)["dueDateTime"] == shown
        assert api.query("Tickets", condition("eq", "id", number))[0]["dueDateTime"] == shown


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 30),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["printer", "2020-01-01", "", "5", "true", "EXT-1", "%", "_", "2026-11-22T00:00:00Z"]),
)
FIELDS = [*sorted(f.name for f in ENTITIES["tickets"].fields), "Conf Number", "Conf Text", "Conf List", "nonsense"]
OPS = ["eq", "noteq", "gt", "gte", "lt", "lte", "beginsWith", "endsWith", "contains", "exist", "notExist", "in",
       "notIn", "between", "isNull", "ne", "and", "like"]  # fmt: skip
CONDITIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(OPS), "field": st.sampled_from(FIELDS)},
    optional={"value": st.one_of(SCALARS, st.lists(SCALARS, max_size=3)), "udf": st.booleans()},
)
NODES = st.recursive(
    CONDITIONS,
    lambda inner: st.fixed_dictionaries({"op": st.sampled_from(["and", "or"]), "items": st.lists(inner, max_size=3)}),
    max_leaves=5,
)


@pytest.mark.spec("AT-041", "AT-042", "RC-012", "RC-111", "RS-145")
def test_random_filters_are_answered_and_mean_what_is_shown(api, twenty, house):
    """SQL and the shown values agree, and nothing but the dialect's own errors comes out."""
    tables = Tables(actors.by_secret("autotask", api.headers["Secret"]))
    items = api.query("Tickets")
    entity = ENTITIES["tickets"]

    @examples(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(NODES, max_size=3))
    def check(filters):
        answer = Client(raise_request_exception=True).post(
            "/atservicesrest/v1.0/Tickets/query",
            json.dumps({"filter": filters}),
            "application/json",
            headers=api.headers,
        )
        found = answer.json()
        if answer.status_code == 500:
            assert list(found) == ["errors"] and found["errors"]
            return
        assert answer.status_code == 200
        try:
            group = parse(entity, json.loads(json.dumps(filters)), tables)
        except Failure:
            raise AssertionError(filters) from None
        if '"udf": true' in json.dumps(filters):
            return
        assert [i["id"] for i in found["items"]] == [i["id"] for i in items if matches(group, i)], filters

    check()


ANY = st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.text(max_size=3), SCALARS, max_size=2))
BODIES = st.dictionaries(st.sampled_from([f.name for f in ENTITIES["tickets"].fields] + ["userDefinedFields"]), ANY)
WORDS = {f.name for e in ("ticketnotes", "timeentries", "expenseitems", "companies") for f in ENTITIES[e].fields}
WRITES = (("post", "Tickets"), ("patch", "Tickets/{}"), ("put", "Tickets/{}"), ("post", "Tickets/{}/Notes"),
          ("post", "Tickets/{}/Attachments"), ("post", "Tickets/{}/ChecklistItems"), ("post", "TimeEntries"),
          ("post", "ExpenseItems"), ("post", "Companies"), ("post", "TicketWebhooks"))  # fmt: skip


@pytest.mark.spec("AT-040", "AT-041", "AT-042", "AT-050", "RC-012", "RS-145")
def test_random_bodies_are_answered(api, make):
    """Written or refused, never an unhandled exception."""
    number = make()
    client = Client(raise_request_exception=True)

    @examples(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.sampled_from(WRITES), BODIES, st.dictionaries(st.sampled_from(sorted(WORDS)), ANY))
    def check(write, body, more):
        method, path = write
        address = f"/atservicesrest/v1.0/{path.format(number)}"
        content = json.dumps({**body, **more}, allow_nan=True)
        answer = getattr(client, method)(address, content, content_type="application/json", headers=api.headers)
        found = answer.json()
        assert answer.status_code in (200, 403, 404, 405, 500)
        assert list(found) == (["itemId"] if answer.status_code == 200 else ["errors"])
        assert answer.status_code == 200 or (found["errors"] and all(isinstance(e, str) for e in found["errors"]))

    check()

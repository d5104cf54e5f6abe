"""Nothing of another organization is read, changed or named, whatever address, method, object and role (RS-113).

Every address is taken from the resolver, so one that nobody thought of here fails. All rows of the other organization
have the same number, so that one request with that number asks for the foreign object of every model at once."""

import itertools
import json
import re

import msgspec
import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from polydesk.directory import actors, founding
from polydesk.directory.models import Company, Person
from polydesk.faces.native import fields, rows, urls
from polydesk.features import vault
from polydesk.features.approvals.models import Approver
from polydesk.features.automation import starters
from polydesk.features.automation.models import Automation
from polydesk.features.automation.recipe import written
from polydesk.features.branding.models import Brand
from polydesk.features.checklists.models import Item
from polydesk.features.live import hub
from polydesk.features.macros.models import Macro
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.features.notices.models import Notice
from polydesk.features.notifications.models import Notification, Wording
from polydesk.features.replies.models import CannedReply
from polydesk.features.search.models import View
from polydesk.features.sla.models import Calendar
from polydesk.features.vault.models import Use
from polydesk.features.webhooks.models import Endpoint
from polydesk.tickets import commands
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Attachment, Comment, Ticket, TimeEntry
from polydesk.web import files

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RS-113", "RS-111", "RS-112", "RS-114", "PL-026", "RS-110")]

FOREIGN = 900_001
MARK = "Qx7foreign"
ROLES = ("anna", "mona", "carl", "rita")
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")

# Beginning of an address -> the face whose credential opens it; None: it knows no tenants (sign-in, health).
OPENED_BY = {
    "healthz": None,
    "readyz": None,
    "metrics": None,
    "accounts/": None,
    "api/v1/": "native",
    "api/v2": "centurion",
    "backend/api/v1/": "crm",
    "support": "selectel",
    "files/public/": "selectel",
    "identity/": "selectel",
    "atservicesrest": "autotask",
}


@pytest.fixture
def numbers_go_on(db):
    """Tables go on counting from the foreign number; PostgreSQL's sequences outlive a rollback, so they go back."""
    tables = [
        (model._meta.db_table, model._meta.pk.column)
        for model in apps.get_models()
        if model._meta.managed and model._meta.pk.get_internal_type() in ("BigAutoField", "AutoField")
    ]
    yield lambda: [count_from(table, column) for table, column in tables]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table, column in tables:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence(%s, %s), 1 + "  # noqa: S608 - names of our own tables
                    f'(SELECT COALESCE(MAX("{column}"), 0) FROM "{table}" WHERE "{column}" < %s), false)',
                    [table, column, FOREIGN],
                )


def count_from(table, column):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table, column, FOREIGN - 1])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, FOREIGN - 1])


@pytest.fixture
def foreign(world, settings, numbers_go_on, monkeypatch):
    """One row of everything in the other organization, all with the same number and the same mark."""
    monkeypatch.setattr(hub, "LASTS", 0)  # streams end at once; tests/faces/native/test_stream.py listens longer
    settings.POLYDESK_RATE_LIMITS = "off"
    numbers_go_on()
    olga = world.actor("olga")
    company = Company.objects.create(organization=world.other, name=MARK)
    person = Person.objects.create(organization=world.other, name=MARK, email="foreign@other.example", company=company)
    founding.join(person, world.other, role="agent")
    for resource in rows.RESOURCES:
        if not resource.model._default_manager.filter(pk=FOREIGN).exists():
            resource.model._default_manager.create(**_needed(resource.model, world.other, company))
    ticket = commands.create(
        "change", {"title": MARK, "description": MARK, "company": company, "requester": person}, by=olga, via="test"
    )
    other = commands.create("incident", {"title": MARK, "description": MARK}, by=olga, via="test")
    commands.add_comment(ticket, MARK, by=olga, via="test")
    commands.add_time(ticket, 60, by=olga, via="test", summary=MARK)
    commands.link(ticket, other, "related", by=olga, via="test")
    commands.rate(ticket, scale="five_points", score=5, by=olga, via="test", text=MARK)
    stored = files.store([MARK.encode()])
    commands.attach(ticket, [commands.NewFile(MARK, stored.size, stored.sha256, stored.kind)], by=olga, via="test")
    Item.objects.create(ticket=ticket, name=MARK)
    Approver.objects.create(ticket=ticket, person=person, note=MARK)
    View.objects.create(organization=world.other, name=MARK, query="is:open")
    CannedReply.objects.create(organization=world.other, name=MARK, body=MARK)
    Macro.objects.create(organization=world.other, name=MARK, text=MARK)
    Notice.objects.create(organization=world.other, title=MARK)
    Calendar.objects.create(organization=world.other, name=MARK)
    kept = written(starters.STARTERS["major"].make(None))
    Automation.objects.create(organization=world.other, name=MARK, recipe=kept | {"condition": MARK})
    Brand.objects.create(organization=world.other, name=MARK)
    Use.objects.create(secret=vault.put(MARK, MARK, by=olga), ticket=ticket)
    box = Mailbox.objects.create(organization=world.other, address=f"{MARK}@other.example", name=MARK, host=MARK)
    Message.objects.create(
        organization=world.other,
        mailbox=box,
        message_id=MARK,
        sha256=stored.sha256,
        subject=MARK,
        state="held",
        ticket=ticket,
    )
    Endpoint.objects.create(organization=world.other, owner=person, url=f"https://{MARK}.example/", secret="x")
    Notification.objects.create(
        organization=world.other, person=person, ticket=ticket, event_id=1, what="message", reason="requester"
    )
    Wording.objects.create(organization=world.other, what="message", subject=MARK, body=MARK)
    actors.issue(person, "native", name=MARK)
    asked = (Ticket, Comment, TimeEntry, Attachment, Item, Approver, View, Endpoint, Notification, Wording)
    for model in (*asked, Mailbox, Message):
        assert model.objects.filter(pk=FOREIGN).exists(), model
    return Snapshot()


def _needed(model, organization, company):
    values = {"organization": organization}
    for column in model._meta.concrete_fields:
        if column.is_relation and not column.null and column.name != "organization":
            related = column.related_model
            values[column.name] = company if related is Company else related._default_manager.get(pk=FOREIGN)
        elif column.name in ("name", "title", "key") and column.get_internal_type() in ("CharField", "SlugField"):
            values[column.name] = MARK
        elif column.name == "phase":
            values[column.name] = "open"
        elif column.name == "level":
            values[column.name] = 3
    return values


class Snapshot:
    """The other organization's rows, to be compared afterwards."""

    def __init__(self):
        self.before = self.rows()

    @staticmethod
    def rows():
        found = {}
        for model in apps.get_models():
            if model.__module__.startswith("polydesk") and model._meta.managed and model._meta.label != "web.Bucket":
                own = model._default_manager.filter(pk__gte=FOREIGN) if _counts(model) else ()
                found[model._meta.label] = {row.pk: _values(row) for row in own}
        return found

    def check(self):
        after = self.rows()
        for label, before in self.before.items():
            for pk, values in before.items():
                assert after[label].get(pk) == values, f"{label} {pk} was changed"


def _counts(model):
    return model._meta.pk.get_internal_type() in ("BigAutoField", "AutoField")


def _values(row):
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname != "last_used_at"}


def tells(answer):
    """Everything that an answer says."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8", "replace") + json.dumps(dict(answer.headers))


def ask(client, method, path, body=None, **headers):
    client.raise_request_exception = False
    data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return client.generic(method, path, headers=headers, **data)


# --- the native API: every operation, every role


def bearer(world, login):
    return {"Authorization": f"Bearer {actors.issue(world.people[login], 'native')[1]}"}


def plausible(shape):
    """A body that fits a struct, its references pointing at the foreign row."""
    schema = msgspec.json.schema(shape)
    return _sample(schema, schema.get("$defs", {}))


def _sample(schema, known):
    if "$ref" in schema:
        return _sample(known[schema["$ref"].rsplit("/", 1)[1]], known)
    if "anyOf" in schema:
        return _sample(schema["anyOf"][0], known)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            return {name: _sample(schema["properties"][name], known) for name in wanted}
        case "array":
            return [_sample(schema["items"], known)] if "items" in schema else []
        case "integer":
            return FOREIGN if schema.get("maximum", 0) > FOREIGN else 1
        case "boolean":
            return True
    return "x"


@pytest.mark.parametrize("login", ROLES)
def test_no_address_of_the_api_reaches_a_foreign_row(world, foreign, login):
    client, key = Client(), bearer(world, login)
    for operation in urls.OPERATIONS:
        path = "/api/v1" + re.sub(r"\{kind\}", "team", operation.path)
        path = re.sub(r"\{\w+\}", str(FOREIGN), path)
        body = plausible(operation.body) if operation.body else None
        if operation.consumes != "application/json":
            file = SimpleUploadedFile("a.txt", b"a")
            answer = client.post(path, {"file": file}, headers=key)
        else:
            answer = ask(client, operation.method, path, body, **key)
        where = (operation.method, path, answer.status_code)
        assert answer.status_code < 500, where
        assert MARK not in tells(answer), where
        if "{" in operation.path:
            assert answer.status_code in (403, 404), where
    foreign.check()


def test_methods_nobody_documented_do_nothing_either(world, foreign):
    client, key = Client(), bearer(world, "mona")
    for path in {o.path for o in urls.OPERATIONS}:
        known = {o.method for o in urls.OPERATIONS if o.path == path}
        for method in set(METHODS) - known:
            answer = ask(client, method, "/api/v1" + re.sub(r"\{\w+\}", str(FOREIGN), path), {}, **key)
            assert answer.status_code in (404, 405), (method, path)
    foreign.check()


REFERENCES = [f for f in FIELDS.values() if f.type in ("reference", "references") and f.name in fields.WRITABLE]


def test_foreign_numbers_in_bodies_are_unknown_numbers(world, foreign):
    client, key = Client(), bearer(world, "mona")
    mine = world.ticket(by="mona")
    for field in REFERENCES:
        answers = []
        for number in (FOREIGN, FOREIGN + 777):
            value = [number] if field.type == "references" else number
            made = ask(client, "POST", "/api/v1/tickets", {"title": "x", "description": "", field.name: value}, **key)
            changed = ask(client, "PATCH", f"/api/v1/tickets/{mine.pk}", {field.name: value}, **key)
            answers.append([(a.status_code, a.json().get("errors")) for a in (made, changed)])
        assert answers[0] == answers[1], field.name
        assert {status for status, _ in answers[0]} == {422}, (field.name, answers[0])
    for path, body in (
        (f"/tickets/{mine.pk}/merge", {"tickets": [FOREIGN]}),
        (f"/tickets/{mine.pk}/relations", {"ticket": FOREIGN}),
        (f"/tickets/{mine.pk}/split", {"comments": [FOREIGN]}),
        (f"/tickets/{mine.pk}/undo", {"event": FOREIGN}),
        (f"/tickets/{mine.pk}/comments", {"text": "x", "reply_to": FOREIGN}),
        (f"/tickets/{mine.pk}/comments", {"text": "x", "attachments": [FOREIGN]}),
        (f"/tickets/{mine.pk}/comments", {"text": "x", "ticket": {"assignee": FOREIGN}}),
        (f"/tickets/{mine.pk}/time", {"seconds": 1, "person": FOREIGN}),
        (f"/tickets/{mine.pk}/time", {"seconds": 1, "work_type": FOREIGN}),
        (f"/tickets/{mine.pk}/items", {"kind": "company", "id": FOREIGN}),
        (f"/tickets/{mine.pk}/tags", {"id": FOREIGN}),
        ("/tokens", {"person": FOREIGN}),
        ("/views", {"name": "x", "team": FOREIGN}),
        ("/canned-replies", {"name": "x", "body": "x", "team": FOREIGN}),
        ("/macros", {"name": "x", "text": "x", "team": FOREIGN}),
        ("/macros", {"name": "x", "add_tags": [FOREIGN]}),
    ):
        answer = ask(client, "POST", "/api/v1" + path, body, **key)
        assert answer.status_code in (404, 422), (path, body, answer.status_code)
        assert MARK not in tells(answer)
    foreign.check()


def test_foreign_numbers_in_directory_rows_are_unknown(world, foreign):
    client, key = Client(), bearer(world, "mona")
    for resource in rows.RESOURCES:
        if resource.writers == "nobody":
            continue
        for name in resource.columns.split():
            if not resource.model._meta.get_field(name).is_relation:
                continue
            body = {**plausible(resource.new_struct), name: FOREIGN}
            answer = ask(client, "POST", f"/api/v1/{resource.key}", body, **key)
            assert answer.status_code == 422 and MARK not in tells(answer), (resource.key, name, answer.content)
    foreign.check()


@pytest.mark.parametrize("login", ("anna", "carl"))
def test_lists_counts_and_searches_know_nothing_of_foreign_rows(world, foreign, login):
    client, key = Client(), bearer(world, login)
    filters = [n for n in urls.lists.FILTERS if not n.endswith(("_after", "_before"))]
    queries = [f"{name}={FOREIGN}&count=exact" for name in filters] + [
        f"q={MARK}&count=exact",
        f"q=%23{FOREIGN}&count=exact",
    ]
    for query in queries:
        answer = ask(client, "GET", f"/api/v1/tickets?{query}", **key)
        assert answer.status_code in (200, 400), query
        if answer.status_code == 200:
            assert answer.json()["items"] == [] and answer.json()["count"]["value"] == 0, query
    for path in ("/search?q=" + MARK, "/events?limit=500", "/tickets.csv", "/tickets.jsonl", "/companies?name=" + MARK):
        assert MARK not in tells(ask(client, "GET", "/api/v1" + path, **key)).replace(f"q={MARK}", "")


# --- every other address of the server


def addresses(patterns=None, prefix=""):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern)


def filled(pattern):
    """An address of this pattern with the foreign number in every place; it must lead back to the pattern."""
    text = re.sub(r"\(\?P<\w+>\[\^/\]\+\)|\(\?P<\w+>\[0-9\]\+\)|\(\?P<\w+>\\d\+\)", str(FOREIGN), pattern)
    text = re.sub(r"<(?:(\w+):)?(\w+)>", lambda m: _place(m[1] or "str", m[2]), text)
    text = re.sub(r"\(\?:(\w+)\|[^)]*\)", r"\1", text)
    text = re.sub(r"\(\?P<rest>/\.\*\)\?|\(\?:/\.\*\)\?", "/anything", text)
    text = re.sub(r"\[([a-z])[A-Z]\]", r"\1", text)
    return "/" + text.replace("^", "").replace("/?$", "").replace("$", "").replace("\\", "").lstrip("/")


def _place(kind, name):
    if kind == "uuid":
        return str(Attachment.objects.get(pk=FOREIGN).uuid)
    if kind in ("int", "number") or name.endswith(("id", "pk", "number")):
        return str(FOREIGN)
    return {"shelf": "teams", "kind": "team", "base": "api", "name": "status"}.get(name, "x")


def face_of(pattern):
    plain = re.sub(r"\[([a-z])[A-Z]\]", r"\1", pattern).replace("^", "")
    for beginning in sorted(OPENED_BY, key=len, reverse=True):
        if plain.startswith(beginning):
            return OPENED_BY[beginning]
    return "web"


ENTITIES = ("Tickets", "TicketNotes", "Companies", "Contacts", "Resources", "TimeEntries", "ConfigurationItems")


def requests_of(pattern):
    """The requests that a pattern stands for; Autotask's one pattern stands for its whole route table."""
    if "aA" not in pattern:
        return [filled(pattern)]
    base = "/atservicesrest/V1.0"
    return [
        *(f"{base}/{entity}/{FOREIGN}" for entity in ENTITIES),
        *(f"{base}/Tickets/{FOREIGN}/{child}" for child in ("Notes", "Attachments", "History", "ChecklistItems")),
        *(f'{base}/{entity}/query?search={{"filter":[{{"op":"exist","field":"id"}}]}}' for entity in ENTITIES),
    ]


def is_empty_list(answer):
    """A list of what belongs to a foreign thing may also be empty."""
    if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("application/"):
        return False
    body = json.loads(answer.content)
    return isinstance(body, dict) and body.get("results") == []


def opener(world, face, login):
    person = world.people[login]
    if face == "autotask":
        limits = {"username": person.email, "integration_code": "CODE"}
        _, secret = actors.issue(person, face, limits=limits)
        return {"UserName": person.email, "Secret": secret, "ApiIntegrationCode": "CODE"}
    if face in ("native", "crm", "centurion", "selectel"):
        secret = actors.issue(person, face)[1]
        scheme = "Token" if face == "centurion" else "Bearer"
        return {"X-Auth-Token": secret} if face == "selectel" else {"Authorization": f"{scheme} {secret}"}
    return {}


@pytest.mark.parametrize("login", ("mona", "carl"))
def test_no_other_address_reaches_a_foreign_row(world, foreign, login):
    pages = Client()
    pages.force_login(world.people[login].user, "django.contrib.auth.backends.ModelBackend")
    keys = {face: opener(world, face, login) for face in {*OPENED_BY.values(), "web"} - {None}}
    for pattern in addresses():
        face = face_of(pattern)
        if face is None or face == "native":
            continue
        for path, method in itertools.product(requests_of(pattern), METHODS):
            client = pages if face == "web" else Client()
            answer = ask(client, method, path, {} if method != "GET" else None, **keys[face])
            where = (method, path, pattern, answer.status_code)
            assert MARK not in tells(answer), where
            if str(FOREIGN) in path and face != "autotask" and not is_empty_list(answer):
                assert answer.status_code >= 300, where
            if face == "autotask" and f"/{FOREIGN}" in path and answer.status_code < 300:
                assert str(FOREIGN) not in tells(answer), where
    foreign.check()

"""Files by UUID, before and after they hang on comments; secrets."""

import datetime as dt

import pytest

from polydesk.features.vault.models import Secret
from polydesk.tickets import commands
from polydesk.tickets.models import Attachment
from polydesk.tickets.ticks import forget_uploads

from .conftest import PNG, Api, token

pytestmark = pytest.mark.django_db

FILES = "/files/public/files"


@pytest.mark.spec("SE-150", "SE-151", "SE-058", "RS-101", "RS-102")
def test_an_upload_is_answered_and_given_back(carl):
    answer = carl.upload("../trace\u202e.txt", b"some lines\n")
    assert answer.status == 200 and answer.body.keys() == {"uuid", "name", "size", "content_type", "created_at"}
    assert (answer.body["name"], answer.body["size"], answer.body["content_type"]) == ("trace.txt", 11, "text/plain")
    for name in (answer.body["uuid"], answer.body["uuid"].upper()):
        back = carl.get(f"{FILES}/{name}")
        assert (back.status, back.body) == (200, b"some lines\n")
        assert back.headers["Content-Disposition"] == 'attachment; filename="trace.txt"'
        assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert carl.upload("pic.png", PNG).body["content_type"] == "image/png"
    assert carl.upload("page.txt", b"<html><script>").body["content_type"] == "application/octet-stream"


@pytest.mark.spec("SE-152", "SE-153", "RC-204")
def test_size_and_extension_are_limited(carl, monkeypatch):
    from polydesk.faces.selectel import storage

    extensions = carl.get(f"{FILES}/extensions").body["items"]
    assert {"png", "txt", "pdf", "log", "zip"} <= set(extensions) and "exe" not in extensions
    for name in ("run.exe", "noextension", ".txt", "trace.txt.sh", "x."):
        answer = carl.upload(name)
        assert (answer.status, answer.code) == (400, "FILE_NOT_ALLOWED"), name
    assert carl.upload("TRACE.TXT").status == 200
    assert carl.upload("empty.txt", b"").code == "FILE_NOT_ALLOWED"
    assert storage.LARGEST == 20 * 1024 * 1024
    monkeypatch.setattr(storage, "LARGEST", 100_000)
    assert carl.upload("small.txt", b"x" * 100_000).status == 200
    assert carl.upload("large.txt", b"x" * 100_001).code == "FILE_NOT_ALLOWED"
    assert carl.upload("huge.txt", b"x" * 300_000).code == "FILE_NOT_ALLOWED"
    assert Attachment.objects.count() == 2


@pytest.mark.spec("SE-153", "SE-041")
def test_without_the_part_file_there_is_nothing_to_upload(carl):
    assert carl.upload(part="other").faults == {"file"}
    assert carl.post(FILES, {"file": "x"}).faults == {"file"}
    broken = carl.post(FILES, b"no part", content_type="multipart/form-data; boundary=x")
    assert (broken.status, broken.code) == (400, "REQUEST_VALIDATION_FAILED")
    assert carl.post(FILES, b"x", content_type="multipart/form-data").code == "REQUEST_VALIDATION_FAILED"


@pytest.mark.spec("SE-154", "SE-151", "SE-034")
def test_a_file_is_seen_by_its_uploader_and_by_those_who_see_its_ticket(desk, carl, anna, bert):
    file = carl.upload().body["uuid"]
    cora = Api(token(desk.people["cora"]))
    assert [api.get(f"{FILES}/{file}").status for api in (carl, cora, anna, bert)] == [200, 404, 404, 404]
    number = carl.open(files=[file])
    assert [api.get(f"{FILES}/{file}").status for api in (carl, cora, anna, bert)] == [200, 200, 200, 404]
    carl.patch(f"/support/tickets/{number}", {"access_level": "project_users", "keystone_projects": ["p1"]})
    scoped = Api(token(desk.people["cora"], limits={"projects": ["p2"]}))
    assert scoped.get(f"{FILES}/{file}").code == "FILE_NOT_FOUND"
    staffs = anna.upload().body["uuid"]
    anna.comment(number, files=[staffs])
    assert carl.get(f"{FILES}/{staffs}").status == 200


@pytest.mark.spec("SE-154", "SE-077")
def test_a_file_hangs_on_any_number_of_comments_under_one_name(desk, carl, bert, anna):
    file = carl.upload().body["uuid"]
    first, second = carl.open(files=[file]), carl.open(summary="Second")
    cora = Api(token(desk.people["cora"]))
    comments = [cora.comment(second, files=[file]), carl.comment(second, files=[file.upper(), file])]
    assert [comment["files"] for comment in comments] == [[file], [file]]
    assert carl.comments(first)[0]["files"] == [file]
    carl.patch(f"/support/tickets/{first}", {"access_level": "account_users"})
    scoped = Api(token(desk.people["cora"], limits={"projects": ["p2"]}))
    assert scoped.get(f"{FILES}/{file}").body == b"some lines\n"
    for api in (bert, anna):
        answer = api.post(f"/support/tickets/{api.open()}/comments", {"files": [file]})
        assert (answer.status, answer.code, answer.faults) == (404, "FILE_NOT_FOUND", {"files.0"})
    for ticket in (first, second):
        commands.remove(ticket, by=desk.actor("mona"), via="test")
    commands.purge(first, by=desk.actor("mona"), via="test")
    commands.restore(second, by=desk.actor("mona"), via="test")
    assert cora.get(f"{FILES}/{file}").status == 200


@pytest.mark.spec("SE-154", "RS-011")
def test_an_upload_that_nobody_attached_is_gone_after_a_day(carl):
    kept, gone = carl.upload().body["uuid"], carl.upload().body["uuid"]
    carl.open(files=[kept])
    forget_uploads(dt.datetime.now(dt.UTC) + dt.timedelta(hours=25))
    assert [carl.get(f"{FILES}/{name}").status for name in (kept, gone)] == [200, 404]


@pytest.mark.spec("RC-095", "RC-177", "SE-151")
def test_files_of_other_faces_are_listed_and_served_but_for_internal_ones(desk, carl, anna):
    from polydesk.web import files

    stored = files.store([b"hello"])
    ticket = desk.ticket(requester=desk.carl, company=desk.acme)
    names = ("open.bin", "secret.bin")
    public, secret = (
        commands.NewFile(name, stored.size, stored.sha256, internal=name == "secret.bin") for name in names
    )
    agent = desk.actor("anna")
    commands.comment(ticket, "Here", by=agent, via="test", files=[public])
    commands.comment(ticket, "There", by=agent, via="test", files=[secret, commands.NewLink("https://x.example")])
    shown = [comment["files"] for comment in carl.comments(ticket.pk)]
    assert len(shown[0]) == 1 and shown[1] == []
    assert carl.get(f"{FILES}/{shown[0][0]}").body == b"hello"
    hidden = Attachment.objects.get(name="secret.bin").uuid
    assert carl.get(f"{FILES}/{hidden}").code == "FILE_NOT_FOUND"
    files.path(stored.sha256).unlink()
    assert carl.get(f"{FILES}/{shown[0][0]}").code == "FILE_NOT_FOUND"


@pytest.mark.spec("SE-155")
def test_secrets_are_sealed_owned_by_the_account_and_never_returned(desk, carl, bert, anna):
    answer = carl.post("/support/v2/secrets", {"title": "Root", "value": " s3cret "})
    assert answer.body.keys() == {"id", "title", "created_at"} and answer.body["title"] == "Root"
    secret = Secret.objects.get()
    assert "s3cret" not in secret.sealed and secret.company == desk.acme
    for api in (bert, anna):
        refused = api.post("/support/v2/tickets", {**_wish(), "secrets": [secret.pk]})
        assert (refused.status, refused.code) == (404, "SECRET_NOT_FOUND")
    cora = Api(token(desk.people["cora"]))
    number = cora.open(secrets=[secret.pk])
    from polydesk.features import vault

    assert vault.reveal(secret, by=desk.actor("anna"), via="desk") == " s3cret "
    assert "s3cret" not in str([carl.ticket(number), carl.comments(number)])
    assert carl.open(secrets=[secret.pk]) > number


def _wish():
    from .conftest import wish

    return wish()

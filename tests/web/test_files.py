"""Attachment bytes: stored once, complete or not at all, and sent so that nothing in them runs."""

import hashlib
import os
import time
from datetime import timedelta

import pytest

from polydesk.web import files
from polydesk.web.files import TooLarge, download_response, safe_name, store

# Closing a response looks after the connections that earlier tests have left open.
pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.POLYDESK_FILES_ROOT = tmp_path / "files"
    return tmp_path / "files"


def everything(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.spec("RS-011", "RS-012", "PL-032")
def test_the_same_bytes_are_stored_once_under_their_digest(folder):
    first, second = store([b"hel", b"lo"]), store([b"hello"])
    assert first == second
    assert (first.sha256, first.size, first.kind) == (hashlib.sha256(b"hello").hexdigest(), 5, "text/plain")
    assert len(everything(folder)) == 1
    assert files.open_stored(first.sha256).read() == b"hello"
    assert oct(everything(folder)[0].stat().st_mode & 0o777) == "0o600"


@pytest.mark.spec("RS-011")
def test_a_broken_upload_leaves_nothing(folder):
    def breaks():
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store(breaks())
    assert everything(folder) == []


@pytest.mark.spec("RS-103")
def test_a_file_over_the_limit_is_refused_while_it_comes(folder):
    def endless():
        while True:
            yield b"x" * 1000

    with pytest.raises(TooLarge):
        store(endless(), limit=10_000)
    assert everything(folder) == []
    assert store([b"x" * 10_000], limit=10_000).size == 10_000


@pytest.mark.spec("RS-012")
def test_a_flipped_byte_is_noticed():
    stored = store([b"hello"])
    assert files.is_intact(stored.sha256, 5) and not files.is_intact(stored.sha256, 6)
    files.path(stored.sha256).write_bytes(b"hellp")
    assert not files.is_intact(stored.sha256, 5)
    files.path(stored.sha256).unlink()
    assert not files.is_intact(stored.sha256, 5)


@pytest.mark.spec("RS-011")
def test_the_sweeper_takes_only_old_files_without_a_row(folder):
    kept, orphan, young = store([b"kept"]), store([b"orphan"]), store([b"young"])
    old = time.time() - timedelta(hours=25).total_seconds()
    for stored in (kept, orphan):
        os.utime(files.path(stored.sha256), (old, old))
    (folder / "incoming" / "left").write_bytes(b"a killed upload")
    os.utime(folder / "incoming" / "left", (old, old))
    assert files.sweep(lambda digests: {kept.sha256} & set(digests)) == 2
    assert {path.parent.name + path.name for path in everything(folder)} == {kept.sha256, young.sha256}


@pytest.mark.spec("RS-011")
def test_storing_an_old_orphan_again_saves_it_from_the_sweeper():
    stored = store([b"again"])
    os.utime(files.path(stored.sha256), (0, 0))
    store([b"again"])
    assert files.sweep(lambda digests: set()) == 0


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64])
def test_only_a_digest_names_a_file(digest):
    with pytest.raises(ValueError, match="SHA-256"):
        files.path(digest)


@pytest.mark.spec("RS-101")
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0JFIF", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        ("Grüße\n\tEnde\r\n".encode(), "text/plain"),
        (b"", "text/plain"),
        (b"<svg onload=alert(1)>", files.OTHER),
        (b"  \n<!DOCTYPE html><script>alert(1)</script>", files.OTHER),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", files.OTHER),
        (b"text then <script>alert(1)</script>", files.OTHER),
        (b"%PDF-1.7 ...", files.OTHER),
        (b"PK\x03\x04zip", files.OTHER),
        (b"text with \0", files.OTHER),
        (b"text \x1b[31m", files.OTHER),
        (b"\xff\xfeu\0t\0f\0", files.OTHER),
        (b"ends in half a letter \xc3", files.OTHER),
    ],
)
def test_the_kind_is_known_from_the_bytes(content, kind):
    assert store([content[:3], content[3:]]).kind == kind


@pytest.mark.spec("RS-101", "RS-100")
@pytest.mark.parametrize(
    ("kind", "inline", "disposition", "sent_as"),
    [
        ("image/png", True, "inline", "image/png"),
        ("image/png", False, "attachment", files.OTHER),
        ("text/plain", True, "inline", "text/plain; charset=utf-8"),
        ("text/html", True, "attachment", files.OTHER),
        ("image/svg+xml", True, "attachment", files.OTHER),
        ("application/pdf", True, "attachment", files.OTHER),
    ],
)
def test_a_download_can_run_nothing(kind, inline, disposition, sent_as):
    stored = store([PNG])
    response = download_response(stored.sha256, "bild.svg", kind, inline=inline)
    assert b"".join(response.streaming_content) == PNG
    assert response["Content-Disposition"].split(";")[0] == disposition
    assert response["Content-Type"] == sent_as and response["Content-Length"] == str(len(PNG))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    response.close()


@pytest.mark.spec("RS-102")
@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("Grüße 2026.txt", "Grüße 2026.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\evil.exe", "evil.exe"),
        ("a/b\\c/", "c"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("   ", "file"),
        ("...", "file"),
        (".htaccess", "htaccess"),
        ("a\0b\r\nSet-Cookie: x.txt", "abSet-Cookie: x.txt"),
        ("cod\u202egnp.exe", "codgnp.exe"),
        ("\u2066x\u2069.txt", "x.txt"),
        ("x\ud800.txt", "x.txt"),
        ("a" * 300 + ".txt", "a" * 251 + ".txt"),
        ("a" * 300, "a" * 255),
        ("a." + "b" * 300, "a." + "b" * 253),
    ],
)
def test_names_are_made_safe(name, safe):
    assert safe_name(name) == safe
    stored = store([b"x"])
    response = download_response(stored.sha256, name)
    response.close()
    assert "\r" not in response["Content-Disposition"]


@pytest.mark.spec("RS-102")
def test_names_beyond_ascii_are_sent_by_rfc_6266():
    stored = store([b"x"])
    response = download_response(stored.sha256, 'Grüße "a".pdf')
    response.close()
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe%20%22a%22.pdf"

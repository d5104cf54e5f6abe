"""Nothing that is stored is ever unpacked or parsed as XML; what an import unpacks has limits (RS-093, RS-104)."""

import ast
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from polydesk.directory import actors
from polydesk.features.importing import source
from polydesk.server.config import ConfigError
from polydesk.server.importing import import_log

SOURCE = Path(__file__).parents[2] / "src"
PARSERS = {"xml", "lxml", "defusedxml", "openpyxl", "zipfile", "tarfile", "shutil.unpack_archive", "bz2"}
# Archives of our own making, which `polydesk restore` reads member by member.
OURS = {"archive.py"}

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&b;&x;</text></svg>"""


@pytest.mark.spec("RS-093", "RS-104")
def test_no_code_knows_how_to_parse_xml_or_unpack_an_archive():
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found = {name for name in names if name.split(".")[0] in PARSERS}
            assert not found or file.name in OURS, (file, found)


def zip_of(entries):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.django_db
@pytest.mark.spec("RS-093", "RS-104", "RS-101")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("laughs.svg", LAUGHS),
        ("bomb.zip", zip_of({"bomb": bytes(20_000_000)})),
        ("slip.zip", zip_of({"../../etc/cron.d/x": b"boo"})),
        ("sheet.xlsx", zip_of({"xl/workbook.xml": LAUGHS, "[Content_Types].xml": LAUGHS})),
    ],
)
def test_what_is_uploaded_stays_the_bytes_it_was(world, name, content):
    client = Client(headers={"Authorization": f"Bearer {actors.issue(world.anna, 'native')[1]}"})
    file = SimpleUploadedFile(name, content)
    kept = client.post(f"/api/v1/tickets/{world.ticket().pk}/attachments", {"file": file}).json()["items"][0]
    assert kept["size"] == len(content)
    sent = client.get(f"/api/v1/attachments/{kept['id']}/content")
    assert b"".join(sent.streaming_content) == content
    assert sent["Content-Type"] == "application/octet-stream" and sent["Content-Disposition"].startswith("attachment")
    assert sent["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.spec("RS-104")
@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["log.csv.gz", "log.csv.xz"])
def test_an_import_stops_at_a_bomb_instead_of_unpacking_it(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(source, "LARGEST", 1_000_000)
    bomb = tmp_path / ("bomb.csv.gz" if pack is gzip.compress else "bomb.csv.xz")
    bomb.write_bytes(pack(b"number,state\n" + b"INC1,new\n" * 500_000))
    with pytest.raises(OSError, match="unpacks to more than 1,000,000 bytes"):
        for _ in source.Table(bomb):
            pass


@pytest.mark.django_db
@pytest.mark.spec("RS-093")
def test_a_spreadsheet_is_no_table(world, tmp_path):
    sheet = tmp_path / "sheet.xlsx"
    sheet.write_bytes(zip_of({"xl/workbook.xml": LAUGHS}))
    with pytest.raises(ConfigError):
        import_log(sheet, world.house, tmp_path / "report")

"""An accent can be read wherever a page uses it; a logo is a raster, whatever its name says."""

from __future__ import annotations

import pytest

from polydesk.features.branding import colours, logos
from tests.marks import without_database

pytestmark = [pytest.mark.spec("PL-252"), without_database]


@pytest.mark.parametrize("text", ["#000000", "#1d4ed8", "#b91c1c", "#166534", "#7c3aed", "#0f0f3d", "#a21caf"])
def test_a_dark_enough_accent_is_readable_on_every_ground(text):
    assert colours.is_readable(text)
    made = colours.accent(text)
    for front, ground in ((made.light, "#ffffff"), (made.light_strong, "#ffffff")):
        assert colours.contrast(colours.read(front), colours.read(ground)) >= 4.5
    for front in (made.dark, made.dark_strong):
        assert colours.contrast(colours.read(front), colours.DARK_GROUND) >= 4.5
    ink_light, ink_dark = (30, 32, 40), (236, 237, 240)
    assert colours.contrast(ink_light, colours.read(made.light_ground)) >= 4.5
    assert colours.contrast(ink_dark, colours.read(made.dark_ground)) >= 4.5


@pytest.mark.parametrize("text", ["#ffffff", "#facc15", "#22d3ee", "#8b8b8b"])
def test_a_pale_one_is_not(text):
    assert not colours.is_readable(text)


@pytest.mark.parametrize("text", ["red", "#fff", "#12345g", "", "url(x)", "#1d4ed8;"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ValueError):
        colours.read(text)


def test_known_contrasts():
    assert colours.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert colours.contrast((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.spec("RS-101")
def test_only_rasters_are_logos():
    known = {b"\x89PNG\r\n\x1a\n...": "image/png", b"\xff\xd8\xff\xe0": "image/jpeg", b"RIFF0000WEBPVP8": "image/webp"}
    assert {data: logos.kind(data) for data in known} == known
    for data in (b"<svg onload=alert(1)>", b"<html>", b"", b"RIFF0000WAVE", b"%PDF-1.7", b" \x89PNG\r\n\x1a\n"):
        assert logos.kind(data) == ""

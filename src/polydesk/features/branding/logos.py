"""Which images may be a logo: small rasters, known by their bytes and never by what the sender says."""

from __future__ import annotations

LARGEST = 200_000
HEADS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8"}


def kind(data: bytes) -> str:
    """The media type, empty for everything that is no safe image: SVG can hold scripts."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((name for name, head in HEADS.items() if data.startswith(head)), "")

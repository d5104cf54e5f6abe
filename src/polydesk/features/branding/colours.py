"""An accent colour that stays readable: contrast after WCAG 2, and the shades that a page needs of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

RGB = tuple[int, int, int]
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
DARK_GROUND = (17, 18, 21)
"""The ground of the dark pages (`oklch(.175 .008 265)`)."""
READABLE = 4.5


@dataclass(frozen=True, slots=True)
class Accent:
    """What pages use: for text and buttons, when hovered, and as a ground, on light and on dark."""

    light: str
    light_strong: str
    light_ground: str
    dark: str
    dark_strong: str
    dark_ground: str


def read(text: str) -> RGB:
    """`#rrggbb` as numbers; ValueError."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(f"{text} is no colour such as #1d4ed8")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def contrast(one: RGB, other: RGB) -> float:
    """From 1 (the same) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def is_readable(text: str) -> bool:
    """As text on white, and white upon it."""
    return contrast(read(text), WHITE) >= READABLE


def accent(text: str) -> Accent:
    """All shades of a readable colour; on dark it is lightened until it can be read there."""
    light = dark = read(text)
    while contrast(dark, DARK_GROUND) < READABLE + 1:
        dark = _mix(dark, WHITE, 0.1)
    return Accent(
        _write(light),
        _write(_mix(light, BLACK, 0.15)),
        _write(_mix(light, WHITE, 0.92)),
        _write(dark),
        _write(_mix(dark, WHITE, 0.25)),
        _write(_mix(dark, DARK_GROUND, 0.8)),
    )


def _luminance(colour: RGB) -> float:
    parts = [c / 255 for c in colour]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(colour: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _write(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)

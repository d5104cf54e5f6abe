"""Charts as SVG from the server: one idea each, labelled directly, every bar a link, readable without colour."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT, BASE = 460, 170, 140


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    value: int
    url: str
    other: int = 0


def columns(bars: list[Bar], name: str, first: str, second: str) -> Markup:
    """Two values a day side by side: what came, what was solved. The taller says its number."""
    top = max([1, *(max(b.value, b.other) for b in bars)])
    step = WIDTH / max(1, len(bars))
    wide = max(2.0, step * 0.36)
    parts = [f'<line class="grid-line" x1="0" x2="{WIDTH}" y1="{BASE}" y2="{BASE}"/>']
    every = max(1, len(bars) // 7)
    for i, bar in enumerate(bars):
        x = i * step + step * 0.1
        high, other = bar.value / top * 110, bar.other / top * 110
        title = escape(f"{bar.label}: {bar.value} {first}, {bar.other} {second}")
        parts.append(
            f'<a href="{escape(bar.url)}"><title>{title}</title>'
            + _rect("bar-a", x, BASE - high, wide, high)
            + _rect("bar-b", x + wide + 1, BASE - other, wide, other)
            + "</a>"
        )
        if max(bar.value, bar.other) == top:
            parts.append(f'<text class="value" x="{x:.1f}" y="{BASE - 114:.0f}">{top}</text>')
        if i % every == 0:
            parts.append(f'<text x="{x:.1f}" y="{BASE + 16}">{escape(bar.label)}</text>')
    return _svg(parts, name, HEIGHT)


def rows(bars: list[Bar], name: str) -> Markup:
    """Names on the left, bars to the right, the number at its end."""
    top = max([1, *(b.value for b in bars)])
    parts = []
    for i, bar in enumerate(bars):
        y = i * 24
        wide = bar.value / top * (WIDTH - 210)
        label = bar.label if len(bar.label) < 25 else bar.label[:23] + "…"
        parts.append(
            f'<a href="{escape(bar.url)}"><title>{escape(bar.label)}: {bar.value}</title>'
            f'<text class="value" x="0" y="{y + 14}">{escape(label)}</text>'
            + _rect("bar-a", 160, y + 3, max(wide, 1.5), 14)
            + f'<text class="value" x="{160 + max(wide, 1.5) + 6:.1f}" y="{y + 14}">{bar.value}</text></a>'
        )
    return _svg(parts, name, max(24, len(bars) * 24))


def _rect(name: str, x: float, y: float, wide: float, high: float) -> str:
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="1.5"/>'


def _svg(parts: list[str], name: str, height: int) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {height}" role="group" aria-label="{escape(name)}">{"".join(parts)}</svg>'
    )

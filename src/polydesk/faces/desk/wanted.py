"""A list's query text cut into the terms that stand as chips; their meaning is the search feature's (PL-104)."""

from __future__ import annotations

from polydesk.features.search import language


def chips(text: str) -> list[tuple[str, str]]:
    """Each term with the text that is left without it; one for all when brackets or OR tie them together."""
    pieces: list[str] = []
    negated = ""
    at = 0
    while text[at:].strip():
        match = language.TOKEN.match(text, at)
        if match is None or match["open"] or match["close"] or match["or"] or match["unclosed"]:
            return [(text.strip(), "")]
        at = match.end()
        if match["not"]:
            negated += "-"
            continue
        pieces.append(negated + match.group().strip())
        negated = ""
    return [(piece, " ".join(pieces[:i] + pieces[i + 1 :])) for i, piece in enumerate(pieces)]

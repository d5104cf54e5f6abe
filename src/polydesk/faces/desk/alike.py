"""Tickets whose titles share the longest words of another's (PL-200)."""

# ruff: noqa: S608 - texts are put together of listed parts; values are bound
from __future__ import annotations

from functools import lru_cache

from polydesk.directory.actors import Actor
from polydesk.tickets.models import Ticket
from polydesk.tickets.statements.visible import visible
from polydesk.web.statements import Both, Row, fetch_all

AMONG = 400
"""Only the newest are looked through, so that the page costs the same in a large desk."""
MOST = 4
WORDS = 2
SHORT = 3


def alike(actor: Actor, ticket: Ticket) -> list[Row]:
    """Number, title and phase of at most four, those that share both words first. One statement."""
    plain = (word.strip(".,:;!?()[]\"'") for word in ticket.title.casefold().split())
    words = [word for word in sorted(plain, key=len, reverse=True)[:WORDS] if len(word) > SHORT]
    if not words:
        return []
    seen = visible(actor)
    spelled = (spelling for word in words for spelling in (word, word.capitalize(), word.upper()))
    return fetch_all(_text(seen.sql, len(words)), (*spelled, *seen.values, ticket.pk))


@lru_cache(maxsize=64)
def _text(seen: str, words: int) -> Both:
    """SQLite folds the case of ASCII alone, so each word comes in three spellings."""
    texts = []
    for has in ("strpos(n.title, %s) > 0", "instr(n.title, %s) > 0"):
        shared = " + ".join([f"CASE WHEN {' OR '.join([has] * 3)} THEN 1 ELSE 0 END"] * words)
        newest = f"""SELECT t.id, t.title, t.phase FROM tickets_ticket t
            WHERE {seen} AND t.id <> %s ORDER BY t.id DESC LIMIT {AMONG}"""
        counted = f"SELECT n.id, n.title, n.phase, {shared} AS shared FROM ({newest}) n"
        texts.append(
            f"SELECT id, title, phase FROM ({counted}) c WHERE shared > 0 ORDER BY shared DESC, id DESC LIMIT {MOST}"
        )
    return Both(*texts)

"""The query language: `status:open assignee:me priority>=high created<7d "exact words" -draft (vpn OR wifi)`.

Parsed once into a tree whose leaves know their column, so that a fault can be pointed at (PL-104)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from polydesk.web.sentences import say

LONGEST = 2_000
DEEPEST = 20
MOST_TERMS = 100

TOKEN = re.compile(
    r"""\s*(?:
      (?P<open>\() | (?P<close>\)) | (?P<or>OR(?=[\s(]|$)) | (?P<not>-(?=[\w"(\#])) |
      (?P<field>[A-Za-z_][\w.]*)(?P<op>>=|<=|!=|:|=|>|<)
        (?P<value>"(?:[^"\\]|\\.)*"|[^\s()"]+(?:,"[^"]*"|,[^\s()",]+)*|) |
      "(?P<phrase>(?:[^"\\]|\\.)*)" |
      (?P<unclosed>") |
      (?P<word>[^\s()"]+)
    )""",
    re.VERBOSE,
)


class QueryError(ValueError):
    """What is wrong with a query, and at which column (counted from 1)."""

    def __init__(self, message: str, column: int) -> None:
        self.message = message
        self.column = column
        super().__init__(f"{message} (column {column})")


@dataclass(frozen=True, slots=True)
class Text:
    """A word (perhaps a prefix `vpn*`) or an exact phrase."""

    text: str
    column: int
    phrase: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A field compared with one of several values."""

    field: str
    op: str
    values: tuple[str, ...]
    column: int
    value_column: int


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    node: Node


@dataclass(frozen=True, slots=True)
class All:
    """Everything must hold."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One must hold."""

    nodes: tuple[Node, ...]


Node = Text | Term | Not | All | AnyOf


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    column: int
    match: re.Match[str]


def parse(text: str) -> Node | None:
    """The tree of a query, None for an empty one; QueryError names what is wrong and where."""
    if len(text) > LONGEST:
        raise QueryError(say("A query may have at most %(most)s characters", most=LONGEST), LONGEST + 1)
    if "\x00" in text:
        raise QueryError(say("A query cannot hold this character"), text.index("\x00") + 1)
    tokens = list(_tokens(text))
    if len(tokens) > MOST_TERMS:
        raise QueryError(say("A query may have at most %(most)s terms", most=MOST_TERMS), tokens[MOST_TERMS].column)
    if not tokens:
        return None
    node, rest = _any(tokens, 0, 0)
    if rest < len(tokens):
        raise QueryError(say("This bracket closes nothing"), tokens[rest].column)
    return node


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise QueryError(say("This cannot be read"), at + 1)
        kind = "field" if match["field"] else match.lastgroup
        column = match.start(kind) + 1
        if kind == "unclosed":
            raise QueryError(say("This quotation mark is not closed"), column)
        if kind == "phrase":
            column -= 1
        yield _Token(kind, column, match)
        at = match.end()


def _any(tokens: list[_Token], at: int, depth: int) -> tuple[Node, int]:
    first, at = _all(tokens, at, depth)
    found = [first]
    while at < len(tokens) and tokens[at].kind == "or":
        if at + 1 >= len(tokens) or tokens[at + 1].kind in ("close", "or"):
            raise QueryError(say("OR needs something on both sides"), tokens[at].column)
        following, at = _all(tokens, at + 1, depth)
        found.append(following)
    return (found[0] if len(found) == 1 else AnyOf(tuple(found))), at


def _all(tokens: list[_Token], at: int, depth: int) -> tuple[Node, int]:
    found: list[Node] = []
    while at < len(tokens) and tokens[at].kind not in ("or", "close"):
        node, at = _one(tokens, at, depth)
        found.append(node)
    if not found:
        column = tokens[at].column if at < len(tokens) else (tokens[-1].column if tokens else 1)
        raise QueryError(say("Something is missing here"), column)
    return (found[0] if len(found) == 1 else All(tuple(found))), at


def _one(tokens: list[_Token], at: int, depth: int) -> tuple[Node, int]:
    token = tokens[at]
    if depth > DEEPEST:
        raise QueryError(say("Brackets are nested too deeply"), token.column)
    if token.kind == "not":
        if at + 1 >= len(tokens):
            raise QueryError(say("Something is missing here"), token.column)
        node, rest = _one(tokens, at + 1, depth + 1)
        return Not(node), rest
    if token.kind == "open":
        if at + 1 >= len(tokens):
            raise QueryError(say("This bracket is not closed"), token.column)
        node, rest = _any(tokens, at + 1, depth + 1)
        if rest >= len(tokens):
            raise QueryError(say("This bracket is not closed"), token.column)
        return node, rest + 1
    if token.kind == "field":
        return _term(token), at + 1
    if token.kind == "phrase":
        return Text(_unescape(token.match["phrase"]), token.column, phrase=True), at + 1
    word = token.match["word"]
    return Text(word.rstrip("*"), token.column, prefix=word.endswith("*")), at + 1


def _term(token: _Token) -> Term:
    match = token.match
    raw = match["value"]
    if not raw:
        raise QueryError(say("%(field)s needs a value", field=match["field"]), match.end("op") + 1)
    values = tuple(_unescape(v.strip('"')) for v in _values(raw))
    return Term(match["field"].lower(), match["op"], values, token.column, match.start("value") + 1)


def _values(raw: str) -> list[str]:
    if raw.startswith('"') and raw.endswith('"') and '","' not in raw:
        return [raw]
    return [v for v in re.findall(r'"[^"]*"|[^,]+', raw) if v]


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def terms(node: Node | None) -> Iterator[Term]:
    """Every comparison of a query, wherever it stands."""
    match node:
        case Term():
            yield node
        case Not(inner):
            yield from terms(inner)
        case All(nodes) | AnyOf(nodes):
            for one in nodes:
                yield from terms(one)


def mentions(node: Node | None, field: str, value: str) -> bool:
    """Does the query say `field:value` anywhere, not negated?"""
    match node:
        case Term():
            return node.field == field and value in node.values
        case All(nodes) | AnyOf(nodes):
            return any(mentions(n, field, value) for n in nodes)
    return False

"""What people read: flowed lines put together again, HTML made plain. In time linear in the length (RS-075)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from .charsets import clean

DEEPEST_QUOTE, DEEPEST_LIST = 12, 8

# Of our own: the standard library's parser takes minutes for a megabyte of `<a "` (on Python before 3.11.14).
_TAG = re.compile(r"""<(/?)([a-zA-Z][\w:.-]{0,40})((?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>""")
_SLOPPY_TAG = re.compile(r"<(/?)([a-zA-Z][\w:.-]{0,40})([^<>]*+)>")
_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_HREF = re.compile(r"""(?:^|\s)href\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++))""", re.IGNORECASE)
_ALT = re.compile(r"""(?:^|\s)alt\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++))""", re.IGNORECASE)
_NOT_READ = {
    name: re.compile(rf"</{name}\b[^<>]*+>", re.IGNORECASE) for name in ("style", "script", "title", "template")
}
_SPACES = re.compile(r"[ \t\n\r]+")
_MANY_EMPTY = re.compile(r"\n{4,}")
_LINK = re.compile(r"(?:https?|ftp|mailto|tel):[^\s]+\Z", re.IGNORECASE)

_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "hr", "dl", "center", "form", "fieldset"})
_LINES = frozenset(
    {"div", "tr", "dt", "dd", "section", "article", "header", "footer", "address", "body", "figure", "caption", "main"}
)


def unflow(text: str, *, delete_space: bool = False) -> str:
    """format=flowed (RFC 3676): a line that ends in a space goes on in the next of the same depth."""
    lines: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        is_flowed = content.endswith(" ") and content != "-- "
        kept = content[:-1] if is_flowed and delete_space else content
        if open_depth == depth and content != "-- ":
            lines[-1].append(kept)
        else:
            lines.append([">" * depth, " " if depth and kept else "", kept])
        open_depth = depth if is_flowed else None
    return "\n".join("".join(pieces) for pieces in lines)


def from_html(source: str) -> str:
    """Readable plain text: paragraphs, lists with dashes, quotations with `> `, tables row by row."""
    writer = _Writer()
    for kind, name, rest in _tokens(clean(source)):
        if kind == "text":
            writer.text(_unescaped(rest))
        elif kind == "open":
            writer.open(name, rest)
        else:
            writer.close(name)
    return writer.result()


def _tokens(source: str) -> Iterator[tuple[str, str, str]]:
    """Texts and tags; `<` that begins neither tag nor comment is text."""
    at = told = 0
    never: set[str] = set()
    while found := _MARKUP.search(source, at):
        start = found.start()
        after = _markup_end(source, start, never)
        tag = None if after else _TAG.match(source, start) or _SLOPPY_TAG.match(source, start)
        if not after and tag is None:
            at = start + 1
            continue
        if start > told:
            yield "text", "", source[told:start]
        told = at = after
        if tag is not None:
            name = tag[2].lower()
            yield ("close" if tag[1] else "open"), name, tag[3]
            told = at = tag.end() if tag[1] else _content(source, name, tag.end(), never)
    yield "text", "", source[told:]


def _content(source: str, name: str, at: int, never: set[str]) -> int:
    """Where reading goes on: for styles and scripts behind their end, if they have one."""
    if name not in _NOT_READ or name in never:
        return at
    end = _NOT_READ[name].search(source, at)
    if end is None:
        never.add(name)
        return at
    return end.end()


def _markup_end(source: str, start: int, never: set[str]) -> int:
    """Behind a comment or declaration that begins here, else 0. What was not found once is not looked for again."""
    if source.startswith("<!--", start):
        end, inside = "-->", 4
    elif source.startswith(("<!", "<?"), start):
        end, inside = ">", 2
    else:
        return 0
    found = -1 if end in never else source.find(end, start + inside)
    if found < 0:
        never.add(end)
        return start + inside
    return found + len(end)


def _unescaped(text: str) -> str:
    try:
        return clean(html.unescape(text))
    except ValueError:  # a number of thousands of digits
        return text


class _Writer:
    """Lines of text, with the quotation and list marks that belong before them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.is_empty = True
        self.quote = self.preformatted = 0
        self.lists: list[int | None] = []
        self.mark = ""
        self.has_cell_before = False
        self.link: tuple[str, list[str]] | None = None

    def result(self) -> str:
        self._end_line()
        return _MANY_EMPTY.sub("\n\n\n", "\n".join(self.lines)).strip("\n")

    def text(self, text: str) -> None:
        if self.preformatted:
            first, *more = text.split("\n")
            self._add(first)
            for line in more:
                self._new_line()
                self._add(line)
            return
        text = _SPACES.sub(" ", text).replace("\xa0", " ")
        self._add(text.removeprefix(" ") if self.is_empty or self.line[-1].endswith(" ") else text)

    def open(self, name: str, attributes: str) -> None:
        match name:
            case "br":
                self._new_line()
            case "a":
                self._end_link()
                found = _HREF.search(attributes)
                self.link = (_unescaped(_value(found)).strip(), []) if found else None
            case "img":
                alt = _unescaped(_value(found)).strip() if (found := _ALT.search(attributes)) else ""
                self._add((alt if len(alt) <= 4 else f"[{alt[:200]}]") if alt else "")
            case "blockquote":
                self._empty_line()
                self.quote += 1
            case "ul" | "ol":
                self._end_line() if self.lists else self._empty_line()
                self.lists.append(1 if name == "ol" else None)
                del self.lists[:-1000]
            case "li":
                self._begin_item()
            case "td" | "th":
                self.has_cell_before = not self.is_empty
            case "pre" | "textarea":
                self._empty_line()
                self.preformatted += 1
            case _:
                self._block(name)

    def close(self, name: str) -> None:
        match name:
            case "a":
                self._end_link()
            case "blockquote":
                self._end_line()
                self.quote = max(0, self.quote - 1)
                self._empty_line()
            case "ul" | "ol":
                self._end_line()
                del self.lists[-1:]
                self.mark = ""
                if not self.lists:
                    self._empty_line()
            case "li":
                self._end_line()
                self.mark = ""
            case "pre" | "textarea":
                self._end_line()
                self.preformatted = max(0, self.preformatted - 1)
                self._empty_line()
            case _:
                self._block(name)

    def _block(self, name: str) -> None:
        if name in _PARAGRAPHS:
            self._empty_line()
        elif name in _LINES:
            self._end_line()

    def _begin_item(self) -> None:
        self._end_line()
        number = self.lists[-1] if self.lists else None
        indent = "  " * (min(len(self.lists), DEEPEST_LIST) - 1)
        self.mark = indent + ("- " if number is None else f"{number}. ")
        if number is not None:
            self.lists[-1] = number + 1

    def _end_link(self) -> None:
        if self.link is None:
            return
        address, shown = self.link[0], "".join(self.link[1]).strip()
        self.link = None
        if shown and _LINK.match(address) and _bare(address) != _bare(shown):
            self._add(f" <{address.replace('<', '%3C').replace('>', '%3E')}>")

    def _add(self, text: str) -> None:
        if not text:
            return
        if self.has_cell_before and not self.is_empty and text.strip():
            self.line[-1:] = [self.line[-1].rstrip(), " | "]
            self.has_cell_before = False
        if text.strip() or self.preformatted:
            self.is_empty = False
        if not self.is_empty:
            self.line.append(text)
        if self.link is not None:
            self.link[1].append(text)

    def _prefix(self) -> str:
        return "> " * min(self.quote, DEEPEST_QUOTE)

    def _new_line(self) -> None:
        text = "".join(self.line)
        self.lines.append((self._prefix() + (self.mark if text.strip() else "") + text).rstrip())
        if text.strip():
            self.mark = " " * len(self.mark)
        self.line, self.is_empty, self.has_cell_before = [], True, False

    def _end_line(self) -> None:
        if not self.is_empty:
            self._new_line()

    def _empty_line(self) -> None:
        self._end_line()
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._prefix().rstrip())


def _value(found: re.Match[str]) -> str:
    return found[1] or found[2] or found[3] or ""


def _bare(address: str) -> str:
    text = re.sub(r"^(?:https?://|mailto:|tel:|ftp://)", "", address.strip().lower()).removeprefix("www.")
    return text.partition("?")[0].rstrip("/") if address.lower().startswith("mailto:") else text.rstrip("/")

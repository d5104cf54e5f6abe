"""Text of people as safe HTML (PL-032, RS-085, RS-086, CE-164, CE-166).

`render(text)` reads CommonMark with tables, strikethrough, task lists, footnotes, heading anchors, admonitions, bare
links and highlighted code; HTML in it is shown as text. The last step is always nh3's allow-list.
`render(text, format="plain")` keeps lines and makes links. `clean` is the last step alone, for HTML of mails.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.footnote import footnote_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

Format = Literal["markdown", "plain"]

# Beyond this a text is shown plain: nobody reads it, and no parser should be kept busy by it.
LONGEST = 200_000
REMEMBERED = 4_000
# An entity may spell a reference too.
_MAY_REFER = re.compile("[#$&]")
_LONGEST_CODE = 20_000
_ANCHOR = "md-"


class Reference(NamedTuple):
    """What `#123` or `$asset-5` stands for, when the reader may see it."""

    url: str
    title: str
    state: str = ""


# Given all references of a text at once ("#123", "$asset-5"), tells those that the reader may see.
References = Callable[[Sequence[str]], Mapping[str, Reference | tuple[str, str, str]]]


def render(
    text: str, format: Format = "markdown", *, references: References | None = None, anchors: str = ""
) -> SafeString:
    """Safe HTML. `anchors` keeps the anchors of several texts on one page apart (`comment-12`)."""
    if len(text) <= REMEMBERED and (references is None or not _MAY_REFER.search(text)):
        return _remembered(text, format, anchors)
    return _rendered(text, format, references, anchors)


@lru_cache(maxsize=2000)
def _remembered(text: str, format: Format, anchors: str) -> SafeString:
    """The messages of a ticket are read many times and say the same to every reader as long as they name nothing."""
    return _rendered(text, format, None, anchors)


def _rendered(text: str, format: Format, references: References | None, anchors: str) -> SafeString:
    if format == "plain" or len(text) > LONGEST:
        return clean(_plain(text), anchors=anchors)
    parser = _parser()
    tokens = parser.parse(text, {})
    if references is not None:
        _link_references(tokens, references)
    return clean(parser.renderer.render(tokens, parser.options, {}), anchors=anchors)


def find_references(text: str) -> list[str]:
    """The references in a Markdown text, each once, in order; not those in code or links."""
    return _references_in(_parser().parse(text[:LONGEST], {}))


def clean(html: str, *, anchors: str = "") -> SafeString:
    """The allow-list, always the last step: no script, style, form, frame or foreign image survives."""
    prefix = f"{_ANCHOR}{anchors}-" if anchors else _ANCHOR

    def look(tag: str, name: str, value: str) -> str | None:
        return _attribute(tag, name, value, prefix)

    return mark_safe(
        nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            attribute_filter=look,
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer nofollow",
            strip_comments=True,
        )
    )


# fmt: off
_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "details", "div",
    "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol",
    "p", "pre", "q", "s", "samp", "section", "small", "span", "strong", "sub", "summary", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
}
# fmt: on
_ATTRIBUTES = (
    {
        "a": {"href", "title", "class", "id"},
        "img": {"src", "alt", "title", "width", "height"},
        "ol": {"start", "class"},
        "td": {"colspan", "rowspan", "class"},
        "th": {"colspan", "rowspan", "scope", "class"},
        "col": {"span"},
        "li": {"id", "class"},
        "abbr": {"title"},
        "details": {"open"},
    }
    | {tag: {"id", "class"} for tag in ("h1", "h2", "h3", "h4", "h5", "h6", "sup")}
    | {tag: {"class"} for tag in ("code", "pre", "span", "div", "p", "section", "hr", "ul")}
)
# Classes that we make ourselves: a text must not dress up as a part of the page.
_CLASSES = re.compile(
    r"language-[\w+#.-]{1,30}|highlight|[a-z]{1,3}[0-9]?|admonition(-title)?|footnotes?(-[a-z]+)?|task|align-(left|right|center)"
    r"|reference|state-[a-z-]{1,30}|note|info|tip|hint|success|question|warning|caution|danger|error|important|bug|example|quote"
)


def _attribute(tag: str, name: str, value: str, prefix: str) -> str | None:
    if name == "id":
        return prefix + value if re.fullmatch(r"[\w.:-]{1,120}", value) else None
    if name == "class":
        return " ".join(c for c in value.split() if _CLASSES.fullmatch(c)) or None
    if name == "href" and value.startswith("#"):
        return "#" + prefix + value[1:]
    if name == "src" and not _is_own(value):
        return None
    return value


def _is_own(address: str) -> bool:
    """A picture of this site: anything else would tell a stranger who reads when (RS-059)."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc and address.startswith("/") and "\\" not in address


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "highlight": _highlight})
    parser.enable(["table", "strikethrough", "linkify"])
    parser.use(footnote_plugin).use(anchors_plugin, max_level=6).use(admon_plugin)
    parser.core.ruler.push("tasks", _tasks)
    parser.core.ruler.push("cells", _cells)
    parser.add_render_rule("image", _image)
    # Otherwise a bare file name like notes.md would become a link to Moldova.
    _linkify(parser).set({"fuzzy_link": False})
    return parser


def _linkify(parser: MarkdownIt) -> Any:
    return parser.linkify  # None only when linkify-it-py is not installed


def _highlight(code: str, language: str, attributes: str) -> str:
    if not language or len(code) > _LONGEST_CODE:
        return ""
    try:
        lexer = get_lexer_by_name(language.lower())
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


_TASK = re.compile(r"^\[([ xX])\]\s")


def _tasks(state: Any) -> None:
    """`- [x] done` with a drawn box: a real one would be a form's part (RS-086)."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        is_item = item.type == "list_item_open" and paragraph.type == "paragraph_open" and inline.type == "inline"
        if is_item and (found := _TASK.match(inline.content)) and inline.children:
            item.attrJoin("class", "task")
            first = inline.children[0]
            first.content = ("☐ " if found[1] == " " else "☑ ") + first.content[found.end() :]


def _cells(state: Any) -> None:
    """Tables say where a column stands by a style; styles are not allowed, so make it a class."""
    for token in state.tokens:
        if token.type in ("th_open", "td_open") and (style := token.attrs.pop("style", "")):
            token.attrs["class"] = f"align-{str(style).rpartition(':')[2]}"


def _image(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    source, alt = str(token.attrs.get("src", "")), renderer.renderInlineAsText(token.children or [], options, env)
    if _is_own(source):
        return f'<img src="{escape(source)}" alt="{escape(alt)}">'
    return f'<a href="{escape(source)}">{escape(alt or source)}</a>'


_REFERENCE = re.compile(r"(?<![\w#$&/])(?:#[1-9][0-9]{0,17}|\$[a-z][a-z_]{1,40}-[1-9][0-9]{0,17})(?![\w-])")


def _texts(tokens: Iterable[Token]) -> Iterable[tuple[Token, int, Token]]:
    """Every piece of running text that stands outside links and code: its line, its place there, itself."""
    for line in tokens:
        depth = 0
        for place, token in enumerate(line.children or []):
            depth += token.nesting if token.type in ("link_open", "link_close") else 0
            if token.type == "text" and depth == 0:
                yield line, place, token


def _references_in(tokens: Iterable[Token]) -> list[str]:
    return list(dict.fromkeys(word for _, _, text in _texts(tokens) for word in _REFERENCE.findall(text.content)))


def _link_references(tokens: Sequence[Token], references: References) -> None:
    words = _references_in(tokens)
    known = references(words) if words else {}
    if not known:
        return
    for line, place, text in reversed(list(_texts(tokens))):
        assert line.children is not None
        line.children[place : place + 1] = list(_with_links(text, known))


def _with_links(text: Token, known: Mapping[str, Reference | tuple[str, str, str]]) -> Iterable[Token]:
    end = 0
    for found in _REFERENCE.finditer(text.content):
        if found[0] not in known:
            continue
        reference = Reference(*known[found[0]])
        yield _text(text.content[end : found.start()])
        state = re.sub(r"[^a-z]+", "-", reference.state.lower()).strip("-")
        yield Token("link_open", "a", 1, attrs={
            "href": reference.url,
            "title": " · ".join(part for part in (reference.title, reference.state) if part),
            "class": f"reference state-{state}" if state else "reference",
        })  # fmt: skip
        yield _text(f"{found[0]} {reference.title}")
        yield Token("link_close", "a", -1)
        end = found.end()
    yield _text(text.content[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _plain(text: str) -> str:
    """Escaped, with line breaks, and with links where they stand bare."""
    linkify = _linkify(_parser())
    pieces, end = [], 0
    for match in (linkify.match(text) if len(text) <= LONGEST else None) or []:
        pieces += [escape(text[end : match.index]), f'<a href="{escape(match.url)}">{escape(match.text)}</a>']
        end = match.last_index
    pieces.append(escape(text[end:]))
    return "<p>" + "".join(pieces).replace("\r\n", "\n").replace("\n", "<br>") + "</p>"

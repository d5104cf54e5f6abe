"""Markdown to safe HTML: what it can do, and what never gets through."""

import random
import re
import time
from html.parser import HTMLParser

import pytest

from polydesk.web.markdown import LONGEST, Reference, clean, find_references, render
from tests.marks import without_database

pytestmark = without_database

FORBIDDEN_ATTRIBUTES = {"style", "srcdoc", "srcset", "action", "formaction", "name", "target", "ping", "background"}
FORBIDDEN_TAGS = {
    "script", "style", "iframe", "object", "embed", "svg", "math", "form", "input", "button", "textarea", "select",
    "base", "meta", "link", "template", "noscript", "frame", "frameset", "applet", "marquee", "video", "audio",
}  # fmt: skip
SAFE_LINK = re.compile(r"^((https?|mailto|tel):|(?![a-z][a-z0-9+.-]*:))", re.I)

PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil></sCrIpT>",
    "<<script>script>alert(1)<</script>/script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=`x` onerror=alert(1)//",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<base href=//evil/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil/x.css>",
    "<style>@import '//evil/x.css';</style>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<p style=position:fixed;top:0>x</p>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='jAvAsCrIpT&colon;alert(1)'>x</a>",
    "<a href=data:text/html,<script>alert(1)</script>>x</a>",
    "<a href=vbscript:msgbox(1)>x</a>",
    "<a href=file:///etc/passwd>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<input autofocus onfocus=alert(1)>",
    "<select onfocus=alert(1) autofocus>",
    "<textarea autofocus onfocus=alert(1)>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<form action=//evil><input name=password></form>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<a id=csrf name=forms>x</a>",
    "<img name=getElementById>",
    "<div id=content class='toast modal'>x</div>",
    "<div hx-get=/tickets/1/delete hx-trigger=load>x</div>",
    "<p data-hx-post=/x>x</p>",
    "<img src=//evil/pixel.gif>",
    "<img src=https://evil/pixel.gif srcset='//evil/2.gif 2x'>",
    "<img src='/\\evil/x'>",
    "<table background=//evil/x.gif><td background=//evil>",
    "<a href=# target=_blank ping=//evil>x</a>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<xss onpointerenter=alert(1)>x</xss>",
    "\"><script>alert(1)</script>",
    "'-alert(1)-'",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](  javascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](http://a\"onmouseover=alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](https://a 'x\"onmouseover=\"alert(1)')",
    "![x](javascript:alert(1))",
    "![x\" onerror=\"alert(1)](/x.png)",
    "![x](https://evil/x.png\"onload=\"alert(1))",
    "![](data:image/svg+xml,<svg onload=alert(1)>)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "<https://a.example/\"onclick=alert(1)>",
    "https://a.example/\"onmouseover=\"alert(1)",
    "https://a.example/<script>alert(1)</script>",
    "www.a.example\"onmouseover=alert(1)",
    "```<script>\nalert(1)\n```",
    "```\"onmouseover=alert(1)//\nx\n```",
    "```html\n<script>alert(1)</script>\n```",
    "```javascript x\" class=\"toast\nalert(1)\n```",
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "# <script>alert(1)</script>",
    "# \" onmouseover=alert(1) id=\"content",
    "# content",
    "# __proto__",
    "!!! note \"<script>alert(1)</script>\"\n    x",
    "!!! \"onmouseover=alert(1)\"\n    x",
    "!!! toast modal \"t\"\n    x",
    "x[^<script>]\n\n[^<script>]: <script>alert(1)</script>",
    "x[^\"onclick=alert(1)]\n\n[^\"onclick=alert(1)]: y",
    "x^[<img src=x onerror=alert(1)>]",
    "| <script> |\n|:-:|\n| <img src=x onerror=alert(1)> |",
    "- [x] <script>alert(1)</script>",
    "> <script>\n> alert(1)</script>",
    "#12<script>alert(1)</script>",
    "<p>#12</p onclick=alert(1)>",
    "~~<script>alert(1)</script>~~",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
    "<a href=\"/x\">[y](javascript:alert(1))</a>",
    "[<script>alert(1)</script>](https://a.example)",
    "[![x](javascript:alert(1))](javascript:alert(2))",
    "\u202e<script>alert(1)</script>",
    "<script\x00>alert(1)</script>",
    "\x00<script>alert(1)</script>",
    "<im\x00g src=x onerror=alert(1)>",
    "＜script＞alert(1)＜/script＞",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
]  # fmt: skip


class Page(HTMLParser):
    """Reads like a lenient browser and notes whatever could run, load, or dress up as a part of the page."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag in FORBIDDEN_TAGS:
            self.found.append(tag)
        cleaned = [(name, re.sub(r"[\x00-\x20]", "", value or "")) for name, value in attrs]
        self.found += [(tag, name, value) for name, value in cleaned if is_bad(name, value)]


def is_bad(name, value):
    if name == "href":
        return not SAFE_LINK.match(value)
    if name == "src":
        return not value.startswith("/") or value.startswith(("//", "/\\"))
    if name == "id":
        return not value.startswith("md-")
    if name == "class":
        return bool({"toast", "modal"} & set(value.split()))
    return name in FORBIDDEN_ATTRIBUTES or name.startswith(("on", "hx-", "data-", "xlink"))


@pytest.mark.spec("PL-032", "RS-085", "RS-086", "CE-166")
@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_runs_or_loads(payload):
    for html in (
        render(payload),
        render(payload, "plain"),
        render(f"a *b* {payload} `c`", references=lambda words: {"#12": ("/t/12", '"><script>', '"x')}),
        clean(payload),
    ):
        assert Page(html).found == [], html


@pytest.mark.spec("RS-085")
def test_mutations_of_the_payloads_stay_harmless():
    chance = random.Random(20261122)
    pieces = [*PAYLOADS, "\n", "\n\n", "`", "```\n", "[", "](", ")", "<", ">", '"', "&", "|", "- ", "    ", "\\", "#1"]
    for _ in range(1500):
        text = "".join(_cut(chance, chance.choice(pieces)) for _ in range(chance.randint(1, 5)))
        for html in (render(text), clean(text)):
            assert Page(html).found == [], (text, html)


def _cut(chance, piece):
    start = chance.randint(0, len(piece) // 2)
    return piece[start:] if chance.random() < 0.5 else piece[: len(piece) - start]


@pytest.mark.spec("CE-166")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**b** *i* `c`", "<strong>b</strong> <em>i</em> <code>c</code>"),
        ("~~gone~~", "<s>gone</s>"),
        ("| a | b |\n|---|--:|\n| 1 | 2 |", '<td class="align-right">2</td>'),
        ("- [ ] open\n- [x] done", '<li class="task">☐ open</li>\n<li class="task">☑ done</li>'),
        ("# Hello World", '<h1 id="md-hello-world">Hello World</h1>'),
        ("[go](#hello)", 'href="#md-hello"'),
        ("see https://a.example/x", '<a href="https://a.example/x" rel="noopener noreferrer nofollow">'),
        ("mail a@b.com", 'href="mailto:a@b.com"'),
        ("```python\ndef f(): pass\n```", '<span class="k">def</span>'),
        ("```nonsense\nx\n```", '<code class="language-nonsense">x'),
        ("!!! warning\n    mind", '<div class="admonition warning">'),
        ("x[^1]\n\n[^1]: note", '<a href="#md-fn1" id="md-fnref1"'),
        ("1. a\n2. b", "<ol>\n<li>a</li>"),
        ("<b>not bold</b>", "&lt;b&gt;not bold&lt;/b&gt;"),
        ("![logo](/files/7)", '<img src="/files/7" alt="logo">'),
        ("![cat](https://x.example/c.png)", '<a href="https://x.example/c.png" rel="noopener noreferrer nofollow">cat'),
    ],
)
def test_markdown_offers(text, expected):
    assert expected in render(text)


@pytest.mark.spec("CE-166", "RS-086")
def test_anchors_of_two_texts_on_one_page_do_not_meet():
    text = "# Same\n\n[up](#same) x[^1]\n\n[^1]: note"
    one, two = (set(re.findall(r'id="([^"]+)"', render(text, anchors=name))) for name in ("comment-1", "comment-2"))
    assert one and two and not one & two
    assert 'href="#md-comment-1-same"' in render(text, anchors="comment-1")


@pytest.mark.spec("CE-164")
def test_references_are_links_for_those_who_may_see_them():
    asked = []

    def references(words):
        asked.append(list(words))
        return {"#123": Reference("/t/123", "Printer <dead>", "Open"), "$asset-5": ("/a/5", "Laptop", "")}

    html = render("See #123, #124 and $asset-5.", references=references)
    assert '<a href="/t/123" title="Printer &lt;dead&gt; · Open" class="reference state-open"' in html
    assert "#123 Printer &lt;dead&gt;</a>, #124 and" in html
    assert ">$asset-5 Laptop</a>." in html
    assert asked == [["#123", "#124", "$asset-5"]]  # one question for a whole text


@pytest.mark.spec("CE-164", "CE-165")
def test_references_are_not_looked_for_in_code_links_and_words():
    text = "`#1` [#2](/x) a#3 #4a &#5; /#6 ##7 $8 #0 #9 $config_item-10 $x-\n\n    #11\n\n```\n#12\n```\n(#13)"
    assert find_references(text) == ["#9", "$config_item-10", "#13"]


@pytest.mark.spec("PL-032")
def test_plain_text_keeps_its_lines_and_makes_links():
    html = render("1 < 2 *not bold*\r\nhttps://a.example/?a=1&b=2 \n\n# x", "plain")
    assert html == (
        '<p>1 &lt; 2 *not bold*<br><a href="https://a.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">'
        "https://a.example/?a=1&amp;b=2</a> <br><br># x</p>"
    )


@pytest.mark.spec("RS-145", "RS-092")
@pytest.mark.parametrize(
    "text",
    ["[" * 50_000, "*a " * 30_000, "> " * 20_000, "`" * 50_000, "![" * 20_000, "<" * 50_000, "a" * (LONGEST + 1),
     "- " * 20_000, "|a" * 20_000, "#1 " * 20_000, "https://a.example " * 5_000, "```python\n" + "(" * 19_000],
)  # fmt: skip
def test_no_text_keeps_the_parser_busy(text):
    began = time.process_time()
    render(text)
    assert time.process_time() - began < 4

"""HTML becomes text that people read, in time that grows with its length alone."""

import time

import pytest

from polydesk.channels.email.text import from_html
from tests.marks import without_database

pytestmark = without_database


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("<div>one<br></div><div>two</div>", "one\ntwo"),
        ("a\n   b\t<b> c</b>", "a b c"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\n\nd"),
        ("<ol><li><p>a</p></li><li>b</li></ol>", "1. a\n\n2. b"),
        ('See <a href="https://x.example/?a=1&amp;b=2">this</a>.', "See this <https://x.example/?a=1&b=2>."),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:a@b.example?subject=x">A@b.example</a>', "A@b.example"),
        ('<a href="javascript:alert(1)">x</a><a name=y>y</a>', "xy"),
        ("<a href=https://x.example><img src=x></a>z", "z"),
        ("a<blockquote>b<blockquote>c</blockquote>d</blockquote>e", "a\n\n> b\n>\n> > c\n>\n> d\n\ne"),
        ("<table><tr><th>a<th>b<tr><td>1</td><td> <td>2</table>c", "a | b\n1 | 2\n\nc"),
        ("<pre>a\n  b\n</pre>", "a\n  b"),
        ("<head><title>t</title><style>s<b></style></head><script>if (a<b) {}</script>x", "x"),
        ("<!-- c <b> -->x<!DOCTYPE y><?xml z?><![if !mso]>w", "xw"),
        ("x<!-- never closed", "x never closed"),
        ("<style>never closed", "never closed"),
        ("a < b, 1<2 & c &lt;d&gt; &nbsp;&#8364;&#x20ac;&bogus;", "a < b, 1<2 & c <d>  €€&bogus;"),
        ("&#0;&#xD800;x&#7;", "��x"),
        ("&#" + "9" * 5000 + ";&amp;", "&#" + "9" * 5000 + ";&amp;"),
        ('<a title="a > b" href="https://x.example">t</a>', "t <https://x.example>"),
        ('<p class="never closed>x</p>y', "x\n\ny"),
        ('<img alt="😀"><img alt="A long description">', "😀[A long description]"),
        ("</p></blockquote></ul></li></a>x", "x"),
        ("", ""),
    ],
)
def test_html_becomes_text(source, text):
    assert from_html(source) == text


@pytest.mark.spec("RS-075")
@pytest.mark.parametrize(
    "piece",
    """< <a <a_" <a_b=' <a_b=c_ <!-- <! <? </ </a_ &# &a <div> <blockquote> <li> <ul> <table><td> <style> <style></sty
    <a_href=https://x.example> <a_href=https://x.example>y <pre>. <a_href_ _ " <a_"' <x'' <td>x""".split(),  # noqa: SIM905
)
def test_a_hostile_page_takes_time_as_its_length(piece):
    start = time.process_time()
    piece = piece.replace("_", " ").replace(".", "\n")
    from_html(piece * (80_000 // len(piece)))
    assert time.process_time() - start < 2

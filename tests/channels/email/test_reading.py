"""Raw messages become plain values: what real programs write, what they get wrong, what attackers make up."""

import base64
import datetime as dt
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polydesk.channels.email.mail import File, Mail
from polydesk.channels.email.reading import LONGEST_TEXT, TooMuch, read
from tests.marks import without_database

pytestmark = without_database

REAL = Path(__file__).parents[4] / "shared" / "data" / "mails"
EXAMPLES = 100 * int(os.environ.get("POLYDESK_TORTURE", "1"))

ANNA = "From: Anna <anna@acme.example>\nTo: help@desk.example\nSubject: Printer\n"


def mail(text: str, *, encoding: str = "utf-8") -> Mail:
    return read(text.replace("\n", "\r\n").encode(encoding))


def body(headers: str, content: str, *, encoding: str = "utf-8") -> str:
    return mail(f"{ANNA}{headers}\n{content}", encoding=encoding).text


def multipart(*parts: str, kind: str = "mixed", headers: str = ANNA, more: str = "") -> str:
    inside = "".join(f"--edge\n{part}\n" for part in parts)
    return f"{headers}Content-Type: multipart/{kind}; boundary=edge{more}\n\nA preamble\n{inside}--edge--\n"


# --- What real programs write ---

REPLIES = {
    "android.eml": ("bob@example.com", "Re: Test", "Hello"),
    "aol.eml": ("xxx@aol.com", "Re: Test", "Hello"),
    "apple_mail.eml": ("xxx@gmail.com", "Re: Test", "Hello"),
    "apple_mail_2.eml": ("adam@tictail.com", "Re: Hello there", "Hello"),
    "comcast.eml": ("xxx@comcast.net", "Re: Test", "Hello"),
    "gmail.eml": ("xxx@gmail.com", "Re: Test", "Hello"),
    "hotmail.eml": ("xxx@hotmail.com", "RE: Test", "Hello"),
    "iphone.eml": ("xxx@gmail.com", "Re: Test", "Hello"),
    "outlook.eml": ("me@example.com", "Test", "Hello"),
    "sparrow.eml": ("xxx@gmail.com", "Re: Test", "Hello"),
    "thunderbird.eml": ("bob@xxx.mailgun.org", "Re: Test", "Hello"),
    "yahoo.eml": ("xxx@yahoo.com", "Re: Test", "Hello"),
}


def real(name: str) -> bytes:
    if not REAL.is_dir():
        pytest.skip(f"real mails are not at {REAL}")
    return (REAL / name).read_bytes()


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize("name", REPLIES)
def test_a_real_reply_is_read(name):
    found = read(real(name))
    assert (found.sender, found.subject, found.reply) == REPLIES[name]
    assert found.reply in found.text and len(found.text) > len(found.reply)
    assert not found.files and not found.problems and not found.is_report


@pytest.mark.spec("RS-077")
def test_a_long_real_reply_keeps_all_its_sentences():
    found = read(real("reply-quotations-share-block.eml"))
    assert found.reply.startswith("Hi Katharine.") and found.reply.endswith("Joe XXX")
    assert "do a few hors d oeuvres" in found.reply and "New Booking Inquiry" not in found.reply


HTML = ("gmail", "hotmail", "mail_ru", "thunderbird", "windows_mail", "yandex_ru")


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    "name",
    [*HTML, *(f"ms_outlook_{year}" for year in (2003, 2007, 2010))],
)
def test_a_real_reply_in_html_is_readable_and_its_quotation_cut(name):
    source = real(f"{name}.html")
    found = read(b"Subject: Re: x\nFrom: a@b.example\nContent-Type: text/html; charset=utf-8\n\n" + source)
    assert [line for line in found.reply.split("\n") if line] == ["Hi. I am fine.", "Thanks,", "Alex"]
    assert "How are you?" in found.text and "<" not in found.text.replace("<mailto", "").replace("<a", "")


# --- Headers ---


@pytest.mark.spec("RS-077")
def test_every_value_of_a_full_message_is_found():
    found = mail(
        "Return-Path: <Bounce@Acme.example>\nDelivered-To: help+abc@desk.example\nX-Original-To: help@desk.example\n"
        "Received: from somewhere\nMessage-ID: <one@acme.example>\nIn-Reply-To: <two@desk.example>\n"
        "References: <four@desk.example>\n <three@acme.example> <two@desk.example>\n"
        'From: "Ärger, Anna" <Anna@Acme.example>\nReply-To: Team <team@acme.example>\n'
        "To: Help <help@desk.example>, other@desk.example\nCc: boss@acme.example\nEnvelope-To: other@desk.example\n"
        "Subject: Printer\n on fire\nDate: Sun, 22 Nov 2026 10:15:00 +0300\nPrecedence: Bulk\nList-Id: <x.example>\n"
        "List-Id: second\nX-Spam: no\n\nHi\n"
    )
    assert found == Mail(
        message_id="one@acme.example",
        references=["two@desk.example", "three@acme.example", "four@desk.example"],
        sender="anna@acme.example",
        sender_name="Ärger, Anna",
        reply_to="team@acme.example",
        return_path="bounce@acme.example",
        recipients=["help@desk.example", "other@desk.example", "boss@acme.example", "help+abc@desk.example"],
        copied=[("Help", "help@desk.example"), ("", "other@desk.example"), ("", "boss@acme.example")],
        subject="Printer on fire",
        date=dt.datetime(2026, 11, 22, 7, 15, tzinfo=dt.UTC),
        headers={"precedence": "Bulk", "list-id": "<x.example>"},
        text="Hi",
        reply="Hi",
    )


@pytest.mark.spec("RS-073")
def test_headers_of_ours_are_never_looked_at():
    found = mail("X-Polydesk-Verified: yes\nX-POLYDESK-Ticket: 1\n" + ANNA + "List-X-Polydesk: no\n\nHi")
    plain = mail(ANNA + "List-X-Polydesk: no\n\nHi")
    assert found == plain


@pytest.mark.spec("RS-074", "RS-077")
@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?utf-8?B?0J/RgNC40L3RgtC10YA=?=", "Принтер"),
        ("=?utf-8?B?0J/RgNC40L3R?=\n =?utf-8?B?gtC10YA=?=", "Принтер"),
        ("=?koi8-r?Q?=F0=D2=C9=CE=D4=C5=D2?= is off", "Принтер is off"),
        ("=?utf-8?q?a_b?= =?utf-8?q?_c?=", "a b c"),
        ("=?utf-8?q?With spaces inside?=", "With spaces inside"),
        ("=?iso-8859-1*de?q?Gr=FC=DFe?=", "Grüße"),
        ("=?x-none?q?=FCber?=", "über"),
        ("=?utf-8?B?broken", "=?utf-8?B?broken"),
        ("=?utf-8?B?!!!?=", ""),
        ("=?utf-8?q?one=0D=0ABcc:_eve@evil.example=00?=", "one Bcc: eve@evil.example"),
        ("a\rb\x00c\x1b[31m", "a bc[31m"),
        ("=?utf-7?q?+2AA-?=x", "x"),
        ("‮gpj.exe", "gpj.exe"),
        ("x" * 3000, "x" * 1000),
    ],
)
def test_a_subject_is_one_clean_line(written, subject):
    assert mail(f"Subject: {written}\n\n").subject == subject


@pytest.mark.spec("RS-077")
def test_headers_with_bare_bytes_are_read_in_the_charset_of_the_message():
    raw = "Subject: Принтер\nContent-Type: text/plain; charset=windows-1251\n\nСломался"
    found = mail(raw, encoding="cp1251")
    assert (found.subject, found.text) == ("Принтер", "Сломался")
    assert mail("Subject: Grüße\n\nschöne", encoding="latin-1").subject == "Grüße"


@pytest.mark.spec("RS-074", "RS-077")
@pytest.mark.parametrize(
    ("written", "sender", "name"),
    [
        ("anna@acme.example", "anna@acme.example", ""),
        ("<Anna@ACME.example>", "anna@acme.example", ""),
        ("anna@acme.example (Anna Muster)", "anna@acme.example", "Anna Muster"),
        ('"boss@bank.example" <eve@evil.example>', "eve@evil.example", "boss@bank.example"),
        ("boss@bank.example <eve@evil.example>", "eve@evil.example", "boss@bank.example"),
        ('"a\\"b, c" <x@y.example>', "x@y.example", 'a"b, c'),
        (
            "=?utf-8?q?Eve_=3Cboss=40bank.example=3E=2C?= <eve@evil.example>",
            "eve@evil.example",
            "Eve <boss@bank.example>,",
        ),
        ("=?utf-8?q?Eve=0D=0ABcc=3A_x=40y.example?= <eve@evil.example>", "eve@evil.example", "Eve Bcc: x@y.example"),
        ('"odd..one"@docomo.example', "odd..one@docomo.example", ""),
        ("(boss@bank.example) eve@evil.example", "eve@evil.example", "boss@bank.example"),
        ("<@relay.example:anna@acme.example>", "anna@acme.example", ""),
        ("Group: anna@acme.example;", "anna@acme.example", ""),
        ("Anna <anna@müller.example>", "anna@müller.example", "Anna"),
        ("undisclosed-recipients:;", "", ""),
        ("just a name", "", ""),
        ("<two@@at.example>", "", ""),
        ("<a b@c.example>", "", ""),
        ("x" * 300 + "@y.example", "", ""),
        ("(" * 5000 + "x@y.example", "", ""),
        ("N" * 300 + " <a@b.example>", "a@b.example", "N" * 200),
    ],
)
def test_one_address_is_the_sender_and_a_name_never_is(written, sender, name):
    found = mail(f"From: {written}\nTo: help@desk.example\n\nHi")
    assert (found.sender, found.sender_name) == (sender, name)


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    ("headers", "sender", "problem"),
    [
        ("From: a@x.example, b@x.example\nSender: b@x.example\n", "b@x.example", "It names several senders."),
        ("From: a@x.example\nFrom: b@x.example\n", "a@x.example", "It names several senders."),
        ("Sender: s@x.example\n", "s@x.example", "It names no sender."),
        ("Return-Path: <r@x.example>\n", "r@x.example", "It names no sender."),
        ("Return-Path: <>\n", "", "It names no sender."),
    ],
)
def test_no_sender_or_several_are_settled_and_told(headers, sender, problem):
    found = mail(f"{headers}\nHi")
    assert (found.sender, found.problems) == (sender, [problem])


@pytest.mark.spec("RS-074", "RS-077")
def test_recipients_come_from_no_display_name():
    found = mail('To: "eve@evil.example" <a@x.example>, (b@x.example) c@x.example; =?utf-8?q?d=40x.example?=\n\nHi')
    assert found.recipients == ["a@x.example", "c@x.example"]


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    "written", ["", "yesterday", "Sun, 99 Nov 2026 99:99:99 +9999", "1 Jan 99999 00:00 +0000", "\x00"]
)
def test_no_date_is_none(written):
    assert mail(f"Date: {written}\n\nHi").date is None


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    ("return_path", "kept"), [("<>", "<>"), (" < > ", "<>"), ("", "<>"), ("<A@b.example>", "a@b.example"), ("junk", "")]
)
def test_an_empty_return_path_is_told_from_none(return_path, kept):
    assert mail(f"Return-Path: {return_path}\n\n").return_path == kept
    assert mail("Subject: x\n\n").return_path == ""


# --- Texts ---


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    ("headers", "content", "text"),
    [
        ("Content-Type: text/plain; charset=x-klingon\n", "Grüße", "Grüße"),
        ("Content-Type: text/plain; charset=zlib\n", "Hi", "Hi"),
        ("Content-Type: text/plain; charset=../../etc\n", "Hi", "Hi"),
        ("Content-Type: text/plain; charset=punycode\n", "Hi", "Hi"),
        ("Content-Type: text/plain; charset=utf-16\n", "Hi!", "Hi!"),
        ("Content-Type: garbage\n", "Hi", "Hi"),
        ("Content-Type: multipart/mixed\n", "Hi", "Hi"),
        ("Content-Type: multipart/mixed; boundary=never\n", "Hi", "Hi"),
        ("Content-Type: text/x-strange\n", "Hi", "Hi"),
        ("Content-Transfer-Encoding: base64\n", "SGk=", "Hi"),
        ("Content-Transfer-Encoding: base64\n", "SGk", "Hi"),
        ("Content-Transfer-Encoding: base64\n", "SGkg\nSGkg\n_______\nA footer", "Hi Hi \n_______\nA footer"),
        ("Content-Transfer-Encoding: base64\n", "This never was base64!", "This never was base64!"),
        ("Content-Transfer-Encoding: quoted-printable\n", "a=3Db=\nc =ZZ d", "a=bc =ZZ d"),
        ("Content-Transfer-Encoding: x-uuencode\n", 'begin 644 x\n"2&D\n`\nend', "Hi"),
        ("Content-Transfer-Encoding: magic\n", "Hi", "Hi"),
        ("", "one\rtwo\x00\x07\n\tthree\x85four", "one\ntwo\n\tthree\nfour"),
        ("", "", ""),
        (
            "Content-Type: text/plain; format=flowed\n",
            "A long \nline \n>> q \n>> r\n> s\n-- \nme",
            "A long line \n>> q r\n> s\n-- \nme",
        ),
        ("Content-Type: text/plain; format=flowed; delsp=yes\n", "日 \n本\n From here", "日本\nFrom here"),
    ],
)
def test_texts_are_read_however_they_are_wrapped(headers, content, text):
    assert body(headers, content) == text


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("koi8-r", "koi8-r", "Привет"),
        ("gb2312", "gb18030", "汉字鎔"),
        ("iso-8859-1", "cp1252", "“€”"),
        ("iso-2022-jp",) * 2 + ("日本",),
    ],
)
def test_charsets_are_what_senders_mean(charset, codec, text):
    assert body(f"Content-Type: text/plain; charset={charset}\n", text, encoding=codec) == text


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"\n\n\n", ""),
        (b"\x00" * 100, ""),
        (b"Hello there\nno headers at all", "Hello there\nno headers at all"),
        (b"From anna@x Mon Nov 22 10:15:00 2026\nSubject: mbox\n\nHi", "Hi"),
        (b"Subject: x\nHello without an empty line\nmore", "Hello without an empty line\nmore"),
        (b"Subject: x\nbroken fold\nTo: a@b.example\n\nHi", "Hi"),
        (b"Subject: x\rTo: a@b.example\r\rold Macintosh", "old Macintosh"),
        (b"\xef\xbb\xbfSubject: x\n\nHi", "Hi"),
        (b"\r\n\r\nSubject: x\n\nHi", "Hi"),
    ],
)
def test_what_is_hardly_a_message_is_read_all_the_same(raw, text):
    assert read(raw).text == text


@pytest.mark.spec("RS-077")
def test_of_alternatives_the_plain_one_is_read_unless_it_is_empty():
    html = "Content-Type: text/html\n\n<p>rich</p>"
    assert mail(multipart("\nplain", html, kind="alternative")).text == "plain"
    assert mail(multipart("\n \n", html, kind="alternative")).text == "rich"
    assert mail(multipart(html, kind="alternative")).text == "rich"
    assert mail(multipart(kind="alternative")).text.startswith("A preamble")


@pytest.mark.spec("RS-077")
def test_several_texts_are_joined_and_attached_ones_are_files():
    attached = "Content-Type: text/plain\nContent-Disposition: attachment; filename=log.txt\n\nlog"
    named = "Content-Type: text/plain; name=later.txt\nContent-Disposition: inline\n\nlater"
    found = mail(multipart("\none", "Content-Type: text/html\n\n<b>two</b>", attached, named, "\nthree"))
    assert found.text == "one\n\ntwo\n\nthree"
    assert [(file.name, file.content) for file in found.files] == [("log.txt", b"log"), ("later.txt", b"later")]
    alone = mail(ANNA + "Content-Disposition: attachment\n\nalone")
    assert alone.text == "" and alone.files[0] == File("attachment.txt", "text/plain", b"alone")


@pytest.mark.spec("RS-077")
def test_a_message_whose_boundary_is_missing_or_wrong_is_divided_all_the_same():
    content = "\n--real\nContent-Type: text/plain\n\nHi\n--real\nContent-Type: application/pdf\n\n%PDF\n--real--"
    for named in ("", "; boundary=other"):
        found = mail(f"{ANNA}Content-Type: multipart/mixed{named}\n{content}")
        assert (found.text, [file.name for file in found.files]) == ("Hi", ["attachment.pdf"])
        assert found.problems == ["The line that parts the message is not the one that it names."]


@pytest.mark.spec("RS-077")
def test_a_message_cut_off_on_its_way_keeps_what_arrived():
    whole = multipart("\nHi", "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=")
    found = mail(whole[: whole.index("KGgo=")])
    assert found.text == "Hi" and found.files[0].content.startswith(b"\x89PNG")
    assert "The message ends before its last part does." in found.problems


@pytest.mark.spec("RS-077")
def test_a_boundary_that_begins_another_does_not_end_it():
    inner = "Content-Type: multipart/alternative; boundary=edge-2\n\n--edge-2\n\ninner\n--edge-2--\n"
    assert mail(multipart(inner, "\nouter")).text == "inner\n\nouter"


@pytest.mark.spec("RS-077")
def test_a_text_too_long_for_an_entry_is_a_file_as_well():
    found = mail(ANNA + "\n" + "word " * 200_000)
    assert len(found.text) <= LONGEST_TEXT and len(found.files[0].content) == 999_999
    assert found.files[0].name == "text.txt" and "file" in found.problems[0]


# --- Files ---


@pytest.mark.spec("RS-077", "RS-102")
@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ("Content-Disposition: attachment; filename=plain.pdf", "plain.pdf"),
        ('Content-Disposition: attachment; filename="with; space.pdf"', "with; space.pdf"),
        ("Content-Disposition: attachment; filename*=utf-8'ru'%D0%BE%D1%82%D1%87%D1%91%D1%82.pdf", "отчёт.pdf"),
        (
            "Content-Disposition: attachment; filename*0*=utf-8''%D0%BE%D1;\n filename*1*=%82%20;\n filename*2=a.pdf",
            "от a.pdf",
        ),
        ("Content-Disposition: attachment; filename*1=b.pdf; filename*0=a-", "a-b.pdf"),
        ('Content-Disposition: attachment; filename="=?utf-8?B?0L7RgtGH0ZHRgg==?=.pdf"', "отчёт.pdf"),
        ('Content-Type: application/pdf; name="old.pdf"', "old.pdf"),
        ('Content-Disposition: attachment; filename="..\\..\\etc/passwd"', "passwd"),
        ('Content-Disposition: attachment; filename="a\x07\u202egpj.exe"', "agpj.exe"),
        ('Content-Disposition: attachment; filename="/"', "attachment.pdf"),
        ('Content-Disposition: attachment; filename="..."', "attachment.pdf"),
        ("Content-Disposition: attachment; filename*=bogus''%ff%fe.pdf", "ÿþ.pdf"),
        ("Content-Disposition: attachment; filename*=%%%", "%%%"),
        (f"Content-Disposition: attachment; filename={'x' * 400}.pdf", "x" * 196 + ".pdf"),
        ("Content-Disposition: attachment", "attachment.pdf"),
        ("Content-Type: image/png", "picture.png"),
        ("Content-Type: text/calendar", "invitation.ics"),
        ("Content-Type: application/ms-tnef", "winmail.dat"),
        ("Content-Type: application/x-unheard-of", "attachment.bin"),
    ],
)
def test_file_names_are_decoded_and_harmless(headers, name):
    kind = "" if "Content-Type" in headers else "Content-Type: application/pdf\n"
    found = mail(multipart("\nHi", f"{kind}{headers}\n\nx"))
    assert (found.text, [file.name for file in found.files]) == ("Hi", [name])


@pytest.mark.spec("RS-077")
def test_pictures_in_the_text_are_told_from_attached_ones():
    picture = "Content-Type: image/png\nContent-ID: <{}@x>\nContent-Disposition: {}; filename={}.png\n\nx"
    html = 'Content-Type: text/html\n\nHi <img src="cid:two@x">'
    parts = [
        html,
        *(
            picture.format(name, how, name)
            for name, how in (("one", "inline"), ("two", "attachment"), ("three", "attachment"))
        ),
    ]
    found = mail(multipart(*parts, kind="related")).files
    assert [(file.content_id, file.is_inline) for file in found] == [
        ("one@x", True),
        ("two@x", True),
        ("three@x", False),
    ]


@pytest.mark.spec("RS-077")
def test_a_message_within_is_a_file_with_its_exact_bytes():
    inner = "From: eve@evil.example\nSubject: =?utf-8?q?Alt/neu?=\nIn-Reply-To: <x@y>\n\nInner words\n--edge2"
    found = mail(
        multipart("\nSee there", f"Content-Type: message/rfc822\n\n{inner}", "Content-Type: message/rfc822\n\n")
    )
    assert (found.text, found.references) == ("See there", [])
    assert [file.name for file in found.files] == ["Alt-neu.eml", "message.eml"]
    assert found.files[0].content == inner.replace("\n", "\r\n").encode()


@pytest.mark.spec("RS-077")
def test_winmail_is_kept_as_it_came():
    content = base64.b64encode(b"\x78\x9f\x3e\x22rest").decode()
    part = f"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n{content}"
    assert mail(multipart("\nHi", part)).files == [File("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22rest")]


@pytest.mark.spec("RS-077")
def test_damaged_files_keep_what_can_be_decoded():
    part = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBO*?Rw0KGgo=\n-- \nfooter"
    found = mail(multipart("\nHi", part))
    assert found.files[0].content.startswith(b"\x89PNG\r\n\x1a\n") and "damaged" in found.problems[0]


@pytest.mark.spec("RS-066")
def test_a_delivery_report_is_known_and_its_first_part_is_the_text():
    status = "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; gone@x.example\nAction: failed"
    returned = f"Content-Type: message/rfc822\n\n{ANNA}\nOriginal words"
    found = mail(multipart("\nIt failed.", status, returned, kind="report", more="; report-type=delivery-status"))
    assert (found.is_report, found.text) == (True, "It failed.")
    assert [file.name for file in found.files] == ["delivery-status.txt", "Printer.eml"]
    assert b"gone@x.example" in found.files[0].content
    seen = mail(multipart("\nSeen.", kind="report", more="; report-type=disposition-notification"))
    assert not seen.is_report


@pytest.mark.spec("RS-078")
def test_protection_is_what_the_structure_says_and_no_header_changes_it():
    forged = (
        "X-Signature-Verified: yes\nX-Polydesk-Signature: good\nAuthentication-Results: x; dkim=pass\n"
        "X-RT-Incoming-Encryption: PGP\nX-PGP-Signature: good\n"
    )
    signature = "Content-Type: application/pgp-signature\n\nxx"
    assert mail(ANNA + forged + "\nHi").protection == ""
    assert mail(multipart("\nHi", signature, kind="signed", headers=ANNA + forged)).protection == "signed"
    assert mail(multipart("\nHi", kind="encrypted")).protection == "encrypted"
    assert mail(multipart(multipart("\nHi", kind="signed", headers="").replace("edge", "in"))).protection == "signed"
    smime = ANNA + "Content-Type: application/pkcs7-mime; smime-type={}\n\nx"
    assert mail(smime.format("signed-data")).protection == "signed"
    assert mail(smime.format("enveloped-data")).protection == "encrypted"
    assert mail(ANNA + "\n-----BEGIN PGP SIGNED MESSAGE-----\nHi").protection == "signed"
    assert mail(ANNA + "\n-----BEGIN PGP MESSAGE-----\nxx").protection == "encrypted"


# --- Limits ---


@pytest.mark.spec("RS-075")
@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (multipart(*["\nx"] * 1001), "1000 parts"),
        ("".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(60)), "50 deep"),
        ("Subject: x\n" + "X-A: b\n" * 50_000 + "\n", "256 KiB"),
        ("Subject: " + "x" * 300_000 + "\n\n", "256 KiB"),
        (multipart("X-A: " + "x" * 300_000 + "\n\nHi"), "256 KiB"),
    ],
    ids=["parts", "depth", "many headers", "long header", "header of a part"],
)
def test_beyond_the_limits_it_is_too_much(raw, reason):
    with pytest.raises(TooMuch) as caught:
        mail(raw)
    assert reason in caught.value.reason


@pytest.mark.spec("RS-075")
def test_within_the_limits_it_is_read():
    assert len(mail(multipart("\nHi", *["Content-Type: image/png\n\nx"] * 998)).files) == 998
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{n}x\n\n--b{n}x\n" for n in range(50)) + "\nHi"
    assert mail(nested).text == "Hi"


@pytest.mark.spec("RS-075")
def test_more_recipients_and_references_than_a_thousand_are_cut_and_told():
    to = ",\n ".join(f"{n}@x.example" for n in range(3000))
    references = "\n ".join(f"<{n}@x.example>" for n in range(3000))
    found = mail(f"From: a@x.example\nTo: {to}\nReferences: {references}\n\nHi")
    assert len(found.recipients) == len(found.references) == 1000
    assert (found.recipients[0], found.references[0]) == ("0@x.example", "2999@x.example")
    assert len(found.problems) == 2


@pytest.mark.spec("RS-075")
@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ("Content-Type: text/plain; format=flowed\n", b"> a \n" * 100_000),
        ("Content-Transfer-Encoding: uuencode\n", b"M\n" * 500_000),
        ("Content-Transfer-Encoding: base64\n", b" " * 1_000_000 + b"!"),
        ("Content-Type: multipart/mixed; boundary=a\n", b"--a" * 300_000),
        ("Subject: Re: x\n", b"On 1.1.2026 a@b wrote:\n> b\n" * 10_000),
        ("Subject: Re: x\n", b"-" * 300_000 + b" x"),
        ("Subject: " + "=?" * 100_000 + "\n", b""),
        ("From: " + "a," * 40_000 + "\n", b""),
        ("From: " + "(" * 200_000 + "\n", b""),
        ("Content-Type: text/plain" + ';a="' * 50_000 + "\n", b""),
    ],
    ids=["flowed", "uu", "base64", "boundaries", "attributions", "rules", "words", "commas", "comments", "parameters"],
)
def test_hostile_lines_take_time_as_their_length(headers, content):
    start = time.process_time()
    read(headers.encode() + b"\n" + content)
    assert time.process_time() - start < 3


# --- Made-up bytes (FZ-3) ---

SAMPLES = [
    multipart("\nHi\n> q\n", "Content-Type: text/html\n\n<p>x<b", "Content-Type: message/rfc822\n\nSubject: y\n\nz"),
    multipart("Content-Type: text/html; charset=koi8-r\n\n<ul><li>a<blockquote>b", kind="alternative"),
    ANNA
    + "References: <a@b> <c@d>\nDate: Sun, 22 Nov 2026 10:15:00 +0300\nContent-Transfer-Encoding: base64\n\nSGk=\n",
    'Subject: =?utf-8?B?0J/RgA==?= =?koi8-r?q?=F0?=\nFrom: "a, b" (c) <d@e>, f@g\n\n'
    "On 1.1.2026 10:00, d@e wrote:\n> x\n",
    ANNA
    + "Content-Type: text/plain; format=flowed; charset=utf-16\n"
    + "Content-Disposition: attachment; filename*0*=x''%\n\na \nb",
]
WORDS = """
-- --edge Content-Type: multipart/mixed;boundary=edge text/html ;charset=utf-7 =?utf-8?B? ?= Subject: From: <a@b.c> " (
> &# <p> <a+href= Content-Transfer-Encoding:base64 quoted-printable = wrote: +2AA- filename*0*= 1.1.2026
"""
PIECES = st.sampled_from([*WORDS.split(), "\n", "\r\n", "\n\n", "\x00", "\ud800", "> ", "-- \n", "On "])


def assert_sound(raw: bytes) -> None:
    try:
        found = read(raw)
    except TooMuch as error:
        assert error.reason
        return
    texts = [found.message_id, found.sender, found.sender_name, found.reply_to, found.return_path, found.subject]
    texts += [
        *found.references,
        *found.recipients,
        *[part for pair in found.copied for part in pair],
        *found.headers,
        *found.headers.values(),
        found.protection,
    ]
    texts += [text for file in found.files for text in (file.name, file.kind, file.content_id)]
    for text in texts:
        assert not any(ord(letter) < 32 or ord(letter) == 127 for letter in text.encode().decode()), text
    for text in (found.text, found.reply, *found.problems):
        assert "\0" not in text.encode().decode() and "\r" not in text
    assert all(file.name and len(file.name) <= 200 for file in found.files)
    assert len(found.reply) <= len(found.text) and (found.reply or not found.text.strip())


FAST = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.mark.spec("RS-077", "RS-075")
@FAST
@given(st.binary(max_size=400))
def test_any_bytes_are_read(raw):
    assert_sound(raw)


@pytest.mark.spec("RS-077", "RS-075")
@FAST
@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40))
def test_any_heap_of_pieces_is_read(pieces):
    assert_sound("".join(pieces).encode("utf-8", "surrogatepass"))


@pytest.mark.spec("RS-077", "RS-075")
@FAST
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.binary(max_size=6), PIECES)), max_size=6),
)
def test_any_damaged_message_is_read(sample, wounds):
    raw = sample.encode()
    for place, length, put in wounds:
        at = int(place * len(raw))
        raw = raw[:at] + (put if isinstance(put, bytes) else put.encode("utf-8", "surrogatepass")) + raw[at + length :]
    assert_sound(raw)

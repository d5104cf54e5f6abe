"""Cutting a reply out of its quotations loses nothing that its sender wrote."""

import time

import pytest

from polydesk.channels.email.quoting import written
from tests.marks import without_database

pytestmark = without_database

ATTRIBUTIONS = [
    "On Mon, Nov 22, 2026 at 10:15 AM, Max Muster <max@x.example> wrote:",
    "On Mon, Nov 22, 2026 at 10:15 AM, Max Muster\n<max@x.example> wrote:",
    "On Mon, Nov 22, 2026 at 10:15 AM, Max Muster <max@x.example>\nwrote:",
    "Am 22.11.26 um 10:15 schrieb Max Muster:",
    "Am Mo., 22. Nov. 2026 um 10:15 Uhr schrieb Max Muster <max@x.example>:",
    "Am 22.11.2026 um 10:15 schrieb Max\nMuster <max@x.example>:",
    "22.11.2026 10:15, Макс Мустер пишет:",
    "22 ноября 2026 г., 10:15 пользователь Макс <max@x.example> написал:",
    "пн, 22 нояб. 2026 г. в 10:15, Макс <max@x.example>:",
    '22.11.2026, 10:15, "Макс" <max@x.example>:',
    "Понедельник, 22 ноября 2026, 10:15 +03:00 от Макс <max@x.example>:",
    "Le lun. 22 nov. 2026 à 10:15, Max <max@x.example> a écrit :",
    "Le 22/11/2026 à 10:15, Max a écrit\xa0:",
    "El lun, 22 nov 2026 a las 10:15, Max (<max@x.example>) escribió:",
    "Il giorno lun 22 nov 2026 alle ore 10:15 Max <max@x.example> ha scritto:",
    "Op ma 22 nov. 2026 om 10:15 schreef Max <max@x.example>:",
    "W dniu 22.11.2026 o 10:15, Max pisze:",
    "pon., 22 lis 2026 o 10:15 Max <max@x.example> napisał(a):",
    "Em seg., 22 de nov. de 2026 às 10:15, Max <max@x.example> escreveu:",
    "Den mån 22 nov. 2026 kl 10:15 skrev Max <max@x.example>:",
    "po 22. 11. 2026 v 10:15 odesílatel Max <max@x.example> napsal:",
    "在 2026年11月22日 10:15，Max <max@x.example> 写道：",
]
HEADINGS = [
    "From: Max Muster <max@x.example>\nSent: Monday, November 22, 2026 10:15\nTo: Help\nSubject: Printer",
    "*From:* Max Muster\n*Sent:* Monday, November 22, 2026 10:15\n*To:* Help\n*Cc:* A\n*Subject:* Printer",
    "____________________\nVon: Max Muster\nGesendet: Montag, 22. November 2026\nAn: Hilfe\nBetreff: Drucker",
    "De : Max\nEnvoyé : lundi 22 novembre 2026\nÀ : Aide\nObjet : Imprimante",
    "De: Max\nEnviado el: lunes, 22 de noviembre\nPara: Ayuda\nAsunto: Impresora",
    "От: Max <max@x.example>\nОтправлено: понедельник\nКому: Help",
    "От кого: Max\nКому: Help\nДата: понедельник\nТема: Принтер",
    "Da: Max\nInviato: lunedì\nA: Aiuto\nOggetto: Stampante",
    "Van: Max\nVerzonden: maandag\nAan: Hulp\nOnderwerp: Printer",
    "-----Original Message-----\nFrom: Max\nTo: Help",
    "-----Ursprüngliche Nachricht-----\nVon: Max",
    "-------- Исходное сообщение --------\nОт: Max",
]


def cut(text, subject="Re: Printer", *, is_answer=True):
    return written(text, subject, is_answer=is_answer)


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_who_wrote_when_is_known_in_many_languages(attribution):
    quotation = f"{attribution}\n> Is it on?\n>\n> Max"
    assert cut(f"Yes.\nIt is.\n\n{quotation}") == "Yes.\nIt is."
    assert cut(f"Yes.\n{attribution}\n\n> Is it on?") == "Yes."
    assert cut(f"{quotation}\n\nYes, below.") == "Yes, below."
    assert cut(f"Yes.\n\n{quotation}", "Printer", is_answer=False) == "Yes."


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize("heading", HEADINGS)
def test_the_lines_that_outlook_puts_above_are_known(heading):
    assert cut(f"Yes.\n\n{heading}\n\nIs it on?\nMax") == "Yes."
    assert cut(f"{heading}\n\nIs it on?") == f"{heading}\n\nIs it on?"


@pytest.mark.spec("RS-077")
def test_answers_between_quoted_lines_are_kept_with_what_they_answer():
    inline = "Max wrote on 22.11.2026 10:15:\n> Is it on?\nYes.\n> Is it hot?\nNo.\n\n> Max"
    assert cut(inline) == "Max wrote on 22.11.2026 10:15:\n> Is it on?\nYes.\n> Is it hot?\nNo."
    greeted = "Hello,\n\nMax wrote:\n> Is it on?\nYes.\n> Is it hot?\nNo."
    assert cut(greeted) == greeted
    assert cut("Top.\n\n> q\n\nBottom.") == "Top.\n\n> q\n\nBottom."


@pytest.mark.spec("RS-077")
def test_answers_within_an_unmarked_quotation_keep_everything():
    text = f"See my answers below.\n\n{HEADINGS[0]}\n\nIs it on?\nYES\nIs it hot?\nNO"
    assert cut(text) == text
    german = f"Antworten unten im Text.\n\n{HEADINGS[2]}\n\nIst er an?\nJA"
    assert cut(german) == german


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    "text",
    [
        "From: Berlin\nTo: Paris\nDate: 3 May 2027\n\nPlease book it.",
        "Please note:\n- one\n- two\n\nThanks, Anna",
        "Best regards are due to Max:\nhe mended it.\n\nThe rest follows.",
        "On 3 May 2026 I wrote: nothing happened.\nNow it does.",
        "As the manual says:\nturn it off and on.",
        "My colleague wrote:\nit burns.\nSo it does.",
        "Subject: this is about\nTo: be or not to be",
        "Data: 1\nDo: 2",
        "I typed\n> select 1;\nand got\n1",
        "a -- b\n--- cut here ---\nc",
        "It said 10:15 and then: nothing",
    ],
)
def test_what_only_looks_like_a_quotation_is_kept(text):
    assert cut(text, "Printer", is_answer=False) == text
    assert cut(text).endswith(text.split("\n")[-1])


@pytest.mark.spec("RS-077")
def test_prompts_at_the_end_of_a_first_message_are_kept():
    text = "I typed this:\n> select 1;\n> quit"
    assert cut(text, "Printer", is_answer=False) == text


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Yes.\n\n-- \nAnna Muster\nAcme", "Yes."),
        ("Yes.\n--\nAnna", "Yes."),
        ("Yes.\n-- \nAnna\n\nOn 22.11.2026 Max wrote:\n> x", "Yes."),
        ("Yes.\n\nSent from my iPhone", "Yes."),
        ("Yes.\n\nVon meinem iPhone gesendet", "Yes."),
        ("Yes.\n\nОтправлено с iPhone", "Yes."),
        ("Yes.\n\nGet Outlook for iOS<https://aka.ms/x>", "Yes."),
        ("Yes.\n\nEnvoyé de mon iPhone\n\nOn 22.11.2026 10:15, Max wrote:\n> x", "Yes."),
        (
            "Sent from my iPhone it fails, from the desktop too.\nWhy?",
            "Sent from my iPhone it fails, from the desktop too.\nWhy?",
        ),
        ("Table:\n--\n" + "row\n" * 40, "Table:\n--\n" + "row\n" * 39 + "row"),
        ("Yes.\n\nMit freundlichen Grüßen\nAnna", "Yes.\n\nMit freundlichen Grüßen\nAnna"),
        ("Thanks, that was it!\nOne more thing: it smokes.", "Thanks, that was it!\nOne more thing: it smokes."),
        ("-- \nAnna", "-- \nAnna"),
        ("> only a quotation", "> only a quotation"),
        ("", ""),
        ("\n\n  indented\n", "  indented"),
    ],
)
def test_signatures_are_cut_and_greetings_kept(text, kept):
    assert cut(text) == kept


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize("subject", ["Fwd: x", "FW: x", "WG: x", "Fw: Re: x", "Пересл: x", "TR: x", "RV: x"])
def test_a_message_passed_on_is_kept_whole(subject):
    text = f"Please look.\n\n{HEADINGS[0]}\n\nIt burns.\n-- \nMax"
    assert cut(text, subject) == text


@pytest.mark.spec("RS-077")
@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "-------- Пересылаемое сообщение --------",
    ],
)
def test_what_is_passed_on_under_another_subject_is_kept(mark):
    text = f"Please look.\n\n{mark}\nFrom: Max <max@x.example>\nSubject: Fire\nDate: today\nTo: Anna\n\nIt burns."
    assert cut(text) == text


@pytest.mark.spec("RS-075")
@pytest.mark.parametrize(
    "line", ["On 1.1.2026 10:00 a@b wrote:", "> ", "From: a@b", "-- ", "\xa0", "On ", "wrote:", "a" * 500 + ":"]
)
def test_many_thousand_lines_of_marks_take_moments(line):
    for text in (f"{line}\n" * (80_000 // (len(line) + 1)), line * (80_000 // len(line))):
        start = time.process_time()
        cut(text)
        assert time.process_time() - start < 2

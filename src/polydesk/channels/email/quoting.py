"""What the sender wrote anew. When in doubt everything is kept: a word lost is worse than a quotation too many."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|doorst|vs|pd|i|пересл\w*|fwd\[\d+\])\s*:", re.IGNORECASE)
_FORWARDED = re.compile(
    r"[-–_*> ]{0,20}(?:forwarded message|begin forwarded message|forwarded by|weitergeleitete nachricht"
    r"|anfang der weitergeleiteten|пересылаемое сообщение|пересылаемое письмо|начало переадресованного"
    r"|message transféré|début du message|mensaje reenviado|inicio del mensaje reenviado|messaggio inoltrato"
    r"|doorgestuurd bericht|mensagem encaminhada|wiadomość przekazana|vidarebefordrat meddelande)",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"[-–_]{2,}+\s*+(?:original message|original appointment|ursprüngliche nachricht|originalnachricht"
    r"|urspr\. nachricht"
    r"|исходное сообщение|оригинальное сообщение|message d'origine|message original|mensaje original"
    r"|messaggio originale|oorspronkelijk bericht|mensagem original|oryginalna wiadomość|wiadomość oryginalna"
    r"|ursprungligt meddelande|oprindelig meddelelse|původní zpráva|原始邮件|原始郵件)\s*[-–_]{2,}\Z",
    re.IGNORECASE,
)
_RULE = re.compile(r"[_-]{10,}\Z")

_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|schreibt|geschrieben|hat geschrieben|пишет|писал|писала|написал|написала|написал\(а\)"
    r"|пише|a écrit|écrit|escribió|escribio|ha scritto|scrive|schreef|escreveu|napisał|napisała|napisał\(a\)|pisze"
    r"|napsal|napsala|napsal\(a\)|skrev|yazdı|kirjoitti|írta|вы писали|вы написали)(?!\w)|写道|寫道|のメール|님이 작성",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"[-–* ]{0,5}(?:on|am|le|el|il|op|em|den|dne|dnia|w dniu|il giorno|quoting|вы|в)\s"
    r"|[-–* ]{0,5}\w{2,12}[,.]?\s\d|\d{1,4}[./ -]",
    re.IGNORECASE,
)
_TIME = re.compile(r"\d{1,2}[:.h]\d{2}|\d{4}")
_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\b\d{4}\b")
_SOMEBODY = re.compile(r"[^\s@]@[^\s@]|<[^<>]+>")
_LONGEST_ATTRIBUTION = 400


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


_SENDERS = _names(
    "from|von|de|от|от кого|da|van|od|från|fra|kimden|від|expéditeur|remitente|absender|lähettäjä|feladó"
    "|发件人|寄件者|差出人|보낸사람|보낸 사람"
)
_SUBJECTS = _names(
    "subject|betreff|objet|asunto|assunto|тема|oggetto|onderwerp|temat|ämne|emne|předmět|konu|aihe|tárgy|主题|主旨|件名|제목"
)
_OTHERS = _names(
    "sent|date|to|cc|bcc|gesendet|datum|an|kopie|envoyé|à|date d'envoi|enviado|enviado el|enviada em|fecha|para"
    "|дата|отправлено|кому|копия|data|inviato|a|verzonden|aan|wysłano|do|dw|skickat|till|kopia|sendt|til|kopi|odesláno"
    "|komu|gönderilen|tarih|kime|lähetetty|vastaanottaja|importance|priority|attachments|reply-to|organization"
    "|发送时间|日期|收件人|抄送|送信日時|宛先|日付|보낸날짜|보낸 날짜|받는사람|받는 사람"
)
_LABEL = re.compile(r"[*_ ]{0,3}([^\W\d_][^\n:：*]{0,20}?)[* ]{0,3}[:：]")

_POINTS_BELOW = re.compile(
    r"\b(?:inline|in-line|below|see my (?:answers|comments|replies)|unten|im text|dazwischen|ниже|внутри|в тексте"
    r"|ci-dessous|plus bas|dans le texte|abajo|más abajo|sotto|hieronder|abaixo|poniżej|nedan|nedenfor)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?:sent from (?:my|mail|outlook|yahoo|the)|get \[?outlook|von meinem .{1,40} gesendet|gesendet (?:von|mit)"
    r"|diese nachricht wurde von meinem|outlook für|отправлено (?:с|из)|envoyé (?:de|depuis|à partir)"
    r"|télécharger outlook|enviado (?:desde|do)|obtener outlook|inviato da|verzonden (?:vanaf|met)|wysłan[oe] z"
    r"|skickat från|sendt fra|odesláno z|надіслано з)\b.{0,100}\Z",
    re.IGNORECASE,
)
_LONGEST_SIGNATURE = 30
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff]")


@dataclass
class _Quotation:
    """Lines from `start` up to `end` are somebody else's; `is_open` when nothing marks its end."""

    start: int
    end: int
    is_open: bool
    is_named: bool


def written(text: str, subject: str, *, is_answer: bool) -> str:
    """Without the quotations around it and the signature; the whole text when nothing else is left."""
    whole = text.strip("\n").rstrip()
    if _FORWARD.match(subject):
        return whole
    lines = whole.split("\n")
    kept = _own(lines, [_INVISIBLE.sub("", line.replace("\xa0", " ")).strip() for line in lines], is_answer)
    return "\n".join(_unsigned(kept)).strip("\n").rstrip() or whole


def _own(lines: list[str], seen: list[str], is_answer: bool) -> list[str]:
    quotations = _quotations(seen, is_answer)
    if not quotations:
        return lines
    first, last = quotations[0], quotations[-1]
    if last.is_open:
        above = lines[: last.start]
        if _POINTS_BELOW.search("\n".join(above[-40:])):
            return lines
        if len(quotations) > 1:
            return _own(above, seen[: last.start], is_answer)
        return above
    own_after = any(seen[last.end :])
    if not own_after:
        # Answers between the lines need the lines; below the last of them only a quotation follows.
        above = lines[: last.start]
        return above if len(quotations) == 1 or any(seen[: first.start]) else _from_first(lines, seen, quotations, last)
    if len(quotations) == 1 and not any(seen[: first.start]):
        return lines[first.end :]
    return lines


def _from_first(lines: list[str], seen: list[str], quotations: list[_Quotation], last: _Quotation) -> list[str]:
    """Quotations first and last: one answer between them needs no context, several do."""
    answers = sum(any(seen[one.end : two.start]) for one, two in pairwise(quotations))
    return lines[quotations[0].end : last.start] if answers == 1 and len(quotations) == 2 else lines[: last.start]


def _quotations(seen: list[str], is_answer: bool) -> list[_Quotation]:
    """From the top; an open one ends the search, and so does a message that was passed on."""
    found: list[_Quotation] = []
    at = 0
    while at < len(seen):
        line = seen[at]
        if _FORWARDED.match(line):
            break
        if line.startswith(">"):
            end = _end_of_marked(seen, at)
            # A shell's prompt looks like a quotation; only in an answer it is taken for one.
            if is_answer:
                found.append(_Quotation(at, end, is_open=False, is_named=False))
            at = end
            continue
        start = _attribution(seen, at, found[-1].end if found else 0)
        if start is not None:
            follows = _next_written(seen, at + 1)
            if follows is not None and seen[follows].startswith(">"):
                at = _end_of_marked(seen, follows)
                found.append(_Quotation(start, at, is_open=False, is_named=True))
                continue
            if follows is not None and _is_sure(" ".join(seen[start : at + 1])):
                found.append(_Quotation(start, len(seen), is_open=True, is_named=True))
                break
        elif _ORIGINAL.match(line) or _is_heading(seen, at):
            start = at - 1 if at and _RULE.match(seen[at - 1]) else at
            found.append(_Quotation(start, len(seen), is_open=True, is_named=True))
            break
        at += 1
    return found


def _end_of_marked(seen: list[str], at: int) -> int:
    """Behind the marked lines, with the empty ones among them."""
    end = at
    while at < len(seen) and (not seen[at] or seen[at].startswith(">")):
        at += 1
        if seen[at - 1]:
            end = at
    return end


def _attribution(seen: list[str], at: int, floor: int) -> int | None:
    """Where the phrase begins that ends in this line and says who wrote what follows; it may take three lines."""
    if not _may_end_attribution(seen[at]):
        return None
    for start in range(at, max(floor, at - 2) - 1, -1):
        if not seen[start]:
            return None
        phrase = " ".join(seen[start : at + 1])
        if len(phrase) <= _LONGEST_ATTRIBUTION and _is_attribution(phrase):
            return _begun(seen, start, floor, at)
    return None


def _may_end_attribution(line: str) -> bool:
    return line.rstrip("-– ").endswith((":", "："))


def _is_attribution(phrase: str) -> bool:
    if _WROTE.search(phrase):
        return bool(_DAY.search(phrase) or _TIME.search(phrase) or _SOMEBODY.search(phrase) or _is_short_name(phrase))
    return bool(_TIME.search(phrase) and _DAY.search(phrase) and _SOMEBODY.search(phrase))


def _is_short_name(phrase: str) -> bool:
    """`Max Muster schrieb:` and no more."""
    return len(phrase) <= 60 and len(phrase.split()) <= 5 and bool(_WROTE.search(phrase))


def _begun(seen: list[str], start: int, floor: int, at: int) -> int:
    """Lines above that belong to the phrase: it begins with `On` or a date, somewhere in the two lines before."""
    if _BEGINS.match(seen[start]):
        return start
    for above in range(start - 1, max(floor, start - 2) - 1, -1):
        if not seen[above]:
            break
        if _BEGINS.match(seen[above]) and (_DAY.search(seen[above]) or _TIME.search(seen[above])):
            return above if len(" ".join(seen[above : at + 1])) <= _LONGEST_ATTRIBUTION else start
    return start


def _is_sure(phrase: str) -> bool:
    """Without marks below only a phrase that a program makes is believed."""
    return bool(_DAY.search(phrase) and (_SOMEBODY.search(phrase) or _TIME.search(phrase)) and _BEGINS.match(phrase))


def _is_heading(seen: list[str], at: int) -> bool:
    """The lines that Outlook puts above: sender, subject and others, with hardly anything between."""
    label = _label(seen[at])
    if label is None:
        return False
    found, strange, names_somebody = {label}, 0, "@" in seen[at]
    for line in seen[at + 1 : at + 14]:
        label = _label(line) if line else None
        if label is not None:
            found.add(label)
            names_somebody = names_somebody or "@" in line
        elif line:
            strange += 1
            if strange > 3:
                break
        # A journey has From, To and Date as well: without a subject somebody's address must be there.
        is_of_mail = bool(found & _SUBJECTS) or names_somebody
        if is_of_mail and found & _SENDERS and len(found) >= 3:
            return True
    return False


def _label(line: str) -> str | None:
    found = _LABEL.match(line)
    name = " ".join(found[1].lower().split()) if found else ""
    return name if name in _SENDERS or name in _SUBJECTS or name in _OTHERS else None


def _next_written(seen: list[str], at: int) -> int | None:
    return next((place for place in range(at, min(at + 6, len(seen))) if seen[place]), None)


def _unsigned(lines: list[str]) -> list[str]:
    """Without what follows `-- ` and without the line that a telephone adds, if both stand at the end."""
    for at in range(len(lines) - 1, max(-1, len(lines) - _LONGEST_SIGNATURE - 1), -1):
        if lines[at] in ("-- ", "--\xa0") or (lines[at] == "--" and len(lines) - at <= 10):
            lines = lines[:at]
            break
    last = _last(lines)
    if last is not None and len(lines[last]) <= 140 and _PHONE.match(lines[last].strip()):
        lines = lines[:last]
    return lines


def _last(lines: list[str]) -> int | None:
    return next((at for at in range(len(lines) - 1, -1, -1) if lines[at].strip()), None)

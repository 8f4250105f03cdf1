"""Somebody answered one of our messages by mail: which one, and what they wrote themselves, without what they quoted.

Machines answer too (out of office, tickets, confirmations): whatever carries the marks of one is never taken for a person's word.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from html.parser import HTMLParser

import msgspec

from wraca.domain.bounces import AUTOMATIC_SUBJECTS, DAEMONS, decoded

_OURS = re.compile(r"<([0-9a-f]{32})@[^\s<>]+>")
_MARKS = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "X-Challenge", "X-Vacation", "List-Id", "X-Loop")
_BULK = {"bulk", "junk", "list", "auto_reply", "auto-reply"}
_MOST_READ = 20_000  # characters of one part

# "On 3 Oct 2026 at 10:00, Shop wrote:", and how mail programs say it in Polish and Bulgarian (and Outlook's German).
_QUOTES = re.compile(
    r"^\s*(?:On\b.{4,200}\bwrote|(?:W dniu|Dnia|Dn\.)\s.{4,200}\b(?:pisze|napisał(?:a|\(a\))?)|На\b.{4,200}\bнаписа"
    r"|.{4,120}<[^<>@\s]+@[^<>\s]+>\s*(?:wrote|pisze|napisał(?:a|\(a\))?|написа)|Am\b.{4,200}\bschrieb\b.{0,80})\s*:\s*$",
    re.IGNORECASE | re.DOTALL,
)
# Behind such a line everything is the old message, though nothing marks it.
_ORIGINAL = re.compile(
    r"^\s*(?:-{2,}\s*(?:Original Message|Wiadomość oryginalna|Oryginalna wiadomość|Forwarded message|Оригинално съобщение"
    r"|Първоначално съобщение)\s*-{2,}|_{10,}|-{20,})\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(?:From|Od|От)\s*:\*?\s+\S", re.IGNORECASE)
_SENT = re.compile(r"^\s*\*?(?:Sent|Date|Wysłano|Data|Изпратено|Дата|Subject|Temat|Тема|To|Do|До)\s*:", re.IGNORECASE)
_SIGNED = re.compile(r"^\s*(?:Sent from my|Get Outlook for|Wysłane z|Изпратено от)\b.{0,80}$", re.IGNORECASE)


class Reply(msgspec.Struct, frozen=True):
    """`message` is the key of the message it answers (32 hex digits), `id` its own Message-ID, `sender` a plain address."""

    message: str
    id: str
    sender: str
    text: str


def read_reply(raw: bytes) -> Reply | None:
    """The reply in these bytes; None for everything that is no person's answer to a message of ours. Never raises."""
    message = message_from_bytes(raw)
    answered = _answered(message)
    if not answered or _is_automatic(message):
        return None
    sender = parseaddr(_header(message, "From"))[1].strip().lower()
    text = own_words(_words(message))
    if not sender or not text:
        return None
    return Reply(answered, _header(message, "Message-ID").strip(), sender, text)


def _answered(message: Message) -> str:
    """The newest message that it says it answers, if that is one of ours."""
    for name in ("In-Reply-To", "References"):
        if found := _OURS.findall(_header(message, name)):
            return str(found[-1])
    return ""


def _is_automatic(message: Message) -> bool:
    submitted = _header(message, "Auto-Submitted").strip().lower()
    return (
        message.get_content_type() == "multipart/report"
        or submitted not in {"", "no"}
        or _header(message, "Precedence").strip().lower() in _BULK
        or any(name in message for name in _MARKS)
        or _header(message, "Return-Path").strip() == "<>"
        or AUTOMATIC_SUBJECTS.search(_header(message, "Subject")) is not None
        or DAEMONS.search(_header(message, "From")) is not None
    )


def _header(message: Message, name: str) -> str:
    """The first header of this name, also where it came as plain UTF-8; empty where there is none."""
    values = (value for key, value in message.raw_items() if key.lower() == name.lower())
    return decoded(str(next(values, "")).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def own_words(text: str) -> str:
    """What they wrote themselves, whether above or below what they quoted."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(_own_lines(lines)).strip()


def _own_lines(lines: list[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place]
        if line.rstrip() == "--" or _ORIGINAL.match(line) or _is_head(lines, place):
            return
        if length := _quoting(lines, place):
            # Marked lines that follow are left out one by one; an old message without marks goes on to the end.
            if not _next_words(lines, place + length).startswith(">"):
                return
            place += length
            continue
        if not line.lstrip().startswith(">") and not _SIGNED.match(line):
            yield line.rstrip()
        place += 1


def _quoting(lines: list[str], place: int) -> int:
    """How many lines from here on say who wrote what follows; mail programs break the line wherever they like."""
    for length in (1, 2, 3):
        if _QUOTES.match("\n".join(lines[place : place + length])):
            return length
        if place + length < len(lines) and not lines[place + length].strip():
            return 0
    return 0


def _next_words(lines: list[str], place: int) -> str:
    return next((line.lstrip() for line in lines[place:] if line.strip()), "")


def _is_head(lines: list[str], place: int) -> bool:
    """From:, and Sent: beneath it: how Outlook begins the old message."""
    return _FROM.match(lines[place]) is not None and any(_SENT.match(line) for line in lines[place + 1 : place + 3])


def _words(message: Message) -> str:
    """The first part that is plain text, else the first that is HTML, as text."""
    parts = [part for part in message.walk() if not part.is_multipart() and part.get_content_disposition() != "attachment"]
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind and (text := _text_of(part)).strip():
                return text if kind == "text/plain" else _Plain.of(text)
    return ""


def _text_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        text = payload.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        text = payload.decode("utf-8", "replace")
    return text[:_MOST_READ]


class _Plain(HTMLParser):
    """HTML as its reader sees it, without quotations, styles and scripts."""

    _HIDDEN = frozenset({"blockquote", "style", "script", "head", "title"})
    _BREAKS = frozenset({"br", "p", "div", "li", "tr"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden: list[str] = []

    @classmethod
    def of(cls, html: str) -> str:
        """The text of it."""
        parser = cls()
        parser.feed(html)
        parser.close()
        return "".join(parser.parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (the parser's signature)
        if tag in self._HIDDEN:
            self._hidden.append(tag)
        elif tag in self._BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(" ".join(data.split("\n")))

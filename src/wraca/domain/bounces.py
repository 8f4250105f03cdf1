"""What came back to the bounce mailbox: a delivery report (RFC 3464), a complaint (RFC 5965), or neither.

An automatic reply or a "please confirm that you are human" is not a bounce: whatever carries the marks of one is never read as a
failure by its words alone. Reports in the old styles of mail servers are recognised by flufl.bounce.
"""

import re
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from enum import StrEnum
from typing import cast

import msgspec
from flufl.bounce import all_failures

from wraca.domain.events import Instant

_DAY = 24 * 3600 * 1000
_SOFT_IN_A_ROW, _SOFT_FOR = 3, 7 * _DAY
_LONGEST_DETAIL = 300


class Kind(StrEnum):
    """What a report means."""

    HARD = "hard"  # the address does not exist: never again
    SOFT = "soft"  # not delivered this time
    COMPLAINT = "complaint"  # the person called it spam
    NEITHER = "neither"  # a reply, a delay that may still end well, something else


class Report(msgspec.Struct, frozen=True):
    """`message` is the key of the message it is about (32 hex digits; empty: it does not say). `status` is like 5.1.1."""

    kind: Kind
    message: str = ""
    recipients: tuple[str, ...] = ()
    status: str = ""
    detail: str = ""


# The address itself is bad. Everything else that failed for good says something about the message, the sender or the moment.
_BAD_ADDRESS = {"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"}
_NOBODY = re.compile(
    r"(?:user|mailbox|recipient|account|address|addressee|name)\W+(?:\S+\s+){0,4}?"
    r"(?:unknown|not found|does(?: not|n't) exist|doesn't have|is disabled|no longer|not known|invalid|unavailable)"
    r"|unknown (?:user|recipient|local|address|mailbox)|no such (?:user|recipient|address|mailbox|person)"
    r"|invalid (?:recipient|mailbox|address)"
    r"|not our customer|no mailbox here|not listed in|isn't (?:listed|known)|nieznany (?:użytkownik|odbiorca)|no user\b",
    re.IGNORECASE,
)
_FULL = re.compile(r"quota|mailbox (?:is )?full|over ?limit|exceeded|too large|storage", re.IGNORECASE)

_KEY = re.compile(r"<?\b([0-9a-f]{32})@[^\s>]+>?")
DAEMONS = re.compile(
    r"mailer.?daemon|postmaster|mail.?(?:sub)?system|\bmdaemon|delivery|bounce|<>|^$|\bsmtp\b|\bmta\b|\broot\b",
    re.IGNORECASE,
)
_FAILURE = re.compile(
    r"undeliver|deliver|returned|fail|bounce|rejected|refused|warning|unknown|nie ?dor[eę]cz|niedostarcz|zwrot|недостав|върнат|"
    r"unzustell|unable|could not|problem|error|delay|notif|cannot",
    re.IGNORECASE,
)
AUTOMATIC_SUBJECTS = re.compile(
    r"out of (?:the )?office|auto(?:matic|mated)?[- ]?(?:repl|resp|answer)|vacation|away from|on (?:holiday|leave)"
    r"|confirm your (?:mail|message)"
    r"|autoodpowied|automatyczna odpowied|poza biurem|nieobecno|автоматичен отговор|отсъств|в отпуск|извън офиса|abwesenheit"
    r"|réponse automatique|verify|confirmation required|challenge|please confirm|spam ?arrest|are you human|potwierd",
    re.IGNORECASE,
)
_COMPLAINTS = {"abuse", "fraud", "opt-out", "opt-out-list", "virus", "other"}


def read_report(raw: bytes) -> Report:
    """What this message says about one of ours. Never raises, whatever it is given."""
    message = message_from_bytes(raw)
    original = _original_key(message, raw)
    if feedback := _part(message, "message/feedback-report"):
        return _complaint(feedback, message, original)
    if delivery := _part(message, "message/delivery-status"):
        return _delivery(delivery, message, original)
    if _is_reply(message):
        return Report(Kind.NEITHER, original)
    return _old_style(message, original)


# --- complaints ---------------------------------------------------------------------------------------------------------------


def _complaint(part: Message, message: Message, original: str) -> Report:
    fields = next(iter(_blocks(part)), Message())
    kind = _text(fields.get("Feedback-Type")).strip().lower()
    recipients = tuple(_address(_text(value)) for value in fields.get_all("Original-Rcpt-To", []))
    inner = _part(message, "message/rfc822") or _part(message, "text/rfc822-headers")
    if not recipients and inner is not None:
        recipients = tuple(_address(_text(value)) for one in _blocks(inner) for value in one.get_all("To", []))
    return Report(Kind.COMPLAINT if kind in _COMPLAINTS else Kind.NEITHER, original, recipients, detail=kind)


# --- delivery reports ---------------------------------------------------------------------------------------------------------


def _delivery(part: Message, message: Message, original: str) -> Report:
    """The worst that happened to a recipient; failing that, whatever flufl.bounce makes of a report that names none."""
    said = [_recipient(block) for block in _blocks(part) if "Action" in block or "Status" in block]
    failed = [one for one in said if one.kind is not Kind.NEITHER]
    if not failed:
        return Report(Kind.NEITHER, original) if said else _old_style(message, original)
    worst = min(failed, key=lambda one: one.kind is not Kind.HARD)
    recipients = tuple(dict.fromkeys(address for one in failed if one.kind is worst.kind for address in one.recipients))
    return msgspec.structs.replace(worst, message=original, recipients=recipients)


def _recipient(block: Message) -> Report:
    action = _text(block.get("Action")).strip().lower()
    status = (re.findall(r"\b[245]\.\d{1,3}\.\d{1,3}\b", _text(block.get("Status"))) or [""])[0]
    detail = " ".join(_text(block.get("Diagnostic-Code")).split())[:_LONGEST_DETAIL]
    address = _address(_text(block.get("Original-Recipient") or block.get("Final-Recipient")))
    failed = action.startswith("fail") or (not action and status.startswith("5"))
    kind = _kind(status, detail) if failed else Kind.NEITHER
    return Report(kind, recipients=(address,) if address else (), status=status, detail=detail)


def _kind(status: str, words: str) -> Kind:
    """Hard only where the address itself is bad: who was refused for a full mailbox or for our reputation is still there."""
    if status.startswith("4") or _FULL.search(words):
        return Kind.SOFT
    if status in _BAD_ADDRESS:
        return Kind.HARD
    is_vague = status in {"", "5.0.0", "5.5.0", "5.3.0", "5.4.1", "5.7.1"}
    return Kind.HARD if is_vague and _NOBODY.search(words) else Kind.SOFT


# --- everything else ----------------------------------------------------------------------------------------------------------


def _is_reply(message: Message) -> bool:
    """Whether somebody answered: a machine, by what RFC 3834 marks it with, or anybody who is no mail system at all."""
    if any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "X-Challenge", "X-Vacation")):
        return True
    subject, sender = decoded(message.get("Subject")), decoded(message.get("From"))
    if AUTOMATIC_SUBJECTS.search(subject) or not (DAEMONS.search(sender) or _FAILURE.search(subject)):
        return True
    is_automatic = _text(message.get("Auto-Submitted")).lower().startswith("auto-replied")
    is_automatic = is_automatic or _text(message.get("Precedence")).strip().lower() in {"auto_reply", "auto-reply"}
    return is_automatic and not DAEMONS.search(sender)


def _old_style(message: Message, original: str) -> Report:
    if "From" not in message:  # some detectors take it for granted
        message["From"] = "<>"
    try:
        _, permanent = all_failures(message)
    except Exception:  # noqa: BLE001  (whatever a stranger sent: not understood is not a bounce)
        return Report(Kind.NEITHER, original)
    addresses = tuple(sorted(address.decode(errors="replace").lower() for address in permanent))
    if not addresses:
        return Report(Kind.NEITHER, original)
    words = _words(message)
    status = (re.findall(r"\b5\.\d{1,3}\.\d{1,3}\b", words) or [""])[0]
    return Report(_kind(status, words), original, addresses, status)


def is_dead(history: Sequence[tuple[Instant, bool]]) -> bool:
    """Whether an address that only ever bounced softly is given up: at least three in a row over at least seven days.

    `history` is (sent at, came back) of the latest messages to it, the newest first.
    """
    streak = 0
    while streak < len(history) and history[streak][1]:
        streak += 1
    return streak >= _SOFT_IN_A_ROW and history[0][0] - history[streak - 1][0] >= _SOFT_FOR


# --- taking messages apart ----------------------------------------------------------------------------------------------------


def _part(message: Message, content_type: str) -> Message | None:
    return next((part for part in message.walk() if part.get_content_type() == content_type), None)


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields inside a report part, however it was encoded."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (cast("Message", one) for one in payload)
        return
    decoded = part.get_payload(decode=True)
    for block in re.split(rb"\r?\n\r?\n", decoded.strip() if isinstance(decoded, bytes) else b""):
        yield message_from_bytes(block.strip() + b"\n\n")


def _text(value: object) -> str:
    return "" if value is None else str(value)


def decoded(value: object) -> str:
    """A header as its reader sees it."""
    try:
        return str(make_header(decode_header(_text(value))))
    except (HeaderParseError, LookupError, ValueError):
        return _text(value)


def _address(field: str) -> str:
    """rfc822; <Anna@Example.com> -> anna@example.com."""
    return field.rpartition(";")[2].strip().rpartition("<")[2].rstrip("> \t").strip().lower()


def _words(message: Message) -> str:
    """What the human part says, up to the original message."""
    for part in message.walk():
        if part.get_content_maintype() == "text" and part.get_content_type() != "text/rfc822-headers":
            decoded = part.get_payload(decode=True)
            if isinstance(decoded, bytes):
                return decoded[:20_000].decode("utf-8", "replace")
    return ""


def _original_key(message: Message, raw: bytes) -> str:
    """The key of ours that it is about: from the original's Message-ID, from what it replies to, else from wherever it stands."""
    for part in message.walk():
        if part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            for block in _blocks(part):
                if found := _KEY.search(_text(block.get("Message-ID"))):
                    return found[1]
    for name in ("In-Reply-To", "References"):
        if found := _KEY.search(_text(message.get(name))):
            return found[1]
    own = _text(message.get("Message-ID"))
    anywhere = (found for found in _KEY.finditer(raw[:200_000].decode("latin-1")) if found[0].strip("<>") not in own)
    return next((found[1] for found in anywhere), "")

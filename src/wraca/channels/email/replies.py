"""What an SMTP server's refusal means for us: enhanced status code first (RFC 3463), then the basic code, then the words.

Seven answers and no more: try later, mailbox full, bad address (hard), we are blocked, our sign-in or policy is wrong, the content
is refused, refused for another reason.
"""

import re

from wraca.ports.channel import Blocked, ChannelError, Misconfigured, Refused, Unavailable

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
_LINK = re.compile(r"https?://\S+")

_PERMANENT = 500
_LATER = 120.0  # seconds
_FULL = 4 * 3600.0

# Words that decide where codes are vague or misused, in this order; the first that fits wins. Case is ignored.
_BLOCKED = re.compile(
    r"spf|dkim|dmarc|unauthenticated|authentication checks|does not meet the authentication|sender (?:policy|verification)|"
    r"reputation|block ?list|black ?list|blocked|blacklisted|spamhaus|\brbl\b|dnsbl|barracuda|senderbase|sorbs|proofpoint|"
    r"(?:client|ip|host|address|server|access).{0,40}(?:denied|banned|rejected due|refused due|not allowed)|access denied|banned|"
    r"unsolicited|bulk mail|poor|suspicious|low reputation|ptr|reverse dns|rdns|policy reasons|unusual rate|complaints|tss0|tss1|"
    r"messages? temporarily deferred|s3140|s3150|ab-\d|nieautoryzowany|odrzucon\w+ ze względu na polityk",
    re.IGNORECASE,
)
_FULL_WORDS = re.compile(
    r"mailbox.{0,30}(?:full|over|exceed)|over.?quota|quota.{0,30}exceed|exceeded.{0,30}(?:quota|storage)|out of storage|"
    r"insufficient (?:system )?storage|not enough (?:disk )?space|przepełnion|przekroczon|препълнена",
    re.IGNORECASE,
)
_NO_MAILBOX = re.compile(
    r"(?:user|mailbox|recipient|address|account|adres|skrzynk\w*|konto|odbiorc\w*|потребител\w*|получател\w*).{0,60}"
    r"(?:unknown|not found|does ?n.t exist|does not exist|no longer|invalid|unavailable|disabled|inactive|suspended|rejected|"
    r"not exist|not listed|nie istnieje|nieznan|nieaktywn|zablokowan|не съществува|невалид)|"
    r"(?:unknown|no such|invalid|nonexistent|bad|undeliverable|nieznan\w*|brak) "
    r"(?:user|mailbox|recipient|address|account|local.?part|domain|destination|użytkownik\w*|adres\w*)|"
    r"user unknown|unrouteable address|domain not found|no mailbox here|not a valid (?:mailbox|user|recipient)|"
    r"recipient (?:address )?rejected: (?:user|undeliverable|unknown)|account.{0,20}(?:closed|deleted|disabled)|dd (?:this )?user",
    re.IGNORECASE,
)
_CONTENT = re.compile(
    r"spam|virus|malware|phish|content|message (?:rejected|refused)|url|surbl|uribl|attachment|too (?:large|big)|size|header|"
    r"5\.6\.|message contains|odrzucon\w+ jako|wiadomość",
    re.IGNORECASE,
)
_SIGN_IN = re.compile(
    r"authentication (?:required|failed|credentials)|must authenticate|relay(?:ing)? (?:denied|access|not permitted)|relay access|"
    r"not permitted to relay|sender address rejected|not owned by|sender.{0,30}(?:not allowed|denied|rejected)|"
    r"starttls|must issue|credentials|wymagan\w+ uwierzytelni",
    re.IGNORECASE,
)

_OWN_SENDER = re.compile(r"sender address rejected|not owned by", re.IGNORECASE)

# Enhanced codes that mean one thing everywhere. Detail "*" stands for any.
_BY_ENHANCED: dict[tuple[str, str], str] = {
    ("1", "0"): "hard", ("1", "1"): "hard", ("1", "2"): "hard", ("1", "3"): "hard", ("1", "6"): "hard", ("1", "10"): "hard",
    ("2", "1"): "hard", ("2", "2"): "full", ("2", "3"): "content",
    ("3", "4"): "content", ("6", "*"): "content", ("7", "8"): "sign_in", ("7", "9"): "sign_in",
    ("7", "20"): "blocked", ("7", "21"): "blocked", ("7", "22"): "blocked", ("7", "23"): "blocked", ("7", "24"): "blocked",
    ("7", "25"): "blocked", ("7", "26"): "blocked", ("7", "27"): "blocked", ("7", "509"): "blocked", ("7", "515"): "blocked",
    ("7", "606"): "blocked", ("7", "708"): "blocked", ("7", "705"): "blocked", ("7", "750"): "blocked",
}  # fmt: skip


def told(text: str) -> str:
    """What the other side said, without addresses and links: it goes into reports."""
    return _ADDRESS.sub("(address)", _LINK.sub("(link)", " ".join(text.split())))[:300]


def classify(code: int, text: str) -> str:
    """One word: later, full, hard, blocked, sign_in, content, refused."""
    enhanced = _ENHANCED.search(text)
    is_permanent = enhanced[1] == "5" if enhanced else code >= _PERMANENT
    if not is_permanent:
        return "full" if _FULL_WORDS.search(text) or (enhanced and enhanced.groups()[1:] == ("2", "2")) else "later"
    if _OWN_SENDER.search(text) or (_SIGN_IN.search(text) and not _NO_MAILBOX.search(text)):
        return "sign_in"
    if enhanced and (said := _by_enhanced(enhanced[2], enhanced[3], text)):
        return said
    return _by_words(code, text)


def _by_enhanced(subject: str, detail: str, text: str) -> str | None:
    known = _BY_ENHANCED.get((subject, detail)) or _BY_ENHANCED.get((subject, "*"))
    if known == "hard" and _BLOCKED.search(text) and not _NO_MAILBOX.search(text):
        return "blocked"  # some servers say "no such user" to those they do not trust
    if known == "hard" and _FULL_WORDS.search(text):
        return "full"
    if known == "sign_in" and _BLOCKED.search(text):
        return "blocked"  # 5.7.9 is a sign-in for some and DMARC for others
    return known


def _by_words(code: int, text: str) -> str:
    for words, meaning in ((_FULL_WORDS, "full"), (_NO_MAILBOX, "hard"), (_BLOCKED, "blocked"), (_CONTENT, "content")):
        if words.search(text):
            return meaning
    return {552: "full", 551: "hard", 553: "hard", 530: "sign_in", 535: "sign_in"}.get(code, "refused")


def error_of(code: int, text: str) -> ChannelError:
    """The error of the port that this reply stands for."""
    said = told(text)
    match classify(code, text):
        case "later":
            return Unavailable("try_later", f"{code} {said}", retry_after=_LATER)
        case "full":
            return Unavailable("mailbox_full", f"{code} {said}", retry_after=_FULL)
        case "hard":
            return Refused("no_such_mailbox", f"{code} {said}", hard=True)
        case "blocked":
            return Blocked("not_trusted", f"{code} {said}")
        case "sign_in":
            return Misconfigured("sign_in", f"{code} {said}")
        case "content":
            return Refused("content", f"{code} {said}")
        case _:
            return Refused("refused", f"{code} {said}")

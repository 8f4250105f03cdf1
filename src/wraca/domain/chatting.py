"""What a chat decides: whether the team is there, what may be said, what a file really is. Pure."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from wraca.domain.events import Instant

_MINUTE = 60_000
PRESENT_FOR = 2 * _MINUTE  # ms since the team's last sign of life in the inbox
GONE_AFTER = 2 * _MINUTE  # ms without the visitor listening: they left the shop's pages
LONGEST_TEXT = 2_000  # characters of one line
LARGEST_FILE = 5 * 1024 * 1024  # bytes
MOST_FILES = 10  # in one chat
MOST_ANSWERS = 30  # prepared answers in one language
_LONGEST_NAME = 80

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_SPAN = re.compile(
    r"(?P<first>mo|tu|we|th|fr|sa|su)(?:-(?P<last>mo|tu|we|th|fr|sa|su))?\s+"
    r"(?P<from>[0-9]{1,2}:[0-9]{2})-(?P<until>[0-9]{1,2}:[0-9]{2})"
)


class BadHours(ValueError):
    """Opening hours that cannot be read; the text says how they are written."""


class Span(msgspec.Struct, frozen=True, order=True):
    """Open on this day of the week (0 is Monday) between two minutes of the day."""

    day: int
    start: int
    end: int


Hours = tuple[Span, ...]  # none: at any time


class Habits(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the shop's team chats: prepared answers by language."""

    answers: dict[str, tuple[str, ...]] = {}


class Presence(StrEnum):
    """What the visitor is told: somebody is there, somebody will be today, nobody before the next opening."""

    HERE = "here"
    SOON = "soon"
    AWAY = "away"


def read_hours(text: str) -> Hours:
    """Read hours such as "mo-fr 09:00-17:00, sa 10:00-14:00". Raises BadHours."""
    spans: set[Span] = set()
    for part in filter(None, (one.strip().lower() for one in re.split(r"[,;\n]", text))):
        found = _SPAN.fullmatch(part)
        start, end = (_minutes(found["from"]), _minutes(found["until"])) if found else (0, 0)
        if found is None or not 0 <= start < end <= 24 * 60:
            raise BadHours(f"{part!r} is no opening time. Write days and hours such as: mo-fr 09:00-17:00, sa 10:00-14:00")
        first = DAYS.index(found["first"])
        last = DAYS.index(found["last"] or found["first"])
        spans |= {Span((first + each) % 7, start, end) for each in range((last - first) % 7 + 1)}
    return tuple(sorted(spans))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes) if int(minutes) < 60 else -1


def is_open(hours: Hours, now: Instant, zone: ZoneInfo) -> bool:
    """Whether the shop's clocks stand inside the opening hours."""
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    minute = local.hour * 60 + local.minute
    return not hours or any(span.day == local.weekday() and span.start <= minute < span.end for span in hours)


def next_opening(hours: Hours, now: Instant, zone: ZoneInfo) -> Instant | None:
    """When somebody will be there again; None where it is open now or there are no hours."""
    if is_open(hours, now, zone):
        return None
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = []
    for ahead in range(8):
        day = midnight + timedelta(days=ahead)
        for span in hours:
            if span.day == day.weekday():
                opens = day + timedelta(minutes=span.start)  # by the wall clock, whatever the clocks do that night
                moments.append(int(opens.timestamp() * 1000))
    return min((moment for moment in moments if moment > now), default=None)


def presence(hours: Hours, now: Instant, zone: ZoneInfo, team_seen_at: Instant) -> Presence:
    """Hours alone promise nothing: somebody must sit in front of the inbox."""
    if not is_open(hours, now, zone):
        return Presence.AWAY
    return Presence.HERE if now - team_seen_at < PRESENT_FOR else Presence.SOON


# --- what is said ---------------------------------------------------------------------------------------------------------------

# Signs that turn the direction of what follows: they would make a link or a name read as another one.
_TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F))


def plain(text: str) -> str:
    """What somebody typed, as text that no page and no database stumbles over, cut at LONGEST_TEXT; empty for nothing."""
    turned = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TURNING)
    kept = "".join(sign for sign in turned if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})
    return kept.strip()[:LONGEST_TEXT]


# --- files: what they are, by their first bytes, whatever they are called ---------------------------------------------------------

_KINDS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"))
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "application/pdf": "pdf"}


def kind_of(content: bytes) -> str:
    """The type of a picture or a PDF; empty for everything else, which is refused."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    return next((kind for begin, kind in _KINDS if content.startswith(begin)), "")


def file_name(name: str, kind: str) -> str:
    """A name that any machine can keep, and that ends as its content says."""
    bare = re.split(r"[\\/]", name)[-1]
    stem = re.sub(r"[^\w .()-]", "", bare.rpartition(".")[0] or bare).strip(" .")[:_LONGEST_NAME]
    return f"{stem or 'file'}.{_ENDINGS[kind]}"

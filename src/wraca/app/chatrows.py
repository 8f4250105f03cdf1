"""Rows of chats, and the few acts that visitors, the team and the mail share."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from wraca.app.register import Connection, Register
from wraca.app.sealing import Seal
from wraca.domain.chatting import Habits, Hours, Presence, next_opening, presence, read_hours
from wraca.domain.events import Instant
from wraca.domain.identity import person_id
from wraca.domain.ids import PersonId, ShopId, bucket_of
from wraca.domain.shop import Shop
from wraca.storage.database import Transaction
from wraca.storage.hot import chats as sql
from wraca.storage.hot.placements import VISITOR

CHANNEL = "chat"


class Room(msgspec.Struct, frozen=True):
    """A chat: the columns of CHAT, in their order. `reply_to` is sealed."""

    shop: ShopId
    id: str
    person: PersonId
    state: str
    language: str
    opened_at: Instant
    last_at: Instant
    last_by: str
    unread_team: int
    unread_visitor: int
    visitor_seen_at: Instant
    assigned_to: str
    reply_to: str


class File(msgspec.Struct, frozen=True):
    """What is known of a file without opening it."""

    name: str
    type: str
    size: int


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing said. `by`: visitor, team, journey or system (which only the team is shown)."""

    number: int
    at: Instant
    by: str
    text: str = ""
    author: str = ""
    file: File | None = None


class NewLine(msgspec.Struct):
    """A line to be written. `id` is made by whoever says it."""

    shop: ShopId
    chat: str
    id: str
    speaker: str
    author: str
    text: str
    attachment: dict[str, object] | None = None


class There(msgspec.Struct, frozen=True):
    """Whether the team is there, and when it will be."""

    presence: Presence
    opens_at: Instant | None


def line_of(row: tuple[object, ...]) -> Line:
    """From the columns of LINES."""
    number, at, by, author, text, name, kind, size = row
    file = File(str(name), str(kind), int(str(size))) if name else None
    return Line(int(str(number)), int(str(at)), str(by), str(text), str(author), file)


def add_line(tx: Transaction, bucket: int, line: NewLine, now: Instant) -> tuple[int, bool]:
    """Its number, and whether it is new: the same id again is the same line. The chat's row must be held."""
    is_new = tx.run(sql.ADD_LINE, [line], bucket=bucket, now=now) > 0
    ((number,),) = tx.all(sql.NUMBER_OF_LINE, bucket=bucket, shop=line.shop, chat=line.chat, id=line.id)
    return number, is_new


def sealed_file(seal: Seal, name: str, kind: str, content: bytes) -> dict[str, object]:
    """A file as its row keeps it."""
    return {"name": name, "type": kind, "size": len(content), "sealed": seal.close({"content": content})}


def opened_file(seal: Seal, attachment: Mapping[str, object]) -> tuple[File, bytes]:
    """The file and its bytes. Raises WrongKey."""
    kept = msgspec.convert(attachment, _Kept)
    content = msgspec.convert(seal.open(kept.sealed)["content"], bytes)
    return File(kept.name, kept.type, kept.size), content


class _Kept(msgspec.Struct):
    name: str
    type: str
    size: int
    sealed: str


def find_room(tx: Transaction, shop: ShopId, chat: str, *, hold: bool = False) -> Room | None:
    """The chat of this id; held until the transaction ends where something is to be said in it."""
    rows = tx.all(sql.HOLD_CHAT if hold else sql.CHAT, bucket=bucket_of(shop), shop=shop, chat=chat)
    return Room(*rows[0]) if rows else None


def lines_of(tx: Transaction, shop: ShopId, chat: str, after: int = 0, most: int = 1_000) -> list[Line]:
    """What was said beyond this number, in its order."""
    return [line_of(row) for row in tx.all(sql.LINES, bucket=bucket_of(shop), shop=shop, chat=chat, after=after, most=most)]


def person_of_browser(tx: Transaction, shop: ShopId, anonymous_id: str) -> PersonId:
    """Whose browser this is; somebody nobody knows yet has the id that their first event would give them."""
    key = f"anonymous:{anonymous_id}"
    rows = tx.all(VISITOR, bucket=bucket_of(shop), shop=shop, key=key)
    return PersonId(rows[0][0]) if rows else person_id(shop, key)


def hours_of(connection: Connection | None) -> Hours:
    """When the team answers; saved settings were checked."""
    return read_hours(str(connection.settings.get("hours") or "")) if connection else ()


def zone_of_shop(shop: Shop) -> ZoneInfo:
    """UTC where the shop's word means nothing here."""
    try:
        return ZoneInfo(shop.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def there_now(register: Register, tx: Transaction, shop_id: ShopId, now: Instant) -> There:
    """Whether somebody of this shop would answer now."""
    shop, hours = register.shop(shop_id), hours_of(register.connection(shop_id, CHANNEL))
    rows = tx.all(sql.TEAM_SEEN, bucket=shop.bucket, shop=shop_id)
    seen = (rows[0][0] if rows else None) or 0
    zone = zone_of_shop(shop)
    return There(presence(hours, now, zone, seen), next_opening(hours, now, zone))


def prepared_answers(shop: Shop, language: str) -> tuple[str, ...]:
    """The team's prepared answers in this language: their own, else those we bring."""
    return shop.profile.chat.answers.get(language) or _ANSWERS.get(language, _ANSWERS["en"])


def usual_habits() -> Habits:
    """What a shop begins with."""
    return Habits(dict(_ANSWERS))


# Neutral: no name, no promise that a shop could not keep.
_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Hello! How can we help?",
        "Let me check that for you, it takes a moment.",
        "Could you tell us your order number, please?",
        "Is there anything else we can help with?",
        "Thank you for writing. Have a good day!",
    ),
    "pl": (
        "Dzień dobry! W czym możemy pomóc?",
        "Już sprawdzam, to potrwa chwilę.",
        "Czy możemy prosić o numer zamówienia?",
        "Czy możemy pomóc w czymś jeszcze?",
        "Dziękujemy za wiadomość. Miłego dnia!",
    ),
    "bg": (
        "Здравейте! С какво можем да помогнем?",
        "Ще проверя, ще отнеме минутка.",
        "Бихте ли ни казали номера на поръчката?",
        "Можем ли да помогнем с още нещо?",
        "Благодарим Ви, че ни писахте. Приятен ден!",
    ),
}

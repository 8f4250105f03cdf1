"""The visitor's side of a chat: whoever holds its token is who it is with. Nothing that a browser claims beyond that is believed.

Opening a chat only makes a token; the first words make the chat. A lost answer is asked again: the same line under the same id is
kept once, and its number is told again.
"""

from typing import Literal

import msgspec

from wraca.app.chatbell import bell_of
from wraca.app.chatrows import (
    CHANNEL,
    Line,
    NewLine,
    Room,
    add_line,
    find_room,
    line_of,
    lines_of,
    opened_file,
    person_of_browser,
    sealed_file,
    there_now,
)
from wraca.app.hooksout import Happening, tell
from wraca.app.invitations import Invitation, Invitations
from wraca.app.links import bucket_of_token, new_token, token_hash
from wraca.app.register import Register
from wraca.domain.chatting import LARGEST_FILE, MOST_FILES, Presence, file_name, kind_of, plain
from wraca.domain.events import Instant
from wraca.domain.ids import PersonId, ShopId, bucket_of, derived_id
from wraca.domain.webhooks import Topic
from wraca.storage.database import Transaction
from wraca.storage.hot import chats as sql

LANGUAGES = ("en", "pl", "bg")
_SHOWN = 200  # lines that a page gets at first
_TEAM_ONLY = "system"

Refusal = Literal["empty", "not_open", "bad_file", "large_file", "many_files", "bad_address", "unknown"]


class NotSaid(Exception):
    """Why something was not taken."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(code)
        self.code: Refusal = code


class Guest(msgspec.Struct, frozen=True):
    """Who asks: the browser's own id, the token of its chat if it has one, the language of its page."""

    anonymous_id: str
    token: str = ""
    language: str = ""


class Words(msgspec.Struct, frozen=True):
    """What a visitor says. `id` is made by the browser; `invitation` is what they answer to."""

    id: str
    text: str = ""
    file: bytes = b""
    name: str = ""
    invitation: str = ""


class Welcome(msgspec.Struct, frozen=True, rename="camel"):
    """What the widget needs to begin: nothing in it says who the visitor is."""

    presence: Presence
    opens_at: Instant | None
    shop: str
    side: str
    has_address: bool = False
    lines: tuple[Line, ...] = ()
    unread: int = 0
    invitation: Invitation | None = None


class Place(msgspec.Struct, frozen=True):
    """Where to listen."""

    bucket: int
    shop: ShopId
    chat: str


class _ChatRow(msgspec.Struct):
    shop: ShopId
    id: str
    person: PersonId
    hash: str
    language: str


class _After(msgspec.Struct):
    shop: ShopId
    chat: str
    after: int


class _Listening(msgspec.Struct):
    shop: ShopId
    chat: str


class Chats:
    """One per process."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.bell = bell_of(register.database)
        self._invitations = Invitations(register)

    def open(self, shop: ShopId) -> str:
        """A token for a new chat. Raises NotSaid where the shop has none."""
        self._connected(shop)
        return new_token(bucket_of(shop))

    def hello(self, shop_id: ShopId, guest: Guest, now: Instant) -> Welcome:
        """How the chat stands. Raises NotSaid, NoSuchShop."""
        self._connected(shop_id)
        shop, connection = self.register.shop(shop_id), self.register.connection(shop_id, CHANNEL)
        side = str(connection.settings.get("side") or "right") if connection else "right"
        with self.register.database.read() as tx:
            there = there_now(self.register, tx, shop_id, now)
            welcome = Welcome(there.presence, there.opens_at, shop.name, side)
            room = self._room(tx, shop_id, guest)
            if room is None:
                language = _language(guest.language or shop.language)
                person = person_of_browser(tx, shop_id, guest.anonymous_id)
                invitation = self._invitations.waiting(tx, shop, person, (guest.anonymous_id, language), now)
                return msgspec.structs.replace(welcome, invitation=invitation)
            said = lines_of(tx, shop_id, room.id)[-_SHOWN:]
        shown = tuple(msgspec.structs.replace(line, author="") for line in said if line.by != _TEAM_ONLY)
        return msgspec.structs.replace(welcome, has_address=bool(room.reply_to), lines=shown, unread=room.unread_visitor)

    def say(self, shop_id: ShopId, guest: Guest, words: Words, now: Instant) -> int:
        """Take the visitor's words in; the number of their line. Raises NotSaid."""
        self._connected(shop_id)
        text, attachment = plain(words.text), self._file(words)
        if not text and attachment is None:
            raise NotSaid("empty")
        bucket, chat = bucket_of(shop_id), self._chat_id(shop_id, guest)
        with self.register.database.write() as tx:
            person = person_of_browser(tx, shop_id, guest.anonymous_id)
            language = _language(guest.language or self.register.shop(shop_id).language)
            row = _ChatRow(shop_id, chat, person, token_hash(guest.token), language)
            is_new = tx.run(sql.OPEN_CHAT, [row], bucket=bucket, now=now) > 0
            room = find_room(tx, shop_id, chat, hold=True)
            assert room is not None
            if attachment and tx.all(sql.COUNT_FILES, bucket=bucket, shop=shop_id, chat=chat)[0][0] >= MOST_FILES:
                raise NotSaid("many_files")
            if is_new and words.invitation:
                self._invitations.begin(tx, shop_id, room, words.invitation, now)
            line = NewLine(shop_id, chat, derived_id(chat, "visitor", words.id), "visitor", "", text, attachment)
            number, added = add_line(tx, bucket, line, now)
            if added:
                tx.run(sql.VISITOR_SAID, bucket=bucket, shop=shop_id, chat=chat, now=max(now, room.last_at), seen=now)
                self._tell(tx, room, number, now, is_new=is_new)
        self.bell.ring()
        return number

    def _tell(self, tx: Transaction, room: Room, number: int, now: Instant, *, is_new: bool) -> None:
        facts: dict[str, object] = {"chat_id": room.id, "person_id": room.person}
        told = [Happening(room.shop, Topic.CHAT_MESSAGE, f"{room.id}/{number}", now, facts | {"number": number, "by": "visitor"})]
        if is_new:
            told.insert(0, Happening(room.shop, Topic.CHAT_STARTED, room.id, now, facts))
        tell(tx, bucket_of(room.shop), self.register.hearers, told, now)

    def place(self, shop: ShopId, guest: Guest) -> Place:
        """Where this guest's chat is heard, also before its first words. Raises NotSaid."""
        return Place(bucket_of(shop), shop, self._chat_id(shop, guest))

    def read(self, shop: ShopId, guest: Guest, now: Instant) -> None:
        """The visitor has seen everything up to now."""
        with self.register.database.write() as tx:
            tx.run(sql.READ_BY_VISITOR, bucket=bucket_of(shop), shop=shop, chat=self._chat_id(shop, guest), now=now)

    def leave_address(self, shop: ShopId, guest: Guest, address: str, now: Instant) -> None:
        """Where to answer once the visitor is gone: for this conversation only, no permission for anything else. Raises NotSaid."""
        told = address.strip().lower()
        name, at, host = told.rpartition("@")
        if not (name and at and "." in host and len(told) <= 320 and told.isprintable() and not any(c in ' <>",;' for c in told)):
            raise NotSaid("bad_address")
        bucket, chat = bucket_of(shop), self._chat_id(shop, guest)
        with self.register.database.write() as tx:
            if find_room(tx, shop, chat, hold=True) is None:
                raise NotSaid("unknown")
            tx.run(sql.LEAVE_ADDRESS, bucket=bucket, shop=shop, chat=chat, sealed=self.register.seal.close({"address": told}))
            line = NewLine(shop, chat, derived_id(chat, "address", str(now)), _TEAM_ONLY, "", "address_left")
            add_line(tx, bucket, line, now)
        self.bell.ring()

    def file(self, shop: ShopId, guest: Guest, number: int) -> tuple[str, str, bytes] | None:
        """(name, type, content) of a file in this guest's own chat."""
        with self.register.database.read() as tx:
            rows = tx.all(sql.FILE, bucket=bucket_of(shop), shop=shop, chat=self._chat_id(shop, guest), number=number)
        if not rows:
            return None
        file, content = opened_file(self.register.seal, msgspec.json.decode(rows[0][0]))
        return file.name, file.type, content

    def invited(self, shop: ShopId, guest: Guest, message: str, deed: Literal["shown", "refused"], now: Instant) -> bool:
        """What became of an invitation; False for what this visitor was never to see."""
        with self.register.database.write() as tx:
            person = person_of_browser(tx, shop, guest.anonymous_id)
            return self._invitations.note(tx, shop, person, guest.anonymous_id, message, deed, now)

    # --- for all listeners of this process at once ------------------------------------------------------------------------------

    def heard(self, listened: dict[Place, int]) -> dict[str, list[Line]]:
        """What was said in each of these chats beyond the number given, for visitors."""
        found: dict[str, list[Line]] = {}
        by_bucket: dict[int, list[_After]] = {}
        for place, after in listened.items():
            by_bucket.setdefault(place.bucket, []).append(_After(place.shop, place.chat, after))
        with self.register.database.read() as tx:
            for bucket, rows in sorted(by_bucket.items()):
                for chat, *row in tx.all(sql.NEW_LINES, rows, bucket=bucket):
                    found.setdefault(chat, []).append(msgspec.structs.replace(line_of(tuple(row)), author=""))
        return found

    def still_there(self, listened: list[Place], now: Instant) -> None:
        """The visitors of these chats have the shop's pages before them."""
        by_bucket: dict[int, list[_Listening]] = {}
        for place in sorted(listened, key=lambda one: (one.shop, one.chat)):
            by_bucket.setdefault(place.bucket, []).append(_Listening(place.shop, place.chat))
        for bucket, rows in sorted(by_bucket.items()):
            with self.register.database.write() as tx:
                tx.run(sql.VISITORS_LISTEN, rows, bucket=bucket, now=now)

    # --- who --------------------------------------------------------------------------------------------------------------------

    def _connected(self, shop: ShopId) -> None:
        if self.register.connection(shop, CHANNEL) is None:
            raise NotSaid("not_open")

    def _chat_id(self, shop: ShopId, guest: Guest) -> str:
        """A chat's id comes from its token: who asks again with the same token finds the same chat."""
        if bucket_of_token(guest.token) != bucket_of(shop):
            raise NotSaid("unknown")
        return derived_id(shop, "chat", token_hash(guest.token))

    def _room(self, tx: Transaction, shop: ShopId, guest: Guest) -> Room | None:
        return find_room(tx, shop, self._chat_id(shop, guest)) if guest.token else None

    def _file(self, words: Words) -> dict[str, object] | None:
        if not words.file:
            return None
        if len(words.file) > LARGEST_FILE:
            raise NotSaid("large_file")
        kind = kind_of(words.file)
        if not kind:
            raise NotSaid("bad_file")
        return sealed_file(self.register.seal, file_name(words.name, kind), kind, words.file)


def _language(said: str) -> str:
    wanted = said.replace("_", "-").partition("-")[0].lower()
    return wanted if wanted in LANGUAGES else "en"

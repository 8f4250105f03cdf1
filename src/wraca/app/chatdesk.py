"""The team's side of a chat: who is there, what is answered, who takes care of it."""

import secrets

import msgspec

from wraca.app.chatbell import bell_of
from wraca.app.chatrows import CHANNEL, File, Line, NewLine, Room, add_line, find_room, lines_of, opened_file, sealed_file
from wraca.app.chatting import NotSaid
from wraca.app.hooksout import Happening, tell
from wraca.app.register import Register
from wraca.domain.chatting import LARGEST_FILE, file_name, kind_of, plain
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of, derived_id
from wraca.domain.webhooks import Topic
from wraca.storage.hot import chats as sql

_NOTED_EVERY = 20_000  # ms: pages that refresh themselves must not write each time


def sit_down(register: Register, shop: ShopId, now: Instant) -> None:
    """Somebody of the team has the inbox before them."""
    bucket = bucket_of(shop)
    with register.database.read() as tx:
        rows = tx.all(sql.TEAM_SEEN, bucket=bucket, shop=shop)
    if rows and (rows[0][0] or 0) < now - _NOTED_EVERY:
        with register.database.write() as tx:
            tx.run(sql.TEAM_IS_THERE, bucket=bucket, shop=shop, now=now, before=now - _NOTED_EVERY)


def conversation(register: Register, shop: ShopId, chat: str, after: int = 0) -> tuple[Room, list[Line]] | None:
    """A chat and what was said in it beyond this number; None where there is none of this id."""
    with register.database.read() as tx:
        room = find_room(tx, shop, chat)
        return (room, lines_of(tx, shop, chat, after)) if room else None


def has_read(register: Register, room: Room) -> None:
    """The team has seen everything up to now."""
    if room.unread_team:
        with register.database.write() as tx:
            tx.run(sql.READ_BY_TEAM, bucket=bucket_of(room.shop), shop=room.shop, chat=room.id)


class Upload(msgspec.Struct, frozen=True):
    """A file that is to be sent."""

    name: str
    content: bytes


class Answer(msgspec.Struct, frozen=True):
    """What somebody of the team says. `key` makes a repeat harmless."""

    author: str
    text: str
    key: str = ""
    upload: Upload | None = None


def answer(register: Register, shop: ShopId, chat: str, said: Answer, now: Instant) -> int:
    """Say something to the visitor; the number of the line. Raises NotSaid, LookupError."""
    text, attachment = plain(said.text), _attachment(register, said.upload)
    if not text and attachment is None:
        raise NotSaid("empty")
    bucket, author = bucket_of(shop), said.author
    with register.database.write() as tx:
        room = find_room(tx, shop, chat, hold=True)
        if room is None:
            raise LookupError(chat)
        identity = derived_id(chat, "team", author, said.key or secrets.token_hex(16))
        number, is_new = add_line(tx, bucket, NewLine(shop, chat, identity, "team", author, text, attachment), now)
        if is_new:
            tx.run(sql.TEAM_SAID, bucket=bucket, shop=shop, chat=chat, now=max(now, room.last_at), author=author)
            facts: dict[str, object] = {"chat_id": chat, "person_id": room.person, "number": number, "by": "team"}
            tell(tx, bucket, register.hearers, [Happening(shop, Topic.CHAT_MESSAGE, f"{chat}/{number}", now, facts)], now)
    bell_of(register.database).ring()
    return number


def _attachment(register: Register, upload: Upload | None) -> dict[str, object] | None:
    if upload is None:
        return None
    if len(upload.content) > LARGEST_FILE:
        raise NotSaid("large_file")
    kind = kind_of(upload.content)
    if not kind:
        raise NotSaid("bad_file")
    return sealed_file(register.seal, file_name(upload.name, kind), kind, upload.content)


def assign(register: Register, shop: ShopId, chat: str, author: str) -> None:
    """Somebody takes care of it; an empty name: nobody in particular."""
    with register.database.write() as tx:
        tx.run(sql.ASSIGN_CHAT, bucket=bucket_of(shop), shop=shop, chat=chat, author=author)


def close(register: Register, shop: ShopId, chat: str, now: Instant) -> None:
    """It is done, until the visitor says something more."""
    bucket = bucket_of(shop)
    with register.database.write() as tx:
        room = find_room(tx, shop, chat, hold=True)
        if room and tx.run(sql.CLOSE_CHAT, bucket=bucket, shop=shop, chat=chat):
            facts: dict[str, object] = {"chat_id": chat, "person_id": room.person}
            tell(tx, bucket, register.hearers, [Happening(shop, Topic.CHAT_ENDED, f"{chat}/{room.last_at}", now, facts)], now)


def reply_address(register: Register, room: Room) -> str:
    """What the visitor left to be answered at; empty: nothing."""
    return str(register.seal.open(room.reply_to).get("address", "")) if room.reply_to else ""


def file_in(register: Register, shop: ShopId, chat: str, number: int) -> tuple[File, bytes] | None:
    """A file that was sent in this chat."""
    with register.database.read() as tx:
        rows = tx.all(sql.FILE, bucket=bucket_of(shop), shop=shop, chat=chat, number=number)
    return opened_file(register.seal, msgspec.json.decode(rows[0][0])) if rows else None


def is_connected(register: Register, shop: ShopId) -> bool:
    """Whether the shop's pages have a chat."""
    return register.connection(shop, CHANNEL) is not None

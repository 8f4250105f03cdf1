"""Invitations of journeys to a chat: a message waits for its visitor, is shown once, and a no is remembered."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from wraca.app.chatrows import CHANNEL, NewLine, Room, add_line
from wraca.app.hooksout import hit_happenings, tell
from wraca.app.register import Register
from wraca.domain.events import Instant
from wraca.domain.identity import person_id
from wraca.domain.ids import HitId, PersonId, ShopId, bucket_of, derived_id
from wraca.domain.shop import Shop
from wraca.ports.channel import Links, Outgoing, Recipient, Sender, TemplateProblem
from wraca.storage.database import Transaction
from wraca.storage.hot import chats as sql
from wraca.storage.hot.intake import WAKE_RUNS
from wraca.storage.hot.placements import ADD_SHOWN_HIT, COUNT_SHOWN

_DAY = 24 * 3600_000
_PATIENCE = 30 * _DAY  # ms after a no in which no invitation is shown
_KEEP = 14 * _DAY  # ms that an invitation waits for its visitor
_SHOWN_AS = "chat"  # under which name a no is remembered


class Invitation(msgspec.Struct, frozen=True):
    """What the widget shows by itself."""

    id: str
    title: str
    text: str
    yes: str
    no: str


class _ShownRow(msgspec.Struct):
    shop: ShopId
    person: PersonId
    name: str
    times: int
    refused_at: Instant | None


class _HitRow(msgspec.Struct):
    shop: ShopId
    id: HitId
    message: str
    person: PersonId
    purpose: str
    reason: str


class _PersonRow(msgspec.Struct):
    shop: ShopId
    person: PersonId


class Invitations:
    """One per process."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def waiting(self, tx: Transaction, shop: Shop, person: PersonId, browser: tuple[str, str], now: Instant) -> Invitation | None:
        """`browser`: its own id and the language of its page. The newest invitation that waits; none after a no."""
        anonymous_id, language = browser
        rows = tx.all(
            sql.INVITATION,
            bucket=shop.bucket,
            shop=shop.id,
            person=person,
            browser=person_id(shop.id, f"anonymous:{anonymous_id}"),
            since=now - _KEEP,
            name=_SHOWN_AS,
            patience=now - _PATIENCE,
        )
        return self._made(shop, str(rows[0][0]), str(rows[0][1]), language) if rows else None

    def _made(self, shop: Shop, message: str, template: str, language: str) -> Invitation | None:
        channel = self._register.channels.get(CHANNEL)
        if channel is None:
            return None
        outgoing = Outgoing(
            key=message,
            shop=shop.id,
            recipient=Recipient(message),
            sender=Sender(shop.name, ""),
            template=template,
            language=language,
            facts={"shop": {"name": shop.name}},
            links=Links("", ""),
            settings={},
            sources=self._register.sources(shop.id, template, language),
        )
        try:
            said: Mapping[str, str] = msgspec.json.decode(channel.render(outgoing).payload, type=dict[str, str])
        except TemplateProblem:  # a page of the shop never waits for a text that cannot be read
            return None
        return Invitation(message, said["title"], said["text"], said["yes"], said["no"])

    def begin(self, tx: Transaction, shop_id: ShopId, room: Room, message: str, now: Instant) -> None:
        """The visitor answers: the invitation becomes the first line of the chat, and counts as clicked."""
        bucket = bucket_of(shop_id)
        rows = self._invited(tx, shop_id, room.person, message)
        if not rows:
            return
        made = self._made(self._register.shop(shop_id), message, rows[0], room.language)
        if made:
            add_line(tx, bucket, NewLine(shop_id, room.id, derived_id(room.id, message), "journey", "", made.text), now)
        self._hit(tx, shop_id, room.person, message, "open", now)
        self._hit(tx, shop_id, room.person, message, "click", now)

    def note(
        self,
        tx: Transaction,
        shop: ShopId,
        person: PersonId,
        anonymous_id: str,
        message: str,
        deed: Literal["shown", "refused"],
        now: Instant,
    ) -> bool:
        """It was shown, or refused (and so shown); False for what this visitor was never to see."""
        if not self._invited(tx, shop, person, message):
            return False
        self._hit(tx, shop, person, message, "open", now)
        if deed == "refused":
            both = sorted({person, person_id(shop, f"anonymous:{anonymous_id}")})
            tx.run(COUNT_SHOWN, [_ShownRow(shop, one, _SHOWN_AS, 0, now) for one in both], bucket=bucket_of(shop), now=now)
        return True

    @staticmethod
    def _invited(tx: Transaction, shop: ShopId, person: PersonId, message: str) -> list[str]:
        """The template of this message, if it was meant for this person."""
        if len(message) != 32 or not set(message) <= set("0123456789abcdef"):
            return []
        rows = tx.all(sql.INVITED, bucket=bucket_of(shop), shop=shop, message=message, person=person)
        return [str(template) for (template,) in rows]

    def _hit(self, tx: Transaction, shop: ShopId, person: PersonId, message: str, purpose: str, now: Instant) -> None:
        """Once each. "landed": it was seen on the shop's own page, the best proof there is."""
        bucket = bucket_of(shop)
        row = _HitRow(shop, HitId(derived_id(shop, "chat", message, purpose)), message, person, purpose, "landed")
        if tx.run(ADD_SHOWN_HIT, [row], bucket=bucket, now=now):
            tx.run(WAKE_RUNS, [_PersonRow(shop, person)], bucket=bucket, now=now)
            tell(tx, bucket, self._register.hearers, hit_happenings([(shop, person, message, purpose)], now), now)

"""The browsers behind messages: what it takes to reach each, and letting go of those that are gone."""

from collections.abc import Iterable
from contextlib import suppress

import msgspec

from wraca.app.errors import Busy
from wraca.app.intake import take_in
from wraca.app.register import Register
from wraca.app.weighing import Claimed, Material
from wraca.domain.events import Consent, Event, Identity, IdentityKind, Instant, PushChanged
from wraca.domain.ids import EventId, MessageId, ShopId, derived_id
from wraca.ports.pushing import Subscription
from wraca.storage.database import Transaction
from wraca.storage.hot import pushes as sql

CHANNEL = "webpush"
UNUSED = 180 * 24 * 3600 * 1000  # ms after which a browser that never came back is let go
_MOST = 500


class Kept(msgspec.Struct, frozen=True):
    """What is sealed."""

    endpoint: str
    p256dh: str
    auth: str
    key_id: str
    anonymous: str


class PushKey(msgspec.Struct, frozen=True, order=True):
    """A subscription of a shop."""

    shop: ShopId
    id: str


def load_handles(
    tx: Transaction, bucket: int, register: Register, passing: Iterable[tuple[Claimed, Material]]
) -> dict[MessageId, str]:
    """For messages that go to browsers: what it takes to reach each of them."""
    wanted = {
        message.id: PushKey(message.shop, made_of.person.push[-1])
        for message, made_of in passing
        if message.channel == CHANNEL and made_of.person.push
    }
    if not wanted:
        return {}
    rows = tx.all(sql.PUSHES, sorted(set(wanted.values())), bucket=bucket)
    found = {PushKey(shop, push): opened(register, sealed) for shop, push, sealed in rows}
    return {
        message: msgspec.json.encode(Subscription(kept.endpoint, kept.p256dh, kept.auth, kept.key_id)).decode()
        for message, key in wanted.items()
        if (kept := found.get(key))
    }


def let_go(register: Register, bucket: int, gone: Iterable[PushKey], now: Instant) -> int:
    """These browsers cannot be reached any more: their people are told so. How many. Raises Busy."""
    keys = sorted(set(gone))
    if not keys:
        return 0
    with register.database.write() as tx:
        tx.run(sql.END_PUSHES, keys, bucket=bucket, now=now)
        owners = tx.all(sql.OWNERS_OF_PUSHES, keys, bucket=bucket)
    arrivals = [(shop, (changed(shop, opened(register, sealed).anonymous, push, now, gone=True),)) for shop, push, sealed in owners]
    if arrivals:
        take_in(register.database, bucket, arrivals, now, register.idle)
    return len(arrivals)


def let_go_of(register: Register, bucket: int, bad: Iterable[tuple[ShopId, str, str]], now: Instant) -> None:
    """The browsers among these bad addresses (shop, channel, address). What cannot be told now is found out at the next message."""
    with suppress(Busy):
        let_go(register, bucket, [PushKey(shop, address) for shop, channel, address in bad if channel == CHANNEL and address], now)


def let_unused_go(register: Register, bucket: int, now: Instant) -> int:
    """Browsers that did not show themselves for half a year; how many there were. Raises Busy."""
    with register.database.read() as tx:
        rows = tx.all(sql.FADED_PUSHES, bucket=bucket, before=now - UNUSED, most=_MOST)
    done = let_go(register, bucket, (PushKey(shop, push) for shop, push in rows), now)
    with register.database.write() as tx:
        tx.run(sql.OLD_PUSHES, bucket=bucket, before=now - UNUSED, most=_MOST)
    return done


def changed(
    shop: ShopId, anonymous_id: str, push: str, now: Instant, *, consents: tuple[Consent, ...] = (), gone: bool = False
) -> Event:
    """The event that says so, of this browser."""
    name = EventId(derived_id(shop, "push changed", push, anonymous_id, str(gone), str(now)))
    who = (Identity(IdentityKind.ANONYMOUS, anonymous_id),)
    said = "Push Unsubscribed" if gone else "Push Subscribed"
    # That one is gone is our own word, and no sign of life.
    return Event(name, said, now, now, PushChanged(push, gone), who, consents=consents, backfill=gone)


def opened(register: Register, sealed: str) -> Kept:
    """What was sealed. Raises WrongKey."""
    return msgspec.convert(register.seal.open(sealed), Kept)

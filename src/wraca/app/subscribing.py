"""Browsers that may be sent web push: how they come, change, leave and are reached.

    asked -> subscribed -> renewed ... -> gone        (the row stays for a while, so that the same browser is known again)

The browser's own permission is the consent. Its proof are the words that stood on the page before the browser asked: ours, not what
a browser claims. A subscription belongs to a browser's random id and to nothing else; whose it is follows from what is known of it.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from wraca.app.browsers import CHANNEL, Kept, PushKey, changed, opened
from wraca.app.intake import take_in
from wraca.app.register import Register
from wraca.domain.events import Consent, Event, Instant
from wraca.domain.identity import person_id
from wraca.domain.ids import PersonId, ShopId, derived_id
from wraca.domain.people import Person
from wraca.domain.shop import Shop
from wraca.ports.channel import ChannelError
from wraca.ports.pushing import Invitation, Subscription, TakesSubscriptions
from wraca.storage.database import Transaction
from wraca.storage.hot import placements, runs
from wraca.storage.hot import pushes as sql

Verdict = Literal["taken", "not_connected", "outdated", "refused", "unknown"]

_person = msgspec.json.Decoder(Person)


class Wish(msgspec.Struct, frozen=True):
    """What a page or a worker says. `version` names the words that were read; `old` is the endpoint that is replaced."""

    anonymous_id: str
    subscription: Subscription
    language: str = ""
    page: str = ""
    version: str = ""
    old: str = ""


class _PushRow(msgspec.Struct):
    shop: ShopId
    id: str
    person: PersonId
    service: str
    sealed: str
    key_id: str


class _AddressKey(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str


def push_id(shop: ShopId, endpoint: str) -> str:
    """The id of a subscription: the same endpoint is the same one."""
    return derived_id(shop, "push", endpoint)


class Subscribers:
    """One per process."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def invite(self, shop_id: ShopId, language: str) -> Invitation | None:
        """How to ask; None where this shop sends no web push."""
        connection, plugin = self._register.connection(shop_id, CHANNEL), _plugin(self._register)
        if connection is None or plugin is None:
            return None
        shop = self._register.shop(shop_id)
        try:
            return plugin.invite(connection.settings, language or shop.language, shop.name)
        except ChannelError:
            return None

    def subscribe(self, shop_id: ShopId, wish: Wish, now: Instant) -> Verdict:
        """Somebody said yes, to our words and to the browser's. Raises Busy."""
        invitation = self.invite(shop_id, wish.language)
        if invitation is None:
            return "not_connected"
        if wish.version != invitation.version:
            return "outdated"  # nobody can prove words that stand nowhere any more: the page asks again
        if (service := self._service(shop_id, wish.subscription)) is None:
            return "refused"
        said = Consent(
            CHANNEL,
            given=True,
            text=invitation.agreed,
            version=invitation.version,
            language=invitation.language,
            mechanism="browser prompt",
            page=wish.page[:500],
        )
        self._put(self._register.shop(shop_id), wish, service, (said,), now)
        return "taken"

    def renew(self, shop_id: ShopId, wish: Wish, now: Instant) -> Verdict:
        """The same browser shows itself, or changed its endpoint or key: nothing new is allowed by that. Raises Busy."""
        if self.invite(shop_id, wish.language) is None:
            return "not_connected"
        if (service := self._service(shop_id, wish.subscription)) is None:
            return "refused"
        shop = self._register.shop(shop_id)
        before = push_id(shop_id, wish.old or wish.subscription.endpoint)
        with self._register.database.read() as tx:
            kept = self._find(tx, shop, before)
            silent = self._is_silent(tx, shop, before)
        if kept is None or silent:
            return "unknown"
        self._put(shop, wish, service, (), now)
        return "taken"

    def leave(self, shop_id: ShopId, endpoint: str, now: Instant) -> Verdict:
        """Somebody switched it off in this browser; with its last browser the person takes the permission back. Raises Busy."""
        shop, gone = self._register.shop(shop_id), push_id(shop_id, endpoint)
        with self._register.database.read() as tx:
            if (kept := self._find(tx, shop, gone)) is None:
                return "unknown"
            person = self._person(tx, shop, kept.anonymous)
        is_last = person is None or set(person.push) <= {gone}
        said = (Consent(CHANNEL, given=False, mechanism="browser"),) if is_last else ()
        with self._register.database.write() as tx:
            tx.run(sql.END_PUSHES, [PushKey(shop_id, gone)], bucket=shop.bucket, now=now)
        self._tell(shop, [changed(shop_id, kept.anonymous, gone, now, consents=said, gone=True)], now)
        return "taken"

    # --- how it is kept -------------------------------------------------------------------------------------------------------

    def _put(self, shop: Shop, wish: Wish, service: str, consents: tuple[Consent, ...], now: Instant) -> None:
        """The event first: what a browser is worth without its person is nothing."""
        made = push_id(shop.id, wish.subscription.endpoint)
        old = push_id(shop.id, wish.old) if wish.old else made
        with self._register.database.read() as tx:
            known, replaced = self._find(tx, shop, made), self._find(tx, shop, old)
            person = self._person(tx, shop, wish.anonymous_id)
        events = []
        if replaced and old != made:
            events.append(changed(shop.id, replaced.anonymous, old, now, gone=True))
        if known and known.anonymous != wish.anonymous_id:  # somebody else sits at this browser now
            events.append(changed(shop.id, known.anonymous, made, now, gone=True))
        if consents or person is None or made not in person.push:
            events.append(changed(shop.id, wish.anonymous_id, made, now, consents=consents))
        self._tell(shop, events, now)
        subscription = wish.subscription
        kept = Kept(subscription.endpoint, subscription.p256dh, subscription.auth, subscription.key_id, wish.anonymous_id)
        with self._register.database.write() as tx:
            person = self._person(tx, shop, wish.anonymous_id)
            whose = person.id if person else person_id(shop.id, f"anonymous:{wish.anonymous_id}")
            row = _PushRow(shop.id, made, whose, service, self._register.seal.close(msgspec.to_builtins(kept)), subscription.key_id)
            tx.run(sql.PUT_PUSH, [row], bucket=shop.bucket, now=now)
            if old != made:
                tx.run(sql.END_PUSHES, [PushKey(shop.id, old)], bucket=shop.bucket, now=now)
            if consents:  # they asked for it again, in this very browser
                hashed = self._register.seal.address_hash(shop.id, CHANNEL, made)
                tx.run(placements.LIFT_OPT_OUT, bucket=shop.bucket, shop=shop.id, channel=CHANNEL, address=hashed)

    def _tell(self, shop: Shop, events: Sequence[Event], now: Instant) -> None:
        if events:
            take_in(self._register.database, shop.bucket, [(shop.id, tuple(events))], now, self._register.idle)

    def _service(self, shop_id: ShopId, subscription: Subscription) -> str | None:
        connection, plugin = self._register.connection(shop_id, CHANNEL), _plugin(self._register)
        try:
            return plugin.welcome(connection.settings, subscription) if connection and plugin else None
        except ChannelError:
            return None

    def _find(self, tx: Transaction, shop: Shop, push: str) -> Kept | None:
        rows = tx.all(sql.FIND_PUSH, bucket=shop.bucket, shop=shop.id, id=push)
        return opened(self._register, rows[0][1]) if rows else None

    def _is_silent(self, tx: Transaction, shop: Shop, push: str) -> bool:
        key = _AddressKey(shop.id, CHANNEL, self._register.seal.address_hash(shop.id, CHANNEL, push))
        return any(reason == "unsubscribed" for *_, reason in tx.all(runs.SUPPRESSED, [key], bucket=shop.bucket))

    def _person(self, tx: Transaction, shop: Shop, anonymous_id: str) -> Person | None:
        rows = tx.all(placements.VISITOR, bucket=shop.bucket, shop=shop.id, key=f"anonymous:{anonymous_id}")
        return _person.decode(rows[0][1]) if rows else None


def _plugin(register: Register) -> TakesSubscriptions | None:
    found: object = register.channels.get(CHANNEL)
    return found if isinstance(found, TakesSubscriptions) else None

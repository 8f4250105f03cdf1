"""What decisions need to know of shops: read from the database, kept for a few seconds.

Several processes may serve one database, so nothing here lives longer than FRESH; whoever changes something calls `forget`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from wraca.app.intake import Idle
from wraca.app.pacing import Rules, read_rules
from wraca.app.sealing import Seal
from wraca.domain.events import Instant, Stage
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.problems import BadPlan
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.triggers import BackInStock, BrowseAbandoned, LowStock, Occasion, OrderPlaced, PriceDropped, Trigger
from wraca.domain.shop import Profile, Shop
from wraca.domain.webhooks import Hearer
from wraca.ports.audiences import AudienceSink
from wraca.ports.channel import Channel
from wraca.storage.database import Database
from wraca.storage.hot import register, webhooks

FRESH = 5_000  # ms

_WOKEN_ELSEWHERE = frozenset({"clicked", "opened", "answered"})  # where hits and answers are written

_Kept = TypeVar("_Kept")
_words = msgspec.json.Decoder(tuple[str, ...])


class NoSuchShop(LookupError):
    """There is no shop of this id."""


class ActiveJourney(msgspec.Struct, frozen=True):
    """A journey that new carts may start."""

    plan: Plan
    version: int
    activated_at: Instant


class Connection(msgspec.Struct, frozen=True):
    """How a shop is connected to a channel."""

    settings: Mapping[str, object]
    paused_until: Instant = 0
    pause_reason: str = ""
    rules: Rules = Rules()


class Register:
    """One per process. `channels` are the installed ones by name."""

    def __init__(self, database: Database, channels: Mapping[str, Channel], seal: Seal, clock: Callable[[], Instant]) -> None:
        self.database = database
        self.channels = channels
        self.seal = seal
        self.now = clock
        self.sinks: Mapping[str, AudienceSink] = {}  # the installed ones by name; bootstrap brings them
        self._kept: dict[tuple[object, ...], tuple[Instant, Any]] = {}
        self.plan = lru_cache(maxsize=1024)(self._read_plan)

    def forget(self) -> None:
        """Something was changed in this process: read everything again."""
        self._kept.clear()

    def _keep(self, key: tuple[object, ...], read: Callable[[], _Kept]) -> _Kept:
        now = self.now()
        known = self._kept.get(key)
        if known is not None and 0 <= now - known[0] < FRESH:
            return known[1]  # type: ignore[no-any-return]
        if len(self._kept) > 10_000:
            self._kept.clear()
        value = read()
        self._kept[key] = (now, value)
        return value

    def shop(self, shop: ShopId) -> Shop:
        """The shop as messages and decisions see it. Raises NoSuchShop."""
        return self._keep(("shop", shop), lambda: self._read_shop(shop))

    def _read_shop(self, shop: ShopId) -> Shop:
        with self.database.read() as tx:
            rows = tx.all(register.SHOP, bucket=bucket_of(shop), shop=shop)
        if not rows:
            raise NoSuchShop(shop)
        names = ("id", "bucket", "name", "domain", "country", "currency", "language", "timezone", "permission", "identity_secret")
        *columns, profile, paused_at = rows[0]
        said = dict(zip(names, columns, strict=True))
        return Shop(**said, profile=msgspec.json.decode(profile, type=Profile), paused_at=paused_at)

    def journeys(self, shop: ShopId) -> tuple[ActiveJourney, ...]:
        """The journeys that new carts of this shop may start."""
        return self._keep(("journeys", shop), lambda: self._read_journeys(shop))

    def _read_journeys(self, shop: ShopId) -> tuple[ActiveJourney, ...]:
        with self.database.read() as tx:
            rows = tx.all(register.ACTIVE_JOURNEYS, bucket=bucket_of(shop), shop=shop)
        return tuple(ActiveJourney(_plan(source, name), version, since) for name, version, since, source in rows)

    def idle(self, shop: ShopId) -> Idle:
        """When to look at a cart that went quiet (as soon as the most impatient journey would), and what else matters."""
        return self._keep(("idle", shop), lambda: self._read_idle(shop))

    def _read_idle(self, shop: ShopId) -> Idle:
        with self.database.read() as tx:
            habits = tx.all(register.HABITS, bucket=bucket_of(shop), shop=shop)
            has_members = bool(tx.all(register.HAS_MEMBERS, bucket=bucket_of(shop), shop=shop))
        awaits = frozenset(word for words, _, _ in habits for word in _words.decode(words))
        try:
            journeys = self.journeys(shop)
        except BadPlan:  # events are taken in whatever stands in a file; who decides by it says so
            journeys = ()
        wanted = wanted_of_intake([one.plan.trigger for one in journeys], awaits, any(speaks for _, speaks, _ in habits))
        return msgspec.structs.replace(
            wanted,
            keeps_more=has_members or any(keeps for _, _, keeps in habits),
            hearers=self.hearers(shop),
            newsletter=self._newsletter_secret(shop),
        )

    def _newsletter_secret(self, shop: ShopId) -> str:
        try:
            return self.shop(shop).newsletter_secret
        except NoSuchShop:  # events are taken in all the same
            return ""

    def hearers(self, shop: ShopId) -> tuple[Hearer, ...]:
        """The shop's webhooks that are on; mostly none."""

        def read() -> tuple[Hearer, ...]:
            with self.database.read() as tx:
                rows = tx.all(webhooks.HEARERS, bucket=bucket_of(shop), shop=shop)
            return tuple(Hearer(endpoint, frozenset(_words.decode(topics))) for endpoint, topics in rows)

        return self._keep(("hearers", shop), read)

    def _read_plan(self, shop: ShopId, journey: str, version: int) -> Plan:
        with self.database.read() as tx:
            rows = tx.all(register.JOURNEY_SOURCE, bucket=bucket_of(shop), shop=shop, name=journey, version=version)
        return _plan(rows[0][0], journey)

    def connection(self, shop: ShopId, channel: str) -> Connection | None:
        """How the shop reaches people over this channel; None where it was never set up or is not installed."""
        return self._keep(("channel", shop, channel), lambda: self._read_connection(shop, channel))

    def _read_connection(self, shop: ShopId, channel: str) -> Connection | None:
        if channel not in self.channels:
            return None
        with self.database.read() as tx:
            rows = tx.all(register.CHANNEL, bucket=bucket_of(shop), shop=shop, channel=channel)
            if not rows:
                return None
            sealed, paused_until, reason = rows[0]
            settings = self.seal.open(sealed)
            rules = read_rules(tx, bucket_of(shop), shop, channel, settings, self.now())
        return Connection(settings, paused_until or 0, reason, rules)

    def rules(self, shop: ShopId, channel: str) -> Rules:
        """What may slow this channel down."""
        connection = self.connection(shop, channel)
        return connection.rules if connection else Rules()

    def sources(self, shop: ShopId, template: str, language: str) -> Mapping[str, str]:
        """The merchant's own words for a message; empty: the built-in template."""
        return self._keep(("template", shop, template, language), lambda: self._read_sources(shop, template, language))

    def _read_sources(self, shop: ShopId, template: str, language: str) -> Mapping[str, str]:
        with self.database.read() as tx:
            rows = tx.all(register.TEMPLATE, bucket=bucket_of(shop), shop=shop, name=template, language=language)
        return msgspec.json.decode(rows[0][0], type=dict[str, str]) if rows else {}

    def paused(self) -> str:
        """Why the whole installation may not send; empty: it may."""

        def read() -> str:
            with self.database.read() as tx:
                rows = tx.all(register.PAUSED)
            return rows[0][0] if rows else ""

        return self._keep(("paused",), read)

    def buckets(self) -> tuple[int, ...]:
        """The buckets that hold a shop."""

        def read() -> tuple[int, ...]:
            with self.database.read() as tx:
                return tuple(sorted(bucket for (bucket,) in tx.all(register.BUCKETS)))

        return self._keep(("buckets",), read)


def wanted_of_intake(triggers: Sequence[Trigger], awaits: frozenset[str] = frozenset(), audiences: bool = False) -> Idle:  # noqa: FBT001, FBT002
    """What active journeys with these triggers want of intake; `awaits` and `audiences` also of those that only go on."""

    def first(stages: Iterable[Stage], *, failed: bool, otherwise: int) -> int:
        carts = [one for one in triggers if not isinstance(one, Occasion)]
        return min((one.idle_at(stage, failed) for one in carts for stage in stages if one.fits(stage)), default=otherwise)

    usual = Idle()
    stages = [stage for stage in Stage if stage is not Stage.ORDERED]
    looks = first(stages, failed=False, otherwise=usual.usual)
    at_payment = first([Stage.PAYMENT], failed=False, otherwise=looks)
    return Idle(
        looks,
        at_payment,
        first([Stage.PAYMENT], failed=True, otherwise=at_payment),
        min((one.idle for one in triggers if isinstance(one, BrowseAbandoned)), default=None),
        products=any(isinstance(one, PriceDropped | BackInStock | LowStock) for one in triggers),
        low_stock=max((one.below for one in triggers if isinstance(one, LowStock)), default=0),
        orders=any(isinstance(one, OrderPlaced) for one in triggers),
        audiences=audiences,
        awaits=awaits - _WOKEN_ELSEWHERE,
    )


@lru_cache(maxsize=1024)
def _plan(source: str, name: str) -> Plan:
    return msgspec.structs.replace(read_plan(source), journey=name)

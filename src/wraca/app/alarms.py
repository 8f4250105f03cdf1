"""What somebody must look at now (trust R49). The console's overview, `wraca doctor` and /metrics all ask here."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from wraca.app.register import Register
from wraca.app.spending import Spent, near_caps
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.domain.shop import Profile
from wraca.storage.queries import vitals as sql

_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
LATE = 5 * _MINUTE  # a timer or a message that waited longer than this past its time
QUIET = 30 * _MINUTE  # no life from a shop for this long ...
BUSY = 3  # ... while in the same half hour of yesterday at least so many carts were touched


class AlarmKind(StrEnum):
    PAUSED = "paused"
    TIMERS_LATE = "timers_late"
    MESSAGES_LATE = "messages_late"
    FEED_SILENT = "feed_silent"
    CHANNEL_PAUSED = "channel_paused"
    SHOP_QUIET = "shop_quiet"
    POOL_EMPTY = "pool_empty"
    CAP_NEAR = "cap_near"
    AUDIENCE_PAUSED = "audience_paused"
    FEED_STOPPED = "feed_stopped"
    PARKED = "parked"


class Alarm(msgspec.Struct, frozen=True):
    """Something is wrong since `since` (0: unknown). `shop` is empty where the whole installation is meant.

    `what` is a channel's name, `detail` what it said; `count` how many things are concerned.
    """

    kind: AlarmKind
    shop: ShopId = ShopId("")
    since: Instant = 0
    count: int = 0
    what: str = ""
    detail: str = ""


class ShopLife(msgspec.Struct, frozen=True):
    """The signs of life of one shop; instants are 0 where there was none. `yesterday` counts carts, ten at most."""

    shop: ShopId
    feed_limit: int
    orders_until: Instant = 0
    has_heartbeat: bool = False
    last_activity: Instant = 0
    yesterday: int = 0


class PausedChannel(msgspec.Struct, frozen=True):
    shop: ShopId
    channel: str
    until: Instant
    reason: str


class EmptyPool(msgspec.Struct, frozen=True):
    """A pool of codes that had none left when somebody should have got one."""

    shop: ShopId
    pool: str
    since: Instant
    missed: int


class PausedCopy(msgspec.Struct, frozen=True):
    """An audience whose copy elsewhere cannot be kept up to date."""

    shop: ShopId
    platform: str
    audience: str
    reason: str


class StoppedFeed(msgspec.Struct, frozen=True):
    """A product feed that lost so much that it is not published: it had `before` products, and would have `products`."""

    shop: ShopId
    kind: str
    since: Instant
    before: int
    products: int


class Vitals(msgspec.Struct, frozen=True):
    """All that alarms are judged by. `oldest_timer` and `oldest_message` are the earliest due instants, 0 for none."""

    paused: str = ""
    oldest_timer: Instant = 0
    oldest_message: Instant = 0
    parked: int = 0
    shops: tuple[ShopLife, ...] = ()
    channels: tuple[PausedChannel, ...] = ()
    pools: tuple[EmptyPool, ...] = ()
    stopped: tuple[StoppedFeed, ...] = ()
    copies: tuple[PausedCopy, ...] = ()
    caps: tuple[Spent, ...] = ()


def alarms(register: Register, now: Instant) -> tuple[Alarm, ...]:
    """Everything that is wrong now, the gravest first. Raises DatabaseBusy."""
    return judged(vitals(register, now), now)


def judged(seen: Vitals, now: Instant) -> tuple[Alarm, ...]:
    """The whole of our alarms, in the order of their gravity."""
    return tuple(alarm for check in _CHECKS for alarm in check(seen, now))


def _paused(seen: Vitals, _now: Instant) -> Iterator[Alarm]:
    if seen.paused:
        yield Alarm(AlarmKind.PAUSED, detail=seen.paused)


def _timers_late(seen: Vitals, now: Instant) -> Iterator[Alarm]:
    if seen.oldest_timer and now - seen.oldest_timer > LATE:
        yield Alarm(AlarmKind.TIMERS_LATE, since=seen.oldest_timer)


def _messages_late(seen: Vitals, now: Instant) -> Iterator[Alarm]:
    if seen.oldest_message and now - seen.oldest_message > LATE:
        yield Alarm(AlarmKind.MESSAGES_LATE, since=seen.oldest_message)


def _channels(seen: Vitals, now: Instant) -> Iterator[Alarm]:
    for channel in seen.channels:
        if channel.until > now:
            yield Alarm(AlarmKind.CHANNEL_PAUSED, channel.shop, what=channel.channel, detail=channel.reason)


def _feeds(seen: Vitals, now: Instant) -> Iterator[Alarm]:
    """A shop that promised to say that its orders are complete, and fell silent: its messages are held."""
    for life in seen.shops:
        if life.has_heartbeat and now - life.orders_until > life.feed_limit:
            yield Alarm(AlarmKind.FEED_SILENT, life.shop, life.orders_until)


def _quiet(seen: Vitals, now: Instant) -> Iterator[Alarm]:
    for life in seen.shops:
        last = max(life.last_activity, 0 if life.has_heartbeat else life.orders_until)
        if now - last > QUIET and life.yesterday >= BUSY:
            yield Alarm(AlarmKind.SHOP_QUIET, life.shop, last)


def _pools(seen: Vitals, _now: Instant) -> Iterator[Alarm]:
    for pool in seen.pools:
        yield Alarm(AlarmKind.POOL_EMPTY, pool.shop, pool.since, pool.missed, pool.pool)


def _caps(seen: Vitals, _now: Instant) -> Iterator[Alarm]:
    for spent in seen.caps:
        yield Alarm(AlarmKind.CAP_NEAR, spent.shop, count=spent.percent, what=spent.channel)


def _copies(seen: Vitals, _now: Instant) -> Iterator[Alarm]:
    for copy in seen.copies:
        yield Alarm(AlarmKind.AUDIENCE_PAUSED, copy.shop, what=f"{copy.audience} ({copy.platform})", detail=copy.reason)


def _stopped(seen: Vitals, _now: Instant) -> Iterator[Alarm]:
    for feed in seen.stopped:
        yield Alarm(AlarmKind.FEED_STOPPED, feed.shop, feed.since, feed.products, feed.kind, str(feed.before))


def _parked(seen: Vitals, _now: Instant) -> Iterator[Alarm]:
    if seen.parked:
        yield Alarm(AlarmKind.PARKED, count=seen.parked)


_CHECKS = (_paused, _timers_late, _messages_late, _channels, _feeds, _quiet, _pools, _caps, _copies, _stopped, _parked)


def vitals(register: Register, now: Instant) -> Vitals:
    """Read them, bucket by bucket."""
    timers: list[Instant] = []
    messages: list[Instant] = []
    parked = 0
    shops: list[ShopLife] = []
    channels: list[PausedChannel] = []
    pools: list[EmptyPool] = []
    stopped: list[StoppedFeed] = []
    copies: list[PausedCopy] = []
    caps: list[Spent] = []
    yesterday = {"yesterday_from": now - _DAY - QUIET, "yesterday_until": now - _DAY}
    paused, buckets = register.paused(), register.buckets()
    with register.database.read() as tx:
        for bucket in buckets:
            timer, message, aside = tx.all(sql.OLDEST, bucket=bucket)[0]
            timers += [timer] if timer else []
            messages += [message] if message else []
            parked += aside
            shops += [_life(*row) for row in tx.all(sql.SHOPS, bucket=bucket, **yesterday)]
            channels += [PausedChannel(*row) for row in tx.all(sql.CHANNELS, bucket=bucket, now=now)]
            caps += near_caps(tx, bucket, register, now)
            pools += [EmptyPool(*row) for row in tx.all(sql.EMPTY_POOLS, bucket=bucket, since=now - _DAY)]
            stopped += [StoppedFeed(*row) for row in tx.all(sql.STOPPED_FEEDS, bucket=bucket)]
            copies += [PausedCopy(*row) for row in tx.all(sql.PAUSED_COPIES, bucket=bucket, now=now)]
    oldest = min(timers, default=0), min(messages, default=0)
    return Vitals(paused, *oldest, parked, tuple(shops), tuple(channels), tuple(pools), tuple(stopped), tuple(copies), tuple(caps))


def _life(shop: ShopId, settings: str, until: Instant | None, heartbeat: object, last: Instant | None, yesterday: int) -> ShopLife:
    profile = msgspec.json.decode(settings, type=Profile)
    limit = profile.heartbeat_limit if heartbeat else profile.feed_limit
    return ShopLife(shop, limit, until or 0, bool(heartbeat), last or 0, yesterday)


def meaning(alarm: Alarm, now: Instant, shop_name: str = "") -> tuple[str, str]:
    """What it means and what to do, in English, for operators; the console says it in the merchant's language."""
    late = f"{(now - alarm.since) // _MINUTE} minutes" if alarm.since else "a while"
    what, remedy = _MEANINGS[alarm.kind]
    return what.format(late=late, shop=shop_name or "a shop", alarm=alarm), remedy.format(alarm=alarm, shop=shop_name)


_MEANINGS: dict[AlarmKind, tuple[str, str]] = {
    AlarmKind.PAUSED: (
        "Sending is paused for the whole installation: {alarm.detail}.",
        "Run `wraca resume` when messages may go out again.",
    ),
    AlarmKind.TIMERS_LATE: (
        "The oldest step that is due waits since {late}: journeys stand still.",
        "Start `wraca serve`, or more `wraca work`, and look into their logs.",
    ),
    AlarmKind.MESSAGES_LATE: (
        "The oldest message that is due waits since {late}.",
        "Start `wraca serve`, or more `wraca work`, and look into their logs; a slow mail server needs more WRACA_SLOTS.",
    ),
    AlarmKind.CHANNEL_PAUSED: (
        "{alarm.what} of {shop} is paused, because the other side refuses us: {alarm.detail}.",
        "Mend the settings: `wraca channel set`, then `wraca channel test`, which ends the pause.",
    ),
    AlarmKind.FEED_SILENT: (
        "{shop} has not said for {late} that its orders are complete: its messages are held, so that no buyer is reminded.",
        "See why the shop sends no `Order Feed Checked` any more.",
    ),
    AlarmKind.SHOP_QUIET: (
        "Nothing came from {shop} for {late}, while at this time yesterday there was life.",
        "Open the shop and see whether the snippet and the server's events still arrive.",
    ),
    AlarmKind.POOL_EMPTY: (
        "The pool {alarm.what} of {shop} is empty: {alarm.count} people got no code, the first {late} ago.",
        "Make new codes in the shop, then `wraca offer codes`, or upload them on the console's page of offers.",
    ),
    AlarmKind.CAP_NEAR: (
        "{shop} has used {alarm.count} % of what it may spend on {alarm.what} today. What would pass the cap waits for tomorrow.",
        "Raise the channel's daily cap, or let it be: `wraca channel set` with --daily_cap.",
    ),
    AlarmKind.AUDIENCE_PAUSED: (
        "The audience {alarm.what} of {shop} cannot be kept up to date elsewhere: {alarm.detail}.",
        "Mend its settings on the console's page of audiences; what waits is not lost.",
    ),
    AlarmKind.FEED_STOPPED: (
        "The product feed {alarm.what} of {shop} is not published: it had {alarm.detail} products and would have {alarm.count}.",
        "See what became of the catalogue; where it is right so, confirm it on the console's page of product feeds.",
    ),
    AlarmKind.PARKED: (
        "{alarm.count} things failed again and again and were put aside.",
        "Look at them in the table `parked`: each has the problem beside it.",
    ),
}

"""The numbers of the overview: what came in, what was left behind, what went out, what came back."""

from collections import Counter
from collections.abc import Iterable

import msgspec
from django.db.models import BigIntegerField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Sum, Value

from wraca.domain.carts import CartState
from wraca.domain.events import Instant, OrderState
from wraca.domain.journeys.durations import DAY
from wraca.storage.fields import to_datetime
from wraca.storage.models import CartRow, HitRow, OrderRow, OutboxRow, RunRow
from wraca.storage.queries.carts import ABANDONED_AFTER
from wraca.storage.queries.shops import Key

ATTRIBUTED_WITHIN = 5 * DAY  # an order this long after a human click counts as recovered (design.md 7)
_BOUGHT = tuple(state.value for state in OrderState if state.is_bought)
_GOODS = ("open", "ordered", "lost")


class Span(msgspec.Struct, frozen=True):
    """From `since` on, until `now`; days are cut at midnight of a zone that is `offset` ms ahead of UTC."""

    since: Instant
    now: Instant
    offset: int = 0


class Amount(msgspec.Struct, frozen=True):
    currency: str
    minor: int


class Hits(msgspec.Struct, frozen=True):
    """Opens and clicks by who caused them: only the human ones count for anything."""

    human: int = 0
    machine: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        return self.human + self.machine + self.unknown


class Numbers(msgspec.Struct, frozen=True):
    carts: int
    abandoned: int
    messages: int
    recovered: int
    recovered_amounts: tuple[Amount, ...]
    orders: int
    opens: Hits
    clicks: Hits
    held: int
    uncertain: int
    rejected: int


class Day(msgspec.Struct, frozen=True):
    """One day of the chart; `start` is its first instant."""

    start: Instant
    carts: int
    abandoned: int
    messages: int
    recovered: int


def numbers(key: Key, span: Span) -> Numbers:
    """The tiles."""
    recovered = _recovered(key, span)
    amounts = recovered.values_list("currency").annotate(total=Sum("total")).order_by("currency")
    recent = OutboxRow.objects.filter(bucket=key.bucket, shop_id=key.shop, planned_at__gte=to_datetime(span.since)).order_by()
    states: Counter[str] = Counter(dict(recent.values_list("state").annotate(count=Count("id"))))
    return Numbers(
        carts=_carts(key, span).count(),
        abandoned=_abandoned(key, span).count(),
        messages=_sent(key, span).count(),
        recovered=recovered.count(),
        recovered_amounts=tuple(Amount(currency, total or 0) for currency, total in amounts),
        orders=_orders(key, span).count(),
        opens=_hits(key, span, ("open",)),
        clicks=_hits(key, span, ("click", "restore")),
        held=states["held"],
        uncertain=states["uncertain"],
        rejected=states["rejected"],
    )


def days(key: Key, span: Span) -> tuple[Day, ...]:
    """The same by day, without gaps."""
    carts = _by_day(_carts(key, span), "started_at", span)
    abandoned = _by_day(_abandoned(key, span), "started_at", span)
    messages = _by_day(_sent(key, span), "sending_at", span)
    recovered = _by_day(_recovered(key, span), "at", span)
    first, last = (span.since + span.offset) // DAY, (span.now + span.offset) // DAY
    return tuple(
        Day(day * DAY - span.offset, carts[day], abandoned[day], messages[day], recovered[day]) for day in range(first, last + 1)
    )


def _carts(key: Key, span: Span) -> QuerySet[CartRow]:
    rows = CartRow.objects.filter(bucket=key.bucket, shop_id=key.shop, started_at__gte=to_datetime(span.since))
    return rows.filter(started_at__lte=to_datetime(span.now), state__in=_GOODS)


def _abandoned(key: Key, span: Span) -> QuerySet[CartRow]:
    """Quiet with goods in it, or so quiet once that a journey began, whatever came of it."""
    run = RunRow.objects.filter(bucket=key.bucket, shop_id=key.shop, cart_id=OuterRef("id"))
    quiet = Q(state__in=[CartState.OPEN, CartState.LOST], last_activity__lte=to_datetime(span.now - ABANDONED_AFTER))
    return _carts(key, span).filter(quiet | Exists(run))


def _sent(key: Key, span: Span) -> QuerySet[OutboxRow]:
    rows = OutboxRow.objects.filter(bucket=key.bucket, shop_id=key.shop, sending_at__gte=to_datetime(span.since), held_out=False)
    return rows.filter(state__in=["accepted", "uncertain"])


def _orders(key: Key, span: Span) -> QuerySet[OrderRow]:
    rows = OrderRow.objects.filter(bucket=key.bucket, shop_id=key.shop, at__gte=to_datetime(span.since))
    return rows.filter(at__lte=to_datetime(span.now), state__in=_BOUGHT)


def _recovered(key: Key, span: Span) -> QuerySet[OrderRow]:
    click = HitRow.objects.filter(
        bucket=key.bucket,
        shop_id=key.shop,
        person_id=OuterRef("person_id"),
        purpose__in=["click", "restore"],
        verdict="human",
        at__lte=OuterRef("at"),
        at__gte=ExpressionWrapper(OuterRef("at") - Value(ATTRIBUTED_WITHIN, BigIntegerField()), BigIntegerField()),
    )
    return _orders(key, span).filter(Exists(click))


def _hits(key: Key, span: Span, purposes: Iterable[str]) -> Hits:
    rows = HitRow.objects.filter(bucket=key.bucket, shop_id=key.shop, at__gte=to_datetime(span.since), purpose__in=purposes)
    counts = dict(rows.values_list("verdict").annotate(count=Count("message_id", distinct=True)).order_by())
    return Hits(counts.get("human", 0), counts.get("machine", 0), counts.get("unknown", 0))


def _by_day(rows: "QuerySet[CartRow] | QuerySet[OutboxRow] | QuerySet[OrderRow]", field: str, span: Span) -> Counter[int]:
    """Rows per day. The zone's offset of today is taken for all days: an hour's difference twice a year moves no bar visibly."""
    shifted = ExpressionWrapper(F(field) + Value(span.offset, BigIntegerField()), BigIntegerField())
    day = ExpressionWrapper(shifted / Value(DAY, BigIntegerField()), BigIntegerField())
    return Counter(dict(rows.annotate(day=day).values_list("day").annotate(count=Count("id")).order_by()))

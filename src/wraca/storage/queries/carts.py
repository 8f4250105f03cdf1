"""Reads of carts: the list with its filters, and one cart."""

from collections.abc import Mapping

import msgspec

from wraca.domain.carts import Cart
from wraca.domain.events import Instant, Stage
from wraca.domain.ids import CartId, PersonId
from wraca.domain.people import Person as PersonValue
from wraca.storage.fields import to_datetime, to_instant
from wraca.storage.models import CartRow, OrderRow, Person, RunRow
from wraca.storage.queries.shops import Key

PAGE = 30
ABANDONED_AFTER = 60 * 60 * 1000  # ms of quiet after which a cart with goods in it counts as left behind


class Cursor(msgspec.Struct, frozen=True):
    """The last row of a page: the next page begins behind it."""

    at: Instant
    id: str

    @property
    def text(self) -> str:
        return f"{self.at}-{self.id}"


class CartFilter(msgspec.Struct, frozen=True):
    """What of the list is wanted. `state` is a CartState or "abandoned"; `least` in minor units of the shop's currency."""

    state: str = ""
    stage: int = 0
    least: int = 0


class CartSeen(msgspec.Struct, frozen=True):
    """One row of the list. `journey` and `outcome` are those of the newest run of this cart."""

    id: CartId
    person: PersonId
    state: str
    stage: int
    total: int
    currency: str
    last_activity: Instant
    lines: tuple[str, ...]
    pieces: int
    name: str
    email: str
    is_abandoned: bool
    journey: str = ""
    outcome: str = ""
    is_running: bool = False


class Page(msgspec.Struct, frozen=True):
    rows: tuple[CartSeen, ...]
    next: str  # the cursor of the next page; "" on the last


class CartOpened(msgspec.Struct, frozen=True):
    person: PersonId
    cart: Cart


def cursor_of(text: str) -> Cursor | None:
    """The cursor of a link; None for the first page and for anything that is none."""
    at, _, row = text.partition("-")
    is_one = at.isdecimal() and len(at) < 16 and len(row) == 32 and all(c in "0123456789abcdef" for c in row)
    return Cursor(int(at), row) if is_one else None


def carts(key: Key, wanted: CartFilter, after: Cursor | None, now: Instant) -> Page:
    """A page of carts with something in their history, the most recently used first."""
    rows = CartRow.objects.filter(bucket=key.bucket, shop_id=key.shop, total__gte=wanted.least)
    if wanted.state == "abandoned":
        rows = rows.filter(state="open", last_activity__lte=to_datetime(now - ABANDONED_AFTER)).exclude(total=0)
    elif wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.stage:
        rows = rows.filter(stage=wanted.stage)
    if after:
        rows = rows.filter(last_activity__lte=after.at).exclude(last_activity=after.at, id__gte=after.id)
    found = list(rows.order_by("-last_activity", "-id")[: PAGE + 1])
    shown = found[:PAGE]
    people = people_by_id(key, [row.person_id for row in shown])
    runs = _newest_runs(key, [row.id for row in shown])
    following = Cursor(to_instant(shown[-1].last_activity), shown[-1].id).text if len(found) > PAGE else ""
    return Page(tuple(_seen(row, people, runs, now) for row in shown), following)


def cart(key: Key, cart_id: str) -> CartOpened | None:
    """One cart as it now is."""
    row = CartRow.objects.filter(bucket=key.bucket, shop_id=key.shop, id=cart_id).first()
    return CartOpened(PersonId(row.person_id), msgspec.convert(row.body, Cart)) if row else None


def carts_of(key: Key, person: PersonId, now: Instant) -> tuple[CartSeen, ...]:
    """The newest carts of one person."""
    rows = list(CartRow.objects.filter(bucket=key.bucket, shop_id=key.shop, person_id=person).order_by("-last_activity")[:PAGE])
    return tuple(_seen(row, {}, _newest_runs(key, [row.id for row in rows]), now) for row in rows)


def orders_of(key: Key, person: PersonId) -> list[OrderRow]:
    """The newest orders of one person."""
    return list(OrderRow.objects.filter(bucket=key.bucket, shop_id=key.shop, person_id=person).order_by("-at")[:PAGE])


def people_by_id(key: Key, ids: list[str]) -> Mapping[str, PersonValue]:
    """Those of these people who are still known."""
    rows = Person.objects.filter(bucket=key.bucket, shop_id=key.shop, id__in=set(ids)).values_list("id", "body")
    return {row_id: msgspec.convert(body, PersonValue) for row_id, body in rows}


def _newest_runs(key: Key, carts: list[str]) -> dict[str, RunRow]:
    runs = RunRow.objects.filter(bucket=key.bucket, shop_id=key.shop, cart_id__in=carts).order_by("started_at")
    return {run.cart_id: run for run in runs}


def _seen(row: CartRow, people: Mapping[str, PersonValue], runs: Mapping[str, RunRow], now: Instant) -> CartSeen:
    folded = msgspec.convert(row.body, Cart)
    person, run = people.get(row.person_id), runs.get(row.id)
    return CartSeen(
        id=CartId(row.id),
        person=PersonId(row.person_id),
        state=row.state,
        stage=Stage(row.stage),
        total=row.total,
        currency=row.currency,
        last_activity=to_instant(row.last_activity),
        lines=tuple(line.name or line.product_id for line in folded.lines),
        pieces=sum(line.quantity for line in folded.lines),
        name=f"{person.first_name} {person.last_name}".strip() if person else "",
        email=person.email if person else "",
        is_abandoned=folded.is_waiting() and now - folded.last_activity >= ABANDONED_AFTER,
        journey=run.journey if run else "",
        outcome=run.outcome if run else "",
        is_running=bool(run and not run.outcome),
    )

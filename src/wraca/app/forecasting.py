"""What would happen to one person from now on: their runs, and the journeys that would begin for their carts.

If they do nothing, and nothing changes: no order, no reaction, the same permissions, goods and settings. Reads only.
"""

from functools import partial

import msgspec

from wraca.app.facts import Known, facts_of
from wraca.app.gate_ahead import GateAhead
from wraca.app.register import Register
from wraca.app.starting import is_held_out, pasts_of
from wraca.app.travelling import Travelling, travelling
from wraca.app.watching import Due, candidates, watched
from wraca.domain.carts import Cart
from wraca.domain.events import Instant, Stage
from wraca.domain.ids import PersonId, RunId, ShopId, bucket_of
from wraca.domain.journeys.forecast import BEGIN, Course, foreseen
from wraca.domain.journeys.run import Facts, Run
from wraca.domain.journeys.watch import Candidate, NotBegun, begins_at, why_not
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import forecasts as sql

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_STAGES = (Stage.CART, Stage.CONTACT, Stage.SHIPPING, Stage.PAYMENT)


class Foreseen(msgspec.Struct, frozen=True):
    """One journey for this person: `course` where it goes on or would begin (at `begins_at`), else why it does not begin."""

    journey: str
    version: int
    cart: str
    course: Course | None = None
    begins_at: Instant | None = None  # None: it is under way
    held_out: bool = False
    why_not: tuple[NotBegun, ...] = ()


def forecast(register: Register, shop: ShopId, person: PersonId, now: Instant) -> tuple[Foreseen, ...]:
    """Every journey of the shop for this person: those under way first, then those that would begin, then those that do not."""
    bucket = bucket_of(shop)
    with register.database.read() as tx:
        rows = tx.all(sql.PERSON, bucket=bucket, shop=shop, person=person)
        if not rows:
            return ()
        who = _person.decode(rows[0][0])
        runs = [Due(shop, run) for (run,) in tx.all(sql.RUNS_UNDER_WAY, bucket=bucket, shop=shop, person=person)]
        carts = [_cart.decode(body) for (body,) in tx.all(sql.OPEN_CARTS, bucket=bucket, shop=shop, person=person)]
        seer = _Seer(tx, register, shop, who, now)
        going = [seer.going_on(one) for one in travelling(tx, bucket, register, runs)]
        coming = [seen for cart in carts if cart.is_waiting() for seen in seer.coming(cart)]
    return tuple(sorted((*going, *coming), key=_order))


def _order(seen: Foreseen) -> tuple[int, Instant, str]:
    return (0 if seen.course and seen.begins_at is None else 1 if seen.course else 2, seen.begins_at or 0, seen.journey)


class _Seer:
    """All that is known of one person, and what it would lead to."""

    def __init__(self, tx: Transaction, register: Register, shop: ShopId, person: Person, now: Instant) -> None:
        self.register, self.person, self.now = register, person, now
        self.gate = GateAhead(tx, register, shop, person, now)
        self.pasts = pasts_of(tx, bucket_of(shop), [(shop, person.id)])

    def going_on(self, one: Travelling) -> Foreseen:
        run = one.run
        return Foreseen(run.journey, run.version, run.cart, self._course(one.known, self.now), held_out=run.held_out)

    def coming(self, cart: Cart) -> list[Foreseen]:
        """Every active journey that a cart can begin, for this cart."""
        seen = watched(cart, self.person)
        return [
            self._begun(cart, candidate, why_not(seen, candidate, self.now), begins_at(seen, candidate, self.now))
            for candidate in candidates(self.register, self.gate.shop.id, self.person.id, cart, self.pasts)
            if not candidate.is_running and any(candidate.plan.trigger.fits(stage) for stage in _STAGES)
        ]

    def _begun(self, cart: Cart, candidate: Candidate, reasons: tuple[NotBegun, ...], at: Instant) -> Foreseen:
        plan, shop = candidate.plan, self.gate.shop
        if reasons:
            return Foreseen(plan.journey, candidate.version, cart.id, why_not=reasons)
        held_out = is_held_out(shop.id, plan, self.person.id)
        run = Run(RunId(""), plan.journey, candidate.version, self.person.id, cart.id, BEGIN, at, at, held_out=held_out)
        known = Known(run, plan, shop, self.person, cart, cart, suppressed=self.gate.suppressed)
        known.connected = [name for name in plan.channels if self.register.connection(shop.id, name)]
        return Foreseen(plan.journey, candidate.version, cart.id, self._course(known, at), at, held_out)

    def _course(self, known: Known, at: Instant) -> Course:
        def facts_at(run: Run, now: Instant) -> Facts:
            return facts_of(msgspec.structs.replace(known, run=run), now)

        return foreseen(known.run, known.plan, facts_at, partial(self.gate.answer, known), at)

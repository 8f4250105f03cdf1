"""What would happen to one person from now on: their runs, and the journeys that would begin for their carts.

If they do nothing, and nothing changes: no order, no reaction, the same permissions, goods and settings. Reads only.
"""

from functools import partial

import msgspec

from wraca.app.facts import Known as KnownOfRun
from wraca.app.facts import facts_of
from wraca.app.gatekeeping import permission_of
from wraca.app.lineup import Lineup, PersonKey
from wraca.app.register import Register
from wraca.app.starting import Pasts, pasts_of
from wraca.app.travelling import Travelling, travelling
from wraca.app.watching import Due, candidates, watched
from wraca.app.weighing import address_of
from wraca.app.zones import zone_of
from wraca.domain.arbitration import Told, Turn
from wraca.domain.carts import Cart
from wraca.domain.events import Instant, Stage
from wraca.domain.gate import Answer, judge
from wraca.domain.gate import Known as KnownOfMessage
from wraca.domain.ids import CartId, PersonId, RunId, ShopId, bucket_of
from wraca.domain.journeys.forecast import Ahead, Course, foreseen
from wraca.domain.journeys.holdout import arm
from wraca.domain.journeys.plan import BEGIN
from wraca.domain.journeys.run import Facts, Run
from wraca.domain.journeys.watch import Candidate, NotBegun, begins_at, why_not
from wraca.domain.outbox import USEFUL_FOR
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import forecasts as sql
from wraca.storage.hot.runs import SUPPRESSED

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


class _AddressKey(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str


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
        self.register, self.shop, self.person, self.now = register, register.shop(shop), person, now
        bucket = bucket_of(shop)
        active = {(shop, journey.plan.journey): journey.version for journey in register.journeys(shop)}
        self.told = Lineup(tx, bucket, register, [PersonKey(shop, person.id)], active, now).sent(shop, person.id)
        self.pasts: Pasts = pasts_of(tx, bucket, [(shop, person.id)])
        self.suppressed = self._suppressions(tx, bucket)

    def _suppressions(self, tx: Transaction, bucket: int) -> dict[str, str]:
        found: dict[str, str] = {}
        for channel in self.register.channels:
            if address := address_of(self.person, channel):
                row = _AddressKey(self.shop.id, channel, self.register.seal.address_hash(self.shop.id, channel, address))
                for *_, reason in tx.all(SUPPRESSED, [row], bucket=bucket):
                    found[channel] = reason
        return found

    def going_on(self, one: Travelling) -> Foreseen:
        run = one.run
        course = self._course(one.known, self.now)
        return Foreseen(run.journey, run.version, run.cart, course, held_out=run.held_out)

    def coming(self, cart: Cart) -> list[Foreseen]:
        """Every active journey that a cart can begin, for this cart."""
        seen = watched(cart, self.person)
        return [
            self._begun(cart, candidate, why_not(seen, candidate, self.now), begins_at(seen, candidate, self.now))
            for candidate in candidates(self.register, self.shop.id, self.person.id, cart, self.pasts)
            if not candidate.is_running and any(candidate.plan.trigger.fits(stage) for stage in _STAGES)
        ]

    def _begun(self, cart: Cart, candidate: Candidate, reasons: tuple[NotBegun, ...], at: Instant) -> Foreseen:
        plan = candidate.plan
        if reasons:
            return Foreseen(plan.journey, candidate.version, cart.id, why_not=reasons)
        held_out = arm(self.shop.id, plan.journey, self.person.id, plan.holdout)
        run = Run(RunId(""), plan.journey, candidate.version, self.person.id, cart.id, BEGIN, at, at, held_out=held_out)
        connected = [name for name in plan.channels if self.register.connection(self.shop.id, name)]
        known = KnownOfRun(run, plan, self.shop, self.person, cart, cart, connected=connected, suppressed=self.suppressed)
        return Foreseen(plan.journey, candidate.version, cart.id, self._course(known, at), at, held_out)

    def _course(self, known: KnownOfRun, at: Instant) -> Course:
        def facts_at(run: Run, now: Instant) -> Facts:
            return facts_of(msgspec.structs.replace(known, run=run), now)

        return foreseen(known.run, known.plan, facts_at, partial(self._gate, known), at)

    def _gate(self, known: KnownOfRun, channel: str, now: Instant, before: tuple[Ahead, ...]) -> Answer:
        """What the gate would say of one more message at that time; the order feed is taken to be alive then."""
        plan, newest, shop = known.plan, known.newest, self.shop
        connection = self.register.connection(shop.id, channel)
        cart = newest.id if newest and not known.about.kind else CartId("")
        own = tuple(Told(one.at, one.channel, plan.journey, plan.priority, cart) for one in before if one.goes and one.at)
        return judge(
            KnownOfMessage(
                permission=permission_of(self.person, channel, shop),
                deadline=now + USEFUL_FOR,
                channel=channel,
                suppressed=self.suppressed.get(channel, ""),
                things_to_show=len(newest.lines) if newest and not known.about.kind else 1,
                paused=bool(self.register.paused()) or shop.paused_at is not None,
                connected=connection is not None,
                may_wait_for_connection=len(plan.channels) <= 1,
                channel_paused_until=connection.paused_until if connection else 0,
                feed_at=now,
                last_order_at=0 if known.about.kind == "order" else self.person.last_order_at,
                sent=(*self.told, *own),
                sent_by_run=sum(one.goes and one.channel == channel for one in before),
                turn=Turn(plan.journey, plan.priority, cart, now),
                country=self.person.country or shop.country,
                timezone=zone_of(self.person, shop),
                manners=shop.profile.manners,
                held_out=known.run.held_out,
            ),
            now,
        )

"""The gate asked ahead: what it would say of a message that does not exist yet, at a time that has not come."""

import msgspec

from wraca.app.facts import Known as KnownOfRun
from wraca.app.gatekeeping import permission_of
from wraca.app.lineup import Lineup, PersonKey
from wraca.app.register import Register
from wraca.app.weighing import address_of
from wraca.app.zones import zone_of
from wraca.domain.arbitration import Told, Turn
from wraca.domain.events import Instant
from wraca.domain.gate import Answer, Known, judge
from wraca.domain.ids import CartId, ShopId, bucket_of
from wraca.domain.journeys.forecast import Ahead
from wraca.domain.outbox import USEFUL_FOR
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot.runs import SUPPRESSED


class _AddressKey(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str


class GateAhead:
    """For one person; what stands still is read once. `suppressed`: by channel, why their address must not be written to."""

    def __init__(self, tx: Transaction, register: Register, shop: ShopId, person: Person, now: Instant) -> None:
        self.register, self.shop, self.person = register, register.shop(shop), person
        bucket = bucket_of(shop)
        active = {(shop, journey.plan.journey): journey.version for journey in register.journeys(shop)}
        self._told = Lineup(tx, bucket, register, [PersonKey(shop, person.id)], active, now).sent(shop, person.id)
        self.suppressed = self._suppressions(tx, bucket)

    def _suppressions(self, tx: Transaction, bucket: int) -> dict[str, str]:
        found: dict[str, str] = {}
        for channel in self.register.channels:
            if address := address_of(self.person, channel):
                row = _AddressKey(self.shop.id, channel, self.register.seal.address_hash(self.shop.id, channel, address))
                for *_, reason in tx.all(SUPPRESSED, [row], bucket=bucket):
                    found[channel] = reason
        return found

    def answer(self, known: KnownOfRun, channel: str, now: Instant, before: tuple[Ahead, ...]) -> Answer:
        """What it would say then, if these had gone before; the order feed is taken to be alive."""
        plan, newest, shop = known.plan, known.newest, self.shop
        connection = self.register.connection(shop.id, channel)
        of_cart = not known.about.kind
        cart = newest.id if newest and of_cart else CartId("")
        own = tuple(Told(one.at, one.channel, plan.journey, plan.priority, cart) for one in before if one.goes and one.at)
        return judge(
            Known(
                permission=permission_of(self.person, channel, shop),
                deadline=now + USEFUL_FOR,
                channel=channel,
                suppressed=self.suppressed.get(channel, ""),
                things_to_show=len(newest.lines) if newest and of_cart else 1,
                paused=bool(self.register.paused()) or shop.paused_at is not None,
                connected=connection is not None,
                may_wait_for_connection=len(plan.channels) <= 1,
                channel_paused_until=connection.paused_until if connection else 0,
                feed_at=now,
                last_order_at=0 if known.about.kind == "order" else self.person.last_order_at,
                sent=(*self._told, *own),
                sent_by_run=sum(one.goes and one.channel == channel for one in before),
                turn=Turn(plan.journey, plan.priority, cart, now, after=known.about.after),
                country=self.person.country or shop.country,
                timezone=zone_of(self.person, shop),
                manners=shop.profile.manners,
                held_out=known.run.held_out,
            ),
            now,
        )

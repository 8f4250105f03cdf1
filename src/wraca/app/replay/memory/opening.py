"""A stage in memory for one shop and one journey, where it can play that journey."""

import msgspec

from wraca.app.replay.belongings import Belongings
from wraca.app.replay.memory.judging import Judge
from wraca.app.replay.memory.stage import MemoryStage
from wraca.app.sealing import Seal
from wraca.domain.journeys import plan as steps
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.triggers import CartAbandoned, CartKept, CheckoutAbandoned, PaymentAbandoned
from wraca.domain.products import Product
from wraca.domain.shop import Shop

# What is known to go the same way in memory as in the database. Any other journey is played there.
_STEPS = (
    steps.Send, steps.BestChannel, steps.AskReason, steps.Wait, steps.WaitUntil, steps.Branch, steps.Split, steps.ReactTo,
    steps.GiveOffer, steps.ChangeAudience, steps.NotifyTeam, steps.End,
)  # fmt: skip
_TRIGGERS = (CartAbandoned, CheckoutAbandoned, PaymentAbandoned, CartKept)

_product = msgspec.json.Decoder(Product)


def fits(plan: Plan) -> bool:
    """Whether this journey can be played in memory."""
    if plan.asks_audiences or not isinstance(plan.trigger, _TRIGGERS):
        return False
    return all(isinstance(place.step, _STEPS) for place in plan.places.values())


def memory_stage(shop: Shop, plan: Plan, seal: Seal, belongings: Belongings) -> MemoryStage:
    """A stage for this shop and this journey, with what the shop brings."""
    products = {str(row["key"]): _product.decode(str(row["body"])) for row in belongings.products}
    suppressed = {(str(row["channel"]), str(row["address_hash"])): str(row["reason"]) for row in belongings.suppressions}
    return MemoryStage(shop, plan, Judge(shop, plan, seal, products, suppressed))

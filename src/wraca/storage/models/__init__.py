"""All tables. Keys start with (bucket, shop_id): see docs/decisions/0002-buckets-and-derived-ids.md."""

from wraca.storage.models.carts import CartRow, OrderRow, Timer
from wraca.storage.models.deliverability import Pace, SendingDomain
from wraca.storage.models.journeys import DecisionRow, Journey, JourneyVersion, RunRow, TemplateVersion
from wraca.storage.models.messages import HitRow, Link, OutboxRow
from wraca.storage.models.operations import Audit, Installation, Parked
from wraca.storage.models.people import ConsentRow, EventRow, Identity, Person, Suppression
from wraca.storage.models.shops import ApiKey, ChannelSetting, Feed, Member, Product, Shop

__all__ = [
    "ApiKey",
    "Audit",
    "CartRow",
    "ChannelSetting",
    "ConsentRow",
    "DecisionRow",
    "EventRow",
    "Feed",
    "HitRow",
    "Identity",
    "Installation",
    "Journey",
    "JourneyVersion",
    "Link",
    "Member",
    "OrderRow",
    "OutboxRow",
    "Pace",
    "Parked",
    "Person",
    "Product",
    "RunRow",
    "SendingDomain",
    "Shop",
    "Suppression",
    "TemplateVersion",
    "Timer",
]

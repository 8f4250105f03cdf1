"""All tables. Keys start with (bucket, shop_id): see docs/decisions/0002-buckets-and-derived-ids.md."""

from wraca.storage.models.carts import CartRow, OrderRow, Timer
from wraca.storage.models.chats import Chat, ChatLine
from wraca.storage.models.deliverability import Pace, SendingDomain
from wraca.storage.models.journeys import DecisionRow, Journey, JourneyVersion, Rehearsal, RunRow, TemplateVersion
from wraca.storage.models.messages import HitRow, Link, OutboxRow
from wraca.storage.models.occasions import AudienceMember, Interest, Notice
from wraca.storage.models.offers import Coupon, OfferCode
from wraca.storage.models.operations import Audit, Installation, Parked
from wraca.storage.models.opinions import Answer, Review
from wraca.storage.models.outlets import AudienceEntry, AudienceSink, PublishedFeed, WebhookDelivery, WebhookEndpoint
from wraca.storage.models.people import ConsentRow, EventRow, Identity, Person, Suppression
from wraca.storage.models.reaching import OptIn, Placement, PushSubscription, Shown, Spend
from wraca.storage.models.shops import ApiKey, ChannelSetting, Feed, Member, Product, Shop

__all__ = [
    "Answer",
    "ApiKey",
    "AudienceEntry",
    "AudienceMember",
    "AudienceSink",
    "Audit",
    "CartRow",
    "ChannelSetting",
    "Chat",
    "ChatLine",
    "ConsentRow",
    "Coupon",
    "DecisionRow",
    "EventRow",
    "Feed",
    "HitRow",
    "Identity",
    "Installation",
    "Interest",
    "Journey",
    "JourneyVersion",
    "Link",
    "Member",
    "Notice",
    "OfferCode",
    "OptIn",
    "OrderRow",
    "OutboxRow",
    "Pace",
    "Parked",
    "Person",
    "Placement",
    "Product",
    "PublishedFeed",
    "PushSubscription",
    "Rehearsal",
    "Review",
    "RunRow",
    "SendingDomain",
    "Shop",
    "Shown",
    "Spend",
    "Suppression",
    "TemplateVersion",
    "Timer",
    "WebhookDelivery",
    "WebhookEndpoint",
]

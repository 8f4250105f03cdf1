"""What events themselves tell the shop's webhooks: answers to the question why, and words on permission."""

from collections.abc import Iterator, Sequence

from wraca.app.hooksout import Happening, Hearers, listened, tell
from wraca.app.shoppers import Shoppers
from wraca.domain.events import Answered, Event, Instant
from wraca.domain.identity import anchor
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.webhooks import Topic
from wraca.storage.database import Transaction


def tell_of_events(
    tx: Transaction, bucket: int, shoppers: Shoppers, taken: Sequence[tuple[ShopId, Event]], now: Instant, hearers: Hearers
) -> None:
    """In the transaction that took them in. History (backfill) is told to nobody."""
    shops = listened(hearers, (shop for shop, _ in taken))
    if not shops:
        return
    happened = [
        one
        for shop, event in taken
        if shop in shops and not event.backfill and anchor(event)
        for one in _of_event(shop, shoppers.owner(shop, anchor(event)), event)
    ]
    tell(tx, bucket, hearers, happened, now)


def _of_event(shop: ShopId, person: PersonId, event: Event) -> Iterator[Happening]:
    if isinstance(event.body, Answered):
        facts: dict[str, object] = {
            "person_id": person,
            "cart_id": event.body.cart or None,
            "message_id": event.body.message or None,
            "journey": event.body.journey,
            "reason": event.body.reason,
        }
        yield Happening(shop, Topic.PERSON_ANSWERED, event.id, event.at, facts)
    for word in event.consents:
        said: dict[str, object] = {"person_id": person, "channel": word.channel, "basis": word.basis, "mechanism": word.mechanism}
        topic = Topic.CONSENT_GIVEN if word.given else Topic.CONSENT_WITHDRAWN
        yield Happening(shop, topic, f"{event.id}/{word.channel}", event.at, said)

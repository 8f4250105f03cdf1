"""Journeys of a shop: saved as immutable versions, switched on and off."""

from django.db import transaction

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.domain.journeys.reading import read_plan
from wraca.storage.fields import to_datetime
from wraca.storage.models import Journey, JourneyVersion, Shop


class NoSuchJourney(LookupError):
    """The shop has no journey of this name."""


def put_journey(bucket: int, shop: ShopId, text: str, author: str, now: Instant) -> tuple[str, int]:
    """Save a journey file as the next version: its name and number. A text that is the newest version already makes no new one.

    Runs keep the version they began with; an active journey gives the new one to whoever starts from now on. Raises BadPlan.
    """
    plan = read_plan(text)
    with transaction.atomic():
        Shop.objects.select_for_update().filter(bucket=bucket, id=shop).first()
        newest = JourneyVersion.objects.filter(bucket=bucket, shop_id=shop, name=plan.journey).order_by("-version").first()
        version = newest.version if newest else 0
        if newest is None or newest.source != text:
            version += 1
            JourneyVersion.objects.create(
                bucket=bucket,
                shop_id=shop,
                name=plan.journey,
                version=version,
                source=text,
                created_at=to_datetime(now),
                author=author[:200],
            )
        row = Journey.objects.filter(bucket=bucket, shop_id=shop, name=plan.journey).first()
        # Runs of older versions go on: what they wait for still wakes them.
        awaits = sorted(plan.awaits.union(row.awaits if row else ()))
        Journey.objects.update_or_create(
            bucket=bucket,
            shop_id=shop,
            name=plan.journey,
            defaults={"version": version, "awaits": awaits},
            create_defaults={"version": version, "awaits": awaits, "created_at": to_datetime(now)},
        )
    return plan.journey, version


def activate(bucket: int, shop: ShopId, name: str, now: Instant) -> None:
    """From now on, carts that begin may start this journey; carts from before never do. Raises NoSuchJourney."""
    rows = Journey.objects.filter(bucket=bucket, shop_id=shop, name=name)
    if not rows.exists():
        raise NoSuchJourney(name)
    rows.filter(active_since=None).update(active_since=to_datetime(now))


def pause(bucket: int, shop: ShopId, name: str) -> None:
    """No new run starts; those under way go on to their end. Raises NoSuchJourney."""
    if not Journey.objects.filter(bucket=bucket, shop_id=shop, name=name).update(active_since=None):
        raise NoSuchJourney(name)

"""The merchant's own messages: every save is a version for good; a name of the shop's own may be given up where nothing uses it."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max

from wraca.domain.events import Instant
from wraca.storage.fields import to_datetime
from wraca.storage.models import Shop, TemplateVersion
from wraca.storage.queries import templates
from wraca.storage.queries.shops import Key

EVERY_OTHER = ""  # in place of a language: the words for people of languages that have none of their own


class StillUsed(Exception):
    """A journey sends this message; `journeys` are the names of all that do."""

    def __init__(self, journeys: tuple[str, ...]) -> None:
        super().__init__(", ".join(journeys))
        self.journeys = journeys


def put_template(
    key: Key, template: str, language: str, sources: Mapping[str, str], author: str, now: Instant, *, also_others: bool = False
) -> int:
    """Save a message in one language as the next version; its number.

    Empty sources: the built-in message again. `also_others`: people of languages without words of their own get this version too;
    of a name that is not built in, some language must say so, or those people would get nothing.
    """
    with transaction.atomic():
        Shop.objects.select_for_update().filter(bucket=key.bucket, id=key.shop).first()
        version = _put(key, template, language, sources, author, now)
        if also_others:
            _put(key, template, EVERY_OTHER, sources, author, now)
    return version


def _put(key: Key, template: str, language: str, sources: Mapping[str, str], author: str, now: Instant) -> int:
    rows = TemplateVersion.objects.filter(bucket=key.bucket, shop_id=key.shop, name=template, language=language)
    version = (rows.aggregate(newest=Max("version"))["newest"] or 0) + 1
    TemplateVersion.objects.create(
        bucket=key.bucket,
        shop_id=key.shop,
        name=template,
        language=language,
        version=version,
        sources=dict(sources),
        created_at=to_datetime(now),
        author=author[:200],
    )
    return version


def drop_template(key: Key, template: str) -> None:
    """Forget a message of the shop's own with all its versions. Raises StillUsed where a journey, a run or a message needs it."""
    with transaction.atomic():
        Shop.objects.select_for_update().filter(bucket=key.bucket, id=key.shop).first()
        if using := templates.journeys_using(key).get(template):
            raise StillUsed(using)
        TemplateVersion.objects.filter(bucket=key.bucket, shop_id=key.shop, name=template).delete()

"""Names that the shop has already used, for whoever chooses one."""

from wraca.storage.models import AudienceMember, Journey, TemplateVersion
from wraca.storage.queries.shops import Key


def journeys(key: Key) -> tuple[str, ...]:
    """The names of all journeys, in order."""
    return tuple(Journey.objects.filter(bucket=key.bucket, shop_id=key.shop).order_by("name").values_list("name", flat=True))


def templates(key: Key) -> tuple[str, ...]:
    """The names of the messages for which the merchant wrote words."""
    rows = TemplateVersion.objects.filter(bucket=key.bucket, shop_id=key.shop).order_by("name")
    return tuple(rows.values_list("name", flat=True).distinct())


def audiences(key: Key) -> tuple[str, ...]:
    """The audiences that somebody ever was in."""
    rows = AudienceMember.objects.filter(bucket=key.bucket, shop_id=key.shop).order_by("audience")
    return tuple(rows.values_list("audience", flat=True).distinct())

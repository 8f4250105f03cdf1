"""The shop's people by what a newsletter's tool knows them by."""

from collections.abc import Iterator

from django.db.models import Q

from wraca.domain.ids import PersonId, ShopId, bucket_of
from wraca.storage.models import Person

_AT_ONCE = 2_000


def readers(shop: ShopId) -> Iterator[tuple[PersonId, str, str]]:
    """(id, address, customer number) of everybody who has either, read in portions."""
    here = Person.objects.filter(bucket=bucket_of(shop), shop_id=shop).filter(~Q(email="") | Q(body__has_key="user"))
    found = here.values_list("id", "email", "body__user").order_by("id")
    last = "0" * 32
    while portion := list(found.filter(id__gt=last)[:_AT_ONCE]):
        yield from ((PersonId(person), email, user or "") for person, email, user in portion)
        last = portion[-1][0]

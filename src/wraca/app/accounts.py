"""People who use the console."""

from django.contrib.auth import get_user_model
from django.db import transaction

from wraca.domain.ids import ShopId
from wraca.storage.models import Member


def make_owner(bucket: int, shop: ShopId, address: str, password: str) -> None:
    """An account that owns this shop. Raises django.db.IntegrityError where the address has one."""
    with transaction.atomic():
        user = get_user_model().objects.create_user(username=address, email=address, password=password)
        Member.objects.create(bucket=bucket, shop_id=shop, user=user, role="owner")

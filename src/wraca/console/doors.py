"""Every page of a shop passes here: signed in, a member of this shop, with a right to see it. Anything else ends before the view.

Somebody else's shop answers 404, as one that does not exist; a page beyond one's role answers 403.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import timezone

from wraca.app import audit
from wraca.console.roles import RIGHTS, Right, Role
from wraca.console.wiring import wiring
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of
from wraca.storage.models import Member, Shop
from wraca.storage.queries.shops import Key


class Visit(msgspec.Struct, frozen=True):
    """One request to one shop's pages."""

    request: HttpRequest
    user: User
    shop: Shop
    role: Role
    now: Instant

    @property
    def key(self) -> Key:
        """What every query starts from."""
        return Key(self.shop.bucket, ShopId(self.shop.id))

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role]

    @property
    def rights(self) -> dict[str, bool]:
        """For templates: `visit.rights.journeys`."""
        return {right.value: self.may(right) for right in Right}

    def note(self, what: str, **body: object) -> None:
        """Write down in the shop's audit log what this visitor did; no personal data, only ids."""
        source = {"from": self.request.META.get("REMOTE_ADDR", "")}
        audit.record(self.key.bucket, self.key.shop, self.user.get_username(), what, {**source, **body}, self.now)

    def page(self, template: str, context: dict[str, object] | None = None, status: int = 200) -> HttpResponse:
        return render(self.request, f"console/{template}", {"visit": self, "shop": self.shop, **(context or {})}, status=status)


View = Callable[Concatenate[Visit, ...], HttpResponse]
GUARDED: dict[str, tuple[Right, ...]] = {}  # view name -> any of these rights; a test walks over all of it


def shop_page(*rights: Right, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], Callable[..., HttpResponse]]:
    """A page of a shop for whoever has one of `rights`. The view gets a Visit instead of the request."""

    def guard(view: View) -> Callable[..., HttpResponse]:
        allowed = [*methods, *(["HEAD"] if "GET" in methods else [])]
        GUARDED[f"{view.__module__}.{view.__qualname__}"] = rights

        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, shop: str, **named: Any) -> HttpResponse:  # noqa: ANN401  (parts of the path)
            visit = _visit(request, ShopId(shop))
            if not any(visit.may(right) for right in rights):
                raise PermissionDenied
            if request.method not in allowed:  # only now: who may not come in learns nothing of what is inside
                return HttpResponseNotAllowed(allowed)
            with timezone.override(zone_of(visit.shop.timezone)):
                return view(visit, **named)

        return guarded

    return guard


def zone_of(name: str) -> ZoneInfo:
    """The zone of this name; UTC where the name means nothing here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _visit(request: HttpRequest, shop_id: ShopId) -> Visit:
    bucket = bucket_of(shop_id)
    user = request.user
    assert isinstance(user, User)
    member = Member.objects.filter(bucket=bucket, shop_id=shop_id, user=user).first()
    shop = Shop.objects.filter(bucket=bucket, id=shop_id).first() if member else None
    if member is None or shop is None or member.role not in set(Role):
        raise Http404
    return Visit(request, user, shop, Role(member.role), wiring().clock())

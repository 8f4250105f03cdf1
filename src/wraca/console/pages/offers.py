"""Offers: the pools of codes, how far they reach, an upload, and what was given lately."""

from collections.abc import Iterable

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wraca.app import pools
from wraca.console import formats
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.domain.offers import Offer, OfferKind
from wraca.storage.queries import offers


class PoolShown(msgspec.Struct, frozen=True):
    pool: offers.Pool
    is_low: bool


class OfferShown(msgspec.Struct, frozen=True):
    given: offers.GivenOffer
    terms: str
    state: str


@shop_page(Right.NUMBERS, methods=("GET", "POST"))
def show(visit: Visit) -> HttpResponse:
    """Pools for everybody who sees numbers; whose code is whose only for those who see people."""
    if visit.request.method == "POST":
        if not visit.may(Right.JOURNEYS):
            raise PermissionDenied
        return _upload(visit)
    lately = offers.lately(visit.key) if visit.may(Right.PEOPLE) else ()
    context = {
        "here": "offers",
        "pools": [PoolShown(pool, pool.free < pools.LOW) for pool in offers.pools(visit.key, visit.now)],
        "lately": shown(lately, visit),
        "low": pools.LOW,
    }
    return visit.page("offers.html", context)


def shown(given: Iterable[offers.GivenOffer], visit: Visit) -> list[OfferShown]:
    """Offers as a page tells of them."""
    return [OfferShown(one, terms_said(one.offer), _state(one, visit)) for one in given]


def _upload(visit: Visit) -> HttpResponse:
    pool = visit.request.POST.get("pool", "").strip()
    try:
        done = pools.add_codes(visit.key.bucket, visit.key.shop, pool, _text_of(visit), visit.now)
    except pools.BadPool:
        text = _("The codes were not taken. A pool's name has small letters, digits and dashes and begins with a letter.")
        messages.error(visit.request, f"{text} {_('A list has at most 200,000 codes and 5 MB.')}")
        return redirect("offers", shop=visit.shop.id)
    visit.note("offers.uploaded", pool=pool, added=done.added, doubles=done.doubles, bad=done.bad_count)
    messages.success(
        visit.request,
        ngettext("%(count)s code was added to %(pool)s.", "%(count)s codes were added to %(pool)s.", done.added)
        % {"count": formats.number(done.added), "pool": pool},
    )
    if done.doubles:
        text = ngettext(
            "%(count)s code was left out: a pool of this shop has it already, or it stood in the list twice.",
            "%(count)s codes were left out: a pool of this shop has them already, or they stood in the list twice.",
            done.doubles,
        )
        messages.warning(visit.request, text % {"count": formats.number(done.doubles)})
    if done.bad_count:
        text = ngettext("%(count)s line holds no code: %(lines)s", "%(count)s lines hold no code: %(lines)s", done.bad_count)
        told = "; ".join(f"{line.number}: {line.text} ({_fault(line.why)})" for line in done.bad[:5])
        messages.warning(visit.request, text % {"count": formats.number(done.bad_count), "lines": told})
    return redirect("offers", shop=visit.shop.id)


def _text_of(visit: Visit) -> str:
    """The file, if one was chosen, else what was written into the field."""
    file = visit.request.FILES.get("file")
    if isinstance(file, UploadedFile):
        if (file.size or 0) > pools.LONGEST_UPLOAD:
            raise pools.BadPool
        return str(file.read(), "utf-8", errors="replace")
    return visit.request.POST.get("codes", "")


def _fault(why: str) -> str:
    match why:
        case "long":
            return _("longer than 100 characters")
        case "spaces":
            return _("a space inside")
        case _:
            return _("unreadable characters")


def terms_said(offer: Offer) -> str:
    """What it is worth, as 10% off; a gift by its name."""
    match offer.kind:
        case OfferKind.PERCENT:
            return _("%(value)s%% off") % {"value": f"{offer.value:g}"}
        case OfferKind.AMOUNT:
            return _("%(value)s off the cart") % {"value": f"{offer.value:g}"}
        case OfferKind.FREE_SHIPPING:
            return _("free shipping")
        case OfferKind.GIFT:
            return offer.text or _("a gift")


def _state(one: offers.GivenOffer, visit: Visit) -> str:
    states = (
        (one.held_out, _("comparison group: nothing given")),
        (one.is_used, _("used")),
        (not one.code and one.closed_at is not None and bool(one.pool), _("taken back unseen")),
        (not one.code and bool(one.pool), _("the pool was empty")),
        (one.expires_at is not None and one.expires_at <= visit.now, _("ran out")),
        (one.closed_at is not None, _("not used")),
    )
    return next((said for applies, said in states if applies), _("open"))

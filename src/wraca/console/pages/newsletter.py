"""The cart in the shop's own newsletter: switched on and off, the secret of its links, and ready links for every subscriber."""

import csv

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wraca.app import shops as acts
from wraca.app.readers import note_all
from wraca.console import formats
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.newsletter import newsletter_secret, reader_key
from wraca.storage.queries.readers import readers

_OF_SHOP = ("name", "domain", "country", "currency", "language", "timezone", "permission")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for one


@shop_page(Right.SETTINGS, methods=("GET", "POST"))
def show(visit: Visit) -> HttpResponse:
    """On or off, and how a link is made."""
    if visit.request.method == "POST":
        return _switch(visit, on=visit.request.POST.get("do") == "on")
    context = {
        "here": "settings",
        "tab": "newsletter",
        "is_on": _is_on(visit),
        "secret": newsletter_secret(visit.shop.identity_secret),
        "base": _base(visit),
    }
    return visit.page("newsletter.html", context)


@shop_page(Right.SETTINGS)
def links_file(visit: Visit) -> HttpResponse:
    """Ready links of all subscribers as CSV. That somebody took them along is written down."""
    if not visit.may(Right.PEOPLE):
        raise PermissionDenied
    visit.note("newsletter.exported")
    secret, base = newsletter_secret(visit.shop.identity_secret), _base(visit)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="newsletter-links.csv"'
    file = csv.writer(answer)
    file.writerow(("email", "cart_picture", "cart_link", "cart_html", "cart_json"))
    for _person, email, _user in readers(visit.key.shop) if _is_on(visit) else ():
        if email and not email.startswith(_FORMULAS):
            link = f"{base}/{reader_key(secret, f'email:{email.lower()}')}"
            file.writerow((email, f"{link}.png", link, f"{link}.html", f"{link}.json"))
    return answer


def _switch(visit: Visit, *, on: bool) -> HttpResponse:
    profile = acts.shop_profile(visit.key.bucket, visit.key.shop)
    fields = acts.ShopFields(**{name: getattr(visit.shop, name) for name in _OF_SHOP})
    acts.change_shop(visit.key.bucket, visit.key.shop, fields, msgspec.structs.replace(profile, newsletter=on))
    wiring().register.forget()
    visit.note("newsletter.on" if on else "newsletter.off")
    if on:
        # Whoever comes from now on is noted as they come; these were here before.
        secret = newsletter_secret(visit.shop.identity_secret)
        count = note_all(wiring().register.database, visit.key.shop, secret, readers(visit.key.shop), visit.now)
        text = ngettext(
            "It is on. Links work for %(count)s person who is known already, and for everybody who comes.",
            "It is on. Links work for %(count)s people who are known already, and for everybody who comes.",
            count,
        )
        messages.success(visit.request, text % {"count": formats.number(count)})
    else:
        messages.success(visit.request, _("It is off. Links that are out there show nothing."))
    return redirect("newsletter", shop=visit.shop.id)


def _is_on(visit: Visit) -> bool:
    return acts.shop_profile(visit.key.bucket, visit.key.shop).newsletter


def _base(visit: Visit) -> str:
    return f"{wiring().public_url}/n/{visit.shop.id}"

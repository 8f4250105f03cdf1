"""What can be done on the page of web push besides its settings."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app.channels import NoSuchChannel
from wraca.app.pushkeys import change_key
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring


@shop_page(Right.SETTINGS, methods=("POST",))
def new_key(visit: Visit) -> HttpResponse:
    """Another key; browsers change over when they next show themselves."""
    try:
        change_key(wiring().register, visit.key.shop)
    except NoSuchChannel:
        raise Http404 from None
    visit.note("push.key_changed")
    messages.success(
        visit.request, _("There is a new key. Browsers change over on their next visit; until then the old one works on.")
    )
    return redirect("channel", shop=visit.shop.id, channel="webpush")

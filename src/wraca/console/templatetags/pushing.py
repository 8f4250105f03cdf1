"""What the page of web push shows beside its settings: the key, the browsers, the recipe for the shop, how messages fared."""

from django import template

from wraca.app.subscribing import Subscribers
from wraca.console.doors import Visit
from wraca.console.wiring import wiring
from wraca.storage.queries.pushes import browsers, week

register = template.Library()


@register.simple_tag
def push_standing(visit: Visit) -> dict[str, object]:
    """{% push_standing visit as push %}: nothing where web push is not set up."""
    invitation = Subscribers(wiring().register).invite(visit.key.shop, visit.request.LANGUAGE_CODE)
    if invitation is None:
        return {}
    return {
        "invitation": invitation,
        "browsers": browsers(visit.key, invitation.key_id),
        "week": week(visit.key, visit.now),
        "worker": f"{wiring().public_url.rstrip('/')}/sdk/wraca-sw.js",
    }

"""What every template gets: the visitor's shops, the languages, the nonce."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from wraca.console.forms import LANGUAGES
from wraca.storage.queries.shops import shops_of


def surroundings(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    is_known = user is not None and user.is_authenticated
    return {
        "nonce": getattr(request, "csp_nonce", ""),
        "languages": LANGUAGES,
        "my_shops": SimpleLazyObject(lambda: shops_of(int(user.pk)) if user is not None and is_known else []),
    }

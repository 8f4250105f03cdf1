"""Everything that the shop's own pages ask, and the page of a confirmation."""

from starlette.routing import Route

from wraca.edge.confirming import ConfirmPages
from wraca.edge.deciding import ShopPages
from wraca.edge.keys import Keyring
from wraca.edge.services import Services
from wraca.edge.tokens import Tokens


def on_page_routes(services: Services, keyring: Keyring, tokens: Tokens) -> list[Route]:
    """None where nothing answers them."""
    pages = services.on_pages
    if pages is None:
        return []
    return [*ShopPages(services, pages, keyring).routes(), *ConfirmPages(services, pages, tokens).routes()]

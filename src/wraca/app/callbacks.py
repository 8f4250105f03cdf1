"""Where providers call back: an address for each shop that nobody else can guess, made from the installation's secret."""

from collections.abc import Mapping
from urllib.parse import quote

from wraca.app.sealing import Seal
from wraca.domain.ids import MessageId, ShopId

_SHOP = 32  # hexadecimal digits of a shop's id


def call_secret(seal: Seal, shop: ShopId, channel: str) -> str:
    """The last part of the address that a provider calls for this shop."""
    return shop + seal.proof("calls", channel, shop)


def shop_of_secret(seal: Seal, secret: str, channel: str) -> ShopId | None:
    """Whose address this is; None for what we never gave to anybody."""
    shop = ShopId(secret[:_SHOP])
    return shop if seal.proves(secret[_SHOP:], "calls", channel, shop) else None


def call_address(
    seal: Seal, public_url: str, shop: ShopId, channel: str, settings: Mapping[str, object], message: MessageId | str = ""
) -> str:
    """The address for this shop's provider; with a message, the one for its reports. Empty where there is no provider."""
    provider = str(settings.get("provider") or "")
    if not provider:
        return ""
    address = f"{public_url.rstrip('/')}/hooks/{channel}/{quote(provider, safe='')}/{call_secret(seal, shop, channel)}"
    return f"{address}?m={message}" if message else address

"""A new key towards push services, made by hand: after a leak, or when somebody leaves who knew the installation's secret."""

from wraca.app.browsers import CHANNEL
from wraca.app.channels import NoSuchChannel, installed, save_channel
from wraca.app.register import Register
from wraca.domain.ids import ShopId
from wraca.ports.pushing import TakesSubscriptions


def change_key(register: Register, shop: ShopId) -> None:
    """Put a new key before the others. Raises NoSuchChannel where web push was never set up, Misconfigured."""
    register.forget()
    plugin, connection = installed(register, CHANNEL), register.connection(shop, CHANNEL)
    if connection is None or not isinstance(plugin, TakesSubscriptions):
        raise NoSuchChannel(CHANNEL)
    save_channel(register, shop, CHANNEL, plugin.renewed(connection.settings))

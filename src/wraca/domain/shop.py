"""A shop as messages and decisions see it."""

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId

_DAY = 24 * 3600 * 1000


class Manners(msgspec.Struct, frozen=True):
    """How much one person may get, over all journeys. Times in ms; hours are civil hours of the person's zone."""

    per_day: int = 2
    per_week: int = 4
    silence_after_order: int = 3 * _DAY
    quiet_from: int | None = None  # e-mail may come at night unless the merchant minds
    quiet_until: int | None = None


class Profile(msgspec.Struct, frozen=True):
    """What the merchant said about the shop beyond its name: kept as JSON in the shop's row."""

    legal_name: str = ""
    postal_address: str = ""
    phone: str = ""
    email: str = ""
    restore_url: str = ""  # where carts are restored; empty: https://<domain>/
    pixel: bool = False  # opens are measured only where the merchant wants it and the person allowed it
    track_clicks: bool = True
    feed_limit: int = 60 * 60 * 1000  # messages are held while nothing was heard from the shop for this long
    heartbeat_limit: int = 10 * 60 * 1000  # the same for a shop that sends heartbeats
    manners: Manners = Manners()


class Shop(msgspec.Struct, frozen=True):
    id: ShopId
    bucket: int
    name: str
    domain: str
    country: str = ""
    currency: str = "EUR"
    language: str = "en"
    timezone: str = "UTC"
    permission: str = "vouched"
    identity_secret: str = ""
    profile: Profile = Profile()
    paused_at: Instant | None = None

    @property
    def home(self) -> str:
        """The shop's front page. A domain may be given with a scheme and a port (http://127.0.0.1:9000), as the demo's is."""
        return self.domain if "://" in self.domain else f"https://{self.domain}"

    @property
    def restore_url(self) -> str:
        return self.profile.restore_url or f"{self.home}/"

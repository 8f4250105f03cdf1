"""A shop as messages and decisions see it."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from wraca.domain.chatting import Habits
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.domain.newsletter import newsletter_secret

_HOUR = 3600 * 1000
_DAY = 24 * _HOUR


class ChannelManners(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds on one channel besides. None: as is usual there (USUAL_CAPS; for the times domain/calendar.py).

    Two equal hours are no quiet hours at all.
    """

    per_day: int | None = None
    per_week: int | None = None
    quiet_from: int | None = None
    quiet_until: int | None = None
    on_sundays: bool | None = None
    on_holidays: bool | None = None


class Caps(msgspec.Struct, frozen=True):
    """The most messages over one channel to one person; None: only what holds over all channels."""

    per_day: int | None = None
    per_week: int | None = None
    per_run: int | None = None


USUAL_CAPS: Mapping[str, Caps] = {
    "sms": Caps(per_day=1, per_week=2, per_run=1),
    "webpush": Caps(per_day=1, per_week=4),
}
_NO_CAPS = Caps()


class Manners(msgspec.Struct, frozen=True):
    """How much one person may get, over all journeys. Times in ms; hours are civil hours where the person is."""

    per_day: int = 2
    per_week: int = 4
    between_journeys: int = 6 * _HOUR  # between a journey's message and one of a journey that is not more urgent
    silence_after_order: int = 3 * _DAY
    quiet_from: int | None = None  # e-mail may come at night unless the merchant minds
    quiet_until: int | None = None
    per_channel: dict[str, ChannelManners] = {}

    def caps_on(self, channel: str) -> Caps:
        """The most messages over this channel: the merchant's word, else what is usual."""
        usual, said = USUAL_CAPS.get(channel, _NO_CAPS), self.per_channel.get(channel)
        if said is None:
            return usual
        return Caps(
            usual.per_day if said.per_day is None else said.per_day,
            usual.per_week if said.per_week is None else said.per_week,
            usual.per_run,
        )


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
    names: Literal["known", "allowed"] = "known"  # call people by their name where it is known, or only where they said yes
    team_email: str = ""  # where journeys write to the shop's own people; empty: `email`
    newsletter: bool = False  # people's carts may stand in the shop's own newsletter
    chat: Habits = Habits()
    social: dict[str, str] = {}  # where else the shop can be met: {"instagram": "https://..."}


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
    def newsletter_secret(self) -> str:
        """What the links of its newsletter are made with; empty where carts do not stand in it."""
        return newsletter_secret(self.identity_secret) if self.profile.newsletter and self.identity_secret else ""

    @property
    def home(self) -> str:
        """The shop's front page. A domain may be given with a scheme and a port (http://127.0.0.1:9000), as the demo's is."""
        return self.domain if "://" in self.domain else f"https://{self.domain}"

    @property
    def restore_url(self) -> str:
        return self.profile.restore_url or f"{self.home}/"

"""The throw-away installation of a replay: one shop, one journey, and a channel that records instead of sending."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from wraca.app.register import Register
from wraca.app.replay.ghosts import Ghost, GhostChannel
from wraca.app.sealing import Seal
from wraca.app.sending import Sender
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.writing import plan_to_yaml
from wraca.domain.shop import Shop
from wraca.storage.database import open_database
from wraca.storage.queries import replay as sql

_NEVER_SILENT = 10**15  # ms: the past is complete, the shop's orders are all in it
_WHOLE_BATCHES = 200  # messages judged in one transaction


class Stage:
    """An open throw-away installation. Messages need no slots here: nothing can be lost between two of them."""

    def __init__(self, file: Path, shop: Shop, plan: Plan, seal: Seal) -> None:
        self.file = file
        self.shop = shop
        self.plan = plan
        self.bucket = shop.bucket
        channels = {send.channel: GhostChannel(send.channel) for send in plan.sends} or {"email": GhostChannel("email")}
        self._channels = channels
        self.database = open_database(f"sqlite:///{file}", durable=False)
        # The register may keep what it read: nobody changes the shop while its past is played.
        self.register = Register(self.database, channels, seal, lambda: 0)
        self.sender = Sender(self.register, "https://replay.invalid", lambda: 0, slots=1)
        self.sender.slots = _WHOLE_BATCHES

    @property
    def ghosts(self) -> list[Ghost]:
        """All messages that would have gone, in order of time."""
        everything = (ghost for channel in self._channels.values() for ghost in channel.ghosts)
        return sorted(everything, key=lambda ghost: (ghost.at, ghost.message))


class Belongings(msgspec.Struct, frozen=True):
    """What a shop brings to a replay of its own past: rows of its catalogue and of its suppressed addresses, without their shop."""

    products: Sequence[dict[str, object]] = ()
    suppressions: Sequence[dict[str, object]] = ()


@contextmanager
def staged(shop: Shop, plan: Plan, seal: Seal, belongings: Belongings | None = None) -> Iterator[Stage]:
    """A stage for this shop and this journey; it is gone at the end. Django must be set up, whatever database it looks at."""
    with TemporaryDirectory(prefix="wraca-replay-") as folder:
        file = Path(folder) / "replay.db"
        sql.make_tables(file)
        _fill(file, shop, plan, seal, belongings or Belongings())
        stage = Stage(file, shop, plan, seal)
        try:
            yield stage
        finally:
            stage.sender.close()
            stage.database.close()


def _fill(file: Path, shop: Shop, plan: Plan, seal: Seal, belongings: Belongings) -> None:
    where: dict[str, object] = {"bucket": shop.bucket, "shop_id": shop.id}
    profile = msgspec.structs.replace(shop.profile, feed_limit=_NEVER_SILENT, heartbeat_limit=_NEVER_SILENT)
    sql.put_rows(file, "installation", [{"id": 1, "epoch": 1, "paused_reason": "", "created_at": 0}])
    row: dict[str, object] = {
        "bucket": shop.bucket,
        "id": shop.id,
        "name": shop.name,
        "domain": shop.domain,
        "country": shop.country,
        "currency": shop.currency,
        "language": shop.language,
        "timezone": shop.timezone,
        "permission": shop.permission,
        "identity_secret": shop.identity_secret,
        "settings": msgspec.json.encode(profile).decode(),
        "created_at": 0,
    }
    sql.put_rows(file, "shop", [row])
    version: dict[str, object] = {"name": plan.journey, "version": 1, "created_at": 0}
    sql.put_rows(file, "journey", [where | version | {"active_since": 0}])
    sql.put_rows(file, "journey_version", [where | version | {"source": plan_to_yaml(plan), "author": ""}])
    channels = sorted({send.channel for send in plan.sends})
    sealed = seal.close({"from": "replay@replay.invalid"})
    sql.put_rows(file, "channel_setting", [where | {"channel": name, "sealed": sealed, "pause_reason": ""} for name in channels])
    sql.put_rows(file, "product", [where | product for product in belongings.products])
    sql.put_rows(file, "suppression", [where | one for one in belongings.suppressions])

"""What the tests of this folder do again and again: channel settings, many carts, and when messages left."""

from collections.abc import Mapping

from wraca.domain.events import Instant
from wraca.storage.statement import Statement
from wraca.testing.world import World, identities

_SET = Statement(
    "testing_set_channel",
    "update channel_setting set sealed = :sealed where bucket = :bucket and shop_id = :shop and channel = 'email'",
)


def connect(world: World, settings: Mapping[str, object]) -> None:
    """Give the shop's e-mail channel these settings."""
    with world.database.write() as tx:
        tx.run(_SET, bucket=world.bucket, shop=world.shop, sealed=world.seal.close(settings))
    world.register.forget()


def leave_carts(world: World, names: list[str]) -> None:
    """All at the same moment."""
    for name in names:
        world.leaves_cart(name)


def sent_at(world: World, provider: str = "") -> list[Instant]:
    """When messages left, in order; of one mail domain if it is named."""
    people = {one.key: one.recipient.address for one in world.channel.delivered}
    times = [one.sending_at for one in world.outbox if one.id in people and people[one.id].endswith(provider)]
    return sorted(at for at in times if at is not None)


def reasons(world: World) -> set[str]:
    """Why messages wait."""
    return {reason for one in world.outbox if one.state == "held" for reason in one.reasons}


__all__ = ["connect", "identities", "leave_carts", "reasons", "sent_at"]

"""A channel that takes everything and sends nothing."""

from collections.abc import Mapping, Sequence

import msgspec

from wraca.domain.events import Instant
from wraca.ports.channel import Outgoing, Receipt, Rendered, Setting

_NOTHING = Rendered("", "", "", b"")


class Ghost(msgspec.Struct, frozen=True):
    """A message that would have gone."""

    at: Instant
    message: str
    template: str


class GhostChannel:
    """Takes everything, sends nothing, writes it down."""

    settings: Sequence[Setting] = ()

    def __init__(self, name: str) -> None:
        self.name = name
        self.ghosts: list[Ghost] = []

    def check(self, settings: Mapping[str, object]) -> None:
        """There is nothing that could be wrong."""

    def render(self, message: Outgoing) -> Rendered:  # noqa: ARG002
        """Nobody reads it."""
        return _NOTHING

    def deliver(self, message: Outgoing, rendered: Rendered) -> Receipt:  # noqa: ARG002
        """Write down what would have gone, and when."""
        self.ghosts.append(Ghost(message.sent_at, message.key, message.template))
        return Receipt("replay")

    def close(self) -> None:
        """There is nothing to give back."""

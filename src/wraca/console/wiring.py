"""What the console is given from outside: the clock and the channels. Whoever starts the process connects it once."""

from collections.abc import Callable, Mapping

import msgspec

from wraca.domain.events import Instant
from wraca.ports.channel import Channel


class Wiring(msgspec.Struct, frozen=True):
    clock: Callable[[], Instant]
    channels: Mapping[str, Channel]


class NotConnected(RuntimeError):
    """The console was asked for a page before `connect` was called."""


_connected: list[Wiring] = []


def connect(clock: Callable[[], Instant], channels: Mapping[str, Channel]) -> None:
    """Give the console its clock and its channels; a later call replaces them."""
    _connected[:] = [Wiring(clock, dict(channels))]


def wiring() -> Wiring:
    """What was connected. Raises NotConnected."""
    if not _connected:
        raise NotConnected("wraca.console.wiring.connect(clock, channels) was not called before the first page")
    return _connected[0]

"""What the console is given from outside: the clock and the register (database, channels, seal). Connected once per process."""

from collections.abc import Callable

import msgspec

from wraca.app.register import Register
from wraca.domain.events import Instant


class Wiring(msgspec.Struct, frozen=True):
    clock: Callable[[], Instant]
    register: Register
    public_url: str  # where shoppers' browsers find this installation: printed in the snippet


class NotConnected(RuntimeError):
    """The console was asked for a page before `connect` was called."""


_connected: list[Wiring] = []


def connect(clock: Callable[[], Instant], register: Register, public_url: str) -> None:
    """Give the console its clock and its register; a later call replaces them."""
    _connected[:] = [Wiring(clock, register, public_url.rstrip("/"))]


def wiring() -> Wiring:
    """What was connected. Raises NotConnected."""
    if not _connected:
        raise NotConnected("wraca.console.wiring.connect(clock, register, public_url) was not called before the first page")
    return _connected[0]

"""The shop's manners as a scenario writes them: durations as in a journey, everything else as the shop's profile has it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wraca.domain.journeys.durations import BadDuration, read_duration
from wraca.domain.shop import Manners

_LENGTHS = ("between_journeys", "silence_after_order")


class BadManners(ValueError):
    """The shop's profile has no such thing; the message says what is known."""


def read_manners(said: Mapping[str, Any]) -> Manners:
    """Manners with what is said. Raises BadManners."""
    if unknown := [name for name in said if name not in Manners.__struct_fields__]:
        raise BadManners(f"`{unknown[0]}` is not known here; known are {', '.join(Manners.__struct_fields__)}")
    try:
        lengths = {name: read_duration(str(said[name])) for name in _LENGTHS if name in said}
        return msgspec.convert({**said, **lengths}, Manners)
    except (BadDuration, msgspec.ValidationError) as bad:
        raise BadManners(str(bad)) from None

"""What a shop brings to a replay of its own past, beside its events."""

from collections.abc import Sequence

import msgspec


class Belongings(msgspec.Struct, frozen=True):
    """Rows of its catalogue and of its suppressed addresses, without their shop; bodies are JSON text."""

    products: Sequence[dict[str, object]] = ()
    suppressions: Sequence[dict[str, object]] = ()

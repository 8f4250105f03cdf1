"""Who gets nothing, so that the difference can be measured; and whose variant is which."""

from hashlib import blake2b

from wraca.domain.ids import PersonId, ShopId, derived_id

_RANGE = 1 << 64


def place_of(experiment: tuple[str, ...], person: PersonId) -> float:
    """A person's place (0.0 up to 1.0) in this experiment: for ever, on every machine; independent of that in any other."""
    return _number(experiment, person) / _RANGE


def arm(shop: ShopId, experiment: str, person: PersonId, share: float) -> bool:
    """True for the held-out share (0.0-1.0) of people.

    The same person has the same place in the same experiment for ever, on every machine, for every cart and channel; places in two
    experiments are independent. A share that grows keeps everybody who was already held out.
    """
    return _number(("holdout", shop, experiment), person) < share * _RANGE


def _number(experiment: tuple[str, ...], person: PersonId) -> int:
    key = bytes.fromhex(derived_id(*experiment))
    return int.from_bytes(blake2b(person.encode(), key=key, digest_size=8).digest(), "big")

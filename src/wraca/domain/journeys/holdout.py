"""Who gets nothing, so that the difference can be measured."""

from hashlib import blake2b

from wraca.domain.ids import PersonId, ShopId, derived_id

_RANGE = 1 << 64


def arm(shop: ShopId, experiment: str, person: PersonId, share: float) -> bool:
    """True for the held-out share (0.0-1.0) of people.

    The same person has the same place in the same experiment for ever, on every machine, for every cart and channel; places in two
    experiments are independent. A share that grows keeps everybody who was already held out.
    """
    key = bytes.fromhex(derived_id("holdout", shop, experiment))
    place = int.from_bytes(blake2b(person.encode(), key=key, digest_size=8).digest(), "big")
    return place < share * _RANGE

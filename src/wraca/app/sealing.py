"""Secrets at rest, and names that cannot be turned back.

Channel settings are sealed (Fernet: AES-128-CBC with HMAC-SHA256) under a key made from WRACA_SECRET_KEY, which is not in the
database. Addresses in the suppression list are keyed hashes, so that they outlive an erasure without naming anybody.
"""

import base64
import hmac
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from wraca.domain.ids import ShopId


class WrongKey(Exception):
    """The settings were sealed under another WRACA_SECRET_KEY: set the old one again, or enter the channel's settings anew."""


class Seal:
    """Made once from the installation's secret key."""

    def __init__(self, secret_key: str) -> None:
        self._secret = secret_key.encode()
        self._box = Fernet(base64.urlsafe_b64encode(self._derived("sealing")))
        self._pepper = self._derived("addresses")

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, f"wraca/{purpose}".encode(), sha256)

    def close(self, settings: Mapping[str, object]) -> str:
        """Seal settings for the database."""
        return self._box.encrypt(msgspec.json.encode(settings)).decode()

    def open(self, sealed: str) -> dict[str, object]:
        """Read sealed settings. Raises WrongKey."""
        try:
            return msgspec.json.decode(self._box.decrypt(sealed.encode()), type=dict[str, object])
        except InvalidToken as problem:
            raise WrongKey(WrongKey.__doc__) from problem

    def proof(self, purpose: str, *parts: str) -> str:
        """32 hexadecimal digits that only this installation can make."""
        return hmac.new(self._derived(f"proof/{purpose}"), "|".join(parts).encode(), sha256).hexdigest()[:32]

    def proves(self, proof: str, purpose: str, *parts: str) -> bool:
        """Whether we made this proof, told without telling how much of it is right."""
        return hmac.compare_digest(self.proof(purpose, *parts).encode(), proof.encode())

    def address_hash(self, shop: ShopId, channel: str, address: str) -> str:
        """What the suppression list keeps of an address."""
        return hmac.new(self._pepper, f"{shop}|{channel}|{address.lower()}".encode(), sha256).hexdigest()

"""The shop's own keys towards push services (VAPID, RFC 8292).

A browser's subscription is bound to the key it was made with. Every key is kept with its id, so that a new one changes nothing for
browsers that subscribed before; they change over the next time they show themselves.
"""

import base64
import binascii
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wraca.domain.events import Instant
from wraca.ports.channel import Misconfigured

MOST_KEYS: Final = 5  # the newest first
_LIFE: Final = 12 * 3600  # seconds that a token is good for; RFC 8292 allows a day
_SCALAR: Final = 32  # bytes of a P-256 number
_TOKEN_HEAD: Final = {"typ": "JWT", "alg": "ES256"}


class Key(msgspec.Struct, frozen=True):
    """One key pair. `id` is 16 hexadecimal digits made of `public`, which is what a browser is given."""

    id: str
    public: str
    private: ec.EllipticCurvePrivateKey

    @property
    def secret(self) -> str:
        """The private number, to be sealed."""
        return encode(self.private.private_numbers().private_value.to_bytes(_SCALAR, "big"))


def new_key() -> Key:
    """A fresh pair."""
    return _paired(ec.generate_private_key(ec.SECP256R1()))


def read_keys(settings: Mapping[str, object]) -> tuple[Key, ...]:
    """The shop's keys, the newest first. Raises Misconfigured where one cannot be read, or there is none."""
    said = str(settings.get("keys") or "").split()
    if not said:
        raise Misconfigured("no_key", "save the channel once: its key is made then")
    return tuple(_read(one) for one in said)


def with_new_key(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings with one more key, the first; the oldest of too many goes."""
    kept = str(settings.get("keys") or "").split()
    return {**settings, "keys": " ".join([new_key().secret, *kept][:MOST_KEYS])}


def authorization(key: Key, endpoint: str, contact: str, now: Instant) -> str:
    """The header that tells a push service who sends: good for this service alone, and for half a day."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now // 1000 + _LIFE, "sub": contact}
    text = f"{encode(msgspec.json.encode(_TOKEN_HEAD))}.{encode(msgspec.json.encode(claims))}"
    r, s = decode_dss_signature(key.private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encode(r.to_bytes(_SCALAR, "big") + s.to_bytes(_SCALAR, "big"))
    return f"vapid t={text}.{signature}, k={key.public}"


def encode(raw: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes again. Raises ValueError."""
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as problem:
        raise ValueError(text[:8]) from problem


def _read(secret: str) -> Key:
    try:
        return _paired(ec.derive_private_key(int.from_bytes(decode(secret), "big"), ec.SECP256R1()))
    except ValueError:
        raise Misconfigured("bad_key", "a key cannot be read: it is 32 bytes in URL-safe base64") from None


def _paired(private: ec.EllipticCurvePrivateKey) -> Key:
    raw = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Key(sha256(raw).hexdigest()[:16], encode(raw), private)

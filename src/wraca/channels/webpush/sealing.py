"""What only the browser can read: aes128gcm for web push (RFC 8291 over RFC 8188)."""

import os
from typing import Final

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec

from wraca.channels.webpush.keys import decode
from wraca.ports.channel import Refused
from wraca.ports.pushing import Subscription

ROOM: Final = 3_993  # bytes of plain text in one record of 4,096: what every push service has to take
_POINT, _SECRET = 65, 16  # bytes of a browser's key, of its secret


def require_keys(subscription: Subscription) -> tuple[bytes, bytes]:
    """The browser's public key and secret as bytes. Raises Refused for what are none."""
    odd = Refused("bad_subscription", "the browser's keys cannot be used")
    try:
        point, secret = decode(subscription.p256dh), decode(subscription.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)  # only a point that lies on the curve
    except ValueError:
        raise odd from None
    if len(point) != _POINT or len(secret) != _SECRET:
        raise odd
    return point, secret


def seal_for(
    subscription: Subscription, plain: bytes, *, salt: bytes | None = None, ours: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """The body of the request. `salt` and `ours` are made anew for each message, other than in tests. Raises Refused."""
    point, secret = require_keys(subscription)
    sealed: bytes = http_ece.encrypt(
        plain,
        salt=salt or os.urandom(16),
        private_key=ours or ec.generate_private_key(ec.SECP256R1()),
        dh=point,
        auth_secret=secret,
        version="aes128gcm",
    )
    return sealed

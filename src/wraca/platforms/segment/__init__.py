"""Segment: the wire format that Wraca's own API speaks, so that any Segment client works with it unchanged."""

import hmac
from collections.abc import Mapping
from hashlib import sha1

from wraca.domain.events import Instant
from wraca.platforms.segment.reading import NAMES, Kind, Sender, read_batch, read_call
from wraca.platforms.segment.wire import decode_call, message_ids, write_key_in
from wraca.ports.platform import Delivery, Forged, ShopFacts

__all__ = ["NAMES", "Kind", "SegmentPlatform", "Sender", "message_ids", "read_batch", "read_call", "write_key_in"]

_KINDS: dict[object, Kind] = {
    "track": "track",
    "identify": "identify",
    "page": "page",
    "screen": "screen",
    "alias": "alias",
    "group": "group",
}


class SegmentPlatform:
    """Segment's webhook destination: one signed call, or a batch of them, per request."""

    name = "segment"

    def receive(self, shop: ShopFacts, body: bytes, headers: Mapping[str, str], now: Instant) -> Delivery:
        """Read one webhook signed with the shop's shared secret (`X-Signature`: HMAC-SHA1 of the body, in hex).

        `headers` have lower-case names. Raises Forged, and ValueError when the body is not readable.
        """
        signature = headers.get("x-signature", "")
        # SHA-1 is what Segment signs with; as an HMAC it still stands.
        right = hmac.new(shop.secret.encode(), body, sha1).hexdigest()
        if not shop.secret or not signature.isascii() or not hmac.compare_digest(right, signature):
            raise Forged("the signature does not fit")
        kind = _KINDS.get(decode_call(body).type)
        return read_batch(body, shop, "server", now) if kind is None else read_call(kind, body, shop, "server", now)

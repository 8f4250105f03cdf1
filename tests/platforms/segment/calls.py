"""Segment calls for these tests, and short ways to read one."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from wraca.domain.events import (
    Event,
)
from wraca.platforms.segment import Sender, read_batch
from wraca.ports.platform import Delivery, ShopFacts

NOW = 1_795_000_000_000  # 2026-11-18T11:06:40Z
MINUTE, DAY = 60_000, 86_400_000
SHOP = ShopFacts("5" * 32, "sklep.pl", "PLN", "identity-secret")
SAMPLES = Path(__file__).parents[4] / "shared" / "payloads" / "segment"


def read(*items: object, source: Sender = "server", shop: ShopFacts = SHOP, batch: dict[str, object] | None = None) -> Delivery:
    return read_batch(json.dumps({"batch": items, **(batch or {})}).encode(), shop, source, NOW)


def one(item: object, source: Sender = "server", batch: dict[str, object] | None = None) -> Event:
    delivery = read(item, source=source, batch=batch)
    assert list(delivery.rejected) == []
    [event] = delivery.events
    return event


def track(event: str, _context: object = None, **properties: object) -> dict[str, object]:
    call: dict[str, object] = {"type": "track", "event": event, "messageId": "m1", "anonymousId": "a1", "properties": properties}
    return call if _context is None else {**call, "context": _context}


def proof(message: str, secret: str = SHOP.secret) -> str:
    return hmac.new(secret.encode(), message.encode(), sha256).hexdigest()


def why(item: object, source: Sender = "server") -> str:
    delivery = read(item, source=source)
    assert list(delivery.events) == []
    [rejection] = delivery.rejected
    assert rejection.reason.endswith(".")
    return rejection.field


def identify(traits: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": "identify", "messageId": "m", "traits": traits, **more}


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()

"""An endpoint on loopback for a shop of a test, and what it heard."""

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

from tests.ports.servers import Host
from wraca.app.hooksending import Hooks
from wraca.domain.ids import derived_id
from wraca.domain.webhooks import Key, Sealed, new_secret
from wraca.egress import Egress
from wraca.storage.statement import Statement
from wraca.testing.world import World

SECRET = new_secret(b"k" * 32)
_ADD = Statement(
    "testing_add_endpoint",
    """insert into webhook_endpoint (bucket, shop_id, id, url, events, sealed, created_at, disabled_reason)
       values (:bucket, :shop, :id, :url, :events, :sealed, :now, '')""",
)
_ROWS = Statement(
    "testing_webhook_deliveries",
    """select event, status, attempts, detail, due_at from webhook_delivery where bucket = :bucket order by at, event, id""",
)
_PAYLOADS = Statement("testing_webhook_payloads", "select payload from webhook_delivery where bucket = :bucket")
_ENDPOINT = Statement(
    "testing_webhook_endpoint", "select failing_since, disabled_at, disabled_reason from webhook_endpoint where bucket = :bucket"
)


def add_endpoint(
    world: World, url: str, topics: Sequence[str] = (), *, personal: bool = False, keys: Sequence[Key] = (Key(SECRET),)
) -> str:
    """A webhook of the world's shop; its id."""
    made = derived_id(world.shop, "testing", url)
    with world.database.write() as tx:
        tx.run(
            _ADD,
            bucket=world.bucket,
            shop=world.shop,
            id=made,
            url=url,
            events=msgspec.json.encode(topics).decode(),
            sealed=world.seal.close(msgspec.to_builtins(Sealed(tuple(keys), personal))),
            now=world.now,
        )
    world.register.forget()
    return made


def listen(
    world: World, host: Host, topics: Sequence[str] = (), *, personal: bool = False, keys: Sequence[Key] = (Key(SECRET),)
) -> str:
    """The same, at this host."""
    return add_endpoint(world, f"http://127.0.0.1:{host.port}/hook", topics, personal=personal, keys=keys)


def hooks(world: World) -> Hooks:
    return Hooks(world.register, Egress(loopback=True), allow_http=True)


def tell_all(world: World) -> int:
    """As the worker does, until nothing is due now."""
    telling, told = hooks(world), 0
    while done := telling.tell_due(world.bucket, world.now):
        told += done
    return told


def rows(world: World) -> list[tuple[str, int | None, int, str, int | None]]:
    """(event, status, attempts, detail, due_at) of every delivery."""
    with world.database.read() as tx:
        return list(tx.all(_ROWS, bucket=world.bucket))


def payloads(world: World) -> str:
    """All that is written down for webhooks."""
    with world.database.read() as tx:
        return "\n".join(text for (text,) in tx.all(_PAYLOADS, bucket=world.bucket))


def endpoint(world: World) -> tuple[int | None, int | None, str]:
    """(failing_since, disabled_at, disabled_reason) of the only one."""
    with world.database.read() as tx:
        ((failing, disabled, reason),) = tx.all(_ENDPOINT, bucket=world.bucket)
    return failing, disabled, reason


def heard(host: Host) -> list[dict[str, Any]]:
    """What the host was told, in order: the payloads."""
    return [msgspec.json.decode(body) for _, body in host.heard]


def verified(head: str, body: bytes, secret: str = SECRET) -> bool:
    """Whether a receiver with this secret would believe it: the check of the standard, written out."""
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.splitlines()[1:])}
    content = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.digest(key, content, sha256)).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split(" ")

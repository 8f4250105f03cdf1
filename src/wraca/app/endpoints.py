"""The shop's webhooks as its merchant sees to them: made, changed, their secrets rotated, switched off and on, tried."""

import secrets
from collections.abc import Sequence

import msgspec

from wraca.app.hooksout import moment
from wraca.app.register import Register
from wraca.app.sealing import WrongKey
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.domain.webhooks import OFFERED, Key, Sealed, Topic, new_secret, rotated
from wraca.egress import check_address
from wraca.storage.queries import webhooks as rows

MOST = 20  # endpoints of a shop


class TooMany(Exception):
    """The shop has as many endpoints as it may have."""


class Draft(msgspec.Struct, frozen=True):
    """What a merchant says of an endpoint. No topics: all of them."""

    url: str
    topics: tuple[Topic, ...] = ()
    personal: bool = False


def add_endpoint(register: Register, shop: ShopId, draft: Draft, now: Instant) -> tuple[str, str]:
    """A new endpoint; its id and its secret, which is shown this once. Raises Forbidden (of the egress), TooMany."""
    check_address(draft.url)
    if rows.count(shop) >= MOST:
        raise TooMany
    secret, endpoint = new_secret(secrets.token_bytes(32)), secrets.token_hex(16)
    rows.add(shop, endpoint, draft.url, draft.topics, _close(register, Sealed((Key(secret),), draft.personal)), now)
    register.forget()
    return endpoint, secret


def change_endpoint(register: Register, shop: ShopId, endpoint: str, draft: Draft) -> None:
    """Other events, another address. Its secret stays. Raises Forbidden (of the egress), LookupError."""
    check_address(draft.url)
    sealed = _open(register, shop, endpoint)
    rows.change(shop, endpoint, draft.url, draft.topics, _close(register, Sealed(sealed.keys, draft.personal)))
    register.forget()


def rotate_secret(register: Register, shop: ShopId, endpoint: str, now: Instant) -> str:
    """A new secret, shown this once; the old one signs beside it for a day. Raises LookupError."""
    sealed, secret = _open(register, shop, endpoint), new_secret(secrets.token_bytes(32))
    rows.seal(shop, endpoint, _close(register, Sealed(rotated(sealed.keys, secret, now), sealed.personal)))
    return secret


def is_personal(register: Register, shop: ShopId, endpoint: str) -> bool:
    """Whether it gets names and addresses. Raises LookupError."""
    return _open(register, shop, endpoint).personal


def switch_endpoint(register: Register, shop: ShopId, endpoint: str, now: Instant, *, on: bool) -> None:
    """Off: what waits is given up. On: from now on it is told again."""
    rows.switch(shop, endpoint, None if on else now)
    register.forget()


def drop_endpoint(register: Register, shop: ShopId, endpoint: str) -> None:
    """Away, with its log."""
    rows.drop(shop, endpoint)
    register.forget()


def send_test(shop: ShopId, endpoint: str, now: Instant) -> None:
    """An event that says nothing, to this endpoint alone. Raises LookupError for one that is not there, or off."""
    facts: dict[str, object] = {"message": "This is a test of your webhook."}
    payload: dict[str, object] = {"type": Topic.TEST, "timestamp": moment(now), "data": facts}
    rows.add_delivery(shop, endpoint, secrets.token_hex(16), Topic.TEST, payload, now)


def send_again(shop: ShopId, endpoint: str, delivery: str, now: Instant) -> bool:
    """The same event again, under the same id; False where there is nothing to send, or nobody to send it to."""
    return rows.again(shop, endpoint, delivery, now)


def topics_of(names: Sequence[str]) -> tuple[Topic, ...]:
    """Those of the names that may be chosen, in their own order."""
    return tuple(topic for topic in OFFERED if topic in names)


def _open(register: Register, shop: ShopId, endpoint: str) -> Sealed:
    """What was sealed under another WRACA_SECRET_KEY is lost: such an endpoint has no secret until a new one is made."""
    try:
        return msgspec.convert(register.seal.open(rows.sealed(shop, endpoint)), Sealed)
    except WrongKey:
        return Sealed(())


def _close(register: Register, sealed: Sealed) -> str:
    return register.seal.close(msgspec.to_builtins(sealed))

"""Forged identities, from the door to the mailbox: whatever a browser says of somebody, nobody is written to because of it."""

import hmac
import random
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from tests.edge.attacked import SERVER, Attacked
from wraca.storage.database import Database
from wraca.testing.shops import ShopRow

VICTIM = "victim@example.com"
_CART = {"cart_id": "victims-cart", "checkout_id": "victims-checkout", "currency": "PLN", "value": 1}
_LAMP = {"product_id": "lamp", "name": "Lamp", "price": "199.00", "quantity": 1}


def _track(event: str, **properties: object) -> dict[str, Any]:
    return {"type": "track", "event": event, "properties": properties}


def _proof(secret: str, of: str) -> dict[str, object]:
    return {"wraca": {"proof": hmac.new(secret.encode(), of.encode(), sha256).hexdigest()}}


# One way each of saying that one is somebody else.
FORGERIES: tuple[Callable[[], dict[str, Any]], ...] = (
    lambda: {"type": "identify", "traits": {"email": VICTIM, "firstName": "Mallory"}},
    lambda: {"type": "identify", "userId": "victim", "traits": {"email": VICTIM.upper(), "phone": "+48123456789"}},
    lambda: {"type": "identify", "userId": "victim", "traits": {"email": VICTIM, "email_consent": True, "marketing": True}},
    lambda: {"type": "identify", "traits": {"email": VICTIM}, "context": {"wraca": {"proof": "0" * 64}}},
    lambda: {"type": "identify", "traits": {"email": VICTIM}, "context": _proof("", VICTIM)},
    lambda: {"type": "identify", "traits": {"email": VICTIM}, "context": _proof("an-identity-secret", "mallory@example.com")},
    lambda: {"type": "alias", "previousId": "victim", "userId": "mallory"},
    lambda: {"type": "alias", "previousId": "mallory", "userId": "victim"},
    lambda: {"type": "group", "groupId": "victims", "traits": {"email": VICTIM}},
    lambda: {**_track("Product Added", **_LAMP, **_CART, email=VICTIM), "context": {"traits": {"email": VICTIM}}},
    lambda: _track("Product Removed", **_LAMP, **_CART, email=VICTIM),
    lambda: _track("Cart Updated", products=[_LAMP], email=VICTIM, **_CART),
    lambda: _track("Cart Updated", products=[], email=VICTIM, **_CART),
    lambda: _track("Checkout Started", products=[_LAMP], email=VICTIM, checkout_url="https://evil.example/", **_CART),
    lambda: _track("Checkout Step Completed", step=3, email=VICTIM, **_CART),
    lambda: _track("Payment Info Entered", email=VICTIM, **_CART),
    lambda: _track("Order Completed", order_id="o1", products=[_LAMP], email=VICTIM, **_CART),
    lambda: _track("Order Cancelled", order_id="o1", email=VICTIM, **_CART),
    lambda: _track("Consent Given", channel="email", basis="double_opt_in", text="yes", email=VICTIM),
    lambda: _track("Consent Withdrawn", channel="email", email=VICTIM),
)


def forged(number: int, chance: random.Random) -> dict[str, Any]:
    """The next lie of a handful of browsers."""
    return {
        **chance.choice(FORGERIES)(),
        "anonymousId": f"evil-{number % 11}",
        "messageId": f"lie-{number}",
        "integrations": {"All": True},
    }


def attack(attacked: Attacked, lies: int, seed: int) -> None:
    """So many forged events, in batches, from browsers of the shop's own pages."""
    chance = random.Random(seed)
    calls = [forged(number, chance) for number in range(lies)]
    for begin in range(0, lies, 50):
        answer = attacked.says(calls[begin : begin + 50])
        assert "victim" not in answer.lower()
        assert "lamp" not in answer.lower()


def test_a_thousand_browser_events_with_an_address_cause_no_message_to_it(database: Database) -> None:
    attacked = Attacked(database)
    with attacked.client:
        attack(attacked, 1_000, seed=1)

    attacked.world.pass_time(days=7)

    assert attacked.world.letters == []
    assert attacked.world.outbox == []
    assert not [row for row in attacked.known() if row[0] == "identity" and VICTIM in "".join(row)]


def customer(database: Database, name: str) -> Attacked:
    """A shop whose customer left a cart that the shop's server has named."""
    attacked = Attacked(database, ShopRow(name=name))
    attacked.world.leaves_cart("victim")
    with attacked.client:
        cart = {**_track("Cart Updated", products=[_LAMP], **_CART), "userId": "victim", "messageId": "honest"}
        attacked.says([{**cart, "context": {"traits": {"email": VICTIM}}}], SERVER)
    return attacked


@pytest.mark.parametrize("seed", [1, 2])
def test_lies_about_a_known_customer_change_nothing_of_theirs(database: Database, seed: int) -> None:
    unharmed, attacked = customer(database, "unharmed"), customer(database, "attacked")
    before = attacked.known()
    with attacked.client:
        attack(attacked, 500, seed)

    assert before <= attacked.known()
    for each in (unharmed, attacked):
        each.world.pass_time(days=7)
    assert attacked.world.letters == unharmed.world.letters
    assert {address for address, _ in attacked.world.letters} == {VICTIM}


def test_the_same_address_from_the_shops_server_is_believed(database: Database) -> None:
    attacked = Attacked(database)
    with attacked.client:
        cart = {**_track("Product Added", **_LAMP, currency="PLN"), "anonymousId": "honest", "messageId": "m1"}
        attacked.says([cart], SERVER)
        attacked.says(
            [{"type": "identify", "anonymousId": "honest", "messageId": "m2", "traits": {"email": VICTIM, "email_consent": True}}],
            SERVER,
        )

    attacked.world.pass_time(hours=3)

    assert [address for address, _ in attacked.world.letters] == [VICTIM]


def test_an_address_that_the_shops_server_has_proven_is_believed_from_the_browser(database: Database) -> None:
    attacked = Attacked(database)
    with attacked.client:
        attacked.says([{**_track("Product Added", **_LAMP, currency="PLN"), "anonymousId": "honest", "messageId": "m1"}], SERVER)
        said = {"type": "identify", "anonymousId": "honest", "messageId": "m2", "traits": {"email": VICTIM, "email_consent": True}}
        attacked.says([{**said, "context": _proof("an-identity-secret", VICTIM)}])

    attacked.world.pass_time(hours=3)

    assert [address for address, _ in attacked.world.letters] == [VICTIM]

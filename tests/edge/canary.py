"""One conspicuous person through every flow, with the log turned up: `python -m tests.edge.canary DATABASE_URL`.

Standard error is the log of this process, as an operator has it. Standard output is what must not be found there, as JSON.
"""

import sys

import msgspec

from tests.edge.attacked import PUBLIC, SERVER, Attacked
from tests.edge.test_attacks_by_links import FORM, links_of
from wraca import bootstrap
from wraca.ports.channel import Outgoing, Refused
from wraca.testing.databases import opened

MAIL, PHONE = "canary.bird@feather.example", "+48602123456"
PERSON = {"email": MAIL, "phone": PHONE, "firstName": "Canarina", "lastName": "Featherstone", "email_consent": True}
CART = {"product_id": "lamp", "name": "Lamp", "price": "199.00", "currency": "PLN", "cart_id": "canarycart0123456789"}
_KNOWN = ("Canarina", "Featherstone", "canarycart0123456789", "canary-browser", "canary-customer")


def said(number: int, call: dict[str, object]) -> dict[str, object]:
    """A call of the canary's."""
    return {**call, "anonymousId": "canary-browser", "userId": "canary-customer", "messageId": f"canary-{number}"}


def shops(attacked: Attacked) -> None:
    """Good events, bad ones, and some that make everything behind the door fail."""
    attacked.says([said(1, {"type": "identify", "traits": PERSON})], SERVER)
    attacked.says([said(2, {"type": "track", "event": "Product Added", "properties": CART})], SERVER)
    attacked.says([said(3, {"type": "identify", "traits": {**PERSON, "email": f"{MAIL} {PHONE}"}})], SERVER)
    attacked.says([said(4, {"type": "track", "event": MAIL, "properties": {MAIL: PHONE, "price": "19\u0000\r\nfake log line"}})])
    for body in (f'{{"batch": [{MAIL}', f'{{"email": "{MAIL}", "batch": 7}}'):
        attacked.client.post("/v1/batch", content=body, headers={"Authorization": f"Basic {MAIL}"})


def fails(attacked: Attacked) -> None:
    """Mistakes of ours whose text quotes whom it happened to; each leaves a line in the log."""

    def blunders(message: Outgoing) -> None:
        raise ValueError(f"cannot write to {message.recipient.address}: {message.facts} {message.links}")

    def refuses(message: Outgoing) -> None:
        raise Refused("bad_address", f"550 5.1.1 <{message.recipient.address}> {message.links.preferences}")

    attacked.world.pass_time(minutes=61)
    for name, mishap in (("misprint", blunders), ("mishap", blunders), ("mishap", refuses)):
        setattr(attacked.channel, name, mishap)
        attacked.world.leaves_cart(f"canary.{name}.{mishap.__name__}")
        attacked.world.pass_time(hours=2)
        setattr(attacked.channel, name, None)


def is_broken(attacked: Attacked, links: list[str]) -> None:
    """The edge while nothing behind it works: every answer is a failure that quotes what it was asked."""
    real = attacked.wraca.database.read

    def breaks() -> object:
        raise ValueError(f"no answer for {MAIL} {PHONE} {links}")

    attacked.wraca.database.read = breaks  # type: ignore[method-assign]
    for link in links:
        attacked.client.get(link, headers={"User-Agent": MAIL, "Referer": links[0]})
    attacked.wraca.database.read = real  # type: ignore[method-assign]


def main(url: str) -> None:
    """Everything that can happen to the canary."""
    bootstrap.configure_logs("debug")
    with opened(url) as database:
        attacked = Attacked(database)
        attacked.client = type(attacked.client)(
            bootstrap.edge(attacked.wraca), base_url=PUBLIC, follow_redirects=False, raise_server_exceptions=False
        )
        with attacked.client:
            shops(attacked)
            fails(attacked)
            links = sorted({link for mail in attacked.channel.mails for link in links_of(mail)})
            for link in links:
                attacked.client.get(link, headers={"User-Agent": MAIL, "X-Forwarded-For": PHONE})
                attacked.client.get(link[:-1])
            is_broken(attacked, links)
            for link in links:
                attacked.client.post(link, headers={"Content-Type": FORM[0]}, content=FORM[1])
            attacked.world.pass_time(days=8)
        tokens = sorted({link.split("/")[4] for link in links})
    secret = [
        MAIL,
        MAIL.split("@", maxsplit=1)[0],
        PHONE,
        PHONE[1:],
        *_KNOWN,
        *tokens,
        "canary.misprint",
        "canary.mishap",
        "fake log line",
    ]
    sys.stdout.buffer.write(msgspec.json.encode({"secret": secret, "mails": len(attacked.channel.mails), "tokens": tokens}))


if __name__ == "__main__":
    main(sys.argv[1])

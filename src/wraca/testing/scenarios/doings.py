"""What the words under `do` mean: each is something that happens in the shop, at the person, or around them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from wraca.app import asking
from wraca.app.answers import Purpose
from wraca.app.bounces import take_report
from wraca.domain import events
from wraca.domain.events import Line, LineAdded, LineRemoved, OrderPlaced, OrderState, Stage
from wraca.domain.evidence import Evidence
from wraca.domain.journeys.durations import read_duration
from wraca.domain.reasons import Reason
from wraca.ports.channel import Outgoing
from wraca.testing.scenarios.script import Doing
from wraca.testing.scenarios.stage import Stage as Theatre

_READER: Final = Evidence("GET", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "10.0.0.0", has_browser_headers=True)
_COMPLAINT: Final = """From: feedback@provider.example
Subject: complaint
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
Original-Rcpt-To: <{address}>

--part
Content-Type: message/rfc822

Message-ID: <{key}@shop.example>
To: {address}

--part--
"""


class CannotHappen(Exception):
    """The scenario asks for something that cannot be at that moment; the message says what and why."""


def do(stage: Theatre, doing: Doing) -> None:
    """Let it happen now. Raises CannotHappen."""
    _WORDS[doing.what](stage, doing.about)


def _adds(stage: Theatre, products: Mapping[str, float | None]) -> None:
    for product, said in products.items():
        known = stage.scenario.catalogue.get(product)
        price = known.price if said is None and known else said
        name = (known.name if known else "") or product.title()
        category = known.category if known else ""
        line = Line(product, 1, stage.minor(price), name, url=f"https://shop.example/{product}", category=category, trusted=True)
        stage.tell(LineAdded(line, currency=stage.scenario.shop.currency))


def _buys(stage: Theatre, state: str | None) -> None:
    stage.last_order = f"order-{stage.now}"
    stage.tell(OrderPlaced(stage.last_order, OrderState(state or "completed")))


def _cancels(stage: Theatre, _: object) -> None:
    if not stage.last_order:
        raise CannotHappen("there is no order to cancel; let the person buy first")
    stage.tell(OrderPlaced(stage.last_order, OrderState.CANCELLED))


def _letter(stage: Theatre, step: str = "") -> Outgoing:
    """The newest message (of this step) that the person got. Raises CannotHappen."""
    steps = {message.id: message.step for message in stage.outbox}
    found = [letter for letter in stage.channel.delivered if not step or steps.get(letter.key) == step]
    if not found:
        got = ", ".join(dict.fromkeys(f"`{steps.get(one.key)}`" for one in stage.channel.delivered)) or "none"
        what = f"no message of the step `{step}`" if step else "no message"
        raise CannotHappen(f"{what} has been sent by then; sent were {got}")
    return found[-1]


def _follow(stage: Theatre, address: str, purpose: Purpose) -> str:
    """Where this link of a message leads, for somebody with a browser."""
    token = address.rpartition("/")[2]
    answer = stage.desk.open_link(token, purpose, 0, _READER, stage.now) if token else None
    if answer is None:
        raise CannotHappen("the message has no such link any more")
    return answer.target


def _opens(stage: Theatre, step: str) -> None:
    _follow(stage, _letter(stage, step).links.open, "open")


def _clicks(stage: Theatre, step: str) -> None:
    """The landing page proves that it was a person."""
    target = _follow(stage, _letter(stage, step).links.restore, "restore")
    hit = target.partition("wraca_hit=")[2].partition("&")[0]
    stage.tell(events.Landed(hit))


def _answers(stage: Theatre, said: str | Mapping[str, str]) -> None:
    reason, text = (said, "") if isinstance(said, str) else (said["reason"], said.get("text", ""))
    if not stage.channel.delivered:
        stage.tell(events.Answered(reason, text))
        return
    token = _letter(stage).links.reason.rpartition("/")[2]
    if not asking.answer(stage.register, token, Reason(reason), text, stage.now):
        raise CannotHappen("the message's question is not open any more")


def _unsubscribes(stage: Theatre, _: object) -> None:
    stage.desk.unsubscribe(_letter(stage).links.preferences.rpartition("/")[2], "list", stage.now)


def _complains(stage: Theatre, _: object) -> None:
    letter = _letter(stage)
    raw = _COMPLAINT.format(address=letter.recipient.address, key=letter.key)
    take_report(stage.register, raw.encode(), stage.now, stage.shop)


def _prices(stage: Theatre, prices: Mapping[str, float]) -> None:
    for product, price in prices.items():
        stage.product_told(product, price)


def _stocks(stage: Theatre, stocks: Mapping[str, int]) -> None:
    for product, stock in stocks.items():
        stage.product_told(product, stock=stock)


def _feed(*, silent: bool) -> Callable[[Theatre, Any], None]:
    """The last, or the first, word of the shop that all its orders are reported."""

    def turn(stage: Theatre, _: object) -> None:
        stage.tell(events.FeedChecked())
        stage.feed_is_silent = silent

    return turn


def _server_down(stage: Theatre, length: str) -> None:
    stage.mail_down_until = stage.now + read_duration(length)


_WORDS: Mapping[str, Callable[[Theatre, Any], None]] = {
    "adds": _adds,
    "removes": lambda stage, product: stage.tell(LineRemoved(Line(product))),
    "reaches": lambda stage, name: stage.tell(events.StageReached(Stage[name.upper()])),
    "payment fails": lambda stage, _: stage.tell(events.StageReached(Stage.PAYMENT, payment_failed=True)),
    "empties the cart": lambda stage, _: stage.tell(events.CartReplaced(currency=stage.scenario.shop.currency)),
    "buys": _buys,
    "cancels the order": _cancels,
    "opens": _opens,
    "clicks": _clicks,
    "answers": _answers,
    "unsubscribes": _unsubscribes,
    "complains": _complains,
    "looks at": lambda stage, product: stage.tell(events.Seen(product)),
    "visits": lambda stage, _: stage.tell(events.Seen()),
    "price": _prices,
    "stock": _stocks,
    "event": lambda stage, name: stage.tell(events.Other(), name),
    "joins": lambda stage, audience: stage.tell(events.AudienceChanged(audience, joined=True)),
    "leaves": lambda stage, audience: stage.tell(events.AudienceChanged(audience, joined=False)),
    "connects": lambda stage, channel: stage.connect(channel),
    "disconnects": lambda stage, channel: stage.disconnect(channel),
    "the order feed falls silent": _feed(silent=True),
    "the order feed is back": _feed(silent=False),
    "the mail server is down for": _server_down,
}

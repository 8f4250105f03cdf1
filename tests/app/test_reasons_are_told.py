"""Nobody vanishes: whatever goes wrong in a week of a shop, every message that did not go says why, in documented words."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from wraca.domain.events import CartReplaced, Consent, Identified, OrderPlaced, OrderState
from wraca.domain.gate import Silence
from wraca.domain.outbox import State
from wraca.ports.channel import Misconfigured, Outgoing, Refused, TemplateProblem, Unavailable
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import World, identities

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "messages.md"
_WAITING = Statement(
    "testing_waiting",
    """select p.body, c.id from cart c join person p on p.bucket = c.bucket and p.shop_id = c.shop_id and p.id = c.person_id
       where c.bucket = :bucket and c.state = 'open' and p.email <> ''""",
)
_DECIDED = Statement("testing_decided", "select distinct cart_id from run where bucket = :bucket")

# What a message may end with without a word: it went, or its turn has not come.
SPEAKS_FOR_ITSELF = {State.PLANNED, State.CLAIMED, State.SENDING, State.ACCEPTED}
TROUBLES: tuple[Callable[[], Exception], ...] = (
    lambda: Refused("no_such_mailbox", "550 5.1.1", hard=True),
    lambda: Refused("content", "554 5.7.1"),
    lambda: Unavailable("try_later", "451 4.3.0"),
    lambda: Misconfigured("sign_in", "535 5.7.8"),
    lambda: ConnectionResetError("gone in the middle"),
)


class Week:
    """A random week of a shop with everything that can go wrong in it."""

    def __init__(self, database: Database, seed: int) -> None:
        self.world = World(database)
        self.chance = random.Random(seed)
        self.world.channel.mishap = self._perhaps
        self.world.channel.misprint = self._misprint

    def _perhaps(self, _message: Outgoing) -> None:
        if self.chance.random() < 0.3:
            trouble = self.chance.choice(TROUBLES)
            raise trouble()

    def _misprint(self, _message: Outgoing) -> None:
        if self.chance.random() < 0.1:
            raise self.chance.choice([TemplateProblem("unknown filter", 3), ValueError("a fault of ours")])

    def happens(self) -> None:
        """Thirty things that people do, hours apart; then a week in which nothing more does."""
        for _ in range(30):
            self._does(f"person{self.chance.randrange(8)}")
            self.world.feed_is_silent = self.chance.random() < 0.15
            self.world.pass_time(hours=self.chance.choice([0, 0.5, 1.2, 5]))
        self.world.feed_is_silent = False
        self.world.pass_time(days=7)

    def _does(self, name: str) -> None:
        who = identities(name)
        match self.chance.randrange(8):
            case 0:
                self.world.buys(name)
            case 1:
                self.world.happens(CartReplaced(()), *who)
            case 2:
                self.world.happens(Identified(), *who, consents=(Consent("email", given=False),))
            case 3:
                self.world.happens(OrderPlaced(f"failed {name}", OrderState.FAILED), *who)
            case _:
                self.world.leaves_cart(name, agreed=self.chance.random() < 0.8)


def documented() -> set[str]:
    """The reasons of the reference."""
    table = REFERENCE.read_text("utf-8").partition("## Reasons")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)}


def test_every_reason_for_silence_is_documented() -> None:
    assert documented() == {silence.value for silence in Silence}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_message_that_did_not_go_says_why(database: Database, seed: int) -> None:
    week = Week(database, seed)
    week.happens()

    outbox = week.world.outbox
    assert {message.state for message in outbox} >= {"accepted", "skipped"}
    silent = [message for message in outbox if State(message.state) not in SPEAKS_FOR_ITSELF]
    assert [message for message in silent if not message.reasons] == []
    assert [message for message in silent for reason in message.reasons if not re.match(r"[a-z_]+(: |$)", reason)] == []
    skipped = {reason for message in silent if message.state == "skipped" for reason in message.reasons}
    assert skipped <= documented()


@pytest.mark.parametrize("seed", [1, 2])
def test_every_cart_left_behind_by_somebody_known_was_decided_upon(database: Database, seed: int) -> None:
    week = Week(database, seed)
    week.happens()

    with database.read() as tx:
        left = {cart for _, cart in tx.all(_WAITING, bucket=week.world.bucket)}
        decided = {cart for (cart,) in tx.all(_DECIDED, bucket=week.world.bucket)}
    assert left
    assert left <= decided
    assert {run.outcome for run in week.world.runs} <= {"", "completed", "ordered", "emptied", "opted_out", "stopped", "filtered"}

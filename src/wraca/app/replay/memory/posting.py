"""The outbox in memory: messages that are due meet the gate, and what passes is written down as gone."""

from collections.abc import Mapping

from wraca.app.replay.ghosts import Ghost, Notebook
from wraca.app.replay.memory.crowd import Crowd
from wraca.app.replay.memory.judging import WEEK, Judge
from wraca.app.replay.memory.rows import Letter
from wraca.app.replay.memory.runs import Travels
from wraca.domain.arbitration import Told
from wraca.domain.carts import Cart
from wraca.domain.events import Instant
from wraca.domain.fold import Shopper
from wraca.domain.gate import Ghost as HeldOut
from wraca.domain.gate import Hold, Pass, Postpone, Skip
from wraca.domain.ids import PersonId
from wraca.domain.journeys.plan import Plan
from wraca.domain.outbox import USEFUL_FOR, State
from wraca.domain.shop import Shop


class Post:
    """For one journey of one shop; remembers what everybody got."""

    def __init__(self, shop: Shop, plan: Plan, crowd: Crowd, travels: Travels, gate: Judge, notebook: Notebook) -> None:
        self._shop, self._plan, self._crowd, self._travels = shop, plan, crowd, travels
        self._gate, self._notebook = gate, notebook
        self._sent: dict[PersonId, list[Told]] = {}  # what somebody got

    def move(self, becomes: Mapping[PersonId, PersonId]) -> None:
        """People turned out to be others: what they got goes with them."""
        for old, new in becomes.items():
            if (sent := self._sent.pop(old, None)) is not None:
                self._sent.setdefault(new, []).extend(sent)

    def judge(self, letter: Letter, now: Instant) -> None:
        """Ask the gate, and write down what would have left."""
        shopper = self._crowd.shoppers.get(letter.person)
        person = shopper.person if shopper else None
        found = self._crowd.cart(letter.travel.cart)
        cart = found[1] if found else None
        sent = [told for told in self._sent.get(letter.person, ()) if told.at > now - WEEK]
        answer = self._gate.judged(letter, person, cart, sent, now)
        self._notebook.keeps(letter.id, answer)
        told = Told(now, letter.channel, self._plan.journey, cart=letter.cart, message=letter.id)
        match answer:
            case Hold(reasons=reasons, until=until):
                letter.state, letter.reasons = State.HELD, reasons
                self._travels.letters_due.set(letter.id, until)
                return
            case Postpone(reasons=reasons, until=until):
                letter.state, letter.reasons, letter.deadline = State.PLANNED, reasons, until + USEFUL_FOR
                self._travels.letters_due.set(letter.id, until)
                return
            case Skip(reasons=reasons):
                self._travels.settle(letter, State.SKIPPED, reasons, now)
            case HeldOut():
                self._sent[letter.person] = [*sent, told]
                self._travels.settle(letter, State.SKIPPED, ("holdout",), now)
            case Pass():
                self._sent[letter.person] = [*sent, told]
                self._leaves(letter, shopper, cart, now)
        self._travels.runs_due.set_earlier(letter.travel.run.id, now)

    def _leaves(self, letter: Letter, shopper: Shopper | None, cart: Cart | None, now: Instant) -> None:
        if shopper is not None:  # the gate lets nothing go to nobody
            self._notebook.meets(letter.id, letter.channel, shopper.person, cart, self._shop)
        self._notebook.ghosts.append(Ghost(now, letter.id, letter.template))
        self._travels.settle(letter, State.ACCEPTED, (), now)

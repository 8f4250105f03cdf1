"""The runs of a replay in memory: begun by the watch, moved by the engine, with the letters they plan."""

from collections.abc import Mapping

import msgspec

from wraca.app.replay.memory.alarms import Alarms
from wraca.app.replay.memory.crowd import Crowd
from wraca.app.replay.memory.deciding import Decider
from wraca.app.replay.memory.judging import Judge
from wraca.app.replay.memory.rows import Letter, Travel
from wraca.app.watching import watched
from wraca.domain.carts import LOST_AFTER, Cart
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, MessageId, PersonId, RunId, derived_id
from wraca.domain.journeys.holdout import arm
from wraca.domain.journeys.plan import BEGIN, Plan
from wraca.domain.journeys.run import Finish, Given, MakeOffer, Run, SendMessage, Sent, Sleep
from wraca.domain.journeys.watch import Candidate, Start, given_up_after, watch
from wraca.domain.outbox import USEFUL_FOR, WAITING, State
from wraca.domain.shop import Shop

VERSION = 1


class Travels:
    """Every run of one journey. `alarms` wake carts and runs, `letters` what is in the outbox."""

    def __init__(self, shop: Shop, plan: Plan, crowd: Crowd, judge: Judge) -> None:
        self._shop = shop
        self._plan = plan
        self._crowd = crowd
        self._judge = judge
        self._decider = Decider(shop, plan)
        self.carts_due: Alarms[CartId] = Alarms()
        self.runs_due: Alarms[RunId] = Alarms()
        self.letters_due: Alarms[MessageId] = Alarms()
        self.runs: dict[RunId, Travel] = {}
        self.letters: dict[MessageId, Letter] = {}
        self.of: dict[PersonId, list[Travel]] = {}

    # --- carts --------------------------------------------------------------------------------------------------------------

    def watch(self, cart_id: CartId, now: Instant) -> None:
        """A cart's timer fired: begin the journey, or look again later."""
        found = self._crowd.cart(cart_id)
        if found is None:
            return
        shopper, cart = found
        if not cart.is_waiting() or cart.backfilled:
            return
        plan = self._plan
        kept_for = given_up_after(plan, cart.stage, cart.payment_failed) if plan.trigger.fits(cart.stage) else LOST_AFTER
        given_up_at = cart.last_activity + kept_for
        if now >= given_up_at:
            return
        begun, look = watch(watched(cart, shopper.person), [self._candidate(shopper.person.id, cart)], now)
        for start in begun:
            self._begin(start, shopper.person.id, cart, now)
        self.carts_due.set_earlier(cart.id, max(now + 1, min(look or given_up_at, given_up_at)))

    def _candidate(self, person: PersonId, cart: Cart) -> Candidate:
        past = self.of.get(person, ())
        return Candidate(
            self._plan,
            VERSION,
            0,
            max((travel.run.started_at for travel in past), default=None),
            any(not travel.outcome for travel in past),
            any(travel.cart == cart.id for travel in past),
        )

    def _begin(self, start: Start, person: PersonId, cart: Cart, now: Instant) -> None:
        """The run begins at the moment it was due, not when we got to it."""
        name = RunId(derived_id(self._shop.id, "run", start.journey, cart.id, str(cart.last_activity)))
        past = self.of.setdefault(person, [])
        if name in self.runs:
            return
        due = cart.last_activity + self._plan.trigger.idle_at(cart.stage, cart.payment_failed)
        if past:
            due = max(due, max(travel.run.started_at for travel in past) + self._plan.reentry)
        held_out = arm(self._shop.id, start.journey, person, self._plan.holdout)
        run = Run(name, start.journey, start.version, person, cart.id, BEGIN, min(due, now), now, 0, held_out)
        self.runs[name] = travel = Travel(run, person, cart.id)
        past.append(travel)
        self.runs_due.set_earlier(name, now)

    # --- runs ---------------------------------------------------------------------------------------------------------------

    def advance(self, name: RunId, now: Instant) -> None:
        """A run's timer fired: decide, and do what was decided."""
        travel = self.runs[name]
        shopper = self._crowd.shoppers.get(travel.person)
        if travel.outcome or shopper is None:
            return
        found = self._crowd.cart(travel.cart)
        own = found[1] if found else None
        answer, newest = self._decider.decided(travel, shopper, own, self._judge.all_suppressed(shopper.person), now)
        travel.run = answer.run
        if newest and newest.id != travel.cart:
            travel.cart = newest.id
            travel.run = msgspec.structs.replace(answer.run, cart=newest.id)
        match answer.effect:
            case Sleep(until=until):
                self.runs_due.set_earlier(name, until)
            case SendMessage() as effect:
                self._write(travel, effect, newest, now)
            case MakeOffer() as effect:
                code = "" if answer.run.held_out else effect.code
                ends = None if effect.expires is None else now + effect.expires
                travel.offers[effect.step] = Given(effect.offer, code, now, ends)
                travel.offered[effect.step] = answer.run.cart
                self.runs_due.set_earlier(name, now)
            case Finish(outcome=outcome):
                travel.outcome = outcome.value
                self.close(travel, outcome.value, now)
            case _:
                pass  # a message's settling wakes the run

    def _write(self, travel: Travel, effect: SendMessage, newest: Cart | None, now: Instant) -> None:
        """The message is useful for a while after the moment it should have gone, not after the moment we got to it."""
        run = travel.run
        name = MessageId(derived_id(self._shop.id, run.id, effect.step, effect.channel))
        if name in self.letters:
            return
        due = max(run.entered_at, newest.last_activity if newest else 0, run.last_sent_at)
        self.letters[name] = letter = Letter(
            name,
            travel,
            effect.step,
            effect.channel,
            effect.template,
            travel.person,
            travel.cart,
            run.held_out,
            now,
            due + USEFUL_FOR,
        )
        travel.letters.append(letter)
        travel.sent[effect.step] = Sent()
        self.letters_due.set(name, effect.due)

    # --- letters ------------------------------------------------------------------------------------------------------------

    def settle(self, letter: Letter, state: State, reasons: tuple[str, ...], now: Instant) -> None:
        """A letter came to its end; the run behind it goes on at once."""
        letter.state, letter.reasons = state, reasons
        letter.travel.sent[letter.step] = Sent(now, state is State.ACCEPTED or "holdout" in reasons)
        self.letters_due.drop(letter.id)

    def close(self, travel: Travel, reason: str, now: Instant) -> None:
        """Whatever of this run is still waiting will not go."""
        for letter in travel.letters:
            if letter.state in WAITING:
                self.settle(letter, State.SKIPPED, (reason,), now)

    # --- people -------------------------------------------------------------------------------------------------------------

    def wake(self, person: PersonId, now: Instant) -> None:
        """Whatever of theirs is under way looks around at once."""
        for travel in self.of.get(person, ()):
            if not travel.outcome:
                self.runs_due.set_earlier(travel.run.id, now)

    def move(self, becomes: Mapping[PersonId, PersonId]) -> None:
        """People turned out to be others: what was theirs goes along, and of two runs of one person the older one stays."""
        for old, new in becomes.items():
            for travel in self.of.pop(old, ()):
                travel.person = new
                travel.run = msgspec.structs.replace(travel.run, person=new)
                self.of.setdefault(new, []).append(travel)
                for letter in travel.letters:
                    letter.person = new
        for person in set(becomes.values()):
            running = sorted((travel for travel in self.of.get(person, ()) if not travel.outcome), key=_age)
            for travel in running[1:]:
                travel.outcome = "stopped"


def _age(travel: Travel) -> tuple[Instant, RunId]:
    return (travel.run.started_at, travel.run.id)

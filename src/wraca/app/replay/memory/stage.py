"""A whole installation in memory: events come in, timers fire, the outbox is emptied, in the order in which the workers do it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from wraca.app.intake import Idle
from wraca.app.replay.ghosts import Notebook
from wraca.app.replay.memory.crowd import Crowd
from wraca.app.replay.memory.ending import MemoryEnding
from wraca.app.replay.memory.judging import Judge
from wraca.app.replay.memory.posting import Post
from wraca.app.replay.memory.rows import Letter
from wraca.app.replay.memory.runs import Travels
from wraca.domain.carts import CartState
from wraca.domain.events import Answered, Event, Instant, Stage
from wraca.domain.fold import Shopper
from wraca.domain.identity import anchor
from wraca.domain.ids import PersonId
from wraca.domain.journeys.plan import Plan
from wraca.domain.shop import Shop

_TIMERS = 500  # as many as a worker claims at once
_LETTERS = 200


class MemoryStage:
    """Plays one journey of one shop. `notebook` has what would have gone; `ending` what is left at the end."""

    def __init__(self, shop: Shop, plan: Plan, judge: Judge) -> None:
        self.shop = shop
        self.plan = plan
        self.notebook = Notebook()
        self._crowd = Crowd(shop.id, self._move)
        self._travels = Travels(shop, plan, self._crowd, judge)
        self._post = Post(shop, plan, self._crowd, self._travels, judge, self.notebook)
        self._ending = MemoryEnding(self._crowd, self._travels)
        self._idle = _impatience(plan)
        self.soonest = min(self._idle.usual, self._idle.at_payment)

    # --- what the player asks for -------------------------------------------------------------------------------------------

    def take_in(self, events: Sequence[Event], now: Instant) -> int:
        """Fold these in and do what follows at once; how many of them were known already."""
        fresh = self._crowd.take_in(events)
        for shopper in self._crowd.touched():
            self._follow(shopper, now)
        for event in events:
            if isinstance(event.body, Answered) and (owner := self._crowd.owner.get(anchor(event))):
                self._travels.wake(owner, now)
        return len(events) - fresh

    def next_due(self) -> tuple[Instant | None, Instant | None]:
        """When the next timer and the next message are due."""
        cart, run = self._travels.carts_due.next(), self._travels.runs_due.next()
        timer = run if cart is None or (run is not None and run < cart) else cart
        return timer, self._travels.letters_due.next()

    def work_timers(self, now: Instant) -> None:
        """What a worker does with one batch of timers: the carts first."""
        for cart in sorted(self._travels.carts_due.take(now, _TIMERS)):
            self._travels.watch(cart, now)
        for run in sorted(self._travels.runs_due.take(now, _TIMERS)):
            self._travels.advance(run, now)

    def send_due(self, now: Instant) -> None:
        """What a worker does with one batch of messages: judge, and write down what would have left."""
        letters = [self._travels.letters[name] for name in self._travels.letters_due.take(now, _LETTERS)]
        if len(letters) > 1:
            letters.sort(key=_key)
        for letter in letters:
            self._post.judge(letter, now)

    @contextmanager
    def ending(self) -> Iterator[MemoryEnding]:
        """What is left, for the report: nothing more may be played after the first look at it."""
        yield self._ending

    # --- what follows -------------------------------------------------------------------------------------------------------

    def _follow(self, shopper: Shopper, now: Instant) -> None:
        """Timers for carts that wait; an end to whatever was on its way to a buyer."""
        travels = self._travels
        for name in shopper.changed:
            cart = shopper.carts[name]
            if cart.state is CartState.ORDERED:
                travels.carts_due.drop(name)
                for travel in travels.of.get(shopper.person.id, ()):
                    if travel.cart == name:
                        travels.close(travel, "ordered", now)
            elif cart.is_waiting() and not cart.backfilled:
                idle = self._idle.at_payment if cart.stage is Stage.PAYMENT else self._idle.usual
                travels.carts_due.set_earlier(name, max(cart.last_activity + idle, now))
        shopper.changed.clear()
        if shopper.bought:
            shopper.bought = False
            travels.wake(shopper.person.id, now)

    def _move(self, becomes: Mapping[PersonId, PersonId]) -> None:
        self._travels.move(becomes)
        self._post.move(becomes)


def _key(letter: Letter) -> tuple[str, str, str]:
    return letter.key


def _impatience(plan: Plan) -> Idle:
    """When to look at a cart that went quiet, as Register.idle says it."""
    fitting = [stage for stage in Stage if stage is not Stage.ORDERED and plan.trigger.fits(stage)]
    if not fitting:
        return Idle()
    usual = min(plan.trigger.idle_at(stage) for stage in fitting)
    if Stage.PAYMENT not in fitting:
        return Idle(usual, usual)
    return Idle(usual, min(plan.trigger.idle_at(Stage.PAYMENT, failed) for failed in (False, True)))

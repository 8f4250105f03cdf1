"""Any order of what shoppers, two workers and the clock do: what must never happen does not, whatever the order.

The steps of a sender (claim, gate, hand over, settle) are taken one at a time, so that everything else may come between them.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from wraca.app.settling import outcome_of, settle
from wraca.domain.identity import person_id
from wraca.domain.outbox import State, may_become
from wraca.ports.channel import Outgoing, Unavailable
from wraca.testing.databases import new_file, opened
from wraca.testing.world import HOUR, MINUTE, World

PEOPLE = ("anna", "boris")
LEASE = 2 * MINUTE

_STEPS = st.one_of(
    st.tuples(st.just("buys"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("comes_back"), st.sampled_from(PEOPLE)),
    st.tuples(st.sampled_from(["claims", "judges", "hands_over", "settles", "rescues", "dies"]), st.integers(0, 1)),
    st.tuples(st.just("waits"), st.sampled_from([1, MINUTE, LEASE + 1, HOUR])),
    st.tuples(st.just("timers"), st.just(0)),
    st.tuples(st.just("server_fails"), st.booleans()),
)


class Worker:
    """A sender that is stopped between any two of its steps."""

    claimed: list[Any]
    ready: list[Any]
    settled: list[Any]

    def __init__(self, world: World) -> None:
        self.world = world
        self.dies()

    def claims(self) -> None:
        if not self.claimed:
            self.claimed = list(self.sender._claim(self.world.bucket, self.world.now, 2))

    def judges(self) -> None:
        claimed, self.claimed = self.claimed, []
        if claimed and not self.ready:
            self.ready = self.sender._gate(self.world.bucket, claimed, self.world.now)

    def hands_over(self) -> None:
        ready, self.ready = self.ready, []
        self.settled += [outcome_of(self.world.channel, each.message, each.outgoing, each.body) for each in ready]

    def settles(self) -> None:
        settled, self.settled = self.settled, []
        if settled:
            settle(self.world.register, self.world.bucket, settled, self.sender.owner, self.world.now)

    def rescues(self) -> None:
        self.sender.free_expired(self.world.bucket, self.world.now)

    def dies(self) -> None:
        """Another process is in its place, and knows nothing."""
        self.sender = self.world.new_sender()
        self.claimed, self.ready, self.settled = [], [], []


class History:
    """Looks after every step, and remembers enough to see what must never be seen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.states: dict[str, State] = {}
        self.bought: set[str] = set()  # addresses
        self.addresses: dict[str, str] = {}

    def look(self) -> None:
        for message in self.world.outbox:
            now, before = State(message.state), self.states.get(message.id)
            assert before is None or before is now or may_become(before, now), (before, now)
            if before is not now and now is State.SENDING:
                assert self.addresses.get(message.person) not in self.bought, "begun after a committed purchase"
            if now in {State.SKIPPED, State.HELD, State.UNCERTAIN}:
                assert message.reasons
            self.states[message.id] = now


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(_STEPS, min_size=5, max_size=60))
def test_in_no_order_is_anybody_written_to_twice_or_after_a_purchase(migrated: Path, tmp_path: Path, steps: list[Any]) -> None:
    with opened(new_file(migrated, tmp_path)) as database:
        world = World(database, lease=LEASE)
        for name in PEOPLE:
            world.leaves_cart(name)
        world.now += HOUR + MINUTE
        world.work_timers_until_done()
        workers, history = [Worker(world), Worker(world)], History(world)
        history.addresses = _people(world)
        for step, value in steps:
            _take(world, workers, history, step, value)
            history.look()
        _check(world)


def _people(world: World) -> dict[str, str]:
    return {person_id(world.shop, f"user:{name}"): name for name in PEOPLE}


def _take(world: World, workers: list[Worker], history: History, step: str, value: Any) -> None:  # noqa: ANN401  (a name, a number or a flag)
    match step:
        case "buys":
            world.buys(value)
            history.bought.add(value)
        case "comes_back":
            world.leaves_cart(value, product="shade")
        case "waits":
            world.now += value
        case "timers":
            world.work_timers_until_done()
        case "server_fails":
            world.channel.mishap = _away if value else None
        case _:
            getattr(workers[value], step)()


def _away(_: Outgoing) -> None:
    raise Unavailable("away", retry_after=1)


def _check(world: World) -> None:
    handed_over = Counter(letter.key for letter in world.channel.delivered)
    assert all(times == 1 for times in handed_over.values()), handed_over
    for message in world.outbox:
        if message.state in {"planned", "held", "skipped", "retry", "rejected"}:
            assert message.id not in handed_over
        if message.state == "accepted":
            assert message.id in handed_over
    keys = Counter((message.run, message.step, message.channel) for message in world.outbox)
    assert set(keys.values()) <= {1}

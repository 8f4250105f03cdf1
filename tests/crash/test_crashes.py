"""200 processes are killed without warning while 10,000 messages go out and events come in: what was promised holds.

At most once: no message is handed over twice. Whatever a killed process was handing over is called uncertain, at most its slots
each time. No acknowledged event is lost. Nobody who bought is written to afterwards. Every message has an end.
"""

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.crash.installation import Processes, Reporter, Sink, mail_server, processes
from wraca.app.intake import take_in
from wraca.clock import wall
from wraca.domain.events import Consent, Event, Identified, Line, LineAdded
from wraca.domain.ids import EventId, derived_id
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.databases import new_file, new_postgres, opened
from wraca.testing.postgres import Cluster
from wraca.testing.world import DAY, HOUR, World, identities

MESSAGES = 10_000
PLANNED = MESSAGES // 2  # when the processes start; the other half still sleeps
KILLS = 200
SLOTS = 8
LEASE = 2.0  # seconds
PATIENCE = 60.0  # seconds without any progress
KEY = "server-key-of-the-crash-test"
ROLES = {"sqlite": ("serve",), "postgresql": ("work", "work", "web")}

_ADD_KEY = Statement(
    "testing_add_key",
    """insert into api_key (bucket, shop_id, key_hash, kind, shown, origins, created_at)
       values (:bucket, :shop, :hash, 'server', 'server-k', '[]', 0)""",
)
_CONNECT = Statement("testing_reconnect", "update channel_setting set sealed = :sealed where bucket = :bucket and shop_id = :shop")
_STATES = Statement("testing_states", "select state, count(*) from outbox where bucket = :bucket group by state")
_ANALYZE = Statement("testing_analyze", "analyze")
_KNOWN = Statement("testing_known_events", "select id from event where bucket = :bucket and shop_id = :shop")


@pytest.fixture(params=["sqlite", "postgresql"])
def kept_at(request: pytest.FixtureRequest, quick_directory: Path) -> Iterator[str]:
    """A migrated database. A killed process takes nothing with it that it gave to the system: memory does for a disk."""
    if request.param == "sqlite":
        yield new_file(request.getfixturevalue("migrated"), quick_directory)
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    url = new_postgres(cluster)
    yield url
    cluster.drop_database(url)


@pytest.fixture
def quick_directory(tmp_path: Path) -> Iterator[Path]:
    """In memory, where the system has such a place."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="wraca-crash-") as directory:
        yield Path(directory)


@pytest.mark.slow
def test_200_kills_lose_no_event_and_send_no_message_twice(kept_at: str, tmp_path: Path) -> None:
    chance = random.Random(20261121)
    roles = ROLES[kept_at.partition(":")[0]]
    with mail_server(tmp_path) as sink:
        with opened(kept_at) as database:
            world = _shop_with_abandoned_carts(database, sink.port)
        # Those who will buy have their message planned: of whom it is called off, a row stays that says so.
        buyers = [f"person-{number}" for number in chance.sample(range(PLANNED), 400)]
        with processes(kept_at, tmp_path, roles, slots=SLOTS, lease=LEASE) as running:
            reporter = Reporter(running.port, KEY, buyers)
            reporter.start()
            _kill_while_messages_go_out(running, sink, chance)
            with opened(kept_at) as database:
                states = _until_every_message_ended(database, world, running)
            reporter.stop()
    with opened(kept_at) as database:
        world.database = database
        _check(world, sink, running, reporter, states)


def _shop_with_abandoned_carts(database: Database, port: int) -> World:
    now = wall()
    world = World(database, begin=now - DAY)
    sealed = world.seal.close({"from": "hello@shop.example", "url": f"smtp://127.0.0.1:{port}"})
    with database.write() as tx:
        tx.run(_CONNECT, bucket=world.bucket, shop=world.shop, sealed=sealed)
        tx.run(_ADD_KEY, bucket=world.bucket, shop=world.shop, hash=sha256(KEY.encode()).hexdigest())
    for first in range(0, MESSAGES, 250):
        events = [event for number in range(first, first + 250) for event in _left_cart(world, number, now)]
        take_in(database, world.bucket, [(world.shop, events)], now, world.register.idle)
        if first == 0 and database.dialect == "postgresql":
            _as_autovacuum_leaves_it(database)
        if first < PLANNED <= first + 250:
            world.now = now
            world.work_timers_until_done()
    return world


def _as_autovacuum_leaves_it(database: Database) -> None:
    """Carts come due an hour after they were left; by then the server has long counted its tables."""
    with database.write() as tx:
        tx.run(_ANALYZE)


def _left_cart(world: World, number: int, now: int) -> list[Event]:
    who, left_at = identities(f"person-{number}"), now - 2 * HOUR
    agreed = (Consent("email", given=True, mechanism="checkbox"),)
    lamp = LineAdded(Line("lamp", 1, 19_900, name="Lamp", trusted=True), currency="PLN")
    names = [EventId(derived_id(world.shop, "crash", str(number), str(part))) for part in range(2)]
    return [
        Event(names[0], "Identified", left_at, now, Identified(first_name="Anna"), who, consents=agreed, seq=0),
        Event(names[1], "Product Added", left_at, now, lamp, who, seq=1),
    ]


def _kill_while_messages_go_out(running: Processes, sink: Sink, chance: random.Random) -> None:
    """A kill after about every 37 messages: as many as surely reach the mail server, whatever is called off or uncertain."""
    apart = MESSAGES * 3 // 4 // KILLS
    for number in range(KILLS):
        wanted = number * apart + chance.randrange(apart)
        seen, seen_at = sink.look(), time.monotonic()
        while (taken := sink.look()) < wanted:
            if taken > seen:
                seen, seen_at = taken, time.monotonic()
            assert time.monotonic() - seen_at < PATIENCE, _stuck(running, f"{taken} messages after {running.kills} kills")
            time.sleep(0.005)
        time.sleep(chance.random() * 0.05)
        running.kill_one(chance)


def _until_every_message_ended(database: Database, world: World, running: Processes) -> Counter[str]:
    before: Counter[str] = Counter()
    changed_at = time.monotonic()
    while True:
        with database.read() as tx:
            states = Counter(dict(tx.all(_STATES, bucket=world.bucket)))
        if states.total() >= MESSAGES and not set(states) & {"planned", "claimed", "sending", "retry", "held"}:
            return states
        if states != before:
            before, changed_at = states, time.monotonic()
        assert time.monotonic() - changed_at < PATIENCE, _stuck(running, str(states))
        time.sleep(0.2)


def _stuck(running: Processes, where: str) -> str:
    return f"nothing moves any more: {where}. The log ends:\n{running.where_they_are()}"


def _check(world: World, sink: Sink, running: Processes, reporter: Reporter, states: Counter[str]) -> None:
    sink.look()
    outbox = world.outbox
    ids = {state: {message.id for message in outbox if message.state == state} for state in states}
    taken = set(sink.taken)
    assert running.kills == KILLS
    # Handed over at most once, and what the mail server has is what the outbox says.
    assert len(sink.taken) == len(taken)
    assert ids.get("accepted", set()) <= taken <= ids.get("accepted", set()) | ids.get("uncertain", set())
    # Every message has an end, and only so many have an uncertain one.
    assert states.total() == MESSAGES
    assert set(states) <= {"accepted", "uncertain", "rejected", "skipped"}, states
    assert states["uncertain"] <= KILLS * SLOTS
    assert all(message.reasons for message in outbox if message.state in {"skipped", "rejected", "uncertain"})
    # What was acknowledged is there.
    assert len(reporter.acknowledged) > KILLS
    with world.database.read() as tx:
        known = {event for (event,) in tx.all(_KNOWN, bucket=world.bucket, shop=world.shop)}
    assert len(known) >= 2 * MESSAGES + len(set(reporter.acknowledged))
    # Nobody who bought was written to after their order was acknowledged.
    started = {message.person: message.sending_at for message in outbox if message.sending_at is not None}
    late = [name for name, at in reporter.bought.items() if started.get(_person(world, name), 0) > at]
    assert late == []
    assert any(message.reasons == ("ordered",) for message in outbox)


def _person(world: World, name: str) -> str:
    return derived_id(world.shop, "person", f"user:{name}")

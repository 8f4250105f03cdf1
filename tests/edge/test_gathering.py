"""Group commit: together when it helps, alone when it must, never lost."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.edge.pretend import NOW, Behind
from wraca.domain.events import Event, Other
from wraca.domain.ids import EventId, ShopId
from wraca.edge import Limits
from wraca.edge.errors import Problem
from wraca.edge.gathering import Gathering

ONE, TWO = ShopId("a" * 32), ShopId("b" * 32)


def event(name: str, kind: str = "Seen") -> Event:
    return Event(EventId(name), kind, NOW, NOW, Other())


def run(behind: Behind, work: "Coroutine[Any, Any, Any]", gathering: Gathering) -> Any:  # noqa: ANN401 (whatever the test returns)
    gathering.start()
    try:
        return asyncio.run(asyncio.wait_for(work, 20))
    finally:
        behind.gate.set()
        gathering.close()


def opened_soon(behind: Behind) -> None:
    threading.Timer(0.2, behind.gate.set).start()


def test_what_arrives_during_a_commit_is_committed_together() -> None:
    behind = Behind()
    behind.gate.clear()
    gathering = Gathering(behind.services())

    async def work() -> list[int]:
        opened_soon(behind)
        return await asyncio.gather(*(gathering.add(ONE, [event(f"e{number}")]) for number in range(300)))

    assert run(behind, work(), gathering) == [0] * 300
    assert len(behind.groups) <= 3
    assert sum(behind.groups) == 300


def test_no_group_is_larger_than_the_limit() -> None:
    behind = Behind(limits=Limits(group=50))
    behind.gate.clear()
    gathering = Gathering(behind.services())

    async def work() -> None:
        opened_soon(behind)
        await asyncio.gather(*(gathering.add(ONE, [event(f"e{number}-{piece}") for piece in range(7)]) for number in range(40)))

    run(behind, work(), gathering)
    assert max(behind.groups) <= 50
    assert sum(behind.groups) == 280


def test_a_lonely_request_does_not_wait_for_company() -> None:
    behind = Behind()
    gathering = Gathering(behind.services())

    async def work() -> float:
        began = time.perf_counter()
        for number in range(100):
            await gathering.add(ONE, [event(f"e{number}")])
        return (time.perf_counter() - began) / 100

    assert run(behind, work(), gathering) < 0.01


def test_a_poisonous_arrival_is_parked_and_its_neighbours_are_kept() -> None:
    behind = Behind(poison="Poison")
    behind.gate.clear()
    gathering = Gathering(behind.services())

    async def work() -> list[int | BaseException]:
        opened_soon(behind)
        arrivals = [gathering.add(ONE, [event(f"e{n}", "Poison" if n == 5 else "Seen")]) for n in range(10)]
        return await asyncio.gather(*arrivals, return_exceptions=True)

    answers = run(behind, work(), gathering)

    assert [isinstance(answer, Problem) for answer in answers] == [n == 5 for n in range(10)]
    assert answers[5].code == "internal"
    assert len(behind.events) == 9
    assert behind.parked == [(ONE, 1)]


def test_a_full_queue_turns_away_and_one_shop_cannot_fill_it() -> None:
    behind = Behind(limits=Limits(waiting=100))
    behind.gate.clear()
    gathering = Gathering(behind.services())

    async def work() -> tuple[list[int | BaseException], list[int | BaseException]]:
        opened_soon(behind)
        first = [asyncio.create_task(gathering.add(ONE, [event(f"a{n}")])) for n in range(200)]
        second = [asyncio.create_task(gathering.add(TWO, [event(f"b{n}")])) for n in range(20)]
        return await asyncio.gather(*first, return_exceptions=True), await asyncio.gather(*second, return_exceptions=True)

    greedy, modest = run(behind, work(), gathering)

    turned_away = [answer for answer in greedy if isinstance(answer, Problem)]
    assert len(turned_away) == 150
    assert {problem.code for problem in turned_away} == {"busy"}
    assert all(problem.retry_after > 0 for problem in turned_away)
    assert modest == [0] * 20


def test_a_busy_database_is_busy_for_all_of_the_group() -> None:
    behind = Behind(busy=True)
    gathering = Gathering(behind.services())

    async def work() -> None:
        with pytest.raises(Problem, match="Send the same again"):
            await gathering.add(ONE, [event("e1")])

    run(behind, work(), gathering)


def test_the_end_commits_what_waits() -> None:
    behind = Behind()
    behind.gate.clear()
    gathering = Gathering(behind.services())
    gathering.start()

    async def work() -> list[int]:
        waiting = [asyncio.create_task(gathering.add(ONE, [event(f"e{n}")])) for n in range(20)]
        await asyncio.sleep(0.05)
        behind.gate.set()
        await asyncio.to_thread(gathering.close)
        return await asyncio.gather(*waiting)

    assert asyncio.run(work()) == [0] * 20
    assert len(behind.events) == 20


def test_a_client_that_left_does_not_disturb_the_others() -> None:
    behind = Behind()
    behind.gate.clear()
    gathering = Gathering(behind.services())

    async def work() -> int:
        gone = asyncio.create_task(gathering.add(ONE, [event("gone")]))
        stays = asyncio.create_task(gathering.add(ONE, [event("stays")]))
        await asyncio.sleep(0.05)
        gone.cancel()
        behind.gate.set()
        return await stays

    assert run(behind, work(), gathering) == 0
    assert {event.id for event in behind.committed} == {"gone", "stays"}

from hypothesis import given
from hypothesis import strategies as st

from wraca.edge.rates import Buckets
from wraca.edge.services import Rate


def test_a_bucket_fills_again_with_time() -> None:
    buckets = Buckets(Rate(2, 4), 10)

    taken = [buckets.take("a", 1, 0.0) for _ in range(5)]
    later = [buckets.take("a", 1, 1.0) for _ in range(3)]

    assert taken == [True] * 4 + [False]
    assert later == [True, True, False]


def test_one_name_does_not_slow_another() -> None:
    buckets = Buckets(Rate(0.1, 1), 10)

    assert [buckets.take(name, 1, 0.0) for name in "aabb"] == [True, False, True, False]


def test_a_flood_of_names_costs_no_memory() -> None:
    buckets = Buckets(Rate(1, 1), 100)
    for number in range(10_000):
        buckets.take(str(number), 1, float(number))

    assert len(buckets) == 100


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 20)), max_size=60))
def test_never_more_than_burst_and_flow(steps: list[tuple[float, int]]) -> None:
    buckets = Buckets(Rate(3, 30), 10)
    at, passed = 0.0, 0
    for wait, cost in steps:
        at += wait
        passed += cost if buckets.take("a", cost, at) else 0

    assert passed <= 30 + 3 * at + 1e-6

"""A share says how sure it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.shares import FEWEST, Share


@pytest.mark.parametrize(
    ("people", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (15, 60, 0.1578, 0.3723), (300, 1000, 0.2724, 0.3292)],
)
def test_the_bounds_are_those_of_wilsons_interval(people: int, of: int, low: float, high: float) -> None:
    share = Share(people, of)

    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_lies_between_its_bounds_and_they_between_nothing_and_all(people: int, more: int) -> None:
    share = Share(people, people + more)

    assert 0 <= share.low <= share.portion <= share.high <= 1
    wider = Share(people * 10, (people + more) * 10)
    assert wider.high - wider.low < share.high - share.low


def test_nothing_is_known_of_nobody_and_few_are_not_told() -> None:
    assert (Share(0, 0).portion, Share(0, 0).low, Share(0, 0).high) == (0.0, 0.0, 1.0)
    assert not Share(FEWEST - 1, 1000).is_told
    assert Share(FEWEST, 1000).is_told

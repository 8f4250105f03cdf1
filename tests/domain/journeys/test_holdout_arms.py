"""The held-out share of people (trust M1)."""

from itertools import pairwise

from wraca.domain.ids import PersonId, ShopId, derived_id
from wraca.domain.journeys.holdout import arm

SHOP = ShopId("s")
PEOPLE = [PersonId(derived_id("person", str(number))) for number in range(20_000)]


def held_out(experiment: str, share: float) -> set[PersonId]:
    return {person for person in PEOPLE if arm(SHOP, experiment, person, share)}


def test_a_tenth_of_the_people_is_held_out() -> None:
    assert abs(len(held_out("journey", 0.1)) - 2_000) < 4 * 43  # four standard deviations


def test_every_tenth_of_the_range_holds_its_share() -> None:
    counts = [len(held_out("journey", step / 10)) for step in range(11)]
    bins = [after - before for before, after in pairwise(counts)]

    chi_square = sum((count - 2_000) ** 2 / 2_000 for count in bins)

    assert chi_square < 27.9  # p > 0.001 at 9 degrees of freedom
    assert (counts[0], counts[-1]) == (0, 20_000)


def test_a_person_stays_held_out_when_the_share_grows() -> None:
    assert held_out("journey", 0.1) <= held_out("journey", 0.2)


def test_two_experiments_hold_out_independently() -> None:
    both = held_out("one", 0.2) & held_out("two", 0.2)

    assert abs(len(both) - 800) < 4 * 28


def test_another_shop_draws_other_people() -> None:
    assert any(arm(SHOP, "journey", person, 0.5) != arm(ShopId("t"), "journey", person, 0.5) for person in PEOPLE[:100])

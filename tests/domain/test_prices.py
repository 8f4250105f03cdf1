"""A reduction is announced only beside the lowest price of the 30 days before it, and only where those were really seen."""

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from wraca.domain.events import Line, ProductTold
from wraca.domain.pricing import Past, lowest_before, recorded
from wraca.domain.products import Change, Product, changes, is_reduced, line_facts, lowest_30d, observed, shown_line, told

HOUR = 3_600_000
DAY = 24 * HOUR
HALF = DAY // 2
BEGIN = 1_790_000_000_000
Looks = list[tuple[int, int]]  # (half days since the look before, price)

# A price that stays for some looks, with now and then a long time between two of them.
RUNS = st.tuples(st.sampled_from([2, 3, 4, 4, 4, 5]), st.integers(1, 16), st.sampled_from([50, 80, 90, 100]))
LOOKS: st.SearchStrategy[Looks] = st.builds(
    lambda runs: [(wait, price) for wait, looks, price in runs for _ in range(looks)], st.lists(RUNS, min_size=1, max_size=6)
)


def seen(looks: Looks, *, live: bool = False) -> tuple[tuple[Past, ...], int]:
    """The history after these looks at the catalogue, and when the last one was."""
    history: tuple[Past, ...] = ()
    at = 0
    for wait, price in looks:
        before, at = at, (at or BEGIN) + wait * HALF
        history = recorded(history, {"PLN": price}, at, seen_at=before, live=live)
    return history, at


def reference(looks: Looks, now: int, *, live: bool) -> int | None:
    """The same by looking at every half day, with nothing forgotten. None stands for a price that nobody saw."""
    at, moments = 0, []
    for wait, price in looks:
        at = (at or BEGIN) + wait * HALF
        moments.append((at, price))
    if not live and now - at > 2 * DAY:
        return None
    prices: dict[int, int | None] = {}
    for (start, price), (end, _) in pairwise([*moments, (now, 0)]):
        for tick in range(start, end, HALF):
            prices[tick] = price if live or end - start <= 2 * DAY else None
    prices[at] = moments[-1][1]
    begun = at
    while prices.get(begun - HALF) == prices[at]:
        begun -= HALF
    above = prices.get(begun - HALF)
    fell = above is not None and above > moments[-1][1] and now - begun < 30 * DAY
    end = begun if fell else now
    window = [prices.get(tick) for tick in range(end - 30 * DAY, end, HALF)]
    known = [price for price in window if price is not None]
    return min(known) if len(known) == len(window) else None


@settings(max_examples=150)
@given(looks=LOOKS, later=st.integers(0, 6), live=st.booleans())
@example(looks=[(1, 100), *[(4, 100)] * 20, (1, 80), *[(4, 80)] * 20], later=0, live=False)
@example(looks=[(1, 100), (30, 100), *[(4, 90)] * 20, (1, 50)], later=1, live=False)
def test_the_lowest_price_is_that_of_every_half_day_looked_at_one_by_one(looks: Looks, later: int, live: bool) -> None:
    history, at = seen(looks, live=live)
    now = at + later * HALF

    assert lowest_before(history, "PLN", now, seen_at=at, live=live) == reference(looks, now, live=live)


@given(looks=LOOKS)
def test_a_history_forgets_what_nobody_can_ask_for(looks: Looks) -> None:
    history, at = seen(looks)

    assert sum(step.at <= at - 60 * DAY for step in history) <= 1
    assert all(one.price != other.price for one, other in pairwise(history)), "changes only"
    assert [step.at for step in history] == sorted(step.at for step in history)


def product(*prices: int, every: int = DAY, stock: int | None = None) -> Product:
    """A product whose price was these, looked at so often; the last look was at BEGIN + (number of prices - 1) * every."""
    known: Product | None = None
    for place, price in enumerate(prices):
        said = Product("shoes", {"": "Shoes"}, {"PLN": price}, "https://shop.example/shoes", stock=stock)
        known = observed(known, said, BEGIN + place * every)
    assert known
    return known


def test_a_price_that_was_raised_three_days_before_is_no_reduction() -> None:
    """Raised from 100 to 150 and "reduced" to 120: the lowest price of the 30 days is 100, so nothing is cheaper."""
    shoes = product(*[100] * 40, *[150] * 3, 120)

    now = BEGIN + 43 * DAY
    assert lowest_30d(shoes, "PLN", now) == 100
    assert not is_reduced(shoes, "PLN", now)


def test_a_reduction_is_compared_with_the_days_before_it_not_with_itself() -> None:
    shoes = product(*[100] * 31, *[80] * 20)

    assert lowest_30d(shoes, "PLN", BEGIN + 50 * DAY) == 100
    assert is_reduced(shoes, "PLN", BEGIN + 50 * DAY)


def test_what_has_been_cheaper_for_a_month_is_its_price() -> None:
    shoes = product(*[100] * 31, *[80] * 31)

    assert lowest_30d(shoes, "PLN", BEGIN + 61 * DAY) == 80
    assert not is_reduced(shoes, "PLN", BEGIN + 61 * DAY)


def test_a_young_product_and_a_gap_forbid_every_claim() -> None:
    assert lowest_30d(product(*[100] * 20, 80), "PLN", BEGIN + 20 * DAY) is None
    weekly = product(*[100] * 10, 80, every=7 * DAY)
    assert lowest_30d(weekly, "PLN", BEGIN + 70 * DAY) is None
    stale = product(*[100] * 31, 80)
    assert lowest_30d(stale, "PLN", BEGIN + 31 * DAY) == 100
    assert lowest_30d(stale, "PLN", BEGIN + 40 * DAY) is None, "nobody has looked for nine days"
    assert lowest_30d(stale, "EUR", BEGIN + 31 * DAY) is None


def test_a_server_that_tells_each_change_leaves_no_gap() -> None:
    shoes = told(None, ProductTold("shoes", names={"": "Shoes"}, currency="PLN", price=100), BEGIN)
    shoes = told(shoes, ProductTold("shoes", currency="PLN", price=80), BEGIN + 40 * DAY)

    assert lowest_30d(shoes, "PLN", BEGIN + 45 * DAY) == 100
    assert shoes.names == {"": "Shoes"}


def test_a_price_that_flutters_is_remembered_for_as_long_as_it_fits() -> None:
    shoes = product(*[100 + place % 7 for place in range(2_000)], 50, every=HOUR // 2)

    assert len(shoes.history) <= 240
    assert lowest_30d(shoes, "PLN", BEGIN + 1_000 * HOUR) is None, "part of the 30 days was forgotten"


def test_a_product_from_before_prices_were_remembered_begins_with_its_price() -> None:
    old = Product("shoes", {"": "Shoes"}, {"PLN": 100}, updated_at=BEGIN)

    assert observed(old, Product("shoes", {"": "Shoes"}, {"PLN": 80}), BEGIN + DAY).history == (
        Past(BEGIN, "PLN", 100),
        Past(BEGIN + DAY, "PLN", 80),
    )


def test_an_older_word_changes_nothing_and_what_is_not_said_stays() -> None:
    shoes = product(100, stock=5)

    assert told(shoes, ProductTold("shoes", currency="PLN", price=1), BEGIN - 1) == shoes
    after = told(shoes, ProductTold("shoes", stock=0), BEGIN + HOUR)
    assert (after.stock, after.prices, after.priced_at) == (0, {"PLN": 100}, BEGIN)
    assert list(changes(shoes, after)) == [Change("shoes", "", None, None, 5, 0)]
    assert list(changes(None, after)) == []


# --- what a message shows ---------------------------------------------------------------------------------------------------------


def test_a_line_tells_what_it_costs_now_and_what_the_person_saw() -> None:
    shoes = product(*[100] * 31, 80, stock=2)
    now = BEGIN + 31 * DAY
    line = Line("shoes", 2, 100, "Old name", trusted=True)

    facts = line_facts(line, shoes, "PLN", "en", now)

    assert facts
    assert (facts["name"], facts["price"], facts["line_total"], facts["was_price"]) == ("Shoes", 80, 160, 100)
    assert (facts["lowest_30d"], facts["reduced"], facts["stock"], facts["stock_is_live"]) == (100, True, 2, True)


def test_a_number_of_pieces_is_shown_for_a_day_and_live_for_a_quarter_of_an_hour() -> None:
    shoes, line = product(100, stock=2), Line("shoes", 1, 100, trusted=True)

    facts = [line_facts(line, shoes, "PLN", "en", BEGIN + late) for late in (15 * 60_000, HOUR, 25 * HOUR)]

    assert [(one["stock"], one["stock_is_live"]) for one in facts if one] == [(2, True), (2, False), (None, False)]


def test_what_only_a_browser_said_is_shown_nowhere() -> None:
    """The name, the price, the picture and the variant of a line that a browser made up; the catalogue's own words are shown."""
    claimed = Line("shoes", 1, 1, "You won", "CALL 555-0100", "https://evil.example/", "https://evil.example/a.png")

    assert line_facts(claimed, None, "PLN", "en", BEGIN) is None
    shown = line_facts(claimed, product(100), "PLN", "en", BEGIN)
    assert shown
    assert not any(str(value) in str(shown) for value in ("You won", "CALL", "evil"))
    assert (shown["price"], shown["was_price"]) == (100, None)
    nameless = Product("shoes", {}, {"PLN": 100})
    assert shown_line(claimed, nameless, "PLN", "en") is None

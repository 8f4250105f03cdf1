"""What may be shown: never after a no, never two things over the page for one moment, and a reason where it is nothing."""

from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.placements import OVERLAYS, SHORTEST_NO, Objection, Placement, Rules, Seen, Visit, chosen, objections

DAY = 24 * 3600 * 1000
NOW = 1_795_000_000_000

rules = st.builds(
    Rules,
    trigger=st.sampled_from(["load", "exit", "idle", "scroll", "cart"]),
    place=st.sampled_from(["", "a", "b"]),
    pages=st.sampled_from([(), ("/p/*",), ("/",)]),
    who=st.sampled_from(["", "new", "known", "customer", "not_customer"]),
    cart=st.sampled_from(["", "some", "none", "returned"]),
    min_cart=st.sampled_from([0, 100]),
    times=st.integers(0, 3),
    every=st.integers(0, 3),
    no_for=st.integers(0, 60),
    priority=st.integers(0, 100),
)
placements = st.lists(
    st.builds(
        Placement,
        name=st.sampled_from("abcdefgh"),
        version=st.just(1),
        kind=st.sampled_from(["popup", "slide_in", "bar", "inline", "card"]),
        rules=rules,
        asks_address=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda one: one.name,
)
seen = st.builds(
    Seen,
    st.integers(0, 4),
    st.integers(NOW - 5 * DAY, NOW),
    st.sampled_from([0, NOW - 31 * DAY, NOW - 29 * DAY, NOW - 59 * DAY, NOW]),
)
visits = st.builds(
    Visit,
    now=st.just(NOW),
    path=st.sampled_from(["/", "/p/lamp", "/cart"]),
    trigger=st.sampled_from(["load", "cart"]),
    is_known=st.booleans(),
    is_customer=st.booleans(),
    has_cart=st.booleans(),
    cart_total=st.sampled_from([None, 50, 100]),
    cart_at=st.sampled_from([NOW, NOW - DAY]),
    seen=st.dictionaries(st.sampled_from("abcdefgh"), seen),
    refused=st.sets(st.sampled_from("abcdefgh"), max_size=2),
    has_address=st.booleans(),
)


@given(placements, visits)
def test_a_no_is_never_asked_again_within_thirty_days(found: list[Placement], visit: Visit) -> None:
    for one in chosen(found, visit):
        known = visit.seen.get(one.name, Seen())
        assert one.name not in visit.refused
        assert not known.refused_at or NOW - known.refused_at >= SHORTEST_NO * DAY


@given(placements, visits)
def test_for_one_moment_there_is_one_overlay_and_for_one_place_one_block(found: list[Placement], visit: Visit) -> None:
    shown = chosen(found, visit)
    spots = [one.rules.trigger if one.kind in OVERLAYS else (one.kind, one.rules.place) for one in shown]
    assert len(spots) == len(set(spots))


@given(placements, visits)
def test_what_is_not_shown_has_a_reason_or_a_better(found: list[Placement], visit: Visit) -> None:
    shown = chosen(found, visit)
    fitting = [one for one in found if not objections(one, visit)]
    assert set(shown) <= set(fitting)
    for one in fitting:
        if one not in shown and one.kind in OVERLAYS:
            assert any(
                other.kind in OVERLAYS and other.rules.trigger == one.rules.trigger and other.rules.priority >= one.rules.priority
                for other in shown
            )


def test_each_objection_has_its_case() -> None:
    strict = Rules("cart", pages=("/x",), device="phone", who="customer", cart="some", min_cart=1, audience="a", times=1, every=9)
    visit = Visit(NOW, "/", device="desktop", seen={"a": Seen(1, NOW, NOW)}, has_address=True)
    assert set(objections(Placement("a", 1, "popup", strict, asks_address=True), visit)) == set(Objection)
    assert objections(Placement("b", 1, "popup", Rules()), visit) == ()

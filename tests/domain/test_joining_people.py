"""Who may be joined without asking everybody: the short way and the whole resolution never disagree."""

from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.identity import Moment, as_pair, joins_simply, rank, resolve
from wraca.domain.ids import EventId

PEOPLE = ("user:u1", "user:u2", "email:e1@x.pl", "email:e2@x.pl", "phone:+48123456789")
THINGS = ("anonymous:a1", "anonymous:a2", "device:d", "cart:order/1", "cart:t1", "cart:zz")
sightings = st.lists(
    st.tuples(st.lists(st.sampled_from(PEOPLE + THINGS), min_size=2, max_size=3, unique=True), st.integers(0, 9)),
    min_size=1,
    max_size=8,
)


@given(sightings)
def test_a_simple_join_is_what_the_whole_resolution_would_have_said(seen: list[tuple[list[str], int]]) -> None:
    edges: dict[tuple[str, str], Moment] = {}
    roots: dict[str, str] = {}
    for number, (together, at) in enumerate(seen):
        links = {key: {other for pair in edges if key in pair for other in pair} - {key} for key in together if key in roots}
        owners = {roots[key] for key in links}
        is_simple = len(owners) < 2 and joins_simply(together, links)
        is_alone = all(other in together for others in links.values() for other in others)
        moment = (at, 0, EventId(str(number)))
        for pair in {as_pair(one, other) for one in together for other in together if one != other}:
            edges[pair] = max(edges.get(pair, moment), moment)
        before, roots = roots, resolve({*roots, *together}, edges)
        if is_simple:
            strongest = min(together, key=rank)
            assert {roots[key] for key in together} == {strongest if is_alone or not owners else owners.pop()}
            assert all(roots[key] == root for key, root in before.items() if key not in together)

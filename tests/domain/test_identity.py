"""Who is who: sentences about people, and the promise that only what was seen together decides."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.events import Event, Identified, Identity, IdentityKind, OrderPlaced, Source
from wraca.domain.identity import anchor, as_pair, edges, names_in_order, names_only, resolve, session
from wraca.domain.ids import EventId

USER, EMAIL, PHONE = IdentityKind.USER, IdentityKind.EMAIL, IdentityKind.PHONE
BROWSER, DEVICE, CART = IdentityKind.ANONYMOUS, IdentityKind.DEVICE, IdentityKind.CART
LAPTOP, MOBILE = Identity(BROWSER, "laptop"), Identity(BROWSER, "mobile")
ANNA, ANA, BORIS = Identity(EMAIL, "anna@x.pl"), Identity(EMAIL, "ana@x.pl"), Identity(EMAIL, "boris@x.pl")
CUSTOMER, OTHER = Identity(USER, "7"), Identity(USER, "8")
TOKEN = Identity(CART, "t")

numbers = count(1)
known = [LAPTOP, MOBILE, ANNA, ANA, BORIS, CUSTOMER, OTHER, TOKEN, Identity(PHONE, "+48123456789"), Identity(DEVICE, "d")]
meetings = st.lists(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True), max_size=12)


def event(*who: Identity, at: int = 0, order: str = "", source: Source = "server", cart: str = "") -> Event:
    at = at or next(numbers)
    body = OrderPlaced(order, cart=cart) if order else Identified()
    return Event(EventId(f"{at:032x}"), "x", at, at, body, who, source=source)


def people(*events: Event) -> set[frozenset[str]]:
    """The people that these events tell of, each as the set of what they are known by."""
    roots = resolve((one.key for each in events for one in each.identities), edges(events))
    return {frozenset(key for key, root in roots.items() if root == wanted) for wanted in roots.values()}


def person(*identities: Identity) -> frozenset[str]:
    return frozenset(one.key for one in identities)


def test_a_browser_that_signs_in_belongs_to_the_customer() -> None:
    assert people(event(LAPTOP), event(LAPTOP, CUSTOMER)) == {person(LAPTOP, CUSTOMER)}


def test_a_customer_with_two_devices_is_one_person() -> None:
    assert people(event(LAPTOP, CUSTOMER), event(MOBILE, CUSTOMER)) == {person(LAPTOP, MOBILE, CUSTOMER)}


def test_a_guest_who_registers_becomes_the_customer_through_the_browser_they_share() -> None:
    assert people(event(LAPTOP, ANNA), event(LAPTOP, CUSTOMER)) == {person(LAPTOP, ANNA, CUSTOMER)}


def test_a_mistyped_address_gives_two_guests_and_the_browser_goes_with_the_right_one() -> None:
    assert people(event(LAPTOP, ANA), event(LAPTOP, ANNA)) == {person(ANA), person(LAPTOP, ANNA)}


def test_a_shared_browser_melts_nobody_together_and_belongs_to_whoever_used_it_last() -> None:
    first, second = event(LAPTOP, CUSTOMER), event(LAPTOP, OTHER)

    assert people(first, second) == {person(CUSTOMER), person(LAPTOP, OTHER)}
    assert people(first, second, event(LAPTOP, CUSTOMER)) == {person(LAPTOP, CUSTOMER), person(OTHER)}


def test_two_guests_at_one_browser_stay_two() -> None:
    assert people(event(LAPTOP, ANNA), event(LAPTOP, BORIS)) == {person(ANNA), person(LAPTOP, BORIS)}


def test_a_cart_token_joins_the_browser_that_carried_it_to_the_checkout() -> None:
    assert people(event(LAPTOP, TOKEN), event(TOKEN, ANNA)) == {person(LAPTOP, TOKEN, ANNA)}


def test_a_phone_and_an_address_told_together_are_one_person() -> None:
    phone = Identity(PHONE, "+48123456789")

    assert people(event(ANNA, phone), event(LAPTOP, phone)) == {person(ANNA, phone, LAPTOP)}


def test_strangers_stay_strangers() -> None:
    assert people(event(LAPTOP, ANNA), event(MOBILE, BORIS)) == {person(LAPTOP, ANNA), person(MOBILE, BORIS)}


def test_an_order_is_recognised_by_its_number_when_a_server_reports_it_and_not_when_a_browser_does() -> None:
    reported, again = event(ANNA, order="o1"), event(LAPTOP, order="o1")
    claimed = event(LAPTOP, order="o1", source="browser")

    assert len({resolve((), edges((reported, again)))[one.key] for one in (ANNA, LAPTOP)}) == 1
    assert edges((claimed,)) == {}
    assert anchor(reported) == anchor(again) == "cart:order/o1"
    assert anchor(claimed) == LAPTOP.key


def test_a_signed_in_customers_events_hang_on_them_and_a_guests_on_the_browser() -> None:
    assert anchor(event(LAPTOP, ANNA, CUSTOMER)) == CUSTOMER.key
    assert anchor(event(LAPTOP, ANNA)) == LAPTOP.key
    assert anchor(event(ANNA)) == ANNA.key
    assert anchor(event()) == ""
    assert session(event(CUSTOMER, LAPTOP)) == LAPTOP.key
    assert session(event(CUSTOMER)) == CUSTOMER.key


def test_what_a_browser_names_is_never_what_it_proves() -> None:
    said = Event(EventId("1"), "x", 1, 1, OrderPlaced("o1", cart="t"), (LAPTOP,), (ANNA,), source="browser")

    assert names_only(said) == {ANNA.key, TOKEN.key}
    assert edges((said,)) == {}
    assert names_only(event(LAPTOP, ANNA)) == frozenset()
    assert names_in_order(event(ANNA, CUSTOMER, order="o1", cart="t")) == {ANNA.key, TOKEN.key}


@given(meetings, st.data())
def test_only_what_was_seen_together_and_when_last_decides(seen: list[list[Identity]], data: st.DataObject) -> None:
    log = [event(*who, at=at) for at, who in enumerate(seen, 1)]
    again = data.draw(st.permutations([*log, *log[:3]]))

    assert edges(again) == edges(log)
    assert people(*again) == people(*log)
    together = list(edges(log).items())
    assert resolve((), dict(data.draw(st.permutations(together)))) == resolve((), dict(together))


@given(meetings)
def test_every_name_belongs_to_one_person_and_a_root_is_its_own(seen: list[list[Identity]]) -> None:
    roots = resolve((one.key for who in seen for one in who), edges(event(*who, at=at) for at, who in enumerate(seen, 1)))

    assert {one.key for who in seen for one in who} <= roots.keys()
    assert all(roots[root] == root for root in roots.values())


@given(meetings)
def test_two_customers_are_one_only_if_they_were_seen_together_or_share_an_address(seen: list[list[Identity]]) -> None:
    log = [event(*who, at=at) for at, who in enumerate(seen, 1)]
    strong = {pair for pair in edges(log) if all(key.partition(":")[0] in {"user", "email", "phone"} for key in pair)}

    by_strong, by_all = resolve((), dict.fromkeys(strong, (0, 0, EventId("")))), resolve((), edges(log))

    if by_all.get(CUSTOMER.key, "7") == by_all.get(OTHER.key, "8"):
        assert by_strong[CUSTOMER.key] == by_strong[OTHER.key]


def test_a_pair_is_written_in_one_way() -> None:
    assert as_pair(LAPTOP.key, ANNA.key) == as_pair(ANNA.key, LAPTOP.key) == (ANNA.key, LAPTOP.key)

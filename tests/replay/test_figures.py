"""Beyond how many: what was kept back, what offers cost, when and to whom, and what another journey would change."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.replay.test_replaying_rees46 import wraca
from wraca.app.replay.belongings import Belongings
from wraca.app.replay.comparing import MOST_EXAMPLES, Outing, compare
from wraca.app.replay.past import Tally
from wraca.app.replay.replaying import Rehearsal, outing, pretend_shop
from wraca.app.replay.report import Playbill
from wraca.domain.events import (
    Body,
    Consent,
    Event,
    Identified,
    Identity,
    IdentityKind,
    Line,
    LineAdded,
    OrderPlaced,
    StageReached,
)
from wraca.domain.events import Stage as CartStage
from wraca.domain.ids import EventId
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.reading import read_plan
from wraca.domain.shop import Manners, Profile

OWN = Path(__file__).parent / "past.csv"
MONDAY = 1_669_593_600_000  # 2022-11-28, midnight UTC
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
THREE = """
journey: three
trigger: {cart_abandoned: {idle: 1h}}
holdout: 0%
min_gap: 1h
steps:
  - send: {id: one, email: a}
  - offer: {id: ten, percent: 10, pool: autumn}
  - offer: {id: post, free_shipping: true, code: POST}
  - offer: {id: pen, gift: "A pen", code: PEN}
  - wait: 2h
  - send: {id: two, email: b}
  - wait: 2h
  - send: {id: three, email: c}
"""
TWO = """
journey: two
trigger: {cart_abandoned: {idle: 2h}}
holdout: 0%
steps: [{send: {id: one, email: a}}, {wait: 1d}, {send: {id: two, email: b}}]
"""


def user(name: str) -> tuple[Identity, ...]:
    return (Identity(IdentityKind.USER, name), Identity(IdentityKind.EMAIL, f"{name}@example.com"))


class Past:
    """Events one after the other, and their play."""

    def __init__(self, *, in_memory: bool) -> None:
        self.events: list[Event] = []
        self.in_memory = in_memory

    def says(self, at: int, who: tuple[Identity, ...], body: Body, *consents: Consent) -> None:
        self.events.append(Event(EventId(f"{len(self.events):032x}"), "Said", at, at, body, who, consents=consents))

    def leaves_cart(self, at: int, who: tuple[Identity, ...], price: int = 5_000) -> None:
        self.says(at, who, LineAdded(Line("lamp", price=price, trusted=True), currency="EUR"))

    def played(self, plan: Plan, manners: Manners | None = None) -> Outing:
        def read(tally: Tally, is_sorted: bool) -> Iterator[Event]:
            assert is_sorted
            tally.rows += len(self.events)
            tally.events += len(self.events)
            yield from self.events

        shop = msgspec.structs.replace(pretend_shop("EUR", "Europe/Warsaw"), profile=Profile(manners=manners or Manners()))
        bill = Playbill("made up", "known", "Europe/Warsaw", 1)
        return outing(Rehearsal(shop, plan, bill, in_memory=self.in_memory), read, belongings=Belongings())


@pytest.fixture(params=["memory", "database"])
def past(request: pytest.FixtureRequest) -> Past:
    return Past(in_memory=request.param == "memory")


def test_what_kept_a_message_back_is_counted_though_it_went_later(past: Past) -> None:
    past.leaves_cart(MONDAY, user("anna"))

    report = past.played(read_plan(THREE)).report

    assert report.messages == 3
    assert report.kept == {"postponed.enough_today": 1}


def test_offers_cost_what_they_take_off_the_cart_of_that_moment(past: Past) -> None:
    past.leaves_cart(MONDAY, user("anna"), 5_000)
    past.says(MONDAY + 1, user("anna"), StageReached(CartStage.SHIPPING, shipping=990))
    past.leaves_cart(MONDAY, user("ben"), 2_000)
    past.leaves_cart(MONDAY + DAY, user("ben"), 9_000)  # too late to change what his offer was worth

    pen, post, ten = past.played(read_plan(THREE)).report.offers

    assert (pen.kind, pen.issued, pen.value, pen.unknown) == ("gift", 2, {}, 2)
    assert (post.kind, post.issued, post.value, post.unknown) == ("free_shipping", 2, {"EUR": 990}, 1)
    assert (ten.kind, ten.issued, ten.value, ten.unknown) == ("percent", 2, {"EUR": 700}, 0)


def test_messages_are_counted_by_day_and_hour_and_by_whom_they_reach(past: Past) -> None:
    past.says(MONDAY - 5 * DAY, user("anna"), OrderPlaced("1"))
    past.says(MONDAY, user("anna"), Identified(first_name="Anna", language="pl-PL"))
    past.leaves_cart(MONDAY + 8 * HOUR, user("anna"))
    past.leaves_cart(MONDAY + 8 * HOUR, user("ben"))
    past.leaves_cart(MONDAY + 8 * HOUR, (Identity(IdentityKind.ANONYMOUS, "nobody"),))
    past.says(MONDAY + 9 * HOUR + 30 * MINUTE, user("ben"), OrderPlaced("2"))

    report = past.played(read_plan(THREE)).report

    assert (report.messages, sum(map(sum, report.heat)), len(report.heat)) == (4, 4, 7)
    assert report.heat[0][10] == 2  # on Monday, an hour after nine, UTC
    assert (report.whom.customers, report.whom.visitors) == (3, 1)
    assert (report.whom.with_name, report.whom.without_name) == (3, 1)
    assert (report.whom.languages, report.whom.channels) == ({"pl": 3, "en": 1}, {"email": 4})
    assert (report.abandoned, report.reachable_people) == (3, {"email": 2})
    assert report.ordered_within_a_day == 1
    assert report.messages_after_purchase == 0


def test_an_order_under_a_name_that_nobody_could_know_yet_was_no_reason_for_silence(past: Past) -> None:
    guest = (Identity(IdentityKind.EMAIL, "guest@example.com"),)
    past.leaves_cart(MONDAY, user("anna"))
    past.says(MONDAY + MINUTE, guest, OrderPlaced("1"))
    past.says(MONDAY + DAY, (*user("anna"), *guest), Identified())  # only now they turn out to be one

    report = past.played(read_plan(THREE)).report

    assert report.messages > 0
    assert report.messages_after_purchase == 0


def test_a_comparison_says_for_whom_something_changes(past: Past) -> None:
    past.leaves_cart(MONDAY, user("anna"))
    past.leaves_cart(MONDAY, user("ben"))
    past.says(MONDAY + 90 * MINUTE, user("ben"), OrderPlaced("1"))
    one, other = past.played(read_plan(THREE)), past.played(read_plan(TWO))

    there, back = compare(one, other), compare(other, one)

    assert {kind: people.count for kind, people in there.people.items()} == {
        "more": 0, "fewer": 2, "earlier": 0, "later": 0, "same": 0
    }  # fmt: skip
    assert back.people["more"].count == 2
    assert len(there.people["fewer"].examples) == 2 <= MOST_EXAMPLES
    messages = next(each for each in there.figures if each.name == "messages")
    assert (messages.one, messages.other, messages.change) == (4, 2, -2)
    assert "offers.ten.issued" in {each.name for each in there.details}
    assert compare(one, one).details == ()


def test_as_many_messages_later_is_a_change_too(past: Past) -> None:
    past.leaves_cart(MONDAY, user("anna"))
    plan = read_plan(TWO)
    sooner = msgspec.structs.replace(plan, trigger=msgspec.structs.replace(plan.trigger, idle=HOUR))

    people = compare(past.played(sooner), past.played(plan)).people

    assert (people["later"].count, people["same"].count) == (1, 0)


def test_the_command_plays_two_journeys_side_by_side() -> None:
    done = wraca("replay", str(OWN), "--format", "rees46", "--journey", "standard", "--against", "reaction-series", "--json")

    assert done.returncode == 0, done.stderr
    said = msgspec.json.decode(done.stdout)
    assert (said["one"]["journey"], said["other"]["journey"]) == ("standard", "reaction-series")
    assert said["comparison"]["people"]["more"]["count"] > 0
    told = wraca("replay", str(OWN), "--format", "rees46", "--against", "reaction-series")
    assert "more messages" in told.stdout
    assert wraca("replay", str(OWN), "--format", "rees46", "--against", "reaction-series", "--html", "x.html").returncode == 2

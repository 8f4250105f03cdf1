"""What a step that chooses its channel may know of the person."""

import pytest

from wraca.app.facts import Known, facts_of
from wraca.domain.ids import CartId, PersonId, RunId, ShopId, StepId
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.run import Reaction, Run, Sent
from wraca.domain.people import Person
from wraca.domain.shop import Shop

PLAN = """
journey: two-ways
trigger: {cart_abandoned: {idle: 1h}}
steps:
  - best_channel: {id: first, email: cart-reminder, onsite: cart-popup}
"""


@pytest.mark.parametrize(("young", "reacted"), [(False, True), (True, False)])
def test_past_reactions_of_whoever_may_be_a_minor_choose_no_channel(young: bool, reacted: bool) -> None:
    known = Known(
        Run(RunId("r"), "two-ways", 1, PersonId("p"), CartId(""), "0", 0, 0),
        read_plan(PLAN),
        Shop(ShopId("s"), 0, "Kawa", "kawa.example"),
        Person(PersonId("p"), 0, 0, email="anna@example.com", may_be_minor=young),
        None,
        None,
        sent={StepId("before"): Sent(1, was_sent=True, reaction=Reaction.CLICKED)},
        over={StepId("before"): "onsite"},
        connected=("email", "onsite"),
    )

    channels = facts_of(known, 2).channels

    assert channels["onsite"].is_open
    assert channels["onsite"].reacted is reacted

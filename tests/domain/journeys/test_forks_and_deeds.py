"""Chance, the best channel, the question why, offers, audiences, the shop's own people, another journey."""

import pytest

from wraca.domain.events import Stage
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.journeys.durations import DAY, HOUR, MINUTE
from wraca.domain.journeys.holdout import arm, place_of
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.presets import preset
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.run import MoveAudience, Outcome, Reach, TellTeam
from wraca.testing.play import World, play

PEOPLE = 100_000
SPLIT = """
  - split:
      - {share: 20%, name: a, steps: [{send: {id: a, email: a}}]}
      - {share: 30%, name: b, steps: [{send: {id: b, email: b}}]}
      - {share: 50%, name: c, steps: [{send: {id: c, email: c}}]}
    id: tone
"""


def journey(steps: str, more: str = "min_gap: 0m") -> Plan:
    return read_plan(f"journey: j\ntrigger: {{cart_abandoned: {{idle: 60m}}}}\n{more}\nsteps:\n{steps.strip(chr(10))}\n")


def chosen(plan: Plan, person: str) -> str:
    """Which variant this person gets."""
    return next(str(one.seen["variant"]) for one in play(plan, world=World(person=person)).trail if one.rule == "split")


def test_a_split_keeps_its_shares_and_has_nothing_to_do_with_who_is_held_out() -> None:
    plan, shop = journey(SPLIT), ShopId("0" * 32)
    counts, held_out = {"a": 0, "b": 0, "c": 0}, {"a": 0, "b": 0, "c": 0}
    for number in range(PEOPLE):
        person = PersonId(f"{number:032x}")
        place = place_of(("split", "j", "tone"), person)
        name = "a" if place < 0.2 else "b" if place < 0.5 else "c"
        counts[name] += 1
        held_out[name] += arm(shop, "j", person, 0.1)
        if number % 500 == 0:
            assert chosen(plan, person) == name

    for name, share in (("a", 0.2), ("b", 0.3), ("c", 0.5)):
        assert abs(counts[name] / PEOPLE - share) < 0.006
        assert abs(held_out[name] / counts[name] - 0.1) < 0.008


def test_a_person_gets_the_same_variant_in_every_run_and_in_the_next_version() -> None:
    plan = journey(SPLIT)
    changed = journey("  - wait: 2h\n  - send: {email: new}\n" + SPLIT)
    wider = journey(SPLIT.replace("share: 20%", "share: 40%").replace("share: 30%", "share: 10%"))
    people = [f"person-{number}" for number in range(60)]

    first = {person: chosen(plan, person) for person in people}

    assert set(first.values()) == {"a", "b", "c"}
    assert {person: chosen(plan, person) for person in people} == first
    assert {person: chosen(changed, person) for person in people} == first
    # A share that grows keeps everybody it had.
    assert all(chosen(wider, person) == "a" for person in people if first[person] == "a")


CLOSED = Reach(is_open=False, objection="no_permission")
OPEN = Reach(is_open=True)
REACTED = Reach(is_open=True, reacted=True)
BEST = "  - best_channel: {id: nudge, webpush: t1, sms: t2, email: t3}\n  - send: {id: then, email: b}"


@pytest.mark.parametrize(
    ("channels", "over"),
    [
        ({"webpush": OPEN, "sms": OPEN, "email": OPEN}, "webpush"),
        ({"webpush": CLOSED, "sms": OPEN, "email": OPEN}, "sms"),
        ({"webpush": OPEN, "sms": OPEN, "email": REACTED}, "email"),
        ({"webpush": CLOSED, "sms": REACTED, "email": REACTED}, "sms"),
        ({"email": OPEN}, "email"),
        ({"webpush": Reach(is_open=False, reacted=True), "email": OPEN}, "email"),
    ],
)
def test_the_best_channel_is_the_first_that_reaches_the_person_but_one_they_answered_on_goes_first(
    channels: dict[str, Reach], over: str
) -> None:
    played = play(journey(BEST), world=World(channels=channels))

    assert played.messages[0] == (HOUR, "nudge")
    assert played.channels[0] == over


def test_whom_no_channel_reaches_the_journey_goes_on_without_and_says_why() -> None:
    played = play(journey(BEST), world=World(channels={"sms": CLOSED}))

    assert [step for _, step in played.messages] == ["then"]
    (why,) = [one.seen["objections"] for one in played.trail if one.rule == "unreachable"]
    assert why == {"webpush": "not_connected", "sms": "no_permission", "email": "not_connected"}


ASK = """
  - ask_reason: {id: why, email: a, wait: 2d}
  - branch: [{when: 'reason.answer == "price"', steps: [{send: {id: price, email: b}}]}]
  - send: {id: then, email: c}
"""


@pytest.mark.parametrize(
    ("world", "messages"),
    [
        (World(answers=((5 * HOUR, "price"),)), [(HOUR, "why"), (5 * HOUR, "price"), (5 * HOUR, "then")]),
        (World(answers=((5 * HOUR, "trust"),)), [(HOUR, "why"), (5 * HOUR, "then")]),
        (World(), [(HOUR, "why"), (2 * DAY + HOUR, "then")]),
        (World(answers=((3 * DAY, "price"),)), [(HOUR, "why"), (2 * DAY + HOUR, "then")]),
        (World(unsent=frozenset({"why"})), [(HOUR, "why"), (HOUR, "then")]),  # nobody can answer what was not asked
    ],
)
def test_a_question_is_waited_for_until_it_is_answered_or_long_enough(world: World, messages: list[tuple[int, str]]) -> None:
    assert list(play(journey(ASK), world=world).messages) == messages


OFFER = """
  - offer: {id: ten, percent: 10, pool: autumn, expires: 3d}
  - branch: [{when: offer.given, steps: [{send: {id: with, email: a}}]}, {steps: [{send: {id: without, email: b}}]}]
"""


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (World(codes=True), "with"),
        (World(codes=False), "without"),  # the pool is empty: the journey goes on
        (World(codes=False, held_out=True), "with"),  # who is held out goes the way of those who get a code
    ],
)
def test_an_offer_is_there_before_the_next_step_looks_at_it(world: World, message: str) -> None:
    played = play(journey(OFFER), world=world)

    assert played.offers == ((HOUR, "ten"),)
    assert played.messages == ((HOUR, message),)


def test_audiences_and_words_to_the_team_are_done_on_the_way_and_take_no_time() -> None:
    played = play(
        journey("""
  - audience: {join: left-carts}
  - notify_team: Look
  - wait: 2h
  - audience: {leave: left-carts}
  - send: {email: a}
""")
    )

    assert played.acts == (
        (HOUR, MoveAudience("left-carts", joins=True)),
        (HOUR, TellTeam("1", "Look")),
        (2 * HOUR, MoveAudience("left-carts", joins=False)),  # the wait counts from the last activity
    )


def test_another_journey_takes_over_and_nothing_behind_it_is_done() -> None:
    played = play(
        journey("""
  - send: {id: a, email: a}
  - branch: [{when: person.orders_count == 0, steps: [{goto_journey: win-back}]}]
  - send: {id: b, email: b}
""")
    )

    assert played.outcome is Outcome.CONTINUED
    assert played.goes_on_in == "win-back"
    assert [step for _, step in played.messages] == ["a"]


def test_triggers_know_their_stages_and_their_patience() -> None:
    stages = [Stage.CART, Stage.CONTACT, Stage.SHIPPING, Stage.PAYMENT]

    def fitting(trigger: str) -> list[Stage]:
        plan = read_plan(f"journey: j\ntrigger: {{{trigger}}}\nsteps: [{{send: {{email: a}}}}]")
        return [stage for stage in stages if plan.trigger.fits(stage)]

    assert fitting("cart_abandoned: {idle: 1h}") == stages
    assert fitting("cart_abandoned: {idle: 1h, stages: [contact, payment]}") == [Stage.CONTACT, Stage.PAYMENT]
    assert fitting("checkout_abandoned: {idle: 1h}") == stages[1:]
    assert fitting("payment_abandoned: {idle: 1h}") == [Stage.PAYMENT]
    assert fitting("cart_kept: {after: 3w}") == stages
    for occasion in ("browse_abandoned: {idle: 1h}", "price_dropped: {}", "back_in_stock: {}", "low_stock: {below: 3}"):
        assert fitting(occasion) == []

    rescue, series = preset("payment-rescue").trigger, preset("reaction-series").trigger
    assert (rescue.idle_at(Stage.PAYMENT), rescue.idle_at(Stage.PAYMENT, failed=True)) == (20 * MINUTE, 5 * MINUTE)
    assert (series.idle_at(Stage.CART), series.idle_at(Stage.PAYMENT)) == (HOUR, 20 * MINUTE)

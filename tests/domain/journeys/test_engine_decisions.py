"""What the engine decides when people do not sit still."""

import msgspec
import pytest

from wraca.domain.ids import CartId, PersonId, RunId, StepId
from wraca.domain.journeys.durations import DAY, HOUR, MINUTE
from wraca.domain.journeys.engine import NoSuchStep, advance
from wraca.domain.journeys.presets import preset
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.run import AwaitMessage, Facts, Finish, Outcome, Reaction, Run, SendMessage, Sent, Sleep
from wraca.testing.play import LEFT_AT, World, left_alone, play

STANDARD = preset("standard")
BEGUN = LEFT_AT + HOUR
RUN = Run(RunId("r"), "standard", 1, PersonId("p"), CartId("c"), "0", entered_at=BEGUN, started_at=BEGUN)
HEAD = "journey: j\ntrigger: {cart_abandoned: {idle: 60m}}\n"


def facts(**changes: object) -> Facts:
    return msgspec.structs.replace(left_alone(0), **changes)


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ({"ordered": True}, Outcome.ORDERED),
        ({"emptied": True}, Outcome.EMPTIED),
        ({"opted_out": True}, Outcome.OPTED_OUT),
        ({"complained": True}, Outcome.COMPLAINED),
        ({"erased": True}, Outcome.ERASED),
        ({"lost": True}, Outcome.LOST),
        ({"ordered": True, "opted_out": True, "lost": True}, Outcome.ORDERED),
    ],
)
@pytest.mark.parametrize("at", ["0", "1", "2", "3", ""])
def test_leaving_wins_over_every_step(at: str, what: dict[str, bool], outcome: Outcome) -> None:
    run = msgspec.structs.replace(RUN, at=at)

    answer = advance(run, STANDARD, facts(**what), BEGUN)

    assert answer.effect == Finish(outcome)
    assert [decision.rule for decision in answer.trail] == ["exit"]


def test_an_emptied_cart_does_not_end_a_journey_that_does_not_ask_for_it_but_an_order_does() -> None:
    plan = read_plan(HEAD + "exit_on: []\nsteps: [{send: {email: a}}]")

    assert advance(RUN, plan, facts(emptied=True), BEGUN).effect == SendMessage(StepId("at.0"), "email", "a", BEGUN)
    assert advance(RUN, plan, facts(ordered=True), BEGUN).effect == Finish(Outcome.ORDERED)


def test_activity_puts_the_next_message_off_until_the_cart_is_quiet_again() -> None:
    back_at = 48 * HOUR + 50 * MINUTE

    def comes_back(elapsed: int) -> Facts:
        return facts(last_activity=LEFT_AT + (back_at if elapsed >= back_at else 0))

    played = play(STANDARD, comes_back, World(wakes=(back_at,)))

    assert played.messages == ((HOUR, "reminder"), (back_at + HOUR, "second"))
    assert "postponed" in [decision.rule for decision in played.trail]


def test_the_first_wait_counts_from_the_last_activity_even_if_that_moves() -> None:
    plan = read_plan(HEAD + "steps: [{wait: 5h}, {send: {email: a}}]")

    def comes_back(elapsed: int) -> Facts:
        return facts(last_activity=LEFT_AT + (3 * HOUR if elapsed >= 3 * HOUR else 0))

    assert play(plan, comes_back).messages[0][0] == 8 * HOUR


def test_a_second_wait_counts_from_the_end_of_the_first() -> None:
    plan = read_plan(HEAD + "steps: [{wait: 60m}, {wait: 60m}, {send: {email: a}}]")

    assert play(plan).messages[0][0] == 2 * HOUR


def test_two_messages_are_never_closer_than_six_hours_unless_the_file_says_so() -> None:
    steps = "steps: [{send: {email: a}}, {wait: 1h}, {send: {email: b}}, {send: {email: c}}]"

    assert [at for at, _ in play(read_plan(HEAD + steps)).messages] == [HOUR, 7 * HOUR, 13 * HOUR]
    assert [at for at, _ in play(read_plan(HEAD + "min_gap: 30m\n" + steps)).messages] == [HOUR, 2 * HOUR, 2 * HOUR + 30 * MINUTE]


def test_an_outage_makes_no_burst() -> None:
    plan = read_plan(HEAD + "steps: [{send: {email: a}}, {wait: 1d}, {send: {email: b}}, {wait: 1d}, {send: {email: c}}]")

    played = play(plan, world=World(outages=((2 * HOUR, 5 * DAY),)))

    assert [at for at, _ in played.messages] == [HOUR, 5 * DAY, 6 * DAY]


def test_a_wait_is_over_at_its_own_time_even_if_nobody_looked() -> None:
    plan = read_plan(HEAD + "steps: [{send: {email: a}}, {wait: 1d}, {wait: 1d}, {send: {email: b}}]")

    played = play(plan, world=World(outages=((DAY, 36 * HOUR),)))

    assert [at for at, _ in played.messages] == [HOUR, HOUR + 2 * DAY]


def test_a_first_wait_that_was_over_before_the_run_began_ends_with_its_beginning() -> None:
    plan = read_plan(HEAD + "steps: [{wait: 10m}, {wait: 60m}, {send: {email: a}}]")

    assert [at for at, _ in play(plan).messages] == [2 * HOUR]


def test_the_steps_of_a_late_reaction_count_from_the_reaction() -> None:
    opened = "opened: {after: 6h, steps: [{wait: 1d}, {send: {email: b}}]}"
    plan = read_plan(
        HEAD + f"steps: [{{send: {{id: a, email: a}}}}, {{react_to: a, {opened}, none: {{after: 2d, steps: [{{end: true}}]}}}}]"
    )
    world = World(hits={"a": {Reaction.OPENED: 8 * HOUR}}, outages=((5 * HOUR, 12 * HOUR),))

    assert [at for at, _ in play(plan, world=world).messages] == [HOUR, 9 * HOUR + DAY]


def test_a_run_looks_again_at_every_time_that_could_decide() -> None:
    plan = preset("reaction-series")
    run = msgspec.structs.replace(RUN, at="1.b1.1", entered_at=BEGUN)

    def sleeps_until(elapsed: int, reaction: Reaction = Reaction.NONE) -> int:
        known = facts(sent={"first": Sent(BEGUN, was_sent=True, reaction=reaction)})
        effect = advance(run, plan, known, BEGUN + elapsed).effect
        assert isinstance(effect, Sleep)
        return effect.until - BEGUN

    assert [sleeps_until(elapsed * HOUR) for elapsed in (1, 6, 7, 8, 9)] == [6 * HOUR, 8 * HOUR, 8 * HOUR, 10 * HOUR, 10 * HOUR]
    assert sleeps_until(HOUR, Reaction.OPENED) == 6 * HOUR
    assert sleeps_until(HOUR, Reaction.CLICKED) == 8 * HOUR


def test_a_message_that_was_not_sent_completes_its_step_and_leaves_no_gap() -> None:
    plan = read_plan(HEAD + "steps: [{send: {id: a, email: a}}, {wait: 1h}, {send: {email: b}}]")

    played = play(plan, world=World(unsent=frozenset({"a"})))

    assert [at for at, _ in played.messages] == [HOUR, 2 * HOUR]
    assert played.outcome is Outcome.COMPLETED


def test_nobody_reacts_to_a_message_that_was_not_sent() -> None:
    played = play(preset("reaction-series"), world=World(unsent=frozenset({"first"}), hits={"first": {Reaction.CLICKED: HOUR}}))

    assert [step for _, step in played.messages] == ["first", "silent2", "silent3"]


def test_the_run_awaits_its_message_until_it_settles() -> None:
    run = msgspec.structs.replace(RUN, at="1")

    answer = advance(run, STANDARD, facts(sent={"reminder": Sent()}), BEGUN)

    assert answer.effect == AwaitMessage(StepId("reminder"))
    assert answer.run is run


def test_a_settled_message_moves_the_run_and_is_remembered() -> None:
    run = msgspec.structs.replace(RUN, at="1")
    settled_at = BEGUN + 5_000

    answer = advance(run, STANDARD, facts(sent={"reminder": Sent(settled_at, was_sent=True)}), BEGUN + 9_000)

    assert answer.run == msgspec.structs.replace(run, at="2", entered_at=settled_at, last_sent_at=settled_at)
    assert answer.effect == Sleep(settled_at + 2 * DAY)
    assert [(decision.at, decision.rule) for decision in answer.trail] == [("1", "settled"), ("2", "waits")]


def test_a_filter_that_no_longer_holds_ends_the_run_before_the_next_message() -> None:
    def cheaper(elapsed: int) -> Facts:
        return facts(values={"cart": {"total": 0 if elapsed > HOUR else 10}})

    played = play(STANDARD, cheaper)

    assert [step for _, step in played.messages] == ["reminder"]
    assert played.outcome is Outcome.FILTERED
    assert played.trail[-1].seen == {"condition": "!has(cart.total) || cart.total > 0"}


def test_a_condition_about_something_unknown_is_no_and_says_why() -> None:
    arms = "[{when: person.age > 3, steps: [{send: {email: a}}]}, {steps: [{send: {email: b}}]}]"
    plan = read_plan(HEAD + f"steps: [{{branch: {arms}}}]")

    played = play(plan)

    assert played.messages == ((HOUR, "at.0.b1.0"),)
    assert played.trail[0].seen == {
        "arm": 1,
        "when": "",
        "refused": [{"condition": "person.age > 3", "reason": "age is not known"}],
    }


def test_a_branch_that_nobody_fits_is_passed() -> None:
    plan = read_plan(HEAD + "steps: [{branch: [{when: person.age > 3, steps: [{send: {email: a}}]}]}, {send: {email: b}}]")

    assert [step for _, step in play(plan).messages] == ["at.1"]


def test_the_run_goes_on_behind_the_branch_it_took() -> None:
    plan = read_plan(HEAD + "steps: [{branch: [{when: cart.total > 3, steps: [{send: {email: a}}]}]}, {send: {email: b}}]")

    assert [step for _, step in play(plan).messages] == ["at.0.b0.0", "at.1"]


def test_end_ends_the_whole_journey_from_inside_a_branch() -> None:
    plan = read_plan(HEAD + "steps: [{branch: [{when: cart.total > 3, steps: [{end: true}]}]}, {send: {email: b}}]")

    assert play(plan).messages == ()
    assert play(plan).outcome is Outcome.COMPLETED


@pytest.mark.parametrize(
    ("hits", "goes_on_after"),
    [({}, 8 * HOUR), ({Reaction.OPENED: HOUR}, 8 * HOUR), ({Reaction.CLICKED: HOUR}, 14 * HOUR)],
)
def test_a_reaction_without_an_answer_goes_on_when_the_question_closes(hits: dict[Reaction, int], goes_on_after: int) -> None:
    clicked = "clicked: {after: 8h, steps: [{send: {id: b, email: b}}]}"
    plan = read_plan(HEAD + f"steps: [{{send: {{id: a, email: a}}}}, {{react_to: a, {clicked}}}, {{send: {{id: c, email: c}}}}]")

    played = play(plan, world=World(hits={"a": hits}))

    assert played.messages[-1] == (HOUR + goes_on_after, "c")


def test_the_same_question_has_the_same_answer_byte_for_byte() -> None:
    first, second = (play(preset("reaction-series"), world=World(hits={"first": {Reaction.OPENED: HOUR}})) for _ in range(2))

    assert msgspec.json.encode(first.trail) == msgspec.json.encode(second.trail)


def test_another_versions_plan_is_refused() -> None:
    with pytest.raises(NoSuchStep, match="journey standard version 1 has no step 7"):
        advance(msgspec.structs.replace(RUN, at="7"), STANDARD, facts(), BEGUN)

"""The engine does what the reference says: compared with a second reading of it, over journeys and lives that nobody thought of."""

import json
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.domain.journeys.authors import files
from tests.domain.journeys.model import Course, Happens, Model
from wraca.domain.events import Stage
from wraca.domain.journeys.durations import DAY, HOUR, MINUTE, SECOND
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.run import Facts, MoveAudience, Reach, Reaction
from wraca.testing.play import LEFT_AT, Played, World, play

CHANNELS = ("email", "sms", "webpush", "onsite", "chat")
ZONES = ("UTC", "Europe/Warsaw", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia")
MOMENTS = st.integers(0, 12 * DAY)


@st.composite
def stories(draw: st.DrawFn) -> tuple[dict[str, Any], Plan, World, Happens]:
    """A journey, what the person and the machines do with it, and what happens in the shop."""
    content = draw(files())
    plan = read_plan(json.dumps(content))
    names = st.sampled_from([send.id for send in plan.sends])
    after = st.sampled_from([0, 20 * MINUTE, 6 * HOUR]) | st.integers(0, 3 * DAY)
    hits = st.fixed_dictionaries({}, optional={Reaction.OPENED: after, Reaction.CLICKED: after})
    activity = tuple(sorted({0, *draw(st.lists(MOMENTS, max_size=3))}))
    ends = {"ordered_at": draw(st.none() | st.none() | MOMENTS), "emptied_at": draw(st.none() | st.none() | MOMENTS)}
    unsent = frozenset(draw(st.lists(names, max_size=2)))  # nobody reacts to these
    total, begins = draw(st.sampled_from([0, 50, 5000])), draw(MOMENTS)
    values = {"cart": {"total": float(total)}, "person": {"orders_count": total % 3}}
    reach = st.builds(Reach, is_open=st.sampled_from([True, True, False]), reacted=st.booleans())
    named = sorted({send.id for send in plan.sends if not send.id.startswith("at.")} - unsent)  # what reactions can speak of
    world = World(
        hits={name: draw(hits) for name in named},
        wakes=(*activity, *(at for at in ends.values() if at is not None)),
        settles_after=draw(st.sampled_from([0, 3 * SECOND, 20 * MINUTE])),
        unsent=unsent,
        outages=draw(st.sampled_from([(), (), ((begins, begins + 2 * DAY),)])),
        happens=draw(
            st.dictionaries(st.sampled_from(["visit", "Quiz Completed"]), st.lists(MOMENTS, min_size=1, max_size=3).map(tuple))
        ),
        answers=tuple(sorted(draw(st.lists(st.tuples(MOMENTS, st.sampled_from(["price", "trust"])), max_size=2)))),
        channels={channel: draw(reach) for channel in CHANNELS},
        timezone=draw(st.sampled_from(ZONES)),
        person=draw(st.sampled_from("abcdefgh")),
        codes=draw(st.booleans()),
    )
    return content, plan, world, Happens(activity, ends["ordered_at"], ends["emptied_at"], values)


def facts_at(plan: Plan, happens: Happens, elapsed: int) -> Facts:
    activity = max(when for when in happens.activity if when <= max(elapsed, 0))
    return Facts(
        last_activity=LEFT_AT + activity,
        idle=plan.trigger.idle_at(Stage.CART),
        ordered=happens.ordered_at is not None and elapsed >= happens.ordered_at,
        emptied=happens.emptied_at is not None and elapsed >= happens.emptied_at,
        lost=elapsed - activity >= plan.lost_after,
        values=happens.values,
    )


def course_of(plan: Plan, played: Played) -> Course:
    """What the engine did, in the words of the model."""
    templates = {(send.id, send.channel): send.template for send in plan.sends}
    messages = [
        (at, templates[step, channel], channel) for (at, step), channel in zip(played.messages, played.channels, strict=True)
    ]
    deeds = [
        (at, f"{'join' if act.joins else 'leave'} {act.audience}" if isinstance(act, MoveAudience) else act.text)
        for at, act in played.acts
    ]
    return Course(messages, [at for at, _ in played.offers], deeds, played.outcome.value, played.ended_at)


@settings(max_examples=max(300, settings().max_examples), deadline=None)  # the nightly profile looks longer
@given(stories())
def test_the_engine_and_the_reference_agree(story: tuple[dict[str, Any], Plan, World, Happens]) -> None:
    content, plan, world, happens = story
    played = play(plan, lambda elapsed: facts_at(plan, happens, elapsed), world)
    chosen = {str(decision.seen["split"]): str(decision.seen["variant"]) for decision in played.trail if decision.rule == "split"}

    expected = Model(content, world, happens, chosen.__getitem__).play()

    real = course_of(plan, played)
    if expected.outcome == "lost":  # nothing wakes a run because time passed: it is noticed at the next look, whenever that is
        real = real._replace(ended_at=expected.ended_at)
    assert real == expected
    event(expected.outcome)

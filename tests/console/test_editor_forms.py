"""The forms of the editor: whoever changes nothing changes nothing, and whatever is wrong is told at its field."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.console.editing.checking import checked, faults_by_field, has_comments, warnings, written_file
from wraca.console.editing.comparing import compared_rules, compared_steps
from wraca.console.editing.fields import Channel, Condition, Field, Surroundings, step_fields
from wraca.console.editing.journeyfields import TRIGGERS, journey_fields
from wraca.console.editing.kinds import GROUPS, fresh_step
from wraca.console.editing.places import KINDS, Content, kind_of, walk
from wraca.console.editing.said import journey_said, step_said
from wraca.console.editing.telling import told_step, told_trigger
from wraca.console.editing.tree import plan_path, tree
from wraca.domain.journeys.presets import preset_names, preset_text
from wraca.domain.journeys.problems import BadPlan
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.shape import SCHEMA, STEP_KINDS
from wraca.domain.journeys.source import Source

KNOWN = Surroundings(
    tuple(Channel(name, name, "ready") for name in ("email", "sms", "webpush", "onsite", "chat")),
    ("any-questions", "cart-reminder", "customer-reason", "visitor-first"), ("win-back", "standard"), ("first",), ("vip",), "PLN",
)  # fmt: skip

EVERY_STEP: tuple[Content, ...] = (
    {"send": {"id": "first", "email": "visitor-first"}},
    {"send": {"sms": "cart-reminder"}},
    {"chat": "any-questions"},
    {"best_channel": {"id": "nudge", "webpush": "cart-reminder", "sms": "cart-reminder", "email": "visitor-first"}},
    {"ask_reason": {"id": "why", "email": "customer-reason", "wait": "3d"}},
    {"wait": "36h"},
    {"wait": {"until": "10:00", "days": ["mon", "fri"]}},
    {"wait": {"until": "07:30"}},
    {"wait": {"for": "clicked", "at_most": "3d"}},
    {"wait": {"for": "Quiz Completed", "at_most": "90m"}},
    {"branch": [{"when": "person.is_customer && cart.total > 100", "steps": [{"end": True}]},
                {"when": "size(cart.products) > 2", "steps": []}, {"steps": [{"wait": "1d"}]}]},
    {"react_to": "first", "clicked": {"after": "8h", "steps": [{"wait": "1d"}]}, "none": {"after": "10h", "steps": []}},
    {"split": [{"share": "33.5%", "name": "a", "steps": []}, {"share": "66.5%", "name": "b", "steps": []}], "id": "tone"},
    {"offer": {"id": "ten", "percent": 10, "pool": "autumn", "expires": "3d", "min_cart": 99.5}},
    {"offer": {"amount": 20, "code": "BACK20"}},
    {"offer": {"free_shipping": True, "code": "SHIP"}},
    {"offer": {"gift": "a mug", "pool": "mugs"}},
    {"audience": {"join": "left-carts"}},
    {"audience": {"leave": "left-carts"}},
    {"notify_team": "Somebody left a large cart"},
    {"goto_journey": "win-back"},
    {"end": True},
)  # fmt: skip


def posted(fields: tuple[Field, ...]) -> QueryDict:
    """What a browser would send of this form if nobody touched it."""
    said = QueryDict(mutable=True)
    for name, value in sent(fields):
        said.appendlist(name, value)
    return said


def sent(fields: tuple[Field, ...]) -> Iterator[tuple[str, str]]:
    for field in fields:
        yield from _of(field)
        for option in field.options:
            yield from sent(option.fields)


def _of(field: Field) -> Iterator[tuple[str, str]]:
    made: dict[str, Callable[[], Iterable[tuple[str, str]]]] = {
        "duration": lambda: ((field.at, field.value[0]), (f"{field.at}:unit", field.value[1])),
        "several": lambda: ((field.at, each) for each in field.value),
        "flag": lambda: ((field.at, "1") for _ in range(bool(field.value))),
        "one_of": lambda: ((f"{field.at}:key", option.key) for option in field.options if option.is_chosen),
        "ranked": lambda: (
            (f"{field.at}:{option.key}", str(number) if option.is_chosen else "0") for number, option in enumerate(field.options, 1)
        ),
        "condition": lambda: _of_condition(field.at, field.value),
        "conditions": lambda: (
            pair for number, each in enumerate(field.value) for pair in _of_condition(f"{field.at}.{number}", each)
        ),
        "note": tuple,
    }
    yield from made.get(field.kind, lambda: ((field.at, str(field.value)),))()


def _of_condition(name: str, condition: Condition) -> Iterator[tuple[str, str]]:
    yield from ((f"{name}.side", ""), (f"{name}.text", condition.text))
    if condition.rows is not None:
        yield f"{name}.join", condition.join
        for row in condition.rows:
            yield from ((f"{name}.what", row.what), (f"{name}.how", row.how), (f"{name}.value", row.value))
        yield from ((f"{name}.what", ""), (f"{name}.how", "=="), (f"{name}.value", ""))


@pytest.mark.parametrize("step", EVERY_STEP, ids=str)
def test_a_form_that_nobody_touched_changes_nothing(step: Content) -> None:
    assert step_said(step, posted(step_fields(step, KNOWN))) == step


@pytest.mark.parametrize("name", preset_names())
def test_the_rules_of_a_journey_stay_as_they_are(name: str) -> None:
    content = content_of(name)
    said = {key: value for key, value in journey_said(content, posted(journey_fields(content))).items() if key != "exit_on"}
    assert said == {key: value for key, value in content.items() if key not in {"steps", "exit_on"}}
    for path, step in walk(content):
        assert step_said(step, posted(step_fields(step, KNOWN))) == step, path


def content_of(name: str) -> Content:
    content = Source(preset_text(name)).content
    assert isinstance(content, dict)
    return content


TRIGGERS_SAID: tuple[Content, ...] = (
    {"cart_abandoned": {"idle": "60m", "idle_at_payment": "20m", "stages": ["shipping", "payment"]}},
    {"checkout_abandoned": {"idle": "2h"}}, {"payment_abandoned": {"idle": "20m", "idle_if_failed": "5m"}},
    {"cart_kept": {"after": "3w"}}, {"browse_abandoned": {"idle": "4h", "views": 2}}, {"price_dropped": {"by": "5%"}},
    {"back_in_stock": {}}, {"low_stock": {"below": 4}}, {"order_placed": {}}, {"audience_joined": {"audience": "left-carts"}},
)  # fmt: skip


@pytest.mark.parametrize("trigger", TRIGGERS_SAID, ids=str)
def test_every_trigger_has_a_form_and_words(trigger: Content) -> None:
    content = {"journey": "x", "trigger": trigger, "steps": [{"send": {"email": "visitor-first"}}]}
    assert journey_said(content, posted(journey_fields(content)))["trigger"] == trigger
    assert read_plan(written_file(content)).journey == "x"
    assert "…" not in told_trigger(trigger)[0]


def test_the_tables_know_every_kind_of_the_schema() -> None:
    assert set(KINDS) == set(STEP_KINDS)
    assert {kind.name for group in GROUPS for kind in group.kinds} == set(STEP_KINDS)
    assert set(TRIGGERS) == set(SCHEMA["properties"]["trigger"]["properties"])
    assert {kind_of(step) for step in EVERY_STEP} == set(STEP_KINDS)


@pytest.mark.parametrize("step", EVERY_STEP, ids=str)
def test_every_step_has_words_and_a_place_in_the_file(step: Content) -> None:
    told = told_step(step)
    assert told.title
    assert "…" not in told.title
    assert Source(written_file({"journey": "x", "steps": [step]})).content == {"journey": "x", "steps": [step]}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_new_step_of_any_kind_lacks_at_most_what_only_its_author_knows(kind: str) -> None:
    first: Content = {"send": {"id": "first", "email": "visitor-first"}}
    content: Content = {"journey": "x", "trigger": {"cart_abandoned": {"idle": "60m"}}, "steps": [first]}
    step = fresh_step(kind, content, KNOWN, ("steps", 1))
    content["steps"].append(step)
    left = {"branch": 2, "react_to": 3, "split": 2, "notify_team": 1}
    assert len(checked(content).faults) == left.get(kind, 0)


def test_a_fault_is_told_at_its_step_its_way_and_its_field() -> None:
    steps = [
        {"send": {"id": "first", "email": "visitor-first"}},
        {"branch": [{"when": "cart.totl >", "steps": [{"wait": "0h"}]}, {"steps": []}]},
    ]
    read = checked({"journey": "x", "trigger": {"cart_abandoned": {"idle": ""}}, "steps": steps})
    assert set(read.by_place()) == {"", "steps.1.branch.0", "steps.1.branch.1", "steps.1.branch.0.steps.0"}
    fields = step_fields(steps[1], KNOWN)
    assert set(faults_by_field(read.of_step("steps.1"), fields)) == {"branch.0.when", "branch.1"}
    rules = journey_fields({"trigger": {"cart_abandoned": {"idle": ""}}})
    assert set(faults_by_field(read.of_step(""), rules)) == {"trigger.cart_abandoned.idle"}
    assert not any(fault.is_english for fault in read.faults)


BAD = st.sampled_from(
    ["", "x", "0", "-1", "99999999999", "10%", "ż 'x", "{{", "a: b", "12.5", "# no", "\n", "true", "null", "&x *y"]
)


@settings(max_examples=40)
@given(st.data())
def test_whatever_is_typed_is_a_draft_that_reads_or_lists_its_problems(data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(EVERY_STEP))
    said = posted(step_fields(step, KNOWN))
    for name in data.draw(st.lists(st.sampled_from(sorted(said) or ["act"]), max_size=4)):
        said.setlist(name, [data.draw(BAD) for _ in said.getlist(name)])
    content: Content = {"journey": "x", "trigger": {"cart_abandoned": {"idle": "60m"}}, "steps": [step_said(step, said)]}
    read = checked(content)
    assert (read.plan is None) == bool(read.faults)
    told_step(content["steps"][0])
    step_fields(content["steps"][0], KNOWN)


@pytest.mark.parametrize("name", preset_names())
def test_the_file_that_is_written_means_the_same(name: str) -> None:
    content = content_of(name)
    assert read_plan(written_file(content)) == read_plan(preset_text(name))
    assert [plan_path(path) for path, _step in walk(content)] == list(read_plan(preset_text(name)).places)
    assert tree(read_plan(preset_text(name)), {})


def test_comments_are_noticed_before_they_are_lost() -> None:
    assert has_comments("steps: # here")
    assert has_comments(preset_text("standard"))
    assert not has_comments("about: 'number #1'\nfilters: [\"a # b\"]")
    assert not has_comments("about: [")


def test_an_early_first_message_without_comparison_is_warned_of() -> None:
    text = "journey: x\ntrigger: {cart_abandoned: {idle: 45m}}\nholdout: 0%\nsteps: [{send: {email: a}}]\n"
    assert len(warnings(read_plan(text))) == 1
    assert not warnings(read_plan(text.replace("0%", "10%")))
    assert not warnings(read_plan(text.replace("45m", "60m")))
    assert not warnings(read_plan(text.replace("steps: [", "steps: [{wait: 1h}, ")))


def test_two_versions_are_told_step_by_step() -> None:
    old = content_of("standard")
    steps = [*old["steps"]]
    index = next(number for number, step in enumerate(steps) if step == {"wait": "2d"})
    new: Any = {**old, "priority": 70, "steps": [*steps[:index], {"wait": "3d"}, *steps[index + 1 :], {"notify_team": "Look"}]}
    marks = [change.mark for change in compared_steps(old, new)]
    assert marks.count("changed") == 1
    assert marks.count("added") == 1
    assert marks.count("same") == len(steps) - 1
    assert [(rule.before, rule.after) for rule in compared_rules(old, new)] == [("50", "70")]
    assert all(change.is_quiet for change in compared_steps(old, old))


def test_a_change_deep_in_a_fork_is_found_there() -> None:
    old: Content = {"steps": [{"branch": [{"when": "person.is_customer", "steps": [{"wait": "1d"}]}, {"steps": [{"end": True}]}]}]}
    new: Content = {"steps": [{"branch": [{"when": "person.is_customer", "steps": [{"wait": "2d"}]}, {"steps": [{"end": True}]}]}]}
    (fork,) = compared_steps(old, new)
    assert fork.mark == "same"
    assert not fork.is_quiet
    assert fork.ways[0].changes[0].mark == "changed"
    assert fork.ways[0].changes[0].before


def test_a_name_that_yaml_would_misread_is_written_safely() -> None:
    for name in ("yes", "10:00", "1e3", "null", "- x", "# y", "a: b", "'", '"', "ąę", "=", "~"):
        try:
            plan = read_plan(written_file({"journey": "x", "trigger": {"order_placed": {}}, "steps": [{"notify_team": name}]}))
        except BadPlan as bad:
            pytest.fail(f"{name}: {bad}")
        assert plan.steps[0].text == name  # type: ignore[union-attr]

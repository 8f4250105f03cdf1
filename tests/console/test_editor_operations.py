"""The edits of a journey: whatever is done, nothing is lost that was not thrown away, and everything can be taken back."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.console.editing import operations as edits
from wraca.console.editing.conditions import COMPARISONS, FIELDS, MESSAGE_FIELDS, Row, Rows, put_together, taken_apart
from wraca.console.editing.draft import Desk, Draft
from wraca.console.editing.places import Content, NoSuchPlace, at, gaps, lists_in, read_path, walk, written_path
from wraca.domain.journeys.conditions import compiled
from wraca.domain.journeys.presets import preset_text
from wraca.domain.journeys.problems import BadPlan
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.source import Source


def content_of(name: str) -> Content:
    content = Source(preset_text(name)).content
    assert isinstance(content, dict)
    return content


SERIES = content_of("reaction-series")
STEPS = ({"wait": "1d"}, {"send": {"email": "any-questions"}}, {"send": {"id": "new", "email": "how-are-you"}}, {"end": True},
         {"branch": [{"when": "person.is_customer", "steps": []}, {"steps": []}]})  # fmt: skip


def leaves(content: Content) -> list[str]:
    """Every step that holds no others, as text, in no order."""
    return sorted(str(step) for _path, step in walk(content) if not any(True for _ in lists_in(step)))


def reads_or_tells(content: Content) -> bool:
    try:
        read_plan(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    except BadPlan as bad:
        return bool(bad.problems)
    return True


def any_step(data: st.DataObject, content: Content) -> tuple[str | int, ...] | None:
    paths = [path for path, _step in walk(content)]
    return data.draw(st.sampled_from(paths)) if paths else None


def one_edit(data: st.DataObject, content: Content) -> Content:
    act = data.draw(st.sampled_from(["insert", "remove", "move", "nudge", "duplicate", "change", "add_arm"]))
    path = any_step(data, content)
    try:
        if act == "insert" or path is None:
            return edits.insert(content, data.draw(st.sampled_from(list(gaps(content)))), data.draw(st.sampled_from(STEPS))).content
        if act == "move":
            return edits.move(content, path, data.draw(st.sampled_from(list(gaps(content))))).content
        if act == "nudge":
            return edits.nudge(content, path, data.draw(st.sampled_from([-1, 1]))).content
        if act == "change":
            return edits.change(content, path, data.draw(st.sampled_from(STEPS))).content
        made: edits.Edited = getattr(edits, act)(content, path)
        return made.content
    except edits.Refused:
        return content


@settings(max_examples=30)
@given(st.data())
def test_whatever_is_done_either_reads_or_lists_its_problems_and_can_be_undone(data: st.DataObject) -> None:
    draft = Draft(1, (SERIES,))
    seen = [SERIES]
    for _ in range(data.draw(st.integers(1, 8))):
        draft = draft.edited(one_edit(data, draft.content))
        if draft.content != seen[-1]:
            seen.append(draft.content)
    assert reads_or_tells(draft.content)
    for content in reversed(seen[:-1]):
        draft = draft.undone()
        assert draft.content == content
    assert not draft.can_undo
    for content in seen[1:]:
        draft = draft.redone()
        assert draft.content == content


@settings(max_examples=50)
@given(st.data())
def test_moving_loses_nothing(data: st.DataObject) -> None:
    content = SERIES
    for _ in range(3):
        path = any_step(data, content)
        assert path is not None
        step = at(content, path)
        try:
            moved = edits.move(content, path, data.draw(st.sampled_from(list(gaps(content)))))
        except edits.Refused:
            continue
        assert at(moved.content, moved.path) == step
        assert leaves(moved.content) == leaves(content)
        content = moved.content


def test_a_step_walks_through_every_place_by_keyboard() -> None:
    content = edits.insert(SERIES, ("steps", 0), {"notify_team": "Look"}).content
    path: tuple[str | int, ...] = ("steps", 0)
    seen = [path]
    for _ in range(100):
        moved = edits.nudge(content, path, 1)
        if moved.path == path:
            break
        content, path = moved.content, moved.path
        seen.append(path)
    # Two gaps around where it stands are one place.
    assert len(seen) == len(list(gaps(SERIES)))
    for expected in reversed(seen[:-1]):
        moved = edits.nudge(content, path, -1)
        content, path = moved.content, moved.path
        assert path == expected
    assert edits.remove(content, path).content == SERIES


def test_no_step_goes_into_itself() -> None:
    with pytest.raises(edits.Refused):
        edits.move(SERIES, ("steps", 1), ("steps", 1, "branch", 0, "steps", 0))
    with pytest.raises(edits.Refused):
        edits.move(SERIES, ("steps", 0), ("steps", 1, "branch", 0))


@pytest.mark.parametrize(
    "place", ["steps.99", "steps.-1", "journey", "steps.1.branch.7.steps.0", "steps.0.wait", "x y", "steps..1"]
)
def test_a_place_that_is_not_there_is_refused(place: str) -> None:
    with pytest.raises(NoSuchPlace):
        edits.remove(SERIES, read_path(place))
    with pytest.raises(NoSuchPlace):
        edits.duplicate(SERIES, read_path(place))


def test_paths_are_read_back() -> None:
    for path, _step in walk(SERIES):
        assert read_path(written_path(path)) == path


def test_a_copy_has_ids_of_its_own_and_reacts_to_them() -> None:
    block = {"branch": [{"when": "true", "steps": [
        {"send": {"id": "a", "email": "x"}}, {"react_to": "a", "none": {"after": "1h", "steps": [{"end": True}]}},
    ]}]}  # fmt: skip
    made = edits.duplicate({"steps": [block]}, ("steps", 0))
    assert made.path == ("steps", 1)
    copied: Any = made.content["steps"][1]["branch"][0]["steps"]
    assert copied[0]["send"]["id"] == copied[1]["react_to"] == "a-2"
    assert made.content["steps"][0] == block


def test_a_new_arm_comes_before_the_one_for_everybody_else() -> None:
    arms = edits.add_arm(SERIES, ("steps", 1)).content["steps"][1]["branch"]
    assert ["when" in arm for arm in arms] == [True, True, False]


def test_a_draft_forgets_the_oldest_and_keeps_typing_together() -> None:
    draft = Draft(3, ({"steps": [], "about": "0"},))
    for number in range(1, 200):
        draft = draft.edited({"steps": [], "about": str(number)})
    assert len(draft.states) == 50
    typed = draft.edited({"about": "a"}, "form-1").edited({"about": "ab"}, "form-1").edited({"about": "abc"}, "form-2")
    assert [state["about"] for state in typed.states[-3:]] == ["199", "ab", "abc"]


def test_drafts_survive_in_a_session_and_do_not_fill_it() -> None:
    session: dict[str, object] = {}
    desk = Desk(session, "shop")
    draft = Draft(1, (SERIES,))
    for number in range(60):
        draft = draft.edited({**SERIES, "priority": number})
    for name in "abcdefgh":
        desk.keep(name, draft)
    assert desk.draft("a") is None
    assert desk.draft("h") == draft
    assert len(str(session)) < 6 * 25_000
    assert Desk(session, "other").draft("h") is None
    desk.drop("h")
    assert desk.draft("h") is None


VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
WHATS = st.one_of(
    st.sampled_from(sorted(FIELDS)),
    st.tuples(st.sampled_from(["first", "with-dash", "a_b"]), st.sampled_from(sorted(MESSAGE_FIELDS))).map(
        lambda p: f"message.{p[0]}.{p[1]}"
    ),
)


@st.composite
def a_row(draw: st.DrawFn) -> Row:
    what = draw(WHATS)
    kind = MESSAGE_FIELDS[what.rpartition(".")[2]] if what.startswith("message.") else FIELDS[what]
    how = draw(st.sampled_from(COMPARISONS[kind]))
    if how in {"yes", "no", "known", "unknown"}:
        return Row(what, how)
    return Row(what, how, str(draw(st.integers(-1000, 10**9))) if kind == "number" else draw(VALUES))


@given(st.lists(a_row(), min_size=1, max_size=4), st.sampled_from(["&&", "||"]))
def test_rows_become_a_condition_that_compiles_and_are_read_back(rows: list[Row], join: Any) -> None:  # noqa: ANN401
    said = Rows(tuple(rows), join if len(rows) > 1 else "&&")
    text = put_together(said)
    assert taken_apart(text) == said
    if len(text) <= 500:
        compiled(text)


@pytest.mark.parametrize(
    "text",
    ["size(cart.products) > 2", "(person.is_customer)", "cart.total > 1 && cart.total < 5 || person.is_customer", "cart.total > ",
     "person.attributes.vip == true", "cart.products.exists(p, p == 'x')", '"a" == cart.stage', "!!person.is_customer", "1 < 2",
     "&&"],
)  # fmt: skip
def test_what_rows_cannot_say_stays_a_text(text: str) -> None:
    assert taken_apart(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    rows = taken_apart(text)
    assert rows is None or isinstance(rows, Rows)


def test_the_conditions_of_our_own_journeys_are_rows() -> None:
    assert taken_apart("!has(cart.total) || cart.total > 0") == Rows(
        (Row("cart.total", "unknown"), Row("cart.total", ">", "0")), "||"
    )
    assert taken_apart("person.orders_count > 0") == Rows((Row("person.orders_count", ">", "0"),))
    assert taken_apart("") == Rows(())


def test_what_was_handed_in_is_never_changed() -> None:
    before = yaml.safe_dump(SERIES)
    edits.move(SERIES, ("steps", 0), ("steps", 2))
    edits.duplicate(SERIES, ("steps", 1))
    edits.add_arm(SERIES, ("steps", 1))
    edits.change(SERIES, (), {"journey": "x"})
    assert yaml.safe_dump(SERIES) == before
    assert isinstance(SERIES, Mapping)

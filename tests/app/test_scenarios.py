"""Scenarios beside journeys: those that ship hold, those that do not hold say where and why, and bad files say how to mend them."""

import json
import time
from pathlib import Path

import pytest

from wraca.cli.application import main
from wraca.domain.journeys.durations import DAY
from wraca.domain.journeys.presets import preset_names, preset_scenarios, preset_text
from wraca.testing.scenarios.comparing import Fault
from wraca.testing.scenarios.playing import Result, play_all
from wraca.testing.scenarios.reading import BadScenarios, read_scenarios
from wraca.testing.scenarios.script import Scenario
from wraca.testing.scenarios.telling import as_data, told

SHIPPED = [(name, one) for name in preset_names() for one in read_scenarios(preset_scenarios(name))]
LEFT = "  given: [{at: 0m, do: {adds: {lamp: 199}}}]\n"


def played(text: str, migrated: Path, journey: str = "standard") -> Result:
    (result,) = play_all(preset_text(journey), read_scenarios(text), migrated)
    return result


@pytest.mark.parametrize(("journey", "scenario"), SHIPPED, ids=[f"{name}: {one.name}" for name, one in SHIPPED])
def test_every_ready_made_journey_does_what_its_scenarios_say(journey: str, scenario: Scenario, migrated: Path) -> None:
    (result,) = play_all(preset_text(journey), [scenario], migrated)

    assert list(told(result)) == []
    assert result.is_passed


def test_no_ready_made_journey_is_without_scenarios_of_its_course_and_of_a_purchase() -> None:
    assert {name for name, _ in SHIPPED} == set(preset_names())
    for name in preset_names():
        doings = {doing.what for journey, one in SHIPPED if journey == name for doing in one.given}
        assert "buys" in doings, name


def test_six_weeks_pass_in_less_than_a_second(migrated: Path) -> None:
    scenario = next(one for name, one in SHIPPED if name == "win-back" and one.name.startswith("A greeting after three weeks"))
    began = time.process_time()

    (result,) = play_all(preset_text("win-back"), [scenario], migrated)

    assert max(one.at for one in result.course.events) - result.begin == 42 * DAY

    assert time.process_time() - began < 1


def test_what_comes_at_another_time_is_shown_with_what_was_decided(migrated: Path) -> None:
    result = played(f"- name: n\n{LEFT}  expect: [{{at: 2h, send: cart-reminder}}, {{at: 2d1h, send: cart-second}}]", migrated)

    (difference,) = result.differences
    assert difference.fault is Fault.OTHER_TIME
    lines = list(told(result))
    assert lines[0] == ("line 3: expected send cart-reminder at 2h (Mon 2026-01-05 12:00); it came at 1h (Mon 2026-01-05 11:00)")
    assert any("step 1 sends" in line for line in lines)


def test_whatever_is_not_expected_must_not_happen(migrated: Path) -> None:
    result = played(f"- name: n\n{LEFT}  expect: [{{at: 1h, send: cart-reminder}}]", migrated)

    assert [one.fault for one in result.differences] == [Fault.SURPLUS]
    assert next(told(result)) == "not expected: send cart-second at 2d1h (Wed 2026-01-07 11:00) [email]"


def test_what_did_not_happen_is_told_with_the_reason_of_the_gate(migrated: Path) -> None:
    result = played(
        f"- name: n\n  person: {{allows: []}}\n{LEFT}"
        "  expect: [{at: 1h, send: cart-reminder}, {at: 1h, skip: cart-reminder}, {at: 49h, skip: cart-second}]",
        migrated,
    )

    assert [one.fault for one in result.differences] == [Fault.MISSING]
    assert any("was not sent at 1h" in line and "no_permission" in line for line in told(result))


def test_other_reasons_than_expected_are_a_difference(migrated: Path) -> None:
    result = played(
        f"- name: n\n  held_out: true\n{LEFT}"
        "  expect: [{at: 1h, skip: cart-reminder, because: [merged]}, {at: 49h, skip: cart-second}]",
        migrated,
    )

    assert [one.fault for one in result.differences] == [Fault.OTHER_DETAIL]
    assert next(told(result)).endswith("with merged; it was holdout")


def test_a_journey_that_never_began_says_so(migrated: Path) -> None:
    result = played("- name: n\n  given: []\n  expect: [{at: 1h, send: cart-reminder}]", migrated)

    assert any("never began" in line for line in told(result))


@pytest.mark.parametrize(
    ("doing", "said"),
    [
        ("{clicks: nothing}", "no message of the step `nothing` has been sent by then; sent were `reminder`"),
        ("cancels the order", "there is no order to cancel"),
    ],
)
def test_what_cannot_happen_stops_the_scenario_with_its_line(doing: str, said: str, migrated: Path) -> None:
    text = f"- name: n\n  given:\n    - {{at: 0m, do: {{adds: {{lamp: 1}}}}}}\n    - {{at: 2h, do: {doing}}}\n  expect: []"

    result = played(text, migrated)

    assert not result.is_passed
    assert result.problem.startswith("line 4: at 2h, ")
    assert said in result.problem


def test_an_unknown_variant_names_those_there_are(migrated: Path) -> None:
    result = played(f"- name: n\n  variants: {{delay: never}}\n{LEFT}  expect: []", migrated, "when-to-remind")

    assert result.problem == "the split `delay` has no variant `never`; it has one-hour, four-hours, next-day"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[]", 1, "this list is empty"),
        ("- name: n\n  given: []", 1, "`expect` is missing"),
        ("- name: n\n  given: []\n  expct: []\n  expect: []", 3, "did you mean `expect`?"),
        ("- name: n\n  given: [{at: soon, do: buys}]\n  expect: []", 2, "write how long after the beginning, like 1h30m"),
        ("- name: n\n  given: [{at: 1h, do: bys}]\n  expect: []", 2, "did you mean `buys`?"),
        ("- name: n\n  given: [{at: 1h, do: {clicks: a, opens: b}}]\n  expect: []", 2, "exactly one thing"),
        ("- name: n\n  given: [{at: 1h, do: {clcks: a}}]\n  expect: []", 2, "did you mean `clicks`?"),
        ("- name: n\n  given: []\n  expect: [{at: 1h, send: a, ends: lost}]", 3, "this expects `send` and `ends`"),
        ("- name: n\n  given: []\n  expect: [{send: a}]", 3, "`at` is missing: say when"),
        ("- name: n\n  given: []\n  expect: [{at: 1h, skip: a, because: [quiet]}]", 3, "did you mean `quiet_hours`?"),
        ("- name: n\n  given: []\n  expect: [{at: 1h, send: a, code: X}]", 3, "`code` belongs to a `offer`"),
        ("- name: n\n  begins: 2026-02-30 10:00\n  given: []\n  expect: []", 2, "is not in the calendar"),
        ("- name: n\n  shop: {timezone: Warsaw}\n  given: []\n  expect: []", 2, "write it like Europe/Warsaw"),
        ("- name: n\n  shop: {manners: {calm: 1}}\n  given: []\n  expect: []", 2, "`calm` is not known here"),
        ("- name: n\n  person: {email: anna}\n  given: []\n  expect: []", 2, "write `anonymous: true`"),
        ("- name: n\n  given: []\n  expect: []\n- name: n\n  given: []\n  expect: []", 4, "another scenario is called `n`"),
        ("- name: [}", 1, "this is not YAML"),
    ],
)
def test_a_bad_file_says_the_line_and_the_remedy(text: str, line: int, said: str) -> None:
    with pytest.raises(BadScenarios) as caught:
        read_scenarios(text)

    assert any(said in problem.message and problem.line == line for problem in caught.value.problems), str(caught.value)


def test_the_command_needs_no_database_and_says_by_its_status_whether_all_went_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(preset_text("standard"))
    (tmp_path / "mine.test.yaml").write_text(
        f"- name: Right\n{LEFT}  expect: [{{at: 1h, send: cart-reminder}}, {{at: 49h, send: cart-second}}]\n"
        f"- name: Wrong\n{LEFT}  expect: []\n"
    )

    with pytest.raises(SystemExit) as failed:
        main(["journey", "test", "mine.yaml", "--json"])
    results = json.loads(capsys.readouterr().out)
    assert failed.value.code == 1
    assert [(one["scenario"], one["passed"], len(one["differences"])) for one in results] == [
        ("Right", True, 0),
        ("Wrong", False, 2),
    ]
    assert results[1]["differences"][0]["happened"]["at"] == "1h"

    with pytest.raises(SystemExit) as done:
        main(["journey", "test", "mine.yaml", "-k", "right"])
    assert not done.value.code
    assert capsys.readouterr().out.endswith("1 as expected\n")
    assert {path.name for path in tmp_path.iterdir()} == {"mine.yaml", "mine.test.yaml"}


def test_a_result_as_data_tells_everything_that_happened(migrated: Path) -> None:
    shown = as_data(played(f"- name: n\n{LEFT}  expect: []", migrated))

    assert shown["happened"][0] == {  # type: ignore[index]
        "send": "cart-reminder", "detail": ("email",), "minute": 60, "at": "1h", "civil": "Mon 2026-01-05 11:00",
    }  # fmt: skip


JOINED = """
journey: mine
trigger: {cart_abandoned: {idle: 60m}}
steps:
  - send: {id: first, email: cart-reminder}
  - wait: {for: Quiz Completed, at_most: 2d}
  - wait: {until: "10:00", days: [sat]}
  - goto_journey: win-back
"""


def test_what_no_preset_does_can_be_told_too(migrated: Path) -> None:
    scenarios = read_scenarios("""
- name: A quiz, a Saturday morning across the end of summer time, another journey
  begins: 2026-10-22 18:00
  beside: [win-back]
  given:
    - {at: 0m, do: {adds: {lamp: 199}}}
    - {at: 5h, do: {event: Quiz Completed}}
  expect:
    - {at: 1h, send: cart-reminder}
    - {at: 2026-10-24 10:00, ends: continued}
    - {at: 2026-10-24 10:00, send: win-back-hello}
    - {at: 2026-10-31 09:00, offer: benefit}
    - {at: 2026-10-31 09:00, send: win-back-offer}
    - {at: 2026-11-14 09:00, send: win-back-goodbye}
    - {at: 2026-11-14 09:00, ends: completed, of: win-back}
""")

    (result,) = play_all(JOINED, scenarios, migrated)

    assert list(told(result)) == []

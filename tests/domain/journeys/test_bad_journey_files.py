"""Every way to get a journey file wrong, and what its author is told."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wraca.domain.journeys.conditions import FUNCTIONS
from wraca.domain.journeys.details import CHANNELS
from wraca.domain.journeys.problems import BadPlan
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.shape import SCHEMA, STEP_KINDS

HEAD = "journey: j\ntrigger: {cart_abandoned: {idle: 60m}}\n"
SEND = "- send: {id: a, email: t}\n"


def told(text: str) -> list[str]:
    with pytest.raises(BadPlan) as refused:
        read_plan(text)
    return [str(problem) for problem in refused.value.problems]


def steps(text: str) -> str:
    return f"{HEAD}steps:\n{text}"


NOT_A_NAME = "is not a name; use small letters, digits and dashes, beginning with a letter"
NOT_AN_ID = "is not an id; use small letters, digits, dashes and underscores, beginning with a letter"
NOT_A_DURATION = "is not a duration; write it like 90s, 60m, 10h, 2d or 1w"
NOT_A_SHARE = "is not a share; write it like 10% or 2.5%"
NAMES = "person, cart, message, offer, reason"
ELSEWHERE = """
- branch:
  - when: cart.total > 3
    steps: [{send: {id: a, email: t}}]
  - steps:
    - send: {email: t}
    - react_to: a
      none: {after: 1d, steps: [{wait: 1d}]}
"""

# name: (file, the one problem it has)
BAD_FILES = {
    "empty file": ("", "line 1: this should be a block of keys, but it is empty"),
    "a list": ("- 1", "line 1: this should be a block of keys, but it is a list"),
    "not YAML": ("journey: [", "line 2: this is not YAML: did not find expected node content"),
    "two documents": (steps(SEND) + "---\na: b", "line 5: this is not YAML: but found another document"),
    "tab": ("journey:\n\t- a", "line 2: this is not YAML: found character that cannot start any token"),
    "alias": (steps("- &x\n  send: {email: t}\n- *x"), "line 6: the alias *x is not allowed; write the steps out"),
    "tag": (
        steps("- send: {email: !!python/object:os.system t}"),
        "line 4, steps[0].send.email: the tag tag:yaml.org,2002:python/object:os.system is not allowed",
    ),
    "double key": (
        steps("- send: {email: t}\n- wait: 1d\n  wait: 2d"),
        "line 6, steps[1].wait: `wait` stands here twice; the first is in line 5",
    ),
    "key that is no word": (steps(SEND) + "7: x", "line 5: the key `7` is not a word"),
    "too deep": ("a: " + "[" * 70 + "]" * 70, "line 1: the file is nested more than 60 deep"),
    "too long": ("#" * 100_001, "line 1: the file is longer than 100000 characters"),
    "no steps": (HEAD, "line 1: `steps` is missing"),
    "no trigger": ("journey: j\nsteps:\n" + SEND, "line 1: `trigger` is missing"),
    "no idle": ("journey: j\ntrigger: {cart_abandoned: {}}\nsteps:\n" + SEND, "line 2, trigger.cart_abandoned: `idle` is missing"),
    "unknown trigger": (
        "journey: j\ntrigger: {cart_abandonned: {idle: 1h}}\nsteps:\n" + SEND,
        "line 2, trigger.cart_abandonned: `cart_abandonned` is not known here; did you mean `cart_abandoned`?",
    ),
    "two triggers": (
        "journey: j\ntrigger: {order_placed: {}, back_in_stock: {}}\nsteps:\n" + SEND,
        'line 2, trigger: `{"order_placed": {}, "back_in_stock": {}}` should name exactly one trigger',
    ),
    "two channels": (
        steps("- send: {email: t, sms: t}"),
        "line 4, steps[0].send: this names email and sms; make it two steps, or a `best_channel`",
    ),
    "choice of one": (
        steps("- best_channel: {id: a, email: t}"),
        "line 4, steps[0].best_channel: a choice needs at least two channels; use `send` for one",
    ),
    "shares that make less": (
        steps(f"- split:\n  - {{share: 50%, steps: [{SEND[2:].strip()}]}}\n  - {{share: 40%, steps: [wait: 1d]}}"),
        "line 4, steps[0].split: the shares make 90%; they should make 100%",
    ),
    "variants alike": (
        steps(SEND + "- split:\n  - {share: 50%, name: x, steps: [wait: 1d]}\n  - {share: 50%, name: x, steps: [wait: 1d]}"),
        "line 5, steps[1].split: two variants have the same name",
    ),
    "id of nothing": (steps(SEND + "- wait: 1d\n  id: b"), "line 6, steps[1].id: `id` belongs to a `split` in the same step"),
    "time without quotes": (
        steps(SEND + "- wait: {until: 10:00}"),
        'line 5, steps[1].wait.until: `600` is not a time of day; write it in quotes, like "10:00"',
    ),
    "days without a time": (steps(SEND + "- wait: {days: [mon]}"), "line 5, steps[1].wait.days: `days` belongs to a `until`"),
    "no such day": (
        steps(SEND + '- wait: {until: "10:00", days: [monday]}'),
        "line 5, steps[1].wait.days[0]: `monday` is not known here; did you mean `mon`?",
    ),
    "waiting for ever": (steps(SEND + "- wait: {for: clicked}"), "line 5, steps[1].wait.for: `for` belongs to a `at_most`"),
    "two waits in one": (
        steps(SEND + '- wait: {until: "10:00", for: clicked, at_most: 1d}'),
        "line 5, steps[1].wait: wait either `until` a time or `for` something that happens; make it two steps",
    ),
    "offer of nothing": (
        steps(SEND + "- offer: {pool: a, min_cart: 10}"),
        "line 5, steps[1].offer: say what is offered: percent, amount, free_shipping, gift",
    ),
    "offer from nowhere": (
        steps(SEND + "- offer: {percent: 10, expires: 3d}"),
        "line 5, steps[1].offer: say where the code comes from: pool, code",
    ),
    "offer of two things": (
        steps(SEND + "- offer: {percent: 10, amount: 5, code: A}"),
        "line 5, steps[1].offer: this says percent and amount; say what is offered once",
    ),
    "offer of more than all": (
        steps(SEND + "- offer: {percent: 110, code: A}"),
        "line 5, steps[1].offer.percent: `110` is no percentage; use more than 0, at most 100",
    ),
    "reaction to an offer": (
        steps(SEND + "- offer: {id: o, percent: 10, code: A}\n- react_to: o\n  none: {after: 1d, steps: [wait: 1d]}"),
        "line 6, steps[2].react_to: `o` is an offer; react to a message",
    ),
    "audience both ways": (
        steps(SEND + "- audience: {join: a, leave: b}"),
        'line 5, steps[1].audience: `{"join": "a", "leave": "b"}` should say either `join` or `leave`',
    ),
    "journey into itself": (
        steps(SEND + "- goto_journey: j"),
        "line 5, steps[1].goto_journey: a journey cannot go on in itself; use `reentry` to let people begin it again",
    ),
    "steps behind another journey": (
        steps("- goto_journey: k\n" + SEND),
        "line 5, steps[1]: no way leads to this step; everything before it has ended",
    ),
    "name in capitals": (steps(SEND).replace("j\n", "My Journey\n", 1), f"line 1, journey: `My Journey` {NOT_A_NAME}"),
    "name with a line end": (steps(SEND).replace("j\n", '"j\\n"\n', 1), f"line 1, journey: `j\n` {NOT_A_NAME}"),
    "unknown key": (steps(SEND) + "filter: []", "line 5, filter: `filter` is not known here; did you mean `filters`?"),
    "unknown step": (steps(SEND + "- snd: {email: t}"), "line 5, steps[1].snd: `snd` is not known here; did you mean `send`?"),
    "foreign step": (
        steps(SEND + "- got: a"),
        "line 5, steps[1].got: `got` is not known here; known here: " + ", ".join(SCHEMA["$defs"]["step"]["properties"]),
    ),
    "empty step": (
        steps(SEND + "- {}"),
        f"line 5, steps[1]: this step is empty; a step is one of {', '.join(STEP_KINDS)}",
    ),
    "step that is a word": (steps(SEND + "- wait"), "line 5, steps[1]: this should be a block of keys, but it is a text"),
    "two steps in one": (
        steps("- send: {email: t}\n  wait: 1d"),
        "line 4, steps[0]: this step holds `send` and `wait`; begin a new step (a new dash) for each",
    ),
    "no steps in the list": (steps("  []"), "line 3, steps: this list is empty; it needs at least one entry"),
    "wait without unit": (steps(SEND + "- wait: 60"), f"line 5, steps[1].wait: `60` {NOT_A_DURATION}"),
    "wait in words": (steps(SEND + "- wait: two days"), f"line 5, steps[1].wait: `two days` {NOT_A_DURATION}"),
    "wait of nothing": (
        steps(SEND + "- wait: 0m"),
        "line 5, steps[1].wait: 0m is no time at all; leave it out or write a longer one",
    ),
    "wait for ever": (
        steps(SEND + "- wait: 91d"),
        "line 5, steps[1].wait: 91d is too long; a journey may sleep for 90 days at most",
    ),
    "wait left open": (steps(SEND + "- wait:"), f"line 5, steps[1].wait: an empty value {NOT_A_DURATION}"),
    "unknown channel": (
        steps("- send: {email: t, emial: t}"),
        "line 4, steps[0].send.emial: `emial` is not known here; did you mean `email`?",
    ),
    "no channel": (
        steps("- send: {id: a}"),
        "line 4, steps[0].send: say over which channel, and with which template: email, sms, webpush, onsite, chat",
    ),
    "template with a path": (steps("- send: {email: ../x}"), f"line 4, steps[0].send.email: `../x` {NOT_A_NAME}"),
    "id with a dot": (steps("- send: {id: at.0, email: t}"), f"line 4, steps[0].send.id: `at.0` {NOT_AN_ID}"),
    "two ids alike": (steps(SEND + "- wait: 1d\n" + SEND), "line 6, steps[2].send.id: the id `a` is used twice"),
    "holdout as a number": (steps(SEND) + "holdout: 0.1", f"line 5, holdout: `0.1` {NOT_A_SHARE}"),
    "holdout of too much": (steps(SEND) + "holdout: 101%", f"line 5, holdout: `101%` {NOT_A_SHARE}"),
    "priority too high": (steps(SEND) + "priority: 101", "line 5, priority: 101 is out of range; use 0 to 100"),
    "priority as a word": (steps(SEND) + "priority: high", "line 5, priority: this should be a whole number, but it is a text"),
    "unknown exit": (
        steps(SEND) + "exit_on: [order_place]",
        "line 5, exit_on[0]: `order_place` is not known here; did you mean `order_placed`?",
    ),
    "unknown stage": (
        steps(SEND).replace("60m}", "60m, stages: [paymnt]}"),
        "line 2, trigger.cart_abandoned.stages[0]: `paymnt` is not known here; did you mean `payment`?",
    ),
    "filter that does not compile": (
        steps(SEND) + 'filters: ["cart.total >"]',
        "line 5, filters[0]: the condition does not compile: mismatched input its end (at character 13)",
    ),
    "filter on a foreign name": (
        steps(SEND) + 'filters: ["user.age > 3"]',
        f"line 5, filters[0]: the condition uses the unknown name `user`; it can use {NAMES}",
    ),
    "filter that asks the time": (
        steps(SEND) + 'filters: ["now() > cart.begun"]',
        f"line 5, filters[0]: the condition uses the unknown function `now`; it can use {', '.join(sorted(FUNCTIONS))}",
    ),
    "filter without quotes": (
        steps(SEND) + "filters: [true]",
        'line 5, filters[0]: `true` is not a condition; write it in quotes, like "cart.total > 0"',
    ),
    "condition in a branch": (
        steps("- branch:\n  - when: cart.total = 3\n    steps: [{send: {email: t}}]"),
        "line 5, steps[0].branch[0].when: the condition does not compile: token recognition error at: '= ' (at character 12)",
    ),
    "arm without steps": (steps(SEND + "- branch: [{when: cart.total > 3}]"), "line 5, steps[1].branch[0]: `steps` is missing"),
    "everybody first": (
        steps("- branch:\n  - steps: [{send: {email: t}}]\n  - when: cart.total > 3\n    steps: [{send: {email: t}}]"),
        "line 5, steps[0].branch[0]: an arm without `when` takes everybody; the arms after it are never reached, so put it last",
    ),
    "branch for everybody": (
        steps("- branch:\n  - steps: [{send: {email: t}}]"),
        "line 5, steps[0].branch[0]: the only arm has no `when`; leave the branch out or write a condition",
    ),
    "reaction to nobody knows what": (
        steps(SEND + "- react_to: b\n  none: {after: 1d, steps: [{wait: 1d}]}"),
        "line 5, steps[1].react_to: no message has the id `b`; known here: a",
    ),
    "reaction to a mistyped id": (
        steps("- send: {id: first, email: t}\n- react_to: frist\n  none: {after: 1d, steps: [{wait: 1d}]}"),
        "line 5, steps[1].react_to: no message has the id `frist`; did you mean `first`?",
    ),
    "reaction to a message without id": (
        steps("- send: {email: t}\n- react_to: first\n  none: {after: 1d, steps: [{wait: 1d}]}"),
        "line 5, steps[1].react_to: no message has the id `first`; give the `send` an `id`",
    ),
    "reaction before its message": (
        steps("- react_to: a\n  none: {after: 1d, steps: [{wait: 1d}]}\n" + SEND),
        "line 4, steps[0].react_to: `a` is sent only after this step; react to a message before it",
    ),
    "circle": (
        steps("- react_to: a\n  none: {after: 1d, steps: [{send: {id: a, email: t}}]}"),
        "line 4, steps[0].react_to: `a` is sent by an answer to itself; that is a circle",
    ),
    "reaction to another branch's message": (
        steps(ELSEWHERE),
        "line 10, steps[0].branch[1].steps[1].react_to: not every way to this step sends `a`; put the reaction behind its `send`",
    ),
    "reaction to what only some got": (
        steps(
            "- branch: [{when: cart.total > 3, steps: [{send: {id: a, email: t}}]}]\n"
            "- react_to: a\n  none: {after: 1d, steps: [{wait: 1d}]}"
        ),
        "line 5, steps[1].react_to: not every way to this step sends `a`; put the reaction behind its `send`",
    ),
    "reaction without answers": (
        steps(SEND + "- react_to: a"),
        "line 5, steps[1]: `react_to` has no answer; write at least one of opened, clicked, none",
    ),
    "answer without question": (
        steps("- send: {id: a, email: t}\n  opened: {after: 1h, steps: [{wait: 1d}]}"),
        "line 5, steps[0].opened: `opened` belongs to a `react_to` in the same step",
    ),
    "answer without time": (
        steps(SEND + "- react_to: a\n  none: {steps: [{wait: 1d}]}"),
        "line 6, steps[1].none: `after` is missing",
    ),
    "answer after ninety days": (
        steps(SEND + "- react_to: a\n  none: {after: 13w, steps: [{wait: 1d}]}"),
        "line 6, steps[1].none.after: 13w is too long; a journey may sleep for 90 days at most",
    ),
    "step behind the end": (
        steps(SEND + "- end: true\n- wait: 1d"),
        "line 6, steps[2]: no way leads to this step; everything before it has ended",
    ),
    "step behind a branch that ends everybody": (
        steps(SEND + "- branch:\n  - when: cart.total > 3\n    steps: [{end: true}]\n  - steps: [{end: true}]\n- wait: 1d"),
        "line 9, steps[2]: no way leads to this step; everything before it has ended",
    ),
    "end with a reason": (steps(SEND + "- end: enough"), "line 5, steps[1].end: `enough` is too much; write `- end: true`"),
    "nothing is sent": (steps("- wait: 1d"), "line 3, steps: the journey never sends anything"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_the_line_and_the_remedy(name: str) -> None:
    text, problem = BAD_FILES[name]

    assert told(text) == [problem]


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "journey: j\ntriger: 3\nfilters: [cart.total >]\nsteps:\n- wait: 60\n- snd: {}\n- react_to: b\n"

    assert [problem.split(":")[0] for problem in told(text)] == [
        "line 1", "line 2, triger", "line 3, filters[0]", "line 4, steps", "line 5, steps[0].wait", "line 6, steps[1].snd",
        "line 7, steps[2]", "line 7, steps[2].react_to",
    ]  # fmt: skip


def test_a_billion_laughs_are_refused_before_they_are_composed() -> None:
    pairs = zip("abcdefgh", "bcdefghi", strict=True)
    laughs = "\n".join(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in pairs)

    assert told(f"a: &a [ha]\n{laughs}") == ["line 2: the alias *a is not allowed; write the steps out"]


def test_the_schema_is_a_schema_and_knows_every_step() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert STEP_KINDS == (
        "send", "wait", "branch", "react_to", "split", "best_channel", "ask_reason", "offer", "audience", "notify_team", "chat",
        "goto_journey", "end",
    )  # fmt: skip
    for kind in ("send", "best_channel", "ask_reason"):
        assert set(CHANNELS) < set(SCHEMA["$defs"]["step"]["properties"][kind]["properties"])


WORDS = st.sampled_from(["journey", "trigger", "steps", "send", "wait", "branch", "react_to", "none", "id", "when"])
RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | RUBBISH.map(json.dumps))
def test_nothing_but_a_bad_plan_comes_of_rubbish(text: str) -> None:
    with pytest.raises(BadPlan) as refused:
        read_plan(text)
    assert all(problem.line >= 1 and problem.message for problem in refused.value.problems)

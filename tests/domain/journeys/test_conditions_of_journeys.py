"""Conditions: they answer, and never raise."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.domain.journeys.conditions import BadCondition, Verdict, compiled, judged

VALUES = {"person": {"orders_count": 2, "name": "Ewa"}, "cart": {"total": 4999, "lines": [{"price": 100}, {"price": 4899}]}}


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ("person.orders_count > 0", True),
        ("cart.total >= 5000", False),
        ("cart.total / 100 == 49", True),
        ("cart.lines.exists(line, line.price > 4000)", True),
        ("size(cart.lines) == 2 && person.name.startsWith('E')", True),
        ("has(person.phone)", False),
        ("!has(person.phone) || person.phone == ''", True),
        ("size(cart) == 2 && cart.total > 0", True),
        ("cart['total'] > 0 && 'cart.x' != person .name", True),
        ("cart // all of it\n.total > 0", True),
        ("reason.given == 'shipping' || cart.total > 0", True),
    ],
)
def test_a_condition_answers(source: str, holds: bool) -> None:
    assert judged(source, VALUES) == Verdict(holds)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("person.age > 30", "age is not known"),
        ("offer.code == 'X'", "code is not known"),
        ("cart.lines[7].price > 3", "index out of bounds: 7"),
        ("cart.total / 0 > 1", "division by zero in CEL expression"),
        ("cart.total", "the answer is 4999, neither true nor false"),
        ("cart.total + 'a' == ''", "No such overload"),
        ("cart.total >", "the condition does not compile"),
    ],
)
def test_what_cannot_be_answered_is_no_with_a_reason(source: str, reason: str) -> None:
    verdict = judged(source, VALUES)

    assert not verdict.holds
    assert verdict.reason.startswith(reason)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("customer.age > 3", "unknown name `customer`; it can use person, cart, message, offer, reason"),
        ("cart.lines.all(cart, cart.price > 1)", "a loop cannot call its variable `cart`"),
        ("now() > 3", "unknown function `now`"),
        ("cart.total = 3", "does not compile"),
        ("", "does not compile: mismatched input its end"),
        ("cart.total > 0 || " * 40 + "true", "longer than 500 characters"),
        ("cart.lines.all(a, cart.lines.all(b, cart.lines.all(c, a == c)))", "loops more than 2 times"),
    ],
)
def test_a_bad_condition_is_refused_in_words(source: str, message: str) -> None:
    with pytest.raises(BadCondition) as refused:
        compiled(source)
    assert message in str(refused.value)


_SOURCES = ["cart.total > 3", "cart.lines.exists(l, l.price > 1)", "cart.lines[0].price / cart.total < 2", "cart"]
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["total", "lines", "price"]), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(source=st.sampled_from(_SOURCES), cart=_VALUES)
def test_no_value_makes_a_condition_raise(source: str, cart: object) -> None:
    assert isinstance(judged(source, {"cart": cart}), Verdict)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40))
def test_no_text_makes_a_condition_raise(source: str) -> None:
    assert isinstance(judged(source, VALUES), Verdict)


def test_conditions_do_not_bring_a_terminal_into_every_process() -> None:
    program = (
        "import sys, wraca.domain.journeys.conditions as c; print(c.judged('1 > 0', {}).holds, 'prompt_toolkit' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert said.split() == ["True", "False"]

"""Messages of blocks in hostile hands: what people write stays words, and costs one message at the most."""

import contextlib
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.email.drawings import drawn, one
from wraca.channels.email.blockfile import cleaned, message_to_plain, message_to_yaml, read_message
from wraca.channels.email.blocks import BLOCK_KINDS, LONGEST, Block, Field, Footer, Kind, Message, Text
from wraca.ports.channel import TemplateProblem

HOSTILE = (
    '"><script>alert(1)</script>', "<img src=x onerror=alert(1)>", "</mj-text></mj-column><mj-raw><script>", "[[footer]][[cart]]",
    "' onmouseover='x", "\\u0022 onload=x", "<!--[if mso]>", "]]>", "&lt;script&gt;", "\x00\x1b[0m", "{{ '<' }}", "{% raw %}",
)  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_stay_words(hostile: str) -> None:
    blocks: list[Block] = []
    for kind in BLOCK_KINDS.values():
        fields = {field.name: _hostile(field, hostile) for field in kind.fields if field.name != "when"}
        blocks.append(kind.shape(**fields))  # type: ignore[arg-type]  # by its field
    try:
        html, _ = drawn(read_message(message_to_plain(Message(hostile, hostile, tuple(blocks)))))
    except TemplateProblem:
        return
    assert not re.search(r"<script|<img src=x|onerror=alert\(1\)>\s*<|<[^>]* onmouseover='x|<[^>]*\sonload=x", html)
    assert html.count("go.shop.example/u/sample") == 1


def _hostile(field: Field, hostile: str) -> object:
    match field.type:
        case "pairs":
            return ((hostile, hostile),)
        case "number":
            return field.most
        case "url":
            return f"https://x.example/{hostile}" if field.name == "url" else hostile
        case _:
            return hostile


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x.example", "page.html", 'https://x.example/" onload=x', "vbscript:x"]
)
def test_an_address_that_no_message_may_hold_is_left_out(url: str) -> None:
    quoted = url.replace("'", "''")
    for block in (f"image: {{url: '{quoted}', alt: a}}", f"button: {{to: '{quoted}', text: a}}", f"video: {{url: '{quoted}'}}"):
        html, text = one(block)
        assert url not in html
        assert url not in text
    assert f"({url})" in one(f"text: '[a]({quoted})'")[0].replace("&quot;", '"').replace("&#x27;", "'")


def test_an_address_from_liquid_is_looked_at_when_it_is_filled() -> None:
    with pytest.raises(TemplateProblem, match="link or picture"):
        one("button: {text: a, to: '{{ \"javascript:alert(1)\" }}'}")


@pytest.mark.parametrize(
    "bomb",
    [
        "{% for i in (1..9999999) %}x{% endfor %}",
        "{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}",
        '{% assign a = "x" %}{% for i in (1..30) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
        "{{ broken",
        "{% if %}",
        "{% include 'x' %}",
        "{{ 'x' | nofilter }}",
        "{% endif %}",
    ],
)
def test_a_bomb_costs_one_message_and_never_the_worker(bomb: str) -> None:
    with pytest.raises(TemplateProblem):
        drawn(Message("x", blocks=(Text(text=bomb), Footer())))


@pytest.mark.parametrize("open_end", ["{{", "{{{", "{%", "{% raw %}", "{{ a", "{{{%", "*", "**a", "[a](", "{% if a %}", "\n "])
def test_a_page_of_beginnings_is_read_at_once(open_end: str) -> None:
    begun = time.process_time()
    page = Text(text=open_end * (LONGEST["prose"] // len(open_end)))
    with contextlib.suppress(TemplateProblem):
        drawn(Message("x", blocks=(page,) * 10))
    assert time.process_time() - begun < 2


# -- whatever is accepted can be drawn

words = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="{}%|*[]()<>&\"'\\ \n\tifendx.=-:0ł❤\ufe0f\u200d\u00a0", max_size=40),
    st.sampled_from(
        [
            "{{ shop.name }}",
            "{% if offer %}a{% endif %}",
            "**a**",
            "[a](https://x.example)",
            "{{ person.gender | gendered: f: 'a' }}",
        ]
    ),
)
addresses = st.one_of(
    st.sampled_from(["https://x.example/a?b=1&c=ł", "{{ shop.url }}", "mailto:a@x.example", "cart", "shop"]), words
)


def _values(field: Field) -> st.SearchStrategy[object]:
    match field.type:
        case "pairs":
            return st.lists(st.tuples(words, words), max_size=3)
        case "number":
            return st.integers(field.least, field.most)
        case "url":
            return addresses
        case _:
            return words


def _fields(kind: Kind) -> st.SearchStrategy[dict[str, object]]:
    given_fields = {field.name: _values(field) for field in kind.fields if field.name != "when"}
    return st.fixed_dictionaries({}, optional=given_fields).map(lambda fields: {kind.name: fields})


def _blocks() -> st.SearchStrategy[dict[str, object]]:
    conditions: st.SearchStrategy[dict[str, object]] = st.sampled_from(
        [{}, {}, {"when": "offer"}, {"when": "cart.total < 5"}, {"when": "a b c ("}]
    )
    kinds = [
        st.tuples(_fields(kind), conditions if kind.shape is not Footer else st.just({})).map(lambda pair: pair[0] | pair[1])
        for kind in BLOCK_KINDS.values()
    ]
    return st.one_of(kinds)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({"subject": words, "preheader": words, "blocks": st.lists(_blocks(), max_size=6)}))
def test_any_message_that_is_accepted_is_drawn_or_says_what_is_wrong(plain: dict[str, object]) -> None:
    message = read_message(plain)
    assert read_message(message_to_yaml(message)) == message
    assert read_message(message_to_plain(message)) == message
    try:
        html, text = drawn(message, "pl")
    except TemplateProblem:
        return
    assert "https://go.shop.example/u/sample" in html
    assert "https://go.shop.example/u/sample" in text


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    for lines in (False, True):
        once = cleaned(text, lines=lines)
        assert cleaned(once, lines=lines) == once

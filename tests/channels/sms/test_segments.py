"""A text is counted as phones count it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.channels.sms.segments import divided, has_letters_beyond, is_gsm, measure, plain

POLISH = "Twoj koszyk wciaz czeka, wroc do niego, zanim ktos inny zabierze ostatnia pare z twojego rozmiaru."


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),  # the euro does not fit beside 152: 152, 153, 1
        ("a" * 151 + "€" + "a" * 153, "gsm7", 306, 2),
        ("ж" * 70, "ucs2", 70, 1),
        ("ж" * 71, "ucs2", 71, 2),
        ("ж" * 134, "ucs2", 134, 2),
        ("ж" * 135, "ucs2", 135, 3),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
        ("ж" * 66 + "😀" + "ж" * 66, "ucs2", 134, 3),  # an emoji does not stand across two parts
        ("[~]", "gsm7", 6, 1),
        ("Zażółć", "ucs2", 6, 1),
        ("ó", "ucs2", 1, 1),  # looks as if it were in the alphabet; only its Italian sister ò is
        ("à", "gsm7", 1, 1),
        ("“", "ucs2", 1, 1),
    ],
)
def test_units_and_parts(text: str, encoding: str, units: int, parts: int) -> None:
    size = measure(text)
    assert (size.encoding, size.units, size.parts) == (encoding, units, parts)


def test_one_polish_letter_doubles_the_price() -> None:
    assert len(POLISH) == 98
    assert measure(POLISH).parts == 1
    assert measure(POLISH.replace("wroc", "wróc")).parts == 2
    assert measure(plain(POLISH.replace("wroc", "wróc"))).parts == 1


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Zażółć gęślą jaźń", "Zazolc gesla jazn"),
        ("ŁÓDŹ", "LODZ"),
        ("„cytat” – i…", '"cytat" - i...'),
        ("Crème brûlée", "Crème brulée"),  # è and é are in the alphabet
        ("Количката Ви", "Количката Ви"),
        ("10 000 zł", "10 000 zl"),
        ("Ala\u200bma", "Alama"),
        ("Ñandú €5", "Ñandu €5"),
    ],
)
def test_what_is_left_without_diacritics(text: str, bare: str) -> None:
    assert plain(text) == bare


def test_only_letters_without_a_plain_form_are_beyond() -> None:
    assert has_letters_beyond("Количката")
    assert not has_letters_beyond("Zażółć „gęślą” 😀")


def _parts_counted_otherwise(text: str) -> int:
    """The same by another way: put sign after sign into boxes."""
    widths = [(2 if sign in "\f^{}\\[~]|€" else 1) if is_gsm(text) else len(sign.encode("utf-16-be")) // 2 for sign in text]
    alone, each = (160, 153) if is_gsm(text) else (70, 67)
    if sum(widths) <= alone:
        return 1
    boxes = [0]
    for width in widths:
        if boxes[-1] + width > each:
            boxes.append(0)
        boxes[-1] += width
    return len(boxes)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("abc ^€|[]żółЖя😀é\n"), max_size=400))
def test_two_ways_of_counting_agree_and_nothing_is_lost_in_between(text: str) -> None:
    size = measure(text)
    assert size.parts == _parts_counted_otherwise(text)
    assert len(divided(text)) == size.parts
    assert "".join(divided(text)) == text
    assert 0 <= size.left <= 160


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_a_plain_text_is_never_dearer_and_stays_plain(text: str) -> None:
    bare = plain(text)
    assert plain(bare) == bare
    if is_gsm(text):
        assert bare == text.replace("\t", " ")

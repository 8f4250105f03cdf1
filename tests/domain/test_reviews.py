"""Reviews are quoted as they are: no markup, no full names, no flattering average."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.reviews import Review, Score, cleaned, opinion, short_language, short_name, shortened


def review(name: str, at: int = 0, rating: int | None = 5, language: str = "en", **more: object) -> Review:
    fields: dict[str, object] = {"text": f"Review {name}", "author": "Anna K.", "verified": None} | more
    return Review(name, "shoes", at, rating, language=language, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Great <b>shoes</b>!", "Great shoes !"),
        ("&lt;script&gt;alert(1)&lt;/script&gt; fine", "alert(1) fine"),
        ("I <3 them", "I <3 them"),
        ("two\nlines\tand\x00more", "two lines and more"),
        ("<img src=x onerror=alert(1)", ""),
        ("<<b>b>", "< b>"),
    ],
)
def test_a_review_is_plain_text(said: str, kept: str) -> None:
    assert cleaned(said) == kept


@given(st.text(alphabet="<>b/!& lgt;a\n", max_size=60))
def test_no_markup_is_left_of_anything(said: str) -> None:
    text = cleaned(said)

    assert not any(text[place + 1].isalpha() or text[place + 1] in "/!?" for place in range(len(text) - 1) if text[place] == "<")
    assert "\n" not in text


@given(st.text(alphabet="abc .,", max_size=800))
def test_a_long_review_is_cut_between_words(said: str) -> None:
    short = shortened(cleaned(said))

    assert len(short) <= 300
    assert short == cleaned(said) or short.endswith("…")


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        ("Anna Kowalska", "Anna K."),
        ("anna maria kowalska", "anna K."),
        ("Анна", "Анна"),
        ("anna@example.com", ""),
        ("+48 600 100 200 5555", ""),
        ("https://spam.example", ""),
        ("<b>Jan</b> Nowak", "Jan N."),
        ("", ""),
    ],
)
def test_an_author_is_a_first_name_and_an_initial(author: str, shown: str) -> None:
    assert short_name(author) == shown


def test_a_locale_is_its_language() -> None:
    assert [short_language(one) for one in ("pl-PL", "PL", "bg_BG", "english", "", "x")] == ["pl", "pl", "bg", "", "", ""]


def test_the_persons_language_comes_first_then_the_newest() -> None:
    reviews = [review("old", 1, language="pl"), review("new", 9), review("newer", 10), review("newest", 11), review("bad", 12, 2)]

    assert [one.id for one in opinion(reviews, (), "pl").shown] == ["old", "newest", "newer"]


def test_the_average_counts_those_who_are_not_quoted() -> None:
    said = opinion([review("good"), review("bad", rating=1)], [Score(3, 11), Score(20, 96)], "en")

    assert ([one.id for one in said.shown], said.average, said.count) == (["good"], 4.6, 23), "107 / 23 is 4.65: never rounded up"


@pytest.mark.parametrize(
    ("verified", "note"), [([True, True], "verified"), ([True, None], "some"), ([None, False], "unknown"), ([], "unknown")]
)
def test_it_is_said_whether_authors_were_verified(verified: list[bool | None], note: str) -> None:
    assert opinion([review(str(place), verified=one) for place, one in enumerate(verified)], (), "en").note == note

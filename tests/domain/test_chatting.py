"""Opening hours by the shop's clocks, and what strangers send."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.chatting import (
    LONGEST_TEXT,
    BadHours,
    Presence,
    file_name,
    is_open,
    kind_of,
    next_opening,
    plain,
    presence,
    read_hours,
)

WARSAW = ZoneInfo("Europe/Warsaw")
OFFICE = read_hours("mo-fr 09:00-17:00, sa 10:00-14:00")


def at(text: str, zone: ZoneInfo = WARSAW) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-20T16:59", None),  # Friday
        ("2026-11-20T17:00", "2026-11-21T10:00"),
        ("2026-11-21T14:00", "2026-11-23T09:00"),
        ("2026-11-23T08:59", "2026-11-23T09:00"),
        ("2026-03-28T23:00", "2026-03-30T09:00"),  # the clocks go forward in between
        ("2026-10-24T23:00", "2026-10-26T09:00"),  # and back
    ],
)
def test_the_shop_opens_when_its_clocks_say_so(moment: str, opens: str | None) -> None:
    assert is_open(OFFICE, at(moment), WARSAW) is (opens is None)
    assert next_opening(OFFICE, at(moment), WARSAW) == (at(opens) if opens else None)


def test_hours_wrap_around_the_week_and_none_are_always() -> None:
    weekend = read_hours("fr-mo 20:00-24:00")
    assert [span.day for span in weekend] == [0, 4, 5, 6]
    assert is_open(weekend, at("2026-11-22T23:59"), WARSAW)
    assert is_open(read_hours(" "), at("2026-11-22T03:00"), WARSAW)


@pytest.mark.parametrize("text", ["9-17", "mo 09:00", "mo-xx 09:00-17:00", "mo 25:00-26:00", "mo 09:60-17:00", "mo 17:00-09:00"])
def test_hours_that_cannot_be_read_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadHours, match="mo-fr"):
        read_hours(text)


def test_nobody_is_promised_who_is_not_there() -> None:
    noon, night = at("2026-11-20T12:00"), at("2026-11-20T23:00")
    assert presence(OFFICE, noon, WARSAW, noon - 60_000) is Presence.HERE
    assert presence(OFFICE, noon, WARSAW, noon - 180_000) is Presence.SOON
    assert presence(OFFICE, night, WARSAW, night) is Presence.AWAY


@given(st.text(max_size=3_000))
def test_what_is_said_never_holds_what_a_page_or_a_database_stumbles_over(text: str) -> None:
    said = plain(text)
    assert len(said) <= LONGEST_TEXT
    assert "\0" not in said
    assert "\u202e" not in said
    said.encode()
    assert plain(said) == said.strip()


@given(st.text(max_size=200), st.sampled_from(["image/png", "application/pdf"]))
def test_a_files_name_leads_nowhere_and_ends_as_its_content_says(name: str, kind: str) -> None:
    kept = file_name(name, kind)
    assert kept.endswith((".png", ".pdf"))
    assert not set(kept) & set('/\\:<>"|?*\r\n')
    assert not kept.startswith(".")


@pytest.mark.parametrize("content", [b"", b"<svg>", b"<!doctype html>", b"MZ", b"PK\x03\x04", b"RIFF0000WAVE", b" %PDF-1.7"])
def test_whatever_is_no_picture_and_no_pdf_is_nothing(content: bytes) -> None:
    assert kind_of(content) == ""

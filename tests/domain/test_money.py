"""Money: read exactly, in the minor unit its currency has, or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.money import Money, NotMoney, exponent, major_units, minor_units

currencies = st.sampled_from(["PLN", "EUR", "USD", "JPY", "KRW", "BHD", "KWD", "XYZ"])


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [
        ("19.99", "PLN", 1999),
        (19.99, "EUR", 1999),
        (20, "USD", 2000),
        (" 7.5 ", "EUR", 750),
        ("1500", "JPY", 1500),
        (1500.0, "JPY", 1500),
        ("1.234", "BHD", 1234),
        ("0.005", "KWD", 5),
        (0, "PLN", 0),
        ("-3.10", "PLN", -310),
        (Decimal("0.1"), "EUR", 10),
        ("1e2", "EUR", 10_000),
    ],
)
def test_a_price_is_read_in_the_minor_unit_of_its_currency(price: str | float | Decimal, currency: str, minor: int) -> None:
    assert minor_units(price, currency) == minor


@pytest.mark.parametrize(
    ("price", "minor"), [(0.285, 29), (1.005, 101), (2.675, 268), ("0.005", 1), ("-0.005", -1), (0.1 + 0.2, 30)]
)
def test_half_a_cent_is_rounded_away_from_zero_as_it_was_written(price: str | float, minor: int) -> None:
    assert minor_units(price, "EUR") == minor


def test_half_a_yen_is_a_yen_and_a_tenth_of_a_fils_is_nothing() -> None:
    assert minor_units("0.5", "JPY") == 1
    assert minor_units("0.0001", "BHD") == 0


@pytest.mark.parametrize(
    "price",
    [
        "",
        "19,99",
        "19.99 zł",
        "free",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        float("nan"),
        float("inf"),
        True,
        False,
        "1e13",
        1e300,
        "1e-",
    ],
)
def test_what_is_not_money_is_refused_and_named(price: str | float) -> None:
    with pytest.raises(NotMoney, match="is not an amount"):
        minor_units(price, "PLN")


def test_the_largest_amount_fits_where_it_is_stored() -> None:
    assert minor_units("9999999999999", "BHD") < 2**63


def test_a_currency_nobody_listed_has_hundredths() -> None:
    assert [exponent(currency) for currency in ("PLN", "JPY", "BHD", "XYZ")] == [2, 0, 3, 2]


@given(st.integers(-(10**12), 10**12), currencies)
def test_what_is_written_in_full_is_read_back_exactly(minor: int, currency: str) -> None:
    assert minor_units(str(major_units(Money(minor, currency))), currency) == minor


@given(st.floats(-1e9, 1e9), currencies)
def test_reading_a_float_is_never_wrong_by_more_than_half_a_unit(price: float, currency: str) -> None:
    wrong_by = abs(Decimal(minor_units(price, currency)) - Decimal(repr(price)) * 10 ** exponent(currency))

    assert wrong_by <= Decimal("0.5")


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_is_refused(text: str) -> None:
    try:
        read = minor_units(text, "EUR")
    except NotMoney:
        return
    assert isinstance(read, int)

"""Amounts of money: whole minor units with a currency, never a float."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import msgspec

# ISO 4217: the currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


class NotMoney(ValueError):
    """The value cannot be read as an amount of money."""


class Money(msgspec.Struct, frozen=True):
    """`minor` units (1999 = 19.99) of `currency` (ISO 4217, upper case)."""

    minor: int
    currency: str


def exponent(currency: str) -> int:
    """How many decimal digits the minor unit of this currency has."""
    return _EXPONENTS.get(currency, 2)


def minor_units(value: str | float | Decimal, currency: str) -> int:
    """Read a price in major units ("19.99", 19.99) as minor units (1999). Raises NotMoney."""
    if isinstance(value, bool):
        raise NotMoney(f"{value!r} is not an amount")
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        raise NotMoney(f"{value!r} is not an amount such as 19.99") from None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 13:
        raise NotMoney(f"{value!r} is not an amount a shop can charge")
    return int((amount * 10 ** exponent(currency)).to_integral_value(ROUND_HALF_UP))


def major_units(money: Money) -> Decimal:
    """The amount in major units, exact (1999 USD = Decimal("19.99"))."""
    return Decimal(money.minor).scaleb(-exponent(money.currency))

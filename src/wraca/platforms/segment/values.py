"""Single values of a call: read as what they should be, or refused with what to do about it."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from wraca.domain.money import NotMoney, exponent, minor_units

MOST_PIECES: Final = 100_000
_MOST_MINOR: Final = 10**15
_PLAIN: Final = 10**7
_DEEPEST: Final = 8
_ID_LENGTH: Final = 200

# What broken scripts send where an id should be. As an identity any of these would melt strangers into one person.
_NOBODY: Final = frozenset(
    ("", "0", "-1", "null", "nil", "none", "undefined", "nan", "true", "false", "anonymous", "guest", "unknown", "n/a", "na"),
) | {"[object object]", "00000000-0000-0000-0000-000000000000", "{}", "[]"}
_LONGEST_NOBODY: Final = max(map(len, _NOBODY))
_CURRENCY = re.compile(r"[A-Z]{3}")


class Unusable(ValueError):
    """A value that cannot be taken. `field` is its path in the call, `reason` an instruction for the person who sends it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def text(value: object, limit: int = 500) -> str:
    """A string of at most `limit` characters; numbers are written out, anything else is nothing."""
    if type(value) is str:
        return value if len(value) <= limit else value[:limit]
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    return str(value)[:limit]


def link(value: object) -> str:
    """An http(s) address, or nothing: `javascript:` and the like never get further than this line."""
    if value is None:
        return ""
    found = text(value, 2001)
    return found if len(found) <= 2000 and found.startswith(("https://", "http://")) else ""


def identifier(value: object) -> str:
    """An id that names somebody or something, or nothing. Too long is nothing: cut, it would name somebody else."""
    if value is None:
        return ""
    found = (value if type(value) is str else text(value, _ID_LENGTH + 1)).strip()
    if len(found) > _LONGEST_NOBODY:
        return found if len(found) <= _ID_LENGTH else ""
    return "" if found.lower() in _NOBODY else found


def currency_code(value: object, default: str) -> str:
    """ISO 4217, upper case; the shop's own where the event has none."""
    if value is None or value == "":
        return default
    found = text(value, 10).upper()
    if not _CURRENCY.fullmatch(found):
        raise Unusable("properties.currency", "Use a three-letter ISO 4217 code such as EUR.")
    return found


def amount(value: object, currency: str, field: str, *, minor: bool) -> int | None:
    """An amount in minor units; None where nothing is said."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Unusable(field, "Send the amount as a number or a string such as 19.99, without a currency sign.")
    if minor:
        found = _whole(value, field, "With money: minor, send the amount as a whole number of minor units such as 1999.")
    elif type(value) is int:
        found = value * 10 ** exponent(currency)
    else:
        found = _major(value, currency, field)
    if not 0 <= found <= _MOST_MINOR:
        raise Unusable(field, "Send an amount of 0 or more that a shop can charge.")
    return found


def _major(value: str | float, currency: str, field: str) -> int:
    if type(value) is float and 0 <= value < _PLAIN:
        # A price such as 18.99 needs no decimal arithmetic: scaled, it is a whole number but for the last bits.
        scaled: float = value * 10 ** exponent(currency)
        whole = round(scaled)
        if abs(scaled - whole) < 1e-6:
            return whole
    try:
        return minor_units(value, currency)
    except NotMoney:
        raise Unusable(field, "Write the amount as digits with a decimal point, such as 19.99, without a currency sign.") from None


def quantity(value: object, field: str) -> int:
    """How many pieces; one where nothing is said."""
    if value is None:
        return 1
    if type(value) is not int:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise Unusable(field, "Send the quantity as a whole number such as 1.")
        value = _whole(value, field, "Send the quantity as a whole number such as 1.")
    if not 1 <= value <= MOST_PIECES:
        raise Unusable(field, f"Send a quantity from 1 to {MOST_PIECES}; use Product Removed to take pieces away.")
    return value


def _whole(value: float | str, field: str, instruction: str) -> int:
    try:
        found = int(value)
    except (ValueError, OverflowError):
        raise Unusable(field, instruction) from None
    if isinstance(value, float) and found != value:
        raise Unusable(field, instruction)
    return found


@lru_cache(maxsize=20_000)
def email(value: str) -> str:
    """The address in lower case, or nothing when no mail server could accept it. Syntax only, no look-up."""
    candidate = value.strip()
    if len(candidate) > 254 or "." not in candidate.rpartition("@")[2]:
        return ""
    try:
        # Whether a domain exists is for the sending to find out; here `.test` and `.local` shops must work as well.
        return validate_email(candidate, check_deliverability=False, globally_deliverable=False).normalized.lower()
    except EmailNotValidError:
        return ""


@lru_cache(maxsize=20_000)
def phone(value: str, country: str) -> str:
    """The number in E.164, or nothing. `country` (ISO 3166-1 alpha-2) says how to read one written without a prefix."""
    if len(value) > 40:
        return ""
    try:
        number = phonenumbers.parse(value, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=2_000)
def country_of(domain: str) -> str:
    """The country a shop's domain speaks of (`sklep.pl` -> PL); nothing for `.com` and friends."""
    ending = domain.rpartition(".")[2].split(":")[0].upper()
    region = "GB" if ending == "UK" else ending
    return region if region in phonenumbers.SUPPORTED_REGIONS else ""


def shallow(value: Mapping[str, object], field: str) -> None:
    """Refuse what is nested too deep to be an event. A caller may rely on depth 8 in all that is kept."""
    level: list[object] = [value]
    for _ in range(_DEEPEST + 1):
        level = [inner for outer in level for inner in _nested(outer)]
        if not level:
            return
    raise Unusable(field, f"Nest properties at most {_DEEPEST} levels deep.")


def _nested(value: object) -> list[object]:
    inside: Iterable[object] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [inner for inner in inside if type(inner) is dict or type(inner) is list]

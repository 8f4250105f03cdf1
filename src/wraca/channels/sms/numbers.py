"""Which numbers an SMS may go to, decided before it costs anything (trust S1, S18), and whom it may come from (S9)."""

import re
from collections.abc import Collection
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType

from wraca.ports.channel import Misconfigured, Refused

EU: Final = frozenset(
    (
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT",
        "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    )
)  # fmt: skip

# In some countries a number does not show whether it is a mobile's.
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_DEAR = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{0,9}[A-Za-z0-9]|[A-Za-z]")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT = re.compile(r"[0-9]{3,8}")
_REGION = re.compile(r"[A-Z]{2}")


def country_of(number: str) -> str:
    """The country (ISO 3166-1) of an E.164 number; empty where it shows none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def read_countries(said: str) -> frozenset[str]:
    """`PL, BG` or `EU`; empty: the EU. Raises Misconfigured."""
    words = [word for word in re.split(r"[\s,;]+", said.upper()) if word]
    if unknown := [word for word in words if word not in {"EU", "*"} and not _is_region(word)]:
        raise Misconfigured(
            "bad_countries", f"{', '.join(unknown)}: countries are two letters, such as PL, or EU for all of the Union"
        )
    if "*" in words:
        raise Misconfigured("bad_countries", "every country in the world is an invitation to fraud: name those that you ship to")
    named = frozenset(word for word in words if word != "EU")
    return named | EU if "EU" in words or not words else named


def _is_region(word: str) -> bool:
    return bool(_REGION.fullmatch(word)) and phonenumbers.country_code_for_region(word) != 0


def require_reachable(number: str, allowed: Collection[str]) -> None:
    """Raises Refused for what is no mobile number of a country that we write to. Costs nothing and asks nobody."""
    try:
        parsed = phonenumbers.parse(number if number.startswith("+") else "")
    except phonenumbers.NumberParseException:
        raise Refused("bad_number", "not a number in international form", hard=True) from None
    kind = phonenumbers.number_type(parsed)
    if kind in _DEAR:
        raise Refused("premium_number", "a number whose owner earns on it", hard=True)
    if not phonenumbers.is_valid_number(parsed):
        raise Refused("bad_number", "no such number in its country", hard=True)
    if kind not in _MOBILE:
        raise Refused("not_mobile", "not the number of a mobile phone", hard=True)
    country = phonenumbers.region_code_for_number(parsed) or ""
    if country not in allowed:
        raise Refused("country_not_allowed", f"the settings allow no messages to {country or 'that country'}")


def check_sender(sender: str) -> None:
    """Raises Misconfigured for what no network takes as a sender: at most 11 plain letters, digits and spaces, or a number."""
    if _NUMBER.fullmatch(sender) or _SHORT.fullmatch(sender) or _NAME.fullmatch(sender):
        return
    raise Misconfigured(
        "bad_sender", "a sender is 1-11 plain letters, digits and spaces with at least one letter, or a number such as +48601234567"
    )


def can_be_answered(sender: str) -> bool:
    """Whether people can reply to this sender: names cannot be replied to, numbers can."""
    return bool(_NUMBER.fullmatch(sender) or _SHORT.fullmatch(sender))

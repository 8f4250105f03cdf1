"""Which clock a person lives by: what they said, else where their phone or their country is, else the shop's."""

from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from babel.core import get_global
from phonenumbers.timezone import time_zones_for_number

from wraca.domain.people import Person
from wraca.domain.shop import Shop


def zone_of(person: Person, shop: Shop) -> str:
    """An IANA name."""
    return _zone_of(person.timezone, person.phone, person.country, shop.country, shop.timezone)


@lru_cache(maxsize=4096)
def _zone_of(said: str, phone: str, country: str, shop_country: str, shop_zone: str) -> str:
    if not said:
        said = _zone_of_phone(phone)
    if not said and country != shop_country:
        said = _only(tuple(get_global("territory_zones").get(country, ())))
    return zone(said, shop_zone)


def _zone_of_phone(phone: str) -> str:
    """Where a number can only be one zone: "+48..." is, "+1..." often not."""
    if not phone:
        return ""
    try:
        return _only(time_zones_for_number(phonenumbers.parse(phone)))
    except phonenumbers.NumberParseException:
        return ""


def _only(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else ""


@lru_cache(maxsize=1024)
def zone(person: str, shop: str) -> str:
    """The person's zone if it is one, else the shop's."""
    for name in (person, shop):
        try:
            ZoneInfo(name)
        except (ValueError, OSError, LookupError):
            continue
        return name
    return "UTC"

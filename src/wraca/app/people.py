"""One person's rights: to see what is known of them, to take it along, to be forgotten (trust L10, D27)."""

from collections.abc import Iterable

import msgspec
import phonenumbers
from django.db import OperationalError, transaction

from wraca.app.audit import record
from wraca.app.errors import Busy
from wraca.app.register import Register
from wraca.domain.consent import may_contact
from wraca.domain.events import Instant
from wraca.domain.ids import PersonId, ShopId, bucket_of
from wraca.domain.people import Person
from wraca.storage.queries import erasing, export
from wraca.storage.queries.erasing import Erased
from wraca.storage.queries.export import Address
from wraca.storage.queries.shops import Key

FORMAT = "wraca-person/1"
_BY_ADDRESS = ("email:", "phone:")


class Unknown(LookupError):
    """Nobody in this shop is known by that."""


class Ambiguous(LookupError):
    """Several people fit; the text names the ways to say which."""


class Found(msgspec.Struct, frozen=True):
    """Who was meant. `person` is empty where only an address was given and nobody has it."""

    key: Key
    person: PersonId | None
    keys: tuple[str, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """What could be written to: "email:anna@example.com", "phone:+48600100200"."""
        return tuple(key for key in self.keys if key.startswith(_BY_ADDRESS))


def find(register: Register, shop: ShopId, who: str) -> Found:
    """Find somebody by e-mail, phone, customer id, person id, or an identity in full ("user:42"). Raises Unknown, Ambiguous."""
    key, said = Key(bucket_of(shop), shop), who.strip()
    if len(said) == 32 and set(said) <= set("0123456789abcdef") and export.person_exists(key, said):
        return Found(key, PersonId(said), export.identity_keys(key, said))
    owners = export.person_with_key(key, _readings(said, register.shop(shop).country))
    if len(set(owners.values())) > 1:
        raise Ambiguous(f"{who!r} fits several people. Say which: {', '.join(sorted(owners))}.")
    if not owners:
        raise Unknown(f"Nobody in this shop is known as {who!r}.")
    person = next(iter(owners.values()))
    return Found(key, person, export.identity_keys(key, person))


def _readings(said: str, country: str) -> list[str]:
    """The identities that this may be meant as."""
    readings = [said, f"user:{said}"]
    if "@" in said:
        readings.append(f"email:{said.lower()}")
    if number := _phone(said, country):
        readings.append(f"phone:{number}")
    return readings


def _phone(said: str, country: str) -> str:
    try:
        number = phonenumbers.parse(said, country or None)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def address_only(register: Register, shop: ShopId, who: str) -> Found:
    """An address that belongs to nobody known: there may still be traces of it. Raises Unknown for anything else."""
    said = who.strip()
    country = register.shop(shop).country
    keys = [key for key in _readings(said, country) if key.startswith(_BY_ADDRESS)]
    if not keys:
        raise Unknown(f"Nobody in this shop is known as {who!r}.")
    return Found(Key(bucket_of(shop), shop), None, tuple(keys))


def known(register: Register, found: Found) -> dict[str, object]:
    """What the console shows of a person, in short: who, what they allowed, carts, and every message with its reasons."""
    person = msgspec.convert(export.person_body(found.key, found.person or ""), Person)
    shop = register.shop(found.key.shop)
    rows = export.everything(found.key, person.id)
    word = may_contact(person, "email", shop.country, shop.permission)
    return {
        "shop": shop.id,
        "person": person.id,
        "name": f"{person.first_name} {person.last_name}".strip(),
        "email": person.email,
        "phone": person.phone,
        "language": person.language,
        "identities": list(found.keys),
        "claims": list(person.claims),
        "orders": person.orders_count,
        "may_be_mailed": word.is_given,
        "because": word.basis or word.objection,
        "suppressed": [row["reason"] for row in export.suppressions(found.key, _hashed(register, found.key.shop, found.addresses))],
        "carts": [_some(row, "id", "state", "stage", "total", "currency", "last_activity") for row in rows["carts"]],
        "messages": [_some(row, "step", "channel", "state", "reasons", "journey") for row in rows["messages"]],
        "consents": [_some(row, "channel", "given", "at") for row in rows["consents"]],
        "events": len(rows["events"]),
    }


def _some(row: dict[str, object], *names: str) -> dict[str, object]:
    return {name: row[name] for name in names}


def exported(register: Register, found: Found, now: Instant) -> dict[str, object]:
    """All of it, for the person themselves or for another system (GDPR 15 and 20)."""
    shop = register.shop(found.key.shop)
    hashed = _hashed(register, found.key.shop, found.addresses)
    return {
        "format": FORMAT,
        "exported_at": now,
        "shop": {"id": shop.id, "name": shop.name, "domain": shop.domain},
        "person": export.person_body(found.key, found.person or ""),
        **export.everything(found.key, found.person or ""),
        "suppressions": export.suppressions(found.key, hashed),
    }


def erase(register: Register, found: Found, who: str, now: Instant) -> Erased:
    """Forget them, and never write to their addresses again. Raises Busy: nothing was erased, try again."""
    shop = found.key.shop
    traces = tuple(key.partition(":")[2] for key in found.addresses)
    try:
        erasing.overwrite_deleted()
        with transaction.atomic():
            erased = erasing.erase(found.key, found.person or "", traces, _hashed(register, shop, found.addresses), now)
            counts: dict[str, object] = {"deleted": erased.deleted, "mentions": erased.mentions_removed}
            record(found.key.bucket, shop, who, "person_erased", counts, now)
    except OperationalError as problem:
        raise Busy(f"The database is busy; nothing was erased, try again in a moment ({problem}).") from problem
    return erased


def _hashed(register: Register, shop: ShopId, keys: Iterable[str]) -> list[Address]:
    """Each address on every channel that it could be reached over."""
    by_phone = sorted({"sms", *register.channels} - {"email"})
    found = []
    for key in keys:
        kind, _, address = key.partition(":")
        channels = ["email"] if kind == "email" else by_phone
        found += [Address(channel, register.seal.address_hash(shop, channel, address)) for channel in channels]
    return found

"""People in, from a table: who they are, and what they allowed, with the proof that law asks for (trust X47).

Each row becomes an event of the past and goes through intake like any other, so it meets the same rules: it merges with what is
known of the person, an opt-out that came later than the imported consent wins, and whoever was erased stays unwritten to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import available_timezones

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from wraca.app.importing.outcome import Outcome, Refused
from wraca.app.importing.tables import Progress, Row, rows
from wraca.domain.events import Consent, Event, Identified, Identity, IdentityKind, Instant
from wraca.domain.ids import EventId, ShopId, derived_id

_ALIASES = {
    "email": "email",
    "e-mail": "email",
    "phone": "phone",
    "user_id": "user_id",
    "customer_id": "user_id",
    "first_name": "first_name",
    "last_name": "last_name",
    "gender": "gender",
    "language": "language",
    "country": "country",
    "timezone": "timezone",
    "consent": "consent",
    "consent_channel": "consent_channel",
    "consent_source": "consent_source",
    "consent_at": "consent_at",
    "consent_text": "consent_text",
}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_CHANNELS = ("email", "sms")
_LONGEST = 200  # characters

Take = Callable[[Sequence[Event]], int]  # events in; how many were known already


def import_contacts(shop: ShopId, country: str, file: Path, take: Take, now: Instant, progress: Progress) -> Outcome:
    """Take the contacts of a CSV file, 200 at a time. Raises Unreadable, Busy."""
    outcome = Outcome()
    batch: list[Event] = []
    for number, row in rows(file, _ALIASES, lambda _: False, outcome, progress):
        try:
            batch.append(contact(shop, country, row, now))
        except Refused as problem:
            outcome.refuse(number, problem)
        if len(batch) >= 200:
            _take(batch, take, outcome)
            batch = []
    _take(batch, take, outcome)
    return outcome


def _take(batch: list[Event], take: Take, outcome: Outcome) -> None:
    if batch:
        known = take(batch)
        outcome.known += known
        outcome.taken += len(batch) - known


def contact(shop: ShopId, country: str, row: Row, now: Instant) -> Event:
    """One row as an event. Raises Refused."""
    where = row.get("country", "").upper() or country
    identities = tuple(_identities(row, where))
    if not identities:
        raise Refused("email", "A contact needs an e-mail address, a phone number or a customer id.")
    words = _consent(row, now)
    at = _moment(row, now) if words else now
    # The same row is the same event, however often it is imported.
    same = EventId(derived_id(shop, "contact", *(f"{name}={value}" for name, value in sorted(row.items()) if value)))
    return Event(same, "Contact Imported", at, now, _facts(row, where), identities, consents=words, source="import", backfill=True)


def _identities(row: Row, country: str) -> Iterator[Identity]:
    if user := row.get("user_id", "")[:_LONGEST]:
        yield Identity(IdentityKind.USER, user)
    if address := row.get("email", ""):
        yield Identity(IdentityKind.EMAIL, _email(address))
    if number := row.get("phone", ""):
        yield Identity(IdentityKind.PHONE, _phone(number, country))


def _email(address: str) -> str:
    try:
        return validate_email(address, check_deliverability=False, globally_deliverable=False).normalized.lower()
    except EmailNotValidError:
        raise Refused("email", "This is not an e-mail address.") from None


def _phone(number: str, country: str) -> str:
    try:
        parsed = phonenumbers.parse(number[:40], country or None)
    except phonenumbers.NumberParseException:
        raise Refused("phone", "Write the number with its country code, such as +48 600 100 200.") from None
    if not phonenumbers.is_valid_number(parsed):
        raise Refused("phone", "There is no such phone number.")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _facts(row: Row, country: str) -> Identified:
    zone = row.get("timezone", "")
    if zone and zone not in available_timezones():
        raise Refused("timezone", "Write an IANA zone such as Europe/Warsaw.")
    if (spoken := row.get("country", "")) and not (len(spoken) == 2 and spoken.isalpha()):
        raise Refused("country", "Write two letters such as PL.")
    gender = row.get("gender", "").lower()[:1]
    return Identified(
        row.get("first_name", "")[:_LONGEST],
        row.get("last_name", "")[:_LONGEST],
        gender if gender in {"f", "m"} else "",
        row.get("language", "").lower()[:8],
        zone,
        country if spoken else "",
    )


def _consent(row: Mapping[str, str], now: Instant) -> tuple[Consent, ...]:
    """A "yes" counts only with where and when it was given; a "no" always counts."""
    said = row.get("consent", "").lower()
    if not said:
        return ()
    if said not in _WORDS:
        raise Refused("consent", "Write true or false, or leave it empty where nothing is known.")
    channel = row.get("consent_channel", "").lower() or "email"
    if channel not in _CHANNELS:
        raise Refused("consent_channel", f"Write one of {', '.join(_CHANNELS)}.")
    source = row.get("consent_source", "")
    if _WORDS[said] and not source:
        raise Refused("consent_source", "consent=true needs its source: the form, page or contract where it was given.")
    if _WORDS[said] and not row.get("consent_at"):
        raise Refused("consent_at", "consent=true needs its date, so that an opt-out that came later still wins.")
    _moment(row, now)
    return (Consent(channel, _WORDS[said], text=row.get("consent_text", "")[:2000], mechanism="import", page=source[:500]),)


def _moment(row: Mapping[str, str], now: Instant) -> Instant:
    said = row.get("consent_at", "")
    if not said:
        return now
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise Refused("consent_at", "Write the date as 2026-01-31 or 2026-01-31T12:00:00Z.") from None
    instant = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    if not 0 < instant <= now:
        raise Refused("consent_at", "This date is not in the past.")
    return instant

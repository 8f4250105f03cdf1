"""Who an event speaks of, what it says about them, and what they allowed."""

import hmac
import re
from functools import lru_cache
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from wraca.domain.events import Consent, Identified, Identity, IdentityKind
from wraca.platforms.segment.lines import Properties
from wraca.platforms.segment.values import Unusable, country_of, email, identifier, link, phone, text
from wraca.platforms.segment.wire import Call, Context
from wraca.ports.platform import ShopFacts

MOST_ATTRIBUTES: Final = 50
_MOST_PROOFS: Final = 3
_CONSENT_TEXT: Final = 4000

# The short ways in which shops say "may be written to". Only true and false count; a word is not an answer.
SHORTHANDS: Final = {
    "accepts_marketing": "email",
    "marketing_consent": "email",
    "email_consent": "email",
    "newsletter": "email",
    "subscribed": "email",
    "sms_consent": "sms",
}
# A cookie banner answers for cookies and advertising. It is no permission to write to anybody (and its "no" takes none back).
_CATEGORIES: Final = {"advertising": "audiences", "marketing": "tracking"}
_BASES: Final = frozenset(("consent", "double_opt_in", "existing_customer", "shop_vouched"))
_CHANNEL = re.compile(r"[a-z][a-z_]{1,30}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")
_REGION = re.compile(r"[A-Za-z]{2,3}[-_](?:[A-Za-z]{4}[-_])?([A-Za-z]{2})(?![A-Za-z])")
_GENDERS: Final = {"f": "f", "female": "f", "woman": "f", "m": "m", "male": "m", "man": "m"}


class Who(msgspec.Struct, frozen=True):
    """Whom the sender may speak for, and whom it only names."""

    identities: tuple[Identity, ...]
    claims: tuple[Identity, ...] = ()
    unproven: str = ""  # a user id that only a browser said


def who(call: Call, said: Properties, shop: ShopFacts, *, trusted: bool) -> Who:
    """The people of one call; addresses are taken out of `said` (its traits or properties).

    An identify whose e-mail address is unreadable is refused (Unusable): it says who somebody is, and says it wrongly. In any other
    call the address is left out. An unreadable phone number always stays where it was, among what we do not model.
    """
    always = _devices(call)
    address, number = _addresses(call, said, shop)
    user = identifier(call.user_id)
    if trusted:
        return Who(tuple(always + _of_server(call, user, address, number, said)))
    named = [
        (Identity(IdentityKind.USER, user), f"user:{user}") if user else None,
        (Identity(IdentityKind.EMAIL, address), address) if address else None,
        (Identity(IdentityKind.PHONE, number), f"phone:{number}") if number else None,
    ]
    if named == [None, None, None]:
        return Who(tuple(always))
    proofs = _proofs(call.context)
    proven = [one[0] for one in named if one and _is_proven(one[1], proofs, shop.secret)]
    claims = [one[0] for one in named if one and one[0] not in proven and one[0].kind is not IdentityKind.USER]
    unproven = "" if any(one.kind is IdentityKind.USER for one in proven) else user
    return Who(tuple(always + proven), tuple(claims), unproven)


def _devices(call: Call) -> list[Identity]:
    found = []
    if anonymous := identifier(call.anonymous_id):
        found.append(Identity(IdentityKind.ANONYMOUS, anonymous))
    device = call.context.device if call.context else None
    if isinstance(device, dict) and (installation := identifier(device.get("id"))):
        found.append(Identity(IdentityKind.DEVICE, installation))
    return found


def _of_server(call: Call, user: str, address: str, number: str, said: Properties) -> list[Identity]:
    found = []
    if user:
        found.append(Identity(IdentityKind.USER, user))
    if address:
        found.append(Identity(IdentityKind.EMAIL, address))
    if number:
        found.append(Identity(IdentityKind.PHONE, number))
    tokens = [identifier(said[name]) for name in ("cart_id", "checkout_id") if name in said]
    found += [Identity(IdentityKind.CART, token) for token in tokens if token]
    if call.type == "alias" and (previous := identifier(call.previous_id)):
        # An alias does not say whether its earlier id was a visitor's or a customer's.
        found += [Identity(IdentityKind.USER, previous), Identity(IdentityKind.ANONYMOUS, previous)]
    return found


def _addresses(call: Call, said: Properties, shop: ShopFacts) -> tuple[str, str]:
    """The e-mail address and the phone number, normalised; empty where there is none that can be used."""
    traits = call.context.traits if call.context and isinstance(call.context.traits, dict) else {}
    written = said.pop("email", None) or traits.get("email")
    address = email(written) if isinstance(written, str) else ""
    if written and not address and call.type == "identify":
        raise Unusable("traits.email", "Send an e-mail address such as ann@example.com.")
    dialled = text(said.get("phone") or traits.get("phone"), 41)
    number = phone(dialled, _country(said) or country_of(shop.domain)) if dialled else ""
    if number:
        said.pop("phone", None)
    return address, number


def _country(said: Properties) -> str:
    place = said.get("address")
    found = said.get("country") or (place.get("country") if isinstance(place, dict) else None)
    return found.upper() if isinstance(found, str) and _COUNTRY.fullmatch(found) else ""


def _proofs(context: Context | None) -> list[str]:
    ours = context.wraca if context else None
    given = ours.get("proof") if isinstance(ours, dict) else None
    listed = given if isinstance(given, list) else [given]
    return [one for one in listed[:_MOST_PROOFS] if isinstance(one, str) and one.isascii()]


def _is_proven(message: str, proofs: list[str], secret: str) -> bool:
    """Whether the shop's server vouched for this: HMAC-SHA256 in hex, under a secret that browsers never see."""
    if not secret or not proofs:
        return False
    right = hmac.new(secret.encode(), message.encode(), sha256).hexdigest()
    return any(hmac.compare_digest(right, one.lower()) for one in proofs)


# --- what is said about them -------------------------------------------------------------------------------------------------


def identified(traits: Properties, context: Context | None, *, is_trusted: bool) -> Identified:
    """Take the facts we know the meaning of out of the traits; other scalars become attributes (at most 50)."""
    take = traits.pop
    locale = text(take("locale", None) or (context.locale if context else None), 35)
    country = _country(traits)
    zone = text(take("timezone", None) or (context.timezone if context else None), 64)
    facts = Identified(
        first_name=text(take("first_name", None) or take("firstName", None), 100),
        last_name=text(take("last_name", None) or take("lastName", None), 100),
        gender=_GENDERS.get(text(take("gender", None), 10).lower(), ""),
        language=_part(_LANGUAGE, text(take("language", None), 35)) or _part(_LANGUAGE, locale),
        timezone=zone if zone and _is_zone(zone) else "",
        country=country or _part(_REGION, locale).upper(),
        may_be_minor=_youth(traits, is_trusted=is_trusted),
    )
    traits.pop("country", None)
    attributes = {
        name: value if not isinstance(value, str) else value[:500]
        for name, value in traits.items()
        if isinstance(value, (str, int, float, bool)) and name not in SHORTHANDS and name != "phone" and len(name) <= 100
    }
    kept = dict(list(attributes.items())[:MOST_ATTRIBUTES])
    for name in kept:
        del traits[name]
    return msgspec.structs.replace(facts, attributes=kept) if kept else facts


def _youth(traits: Properties, *, is_trusted: bool) -> bool | None:
    """Anybody may say that this is a minor; only the shop's server may take it back (trust L19)."""
    first, second = traits.pop("may_be_minor", None), traits.pop("mayBeMinor", None)
    said = first if isinstance(first, bool) else second if isinstance(second, bool) else None
    return said if said or is_trusted else None


def _part(pattern: re.Pattern[str], value: str) -> str:
    found = pattern.match(value)
    return found.group(1).lower() if found else ""


@lru_cache(maxsize=1_000)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


# --- what they allowed -------------------------------------------------------------------------------------------------------


def shorthand_consents(said: Properties, context: Context | None, *, trusted: bool) -> tuple[Consent, ...]:
    """What traits, properties or the cookie banner say in passing: one answer per channel."""
    found: dict[str, Consent] = {}
    for place in (said, context.traits if context else None):
        if isinstance(place, dict) and not SHORTHANDS.keys().isdisjoint(place):
            _collect(place, found, "shop_vouched" if trusted else "consent")
    banner = context.consent if context else None
    choices = banner.get("categoryPreferences") if isinstance(banner, dict) else None
    if isinstance(choices, dict):
        for category, channel in _CATEGORIES.items():
            if isinstance(choices.get(category), bool):
                found.setdefault(channel, Consent(channel, bool(choices[category]), mechanism="cookie banner"))
    return tuple(found[channel] for channel in sorted(found)) if found else ()


def _collect(place: Properties, found: dict[str, Consent], basis: str) -> None:
    for word, channel in SHORTHANDS.items():
        answer = place.get(word)
        # Two words for one channel that disagree: the "no" holds.
        if isinstance(answer, bool) and (channel not in found or not answer):
            found[channel] = Consent(channel, answer, basis, mechanism=word)


def spoken_consent(properties: Properties, *, given: bool, trusted: bool) -> Consent:
    """Consent Given / Consent Withdrawn with its proof. Raises Unusable.

    A browser may say that a box was ticked, not that an address was confirmed: from there the basis is always "consent".
    """
    channel = text(properties.pop("channel", None), 32)
    if not _CHANNEL.fullmatch(channel):
        raise Unusable("properties.channel", "Say which channel was answered for: email, sms, webpush or another lower-case word.")
    words = text(properties.pop("text", None), _CONSENT_TEXT + 1)
    if len(words) > _CONSENT_TEXT:
        raise Unusable("properties.text", f"Send the words that were shown, at most {_CONSENT_TEXT} characters.")
    basis = text(properties.pop("basis", None), 32) or "consent"
    if basis not in _BASES:
        raise Unusable("properties.basis", f"Use one of {', '.join(sorted(_BASES))}.")
    return Consent(
        channel,
        given,
        basis if trusted else "consent",
        words,
        text(properties.pop("version", None), 100),
        _part(_LANGUAGE, text(properties.pop("language", None), 35)),
        text(properties.pop("mechanism", None), 100),
        link(properties.pop("page", None)),
    )

"""May this person be written to over this channel? Yes or no, on which ground, and where the proof is.

A country's rule is data. "consent": a recorded, freely given consent is needed. "opt_out": writing is lawful until the person says
no. "vouched": no country was set, and the shop answers for the addresses that its own server reports. Not legal advice; the sources
are named in docs/explain/permission.md.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from wraca.domain.ids import EventId
from wraca.domain.people import Person

Rule = Literal["consent", "opt_out", "vouched"]

_EU = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO", "GB", "CH",
)  # fmt: skip

# Country packs for e-mail: PL (PKE art. 398), BG (ZES art. 261), the EU default (2002/58/EC art. 13(1)), US (CAN-SPAM).
EMAIL_RULES: Mapping[str, Rule] = {**dict.fromkeys(_EU, "consent"), "US": "opt_out", "": "vouched"}
_ELSEWHERE: Rule = "consent"  # a country without a pack is treated as the strictest

OWN_PAGES = frozenset({"onsite", "chat"})


class Permission(msgspec.Struct, frozen=True):
    """`evidence` names the event that proves it; `basis` is what the proof export shows; `objection` says why not."""

    is_given: bool
    basis: str = ""
    evidence: EventId = EventId("")
    objection: Literal["", "no_address", "opted_out", "no_permission"] = ""


def may_contact(person: Person, channel: str, shop_country: str, mode: str) -> Permission:
    """The answer for this person and channel. `mode` is the shop's: "explicit" demands a recorded consent in every country."""
    if channel in OWN_PAGES:
        # No message leaves the shop; what is kept on a device is the storefront's own question.
        said_no = (word := person.consents.get(channel)) is not None and not word.given
        return Permission(is_given=not said_no, basis="" if said_no else "own_pages", objection="opted_out" if said_no else "")
    address, proof = _reach(person, channel)
    if not address:
        return Permission(is_given=False, objection="no_address")
    word = person.consents.get(channel)
    if word is not None:
        if word.given:
            return Permission(is_given=True, basis=word.basis, evidence=word.event)
        return Permission(is_given=False, evidence=word.event, objection="opted_out")
    rule = "consent" if mode == "explicit" or channel != "email" else EMAIL_RULES.get(person.country or shop_country, _ELSEWHERE)
    if rule == "consent":
        return Permission(is_given=False, objection="no_permission")
    return Permission(is_given=True, basis="opt_out_country" if rule == "opt_out" else "shop_vouched", evidence=proof)


def _reach(person: Person, channel: str) -> tuple[str, EventId]:
    """Where the channel reaches the person, and the event that proved it."""
    match channel:
        case "email":
            return person.email, person.email_event
        case "webpush":
            return (person.push[-1] if person.push else ""), EventId("")
        case _:
            return person.phone, person.phone_event

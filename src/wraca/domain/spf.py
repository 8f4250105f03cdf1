"""May this relay send in the name of this domain? The SPF record with everything it includes (RFC 7208), read on DNS answers."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

import msgspec

from wraca.domain.dnsanswers import Unasked, Zone

_MOST_LOOKUPS = 10  # RFC 7208, 4.6.4
_ALL = re.compile(r"[+?~-]?all", re.IGNORECASE)
_TERM = re.compile(r"([+?~-]?)(\w+)[:=]?([^/]*)(?:/(\d+))?(?://\d+)?")

# Relays that are known by their own record rather than by their address.
_INCLUDES = {
    "gmail.com": "_spf.google.com",
    "google.com": "_spf.google.com",
    "office365.com": "spf.protection.outlook.com",
    "outlook.com": "spf.protection.outlook.com",
}
# Relays that put a bounce address of their own: SPF then speaks for them and never for the shop.
_REWRITERS = ("amazonaws.com", "brevo.com", "mailgun.org", "mailjet.com", "postmarkapp.com", "sendgrid.net")


class Record(msgspec.Struct, frozen=True):
    """A TXT record to add, or to put in the place of those that begin alike."""

    name: str
    value: str
    replaces: bool = False


class Finding(msgspec.Struct, frozen=True):
    """One of the three, judged. `state` is a short word, `says` a sentence for the merchant, `record` what to add."""

    check: Literal["spf", "dkim", "dmarc"]
    state: str
    is_good: bool
    says: str
    record: Record | None = None


class _Reading:
    """What the reading of an SPF record, with all it includes, came upon."""

    def __init__(self, zone: Zone, relay: tuple[str, ...]) -> None:
        self.zone = zone
        self.relay = relay  # addresses
        self.lookups = 0
        self.is_broken = False
        self.covers = False
        self.has_macros = False  # they may name anybody: whoever uses them knows what they do
        self.includes: set[str] = set()


def judge_spf(zone: Zone, domain: str, relay: str) -> Finding:
    """Whether mail from `relay` with a bounce address in `domain` passes SPF; if not, the record that would make it so."""
    try:
        reading = _Reading(zone, _addresses(zone, relay))  # asked in any case: a DNS that does not know the relay is not believed
    except Unasked:
        return Finding("spf", "unknown", is_good=False, says=f"DNS could not be asked for {relay}.")
    if any(_belongs(relay, known) for known in _REWRITERS):
        says = f"{relay} sends with a bounce address of its own, so that SPF cannot speak for {domain}: DKIM must."
        return Finding("spf", "rewritten", is_good=False, says=says)
    term = _term_for(relay)
    try:
        records = _records(zone, domain)
        if not records:
            record = Record(domain, f"v=spf1 {term} ~all")
            return Finding("spf", "missing", is_good=False, says="There is no SPF record.", record=record)
        if len(records) > 1:
            says = "There are several SPF records, so that none counts. Put them into one."
            return Finding("spf", "several", is_good=False, says=says, record=Record(domain, _joined(records, term), replaces=True))
        _read(reading, domain, records[0])
    except Unasked:
        return Finding("spf", "unknown", is_good=False, says="DNS could not be asked for the whole SPF record.")
    return _finding(domain, relay, records[0], reading)


def _finding(domain: str, relay: str, own: str, reading: _Reading) -> Finding:
    term = _term_for(relay)
    mended = Record(domain, _joined((own,), term), replaces=True)
    short = Record(domain, _joined((own,), term, only_addresses=True), replaces=True)
    if reading.lookups > _MOST_LOOKUPS:
        says = (
            f"The SPF record takes {reading.lookups} look-ups; receivers give up after {_MOST_LOOKUPS}. Add back only what sends."
        )
        return Finding("spf", "too_many_lookups", is_good=False, says=says, record=short)
    if reading.is_broken:
        says = "The SPF record includes another one that is missing, doubled or circular: receivers give up."
        return Finding("spf", "broken", is_good=False, says=says, record=short)
    if re.search(r"\s\+?all\b", own, re.IGNORECASE):
        says = "The SPF record lets everybody send in your name (+all)."
        return Finding("spf", "everybody", is_good=False, says=says, record=mended)
    if reading.covers or reading.has_macros or _named(relay) in reading.includes:
        return Finding("spf", "good", is_good=True, says="SPF lets your relay send for the domain.")
    outcome = "a soft fail" if re.search(r"~all\b", own, re.IGNORECASE) else "not authorised"
    says = f"SPF does not name {relay} for {domain}: to receivers your mail is {outcome}."
    return Finding("spf", "not_covered", is_good=False, says=says, record=mended)


# --- what to write ------------------------------------------------------------------------------------------------------------


def _belongs(relay: str, suffix: str) -> bool:
    return relay == suffix or relay.endswith(f".{suffix}")


def _named(relay: str) -> str:
    """The record by which a known relay is included; empty for others."""
    return next((include for suffix, include in _INCLUDES.items() if _belongs(relay, suffix)), "")


def _term_for(relay: str) -> str:
    """What to write into an SPF record so that this relay may send."""
    if known := _named(relay):
        return f"include:{known}"
    address = _address(relay)
    return f"ip{address.version}:{address}" if address else f"a:{relay}"


def _joined(records: Sequence[str], term: str, *, only_addresses: bool = False) -> str:
    """One record with the terms of all, ours among them, that ends in a soft "nobody else"."""
    terms = [one for record in records for one in record.split()[1:] if not _ALL.fullmatch(one)]
    if only_addresses:
        terms = [one for one in terms if one.lower().startswith(("ip4:", "ip6:"))]
    terms = [re.sub("^redirect=", "include:", one, flags=re.IGNORECASE) for one in terms]
    return " ".join(["v=spf1", *dict.fromkeys([*terms, term]), "~all"])


# --- reading ------------------------------------------------------------------------------------------------------------------


def _records(zone: Zone, name: str) -> tuple[str, ...]:
    return tuple(text for text in zone.ask(name, "TXT") if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE))


def _read(reading: _Reading, name: str, record: str, path: tuple[str, ...] = ()) -> None:
    terms = record.split()[1:]
    ends = any(_ALL.fullmatch(term) for term in terms)  # "redirect" counts only where nothing says "all"
    for term in terms:
        if not (found := _TERM.fullmatch(term)):
            reading.is_broken = True
            continue
        refuses, kind, value, length = found[1] in {"-", "~", "?"}, found[2].lower(), found[3], found[4] or ""
        if kind in {"include", "exists", "a", "mx", "ptr"} or (kind == "redirect" and not ends):
            reading.lookups += 1
        if "%" in term:
            reading.has_macros = True
        elif kind == "include" or (kind == "redirect" and not ends):
            _follow(reading, value, (*path, name))
        elif not refuses:
            _match(reading, kind, value or name, length)


def _follow(reading: _Reading, name: str, path: tuple[str, ...]) -> None:
    reading.includes.add(name.lower())
    if name in path or reading.lookups > 2 * _MOST_LOOKUPS:
        reading.is_broken = True
        return
    records = _records(reading.zone, name)
    if len(records) == 1:
        _read(reading, name, records[0], path)
    else:
        reading.is_broken = True


def _match(reading: _Reading, kind: str, value: str, length: str) -> None:
    """Whether one of the relay's addresses is among those that this term names."""
    if kind in {"ip4", "ip6"}:
        named: tuple[str, ...] = (value,)
    elif kind in {"a", "mx"}:
        hosts = reading.zone.ask(value, "MX")[:_MOST_LOOKUPS] if kind == "mx" else (value,)
        named = tuple(address for host in hosts for address in reading.zone.ask(host, "A"))
    else:
        return
    suffix = f"/{length}" if length else ""
    reading.covers = reading.covers or any(_within(address, one + suffix) for address in reading.relay for one in named)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def _addresses(zone: Zone, relay: str) -> tuple[str, ...]:
    address = _address(relay)
    return (str(address),) if address else zone.ask(relay, "A")


def _within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False

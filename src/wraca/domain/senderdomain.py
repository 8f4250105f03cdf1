"""May mail in this domain's name be believed? SPF, DKIM and DMARC as the big mailbox providers ask for them, judged on DNS answers.

Nothing is looked up here. `judge` is called with the answers known so far and says which questions are still open; whoever can ask
DNS asks them and calls again. The organizational domain is found by walking up the DMARC records (the tree walk of DMARCbis), so
that no list of public suffixes is needed.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from wraca.domain.dnsanswers import Answers, Question, Unasked, Zone
from wraca.domain.spf import Finding, Record, judge_spf

_MOST_PARENTS = 8
_UNROUTABLE = ("example", "test", "localhost", "invalid")


class Standing(StrEnum):
    """What is known of a sending domain."""

    PASSES = "passes"
    FAILS = "fails"
    UNKNOWN = "unknown"  # DNS could not be asked
    NOT_CHECKED = "not_checked"  # there is nothing to ask: a test domain, or a relay on this machine


class Sending(msgspec.Struct, frozen=True):
    """In whose name, through whom, signed how. `public_key` is base64 of our own DKIM key, where we sign ourselves."""

    domain: str
    relay: str
    selector: str = ""
    signs_as: str = ""  # the d= of the signature; empty: the domain itself
    public_key: str = ""


class Verdict(msgspec.Struct, frozen=True):
    standing: Standing
    findings: tuple[Finding, ...] = ()


def sending_of(settings: Mapping[str, object], public_key: str = "") -> Sending | None:
    """What an e-mail channel's settings say of it; None where they name no address and relay to check."""
    domain = str(settings.get("from") or "").rpartition("@")[2].strip("<> ").lower()
    relay = urlsplit(str(settings.get("url") or "")).hostname or ""
    if not domain or not (relay or domain.rpartition(".")[2] in _UNROUTABLE):
        return None
    selector, signs_as = (str(settings.get(name) or "").strip().lower() for name in ("dkim_selector", "dkim_domain"))
    return Sending(domain, relay, selector, signs_as, public_key)


def is_exempt(sending: Sending) -> bool:
    """Whether DNS has nothing to say about it: a reserved domain, or a relay on this very machine."""
    if sending.domain.rpartition(".")[2] in _UNROUTABLE or sending.relay.rpartition(".")[2] in _UNROUTABLE:
        return True
    try:
        return ip_address(sending.relay.strip("[]")).is_loopback
    except ValueError:
        return False


def judge(sending: Sending, answers: Answers) -> tuple[Verdict, frozenset[Question]]:
    """The verdict, and what must still be asked: it is final when nothing is."""
    if is_exempt(sending):
        return Verdict(Standing.NOT_CHECKED), frozenset()
    zone = Zone(answers)
    policy = _policy(zone, sending.domain)
    findings = (judge_spf(zone, sending.domain, sending.relay), _dkim(zone, sending, policy), _dmarc(sending, policy))
    if zone.open:
        return Verdict(Standing.UNKNOWN), frozenset(zone.open)
    spf, dkim, dmarc = findings
    if (spf.is_good or dkim.is_good) and dmarc.is_good:
        return Verdict(Standing.PASSES, findings), frozenset()
    undecided = dmarc.state == "unknown" or (dmarc.is_good and "unknown" in (spf.state, dkim.state))
    # A closed network's DNS says "no such name" to everything. One that does not even know the relay has nothing to say about us.
    undecided = undecided or not any(answers.values())
    return Verdict(Standing.UNKNOWN if undecided else Standing.FAILS, findings), frozenset()


# --- DMARC --------------------------------------------------------------------------------------------------------------------


class _Policy(msgspec.Struct, frozen=True):
    """The DMARC record that holds for a domain. `organization` is where alignment is measured."""

    state: Literal["good", "missing", "several", "invalid", "unknown"]
    organization: str
    tags: Mapping[str, str] = {}


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";") if part.strip())
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}


def _policy(zone: Zone, domain: str) -> _Policy:
    """The domain's own record, else the one of the highest parent that has one."""
    try:
        found = {name: _dmarc_records(zone, name) for name in _upwards(domain)}
    except Unasked:
        return _Policy("unknown", domain)
    organization = _organization(domain, found)
    for name in (domain, organization):
        if len(records := found.get(name, ())) > 1:
            return _Policy("several", organization)
        if records:
            tags = _tags(records[0])
            return _Policy("good" if tags.get("p") in {"none", "quarantine", "reject"} else "invalid", organization, tags)
    return _Policy("missing", organization)


def _dmarc_records(zone: Zone, name: str) -> tuple[str, ...]:
    return tuple(text for text in zone.ask(f"_dmarc.{name}", "TXT") if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text))


def _upwards(domain: str) -> list[str]:
    """The domain and its parents down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))][:_MOST_PARENTS]


def _organization(domain: str, found: Mapping[str, tuple[str, ...]]) -> str:
    below = best = domain
    for name in _upwards(domain):
        if len(found[name]) == 1:
            psd = _tags(found[name][0]).get("psd")
            if psd == "y":
                return below
            best = name
            if psd == "n":
                return name
        below = name
    return best


def _is_aligned(zone: Zone, ours: str, theirs: str, policy: _Policy, tag: str) -> bool:
    """Whether `theirs` speaks for `ours`. Raises Unasked."""
    if ours == theirs:
        return True
    if policy.tags.get(tag) == "s":
        return False
    return _organization(theirs, {name: _dmarc_records(zone, name) for name in _upwards(theirs)}) == policy.organization


def _dmarc(sending: Sending, policy: _Policy) -> Finding:
    record = Record(f"_dmarc.{sending.domain}", "v=DMARC1; p=none")
    match policy.state:
        case "good":
            return Finding("dmarc", "good", is_good=True, says=f"DMARC is published, policy {policy.tags.get('p')}.")
        case "missing":
            return Finding("dmarc", "missing", is_good=False, says="There is no DMARC record.", record=record)
        case "several":
            says = "There are several DMARC records, so that none counts. Keep one."
            return Finding("dmarc", "several", is_good=False, says=says, record=msgspec.structs.replace(record, replaces=True))
        case "invalid":
            says = "The DMARC record has no policy (p=none, p=quarantine or p=reject)."
            return Finding("dmarc", "invalid", is_good=False, says=says, record=msgspec.structs.replace(record, replaces=True))
        case "unknown":
            return Finding("dmarc", "unknown", is_good=False, says="DNS could not be asked for the DMARC record.")


# --- DKIM ---------------------------------------------------------------------------------------------------------------------


def _dkim(zone: Zone, sending: Sending, policy: _Policy) -> Finding:
    signer = sending.signs_as or sending.domain
    if not sending.selector:
        says = "Wraca does not know how your mail is signed. Name the selector that your relay signs with (setting dkim_selector)."
        return Finding("dkim", "no_selector", is_good=False, says=says)
    name = f"{sending.selector}._domainkey.{signer}"
    record = Record(name, f"v=DKIM1; k=rsa; p={sending.public_key}") if sending.public_key else None
    try:
        texts = [text for text in zone.ask(name, "TXT") if "p=" in text.replace(" ", "")]
        aligned = _is_aligned(zone, sending.domain, signer, policy, "adkim")
    except Unasked:
        return Finding("dkim", "unknown", is_good=False, says=f"DNS could not be asked for {name}.")
    if not aligned:
        says = f"Mail is signed for {signer}, which does not speak for {sending.domain}. Sign with d={sending.domain}."
        own = Record(f"{sending.selector}._domainkey.{sending.domain}", record.value) if record else None
        return Finding("dkim", "misaligned", is_good=False, says=says, record=own)
    return _dkim_key(name, texts, sending.public_key, record)


def _dkim_key(name: str, texts: list[str], public_key: str, record: Record | None) -> Finding:
    own = "" if record else " Take the record from your relay's settings."
    if not texts:
        return Finding("dkim", "missing", is_good=False, says=f"There is no key at {name}.{own}", record=record)
    replacing = msgspec.structs.replace(record, replaces=True) if record else None
    if len(texts) > 1:
        return Finding("dkim", "several", is_good=False, says=f"There are several keys at {name}. Keep one.{own}", record=replacing)
    key = _tags(texts[0]).get("p", "")
    if not key:
        return Finding(
            "dkim", "revoked", is_good=False, says=f"The key at {name} was taken back (p= is empty).{own}", record=replacing
        )
    if public_key and key != public_key:
        says = f"The key at {name} is not the one that Wraca signs with."
        return Finding("dkim", "other_key", is_good=False, says=says, record=replacing)
    return Finding("dkim", "good", is_good=True, says=f"The key at {name} is published and speaks for the domain.")

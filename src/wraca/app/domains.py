"""Is the domain that a shop sends from proven? Ask DNS, keep the answer with its time, tell the merchant what to add.

A domain that never passed may send a trial volume only (app/pacing.py). A check that cannot be made changes nothing: what passed
before goes on passing until DNS says otherwise.
"""

import base64
from collections.abc import Mapping
from typing import Protocol

import dns.exception
import dns.resolver
import msgspec
import structlog
from cryptography.hazmat.primitives import serialization

from wraca.app.register import Register
from wraca.domain.dnsanswers import Question
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.senderdomain import Sending, Standing, Verdict, judge, sending_of
from wraca.domain.spf import Finding
from wraca.storage.hot import pacing as sql

_log = structlog.get_logger()
_HOUR = 3600 * 1000
_AGAIN = {Standing.PASSES: 24 * _HOUR, Standing.NOT_CHECKED: 24 * _HOUR}  # others, which wait for it, every quarter of an hour
_SOON = _HOUR // 4
_PATIENCE = 4.0  # seconds for one question, all name servers together
_MOST_ROUNDS = 16
_findings = msgspec.json.Decoder(tuple[Finding, ...])


class NoSender(LookupError):
    """The shop has no e-mail channel with a sender address and a relay."""


class Resolver(Protocol):
    """Somebody who can ask DNS."""

    def look_up(self, question: Question) -> tuple[str, ...] | None:
        """The records; empty: there are none; None: DNS could not be asked. Never raises."""


class Checked(msgspec.Struct, frozen=True):
    """What is kept of a domain after a check. `standing` may be older than the try: see `checked_at`."""

    domain: str
    standing: Standing
    checked_at: Instant | None
    tried_at: Instant
    findings: tuple[Finding, ...] = ()
    could_ask: bool = True


class _StandingRow(msgspec.Struct):
    shop: ShopId
    domain: str
    standing: Standing
    checked_at: Instant | None
    tried_at: Instant
    findings: tuple[Finding, ...]


class DnsResolver:
    """The system's name servers, or the given ones ("9.9.9.9")."""

    def __init__(self, *nameservers: str, port: int = 53) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not nameservers)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = dns.resolver.Resolver(configure=False)
        if nameservers:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.lifetime = _PATIENCE

    def look_up(self, question: Question) -> tuple[str, ...] | None:
        """See Resolver."""
        if question.kind != "A":
            return self._ask(question.name, question.kind)
        four, six = self._ask(question.name, "A"), self._ask(question.name, "AAAA")
        return None if four is None and six is None else (four or ()) + (six or ())

    def _ask(self, name: str, kind: str) -> tuple[str, ...] | None:
        try:
            answer = self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError, UnicodeError, ValueError):
            return None
        if kind == "TXT":
            texts = (b"".join(record.strings).decode("utf-8", "replace") for record in answer)
            return tuple(sorted(texts))  # DNS shuffles; the advice must read the same each time
        if kind == "MX":
            hosts = sorted((record.preference, str(record.exchange).rstrip(".")) for record in answer)
            return tuple(host for _, host in hosts)
        return tuple(record.address for record in answer)


def find_verdict(sending: Sending, resolver: Resolver) -> Verdict:
    """Ask until nothing is open. An SPF record that leads on for ever is cut off, and broken anyway."""
    answers: dict[Question, tuple[str, ...] | None] = {}
    for _ in range(_MOST_ROUNDS):
        verdict, questions = judge(sending, answers)
        if not questions:
            return verdict
        answers |= {question: resolver.look_up(question) for question in sorted(questions)}
    return Verdict(Standing.UNKNOWN)


def sender_of(register: Register, shop: ShopId) -> Sending:
    """In whose name the shop's e-mail goes out. Raises NoSender."""
    connection = register.connection(shop, "email")
    sending = sending_of(connection.settings, _public_key(connection.settings)) if connection else None
    if sending is None:
        raise NoSender(shop)
    return sending


def _public_key(settings: Mapping[str, object]) -> str:
    """Base64 of the public half of the key that Wraca signs with; empty where it does not."""
    pem = str(settings.get("dkim_key") or "")
    if not pem:
        return ""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None).public_key()
    except (ValueError, TypeError):
        return ""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def check_domain(register: Register, shop: ShopId, resolver: Resolver, now: Instant) -> Checked:
    """Ask DNS about the shop's sending domain now, and keep what it said. Raises NoSender."""
    sending = sender_of(register, shop)
    verdict = find_verdict(sending, resolver)
    could_ask = verdict.standing is not Standing.UNKNOWN
    before = known_standing(register, shop, sending.domain)
    row = _StandingRow(shop, sending.domain, verdict.standing, now if could_ask else None, now, verdict.findings)
    with register.database.write() as tx:
        tx.run(sql.SAVE_STANDING, [row], bucket=bucket_of(shop))
    register.forget()
    if before and before.standing is Standing.PASSES and verdict.standing is Standing.FAILS:
        _log.warning("sending domain no longer passes", shop=shop, domain=sending.domain)
    after = known_standing(register, shop, sending.domain)
    if after is None or not could_ask:
        kept = after or Checked(sending.domain, verdict.standing, None, now)
        return msgspec.structs.replace(kept, could_ask=could_ask, findings=kept.findings or verdict.findings)
    return after


def known_standing(register: Register, shop: ShopId, domain: str) -> Checked | None:
    """What the last check said; None where there was none."""
    with register.database.read() as tx:
        rows = tx.all(sql.STANDING, bucket=bucket_of(shop), shop=shop, domain=domain)
    if not rows:
        return None
    standing, checked_at, tried_at, findings = rows[0]
    return Checked(domain, Standing(standing), checked_at, tried_at, _findings.decode(findings))


def check_due_domains(register: Register, resolver: Resolver, now: Instant) -> int:
    """Check every shop's domain whose turn it is; how many. For a loop of the worker that looks about once a minute."""
    return sum(_check_if_due(register, shop, resolver, now) for bucket in register.buckets() for shop in shops_of(register, bucket))


def shops_of(register: Register, bucket: int) -> tuple[ShopId, ...]:
    """The shops that live in this bucket."""
    with register.database.read() as tx:
        return tuple(shop for (shop,) in tx.all(sql.SHOPS_OF_BUCKET, bucket=bucket))


def _check_if_due(register: Register, shop: ShopId, resolver: Resolver, now: Instant) -> bool:
    try:
        domain = sender_of(register, shop).domain
    except NoSender:
        return False
    known = known_standing(register, shop, domain)
    if known is not None and 0 <= now - known.tried_at < _AGAIN.get(known.standing, _SOON):
        return False
    check_domain(register, shop, resolver, now)
    return True

"""A shop's mail is believed when SPF or DKIM speaks for its own name and DMARC says so: judged on zone files."""

import pytest

from tests.deliverability.fakedns import ZONES, FakeDns
from wraca.app.domains import find_verdict
from wraca.domain.senderdomain import Sending, Standing, sending_of
from wraca.domain.spf import Finding

KEY = "TUlHZk1BMEdDU3FHU0liMw=="
PLAIN = Sending("lampka.pl", "smtp.lampka.pl")
SIGNED = Sending("lampka.pl", "smtp.lampka.pl", "s1")
DMARC = "_dmarc.lampka.pl", "v=DMARC1; p=none", False

# zone, who sends, passes, the state of SPF / DKIM / DMARC, the exact records to add as (name, value, replaces)
CASES = [
    (
        "nothing", PLAIN, False, "missing", "no_selector", "missing",
        [("lampka.pl", "v=spf1 a:smtp.lampka.pl ~all", False), DMARC],
    ),
    ("spf", PLAIN, True, "good", "no_selector", "good", []),
    ("dkim", SIGNED, True, "not_covered", "good", "good",
        [("lampka.pl", "v=spf1 ip4:198.51.100.7 a:smtp.lampka.pl ~all", True)]),
    ("softfail", PLAIN, False, "not_covered", "no_selector", "good",
        [("lampka.pl", "v=spf1 ip4:198.51.100.0/24 a:smtp.lampka.pl ~all", True)]),
    ("lookups", PLAIN, False, "too_many_lookups", "no_selector", "good",
        [("lampka.pl", "v=spf1 ip4:192.0.2.10 a:smtp.lampka.pl ~all", True)]),
    ("two-spf", PLAIN, False, "several", "no_selector", "good",
        [("lampka.pl", "v=spf1 include:_spf.google.com a:smtp.lampka.pl ~all", True)]),
    ("misaligned", Sending("lampka.pl", "smtp.lampka.pl", "s1", "relay.example.net", KEY), False, "missing", "misaligned", "good",
        [("lampka.pl", "v=spf1 a:smtp.lampka.pl ~all", False), ("s1._domainkey.lampka.pl", f"v=DKIM1; k=rsa; p={KEY}", False)]),
    ("no-dmarc", SIGNED, False, "good", "good", "missing", [DMARC]),
    ("two-dmarc", PLAIN, False, "good", "no_selector", "several", [("_dmarc.lampka.pl", "v=DMARC1; p=none", True)]),
    ("revoked", Sending("lampka.pl", "smtp.lampka.pl", "s1", "", KEY), False, "missing", "revoked", "good",
        [("lampka.pl", "v=spf1 a:smtp.lampka.pl ~all", False), ("s1._domainkey.lampka.pl", f"v=DKIM1; k=rsa; p={KEY}", True)]),
    ("everybody", PLAIN, False, "everybody", "no_selector", "good", [("lampka.pl", "v=spf1 a:smtp.lampka.pl ~all", True)]),
    ("broken", PLAIN, False, "broken", "no_selector", "good",
        [("lampka.pl", "v=spf1 ip4:192.0.2.10 a:smtp.lampka.pl ~all", True)]),
    ("subdomain", Sending("mail.lampka.pl", "smtp.lampka.pl", "s1", "lampka.pl"), True, "missing", "good", "good",
        [("mail.lampka.pl", "v=spf1 a:smtp.lampka.pl ~all", False)]),
    ("strict", Sending("mail.lampka.pl", "smtp.lampka.pl", "s1", "lampka.pl"), False, "missing", "misaligned", "good",
        [("mail.lampka.pl", "v=spf1 a:smtp.lampka.pl ~all", False)]),
    ("redirect", PLAIN, True, "good", "no_selector", "good", []),
    ("policyless", PLAIN, False, "good", "no_selector", "invalid", [("_dmarc.lampka.pl", "v=DMARC1; p=none", True)]),
    # A relay that puts its own bounce address: SPF cannot help, a key can.
    ("dkim", Sending("lampka.pl", "smtp.sendgrid.net", "s1"), True, "rewritten", "good", "good", []),
    ("spf", Sending("lampka.pl", "smtp.sendgrid.net"), False, "rewritten", "no_selector", "good", []),
    # Another key in DNS than the one we sign with.
    ("dkim", Sending("lampka.pl", "192.0.2.99", "s1", "", "b3RoZXI="), False, "not_covered", "other_key", "good",
        [("lampka.pl", "v=spf1 ip4:198.51.100.7 ip4:192.0.2.99 ~all", True),
         ("s1._domainkey.lampka.pl", "v=DKIM1; k=rsa; p=b3RoZXI=", True)]),
    ("two-spf", Sending("lampka.pl", "smtp-relay.gmail.com"), False, "several", "no_selector", "good",
        [("lampka.pl", "v=spf1 include:_spf.google.com a:smtp.lampka.pl ~all", True)]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}, {case[1].relay}")
def test_each_zone_gets_its_verdict_and_the_exact_records_to_add(
    case: tuple[str, Sending, bool, str, str, str, list[tuple[str, str, bool]]],
) -> None:
    zone, sending, passes, *states, records = case

    verdict = find_verdict(sending, FakeDns(zone))

    assert [finding.state for finding in verdict.findings] == states
    assert verdict.standing is (Standing.PASSES if passes else Standing.FAILS)
    assert _records(verdict.findings) == records


def test_every_zone_file_is_used() -> None:
    assert {path.stem for path in ZONES.glob("*.zone")} == {case[0] for case in CASES}


def test_following_the_advice_makes_the_domain_pass() -> None:
    for zone in ("softfail", "lookups", "two-spf", "everybody", "broken", "two-dmarc", "no-dmarc", "nothing"):
        dns = FakeDns(zone)

        dns.mended = {one.record.name: one.record.value for one in find_verdict(PLAIN, dns).findings if one.record}

        assert find_verdict(PLAIN, dns).standing is Standing.PASSES, zone


@pytest.mark.parametrize("dead", ["lampka.pl", "_dmarc.lampka.pl", "smtp.lampka.pl"])
def test_what_cannot_be_asked_is_no_failure(dead: str) -> None:
    assert find_verdict(PLAIN, FakeDns("spf", dead)).standing is Standing.UNKNOWN


def test_a_key_is_enough_when_spf_cannot_be_asked() -> None:
    assert find_verdict(SIGNED, FakeDns("dkim", "lampka.pl")).standing is Standing.PASSES


def test_a_dns_that_knows_nothing_at_all_is_not_believed() -> None:
    dns = FakeDns("nothing")

    assert find_verdict(Sending("sklep.pl", "smtp.sklep.pl"), dns).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("sender", "url"),
    [
        ("hello@shop.example", "smtp://mail.example.com"),
        ("hello@shop.test", ""),
        ("hello@lampka.pl", "smtp://127.0.0.1:1025"),
        ("hello@lampka.pl", "smtp://[::1]:1025"),
        ("hello@lampka.pl", "smtp://localhost:1025"),
        ("hello@shop.localhost", "smtp://smtp.lampka.pl"),
        ("hello@shop.invalid", "smtp://smtp.lampka.pl"),
    ],
)
def test_test_domains_and_relays_on_this_machine_are_not_asked_about_and_say_so(sender: str, url: str) -> None:
    sending, dns = sending_of({"from": sender, "url": url}), FakeDns("nothing")
    assert sending is not None

    assert find_verdict(sending, dns).standing is Standing.NOT_CHECKED
    assert dns.asked == []


def _records(findings: tuple[Finding, ...]) -> list[tuple[str, str, bool]]:
    return [(one.record.name, one.record.value, one.record.replaces) for one in findings if one.record]

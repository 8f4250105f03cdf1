"""A real resolver against a small name server on loopback."""

import socketserver
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest

from wraca.app.domains import DnsResolver, find_verdict
from wraca.domain.dnsanswers import Question
from wraca.domain.senderdomain import Sending, Standing

RECORDS = {
    ("lampka.pl.", "TXT"): ['"v=spf1 " "mx -all"', '"something else"'],
    ("lampka.pl.", "MX"): ["20 second.lampka.pl.", "10 smtp.lampka.pl."],
    ("smtp.lampka.pl.", "A"): ["192.0.2.10"],
    ("smtp.lampka.pl.", "AAAA"): ["2001:db8::10"],
    ("second.lampka.pl.", "A"): ["192.0.2.11"],
    ("_dmarc.lampka.pl.", "TXT"): ['"v=DMARC1; p=reject"'],
}


class _Names(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        raw, socket = self.request
        query = dns.message.from_wire(raw)
        (question,) = query.question
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        kind = question.to_text().split()[-1]
        name = question.name.to_text().lower()
        if name.startswith("broken."):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif texts := RECORDS.get((name, kind)):
            answer.answer.append(dns.rrset.from_text_list(question.name, 300, "IN", kind, texts))
        elif not any(name == known for known, _ in RECORDS):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def resolver() -> Iterator[DnsResolver]:
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Names) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield DnsResolver("127.0.0.1", port=server.server_address[1])
        server.shutdown()
        thread.join()


def test_answers_come_as_the_rules_expect_them(resolver: DnsResolver) -> None:
    assert resolver.look_up(Question("lampka.pl", "TXT")) == ("something else", "v=spf1 mx -all")
    assert resolver.look_up(Question("lampka.pl", "MX")) == ("smtp.lampka.pl", "second.lampka.pl")
    assert resolver.look_up(Question("smtp.lampka.pl", "A")) == ("192.0.2.10", "2001:db8::10")
    assert resolver.look_up(Question("smtp.lampka.pl", "TXT")) == ()
    assert resolver.look_up(Question("nobody.lampka.pl", "A")) == ()


def test_a_server_that_fails_is_not_an_empty_answer(resolver: DnsResolver) -> None:
    assert resolver.look_up(Question("broken.lampka.pl", "TXT")) is None
    assert resolver.look_up(Question("broken.lampka.pl", "A")) is None


def test_a_name_that_cannot_be_one_is_no_fault(resolver: DnsResolver) -> None:
    assert resolver.look_up(Question("a..b", "TXT")) is None
    assert resolver.look_up(Question("x" * 70, "TXT")) is None


def test_the_whole_way(resolver: DnsResolver) -> None:
    assert find_verdict(Sending("lampka.pl", "smtp.lampka.pl"), resolver).standing is Standing.PASSES
    assert find_verdict(Sending("lampka.pl", "192.0.2.12"), resolver).standing is Standing.FAILS

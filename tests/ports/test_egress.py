"""The client for addresses that somebody typed goes to public hosts only, and nobody keeps it there (trust X60, X62)."""

import ipaddress
import itertools
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ports.servers import Behaviour, Session, answering, certified, hosting
from wraca.egress import Egress, EgressError, Forbidden, Unreachable, check_address, is_public


def resolving(*answers: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A DNS that answers these, one look-up after the other."""
    waiting = iter(answers)
    return lambda _host, _port: next(waiting)


LOCAL = resolving(*itertools.repeat(["127.0.0.1"], 50))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.1/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.8/",
        "https://192.168.1.1:8443/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://255.255.255.255/",
        "https://localhost/",
        "http://shop.example/",
        "gopher://shop.example/_x",
        "file:///etc/passwd",
        "https:///nowhere",
        "https://user:word@shop.example/",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://shop.example/\r\nHost: other",
        "https://shop.example\\@10.0.0.1/",
        "https://[::1",
        "ftp://shop.example/",
        "//shop.example/",
        "",
    ],
)
def test_an_address_that_is_not_a_public_https_host_is_never_called(url: str) -> None:
    with pytest.raises(Forbidden):
        Egress().request("GET", url)


def test_one_private_address_among_public_ones_spoils_the_name() -> None:
    with pytest.raises(Forbidden):
        Egress(resolve=resolving(["1.1.1.1", "10.0.0.1"])).request("GET", "https://shop.example/")


def test_the_second_answer_of_the_dns_is_never_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("wraca.egress.socket.create_connection", connect)
    with pytest.raises(Unreachable):
        Egress(resolve=resolving(["1.1.1.1"], ["127.0.0.1"])).request("GET", "https://rebinding.example/")
    assert called == [("1.1.1.1", 443)]


def test_an_answer_comes_with_its_status_headers_and_body() -> None:
    with hosting(answering(418, b"short", X_Pot="tea")) as host:
        answer = Egress(loopback=True, resolve=LOCAL).request(
            "POST", f"http://pot.example:{host.port}/brew?strong=1", {"X-Cup": "blue"}, b"leaves", allow_http=True
        )
    assert (answer.status, answer.body, answer.headers["x-pot"], answer.is_cut) == (418, b"short", "tea", False)
    head, body = host.heard[0]
    assert head.startswith("POST /brew?strong=1 HTTP/1.1\n")
    assert f"Host: pot.example:{host.port}" in head
    assert "X-Cup: blue" in head
    assert body == b"leaves"


def test_the_certificate_must_be_for_the_name_that_was_asked_for(tmp_path: Path) -> None:
    server, trust = certified("pot.example", tmp_path)
    with hosting(answering(), server) as host:
        egress = Egress(loopback=True, resolve=LOCAL, trust=trust)
        assert egress.request("GET", f"https://pot.example:{host.port}/").status == 200
        with pytest.raises(Unreachable):
            egress.request("GET", f"https://kettle.example:{host.port}/")
        with pytest.raises(Unreachable):
            Egress(loopback=True, resolve=LOCAL).request("GET", f"https://pot.example:{host.port}/")


def test_a_redirect_is_told_and_not_followed() -> None:
    with hosting(answering(302, Location="http://169.254.169.254/latest")) as host:
        answer = Egress(loopback=True).request("GET", f"http://127.0.0.1:{host.port}/", allow_http=True)
    assert (answer.status, len(host.heard)) == (302, 1)


def test_cookies_are_not_kept() -> None:
    with hosting(answering(Set_Cookie="a=b")) as host:
        egress = Egress(loopback=True)
        for _ in range(2):
            egress.request("GET", f"http://127.0.0.1:{host.port}/", allow_http=True)
    assert not any("cookie" in head.lower() for head, _ in host.heard)


def flood(session: Session) -> None:
    session.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
    with suppress(OSError):
        while True:
            session.say(b"x" * 65536)


def drip(session: Session) -> None:
    with suppress(OSError):
        for byte in itertools.cycle(b"HTTP/1.1 200 OK\r\nX-A: b\r\n"):
            session.say(bytes([byte]))
            time.sleep(0.02)


def drip_the_body(session: Session) -> None:
    session.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    with suppress(OSError):
        while True:
            session.say(b"x")
            time.sleep(0.02)


def say_nothing(_: Session) -> None:
    time.sleep(1)


def speak_another_tongue(session: Session) -> None:
    session.say(b"220 mail.example ESMTP\r\n")


def hang_up(_: Session) -> None:
    pass


def test_ten_gigabytes_are_cut_at_the_limit() -> None:
    with hosting(flood) as host:
        answer = Egress(loopback=True).request("GET", f"http://127.0.0.1:{host.port}/", limit=1000, allow_http=True)
    assert (len(answer.body), answer.is_cut) == (1000, True)


@pytest.mark.parametrize("behaviour", [drip, drip_the_body, say_nothing])
def test_a_slow_host_keeps_nobody_longer_than_agreed(behaviour: Behaviour) -> None:
    with hosting(behaviour) as host:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            Egress(loopback=True).request("GET", f"http://127.0.0.1:{host.port}/", timeout=0.3, allow_http=True)
        assert time.monotonic() - began < 0.9


def test_a_slow_dns_keeps_nobody_longer_than_agreed() -> None:
    slow = threading.Event()
    egress = Egress(resolve=lambda _host, _port: ["1.1.1.1"] if slow.wait(5) else [])
    began = time.monotonic()
    with pytest.raises(Unreachable):
        egress.request("GET", "https://shop.example/", timeout=0.2)
    assert time.monotonic() - began < 0.9
    slow.set()


def test_a_host_that_takes_nothing_in_keeps_nobody_either() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        with pytest.raises(Unreachable):
            Egress(loopback=True).request("POST", url, {}, b"x" * 20_000_000, timeout=0.3, allow_http=True)


def test_open_closed_and_foreign_ports_read_alike() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    said = set()
    for behaviour in (speak_another_tongue, hang_up):
        with hosting(behaviour) as host, pytest.raises(EgressError) as problem:
            Egress(loopback=True).request("GET", f"http://127.0.0.1:{host.port}/", timeout=0.5, allow_http=True)
        said.add(str(problem.value))
    for url in (f"http://127.0.0.1:{closed}/", "http://10.0.0.1/", "http://no-such-name.invalid/"):
        with pytest.raises(EgressError) as problem:
            Egress(loopback=True).request("GET", url, timeout=0.5, allow_http=True)
        said.add(str(problem.value))
        assert problem.value.__cause__ is None
    assert len(said) == 1


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_is_never_public(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    dressed = (
        number,
        number | 0xFFFF << 32,
        number | 0x64FF9B << 96,
        number << 80 | 0x2002 << 112,
        number ^ 0xFFFFFFFF | 0x20010000 << 96,
    )
    assert not any(is_public(ipaddress.IPv6Address(one)) for one in dressed)


@given(st.text(max_size=60) | st.text(max_size=40).map("https://{}".format))
def test_any_text_is_an_address_or_forbidden(text: str) -> None:
    with suppress(Forbidden):
        assert check_address(text).scheme == "https"


def test_ordinary_addresses_are_public() -> None:
    assert all(
        is_public(ipaddress.ip_address(one)) for one in ("1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4016::2003")
    )

"""SMPP spoken with a message centre on this machine."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests.channels.sms.messagecentre import SETTINGS, MessageCentre
from wraca.channels.sms import SmsChannel
from wraca.channels.sms.segments import encoded
from wraca.channels.sms.wire import NoAnswer, Wire
from wraca.ports.channel import Misconfigured, Outgoing, Receipt, Unavailable
from wraca.testing.contracts.channel import ChannelContract

KEY = "ab" + "0" * 30


@pytest.fixture
def centre() -> Iterator[MessageCentre]:
    with MessageCentre() as centre:
        yield centre


class TestSmpp(ChannelContract):
    @pytest.fixture
    def stand(self, centre: MessageCentre) -> MessageCentre:
        return centre


def deliver(centre: MessageCentre, message: Outgoing) -> Receipt:
    return centre.channel.deliver(message, centre.channel.render(message))


def test_a_message_is_submitted_as_the_protocol_says(centre: MessageCentre) -> None:
    receipt = deliver(centre, centre.message(KEY))
    body = centre.submitted[0]
    assert body.startswith(b"\0" + b"\x05\x00Sklep\0" + b"\x01\x0148601234567\0" + b"\0\0\0" + b"\0" + b"000001000000000R\0")
    assert receipt == Receipt("id1", "", 1)


def long_message(centre: MessageCentre, text: str) -> Outgoing:
    return replace(centre.message(KEY, diacritics="keep", max_parts="4"), sources={"sms": text})


def test_parts_are_tied_together_and_none_is_lost(centre: MessageCentre) -> None:
    receipt = deliver(centre, long_message(centre, "Zażółć gęślą jaźń {{ link }}"))
    parts = [body.partition(b"000R\0")[2] for body in centre.submitted]
    assert receipt.parts == len(parts) > 1
    assert [(part[5:11], part[2]) for part in parts] == [
        (bytes([5, 0, 3, 0xAB, len(parts), n]), 8) for n in range(1, len(parts) + 1)
    ]
    assert b"".join(part[11:] for part in parts).decode("utf-16-be").startswith("Zażółć gęślą jaźń https://")


def test_a_second_part_that_fails_leaves_it_uncertain(centre: MessageCentre) -> None:
    centre.refuse_part = 2
    with pytest.raises(NoAnswer):
        deliver(centre, long_message(centre, "ż" * 90))


def test_whoever_asks_whether_we_are_there_gets_an_answer(centre: MessageCentre) -> None:
    centre.chatty = True
    assert deliver(centre, centre.message(KEY)).reference == "id1"


def test_the_alphabet_in_octets() -> None:
    assert encoded("@€a{", is_unicode=False) == b"\x00\x1b\x65\x61\x1b\x28"
    assert encoded("ж", is_unicode=True) == b"\x04\x36"


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "localhost", "::1"])
def test_no_line_leads_into_somebodys_own_network(host: str) -> None:
    with pytest.raises((Misconfigured, Unavailable)) as problem:
        Wire().connect("smpp", host, 2775, tls=False)
    assert isinstance(problem.value, Misconfigured)


@pytest.mark.parametrize(
    "wrong", [{"smpp_host": ""}, {"smpp_port": "0"}, {"smpp_port": "x"}, {"user": "a" * 16}, {"password": "a" * 9}, {"user": "ż"}]
)
def test_settings_that_the_protocol_has_no_room_for(wrong: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        SmsChannel().check({**SETTINGS, **wrong})

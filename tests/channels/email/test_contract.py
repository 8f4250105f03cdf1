"""E-mail keeps the contract of a channel."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from io import BufferedRWPair
from typing import Any

import pytest

from wraca.channels.email import EmailChannel
from wraca.channels.email.sample import sample_message
from wraca.ports.channel import Outgoing, Recipient
from wraca.testing.contracts.channel import Behaviour, ChannelContract
from wraca.testing.smtp import MailSink, Taken

_SCRIPTS: Mapping[Behaviour, Mapping[str, list[str]]] = {
    "takes": {},
    "refuses": {"DOT": ["554 5.6.0 we do not like what it says"]},
    "knows_no_such_address": {"RCPT": ["550 5.1.1 User unknown"]},
    "shuts_out": {"MAIL": ["530 5.7.0 Authentication required"]},
    "is_busy": {"MAIL": ["451 4.3.0 later"]},
    "is_away": {},
    "loses_answers": {},
}


class LosingSink(MailSink):
    """A mail server that can take a message and hang up before it says so."""

    loses = False

    def _take(self, stream: "BufferedRWPair[Any, Any]", sender: str, recipient: str) -> bool:
        if not self.loses:
            return super()._take(stream, sender, recipient)
        self.taken.append(Taken(sender, recipient, self._body(stream.readline)))
        return False


class MailStand:
    """E-mail and a mail server."""

    knows_keys = False
    broken: Mapping[str, object] = {"url": "smtp://127.0.0.1", "from": "nobody"}

    def __init__(self, sink: LosingSink) -> None:
        self._sink = sink
        self._url = sink.url
        self.channel = EmailChannel()

    def message(self, key: str) -> Outgoing:
        settings = {"url": self._url, "from": "hello@shop.example"}
        return sample_message("cart-reminder", "en", key=key, recipient=Recipient("anna@example.com"), settings=settings)

    def behave(self, how: Behaviour) -> None:
        self._sink.script, self._sink.loses = _SCRIPTS[how], how == "loses_answers"
        self._sink._asked.clear()
        self.channel.close()
        self.channel = EmailChannel()
        if how == "is_away":
            with socket.create_server(("127.0.0.1", 0)) as closed:
                self._url = f"smtp://127.0.0.1:{closed.getsockname()[1]}"
        else:
            self._url = self._sink.url

    def taken(self) -> Sequence[str]:
        return [one.recipient for one in self._sink.taken]


class TestEmail(ChannelContract):
    @pytest.fixture
    def stand(self) -> Iterator[MailStand]:
        with LosingSink() as sink:
            stand = MailStand(sink)
            yield stand
            stand.channel.close()

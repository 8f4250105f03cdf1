"""Web push keeps the contract of a channel."""

from collections.abc import Iterator, Sequence

import msgspec
import pytest

from tests.channels.webpush.pushservice import NOW, Browser, PushService, running
from wraca.channels.webpush import WebPushChannel
from wraca.channels.webpush.keys import read_keys
from wraca.egress import Egress
from wraca.ports.channel import Links, Outgoing, Recipient, Sender
from wraca.testing.contracts.channel import Behaviour, ChannelContract

_ANSWERS: dict[Behaviour, int] = {"takes": 201, "refuses": 400, "knows_no_such_address": 410, "is_busy": 429, "loses_answers": 0}


class Stand:
    """A browser for each key: what was sent to one again replaces what is there, by its topic."""

    knows_keys = True

    def __init__(self, service: PushService) -> None:
        self.broken = {"contact": "nobody"}
        self.channel = WebPushChannel(Egress(loopback=True), ("127.0.0.1",), allow_http=True)
        self._service, self._browser, self._how = service, Browser(), "takes"
        self._settings = self.channel.complete({"contact": "hello@shop.example"})
        service.script = _Always(self)

    def message(self, key: str) -> Outgoing:
        url = "http://127.0.0.1:9" if self._how == "is_away" else self._service.url
        handle = self._browser.subscription(f"{url}/p/{key}", read_keys(self._settings)[0].id)
        # What only the merchant can mend: a push service has no account that could be closed, but our key may be missing.
        settings = {"contact": "hello@shop.example"} if self._how == "shuts_out" else self._settings
        return Outgoing(
            key=key,
            shop="a" * 32,
            recipient=Recipient(key, handle=msgspec.json.encode(handle).decode()),
            sender=Sender("Kubki", ""),
            template="cart-waiting",
            language="pl",
            facts={"shop": {"name": "Kubki", "url": "https://shop.example"}, "cart": {"lines": []}},
            links=Links("https://wraca.example/r/token", "https://wraca.example/u/token"),
            settings=settings,
            sent_at=NOW,
        )

    def behave(self, how: Behaviour) -> None:
        self._how = how

    @property
    def status(self) -> int:
        return _ANSWERS.get(self._how, 201)  # type: ignore[call-overload, no-any-return]

    def taken(self) -> Sequence[str]:
        script = self._service.script
        assert isinstance(script, _Always)
        answered = zip(self._service.taken, script.given, strict=True)
        return list(dict.fromkeys(headers["topic"] for (headers, _), status in answered if status in (0, 201)))


class _Always(list[tuple[int, dict[str, str]]]):
    """A script that never ends: what the stand says at the moment."""

    def __init__(self, stand: Stand) -> None:
        super().__init__([(0, {})])
        self._stand = stand
        self.given: list[int] = []

    def pop(self, _place: object = 0) -> tuple[int, dict[str, str]]:
        self.given.append(self._stand.status)
        return self._stand.status, {}


class TestWebPush(ChannelContract):
    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        with running() as service:
            yield Stand(service)

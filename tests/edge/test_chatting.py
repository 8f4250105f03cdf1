"""Chat over HTTP: who may ask, how fast, live both ways, and nothing of it in an address."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from tests.edge.pretend import BROWSER, ORIGIN, SHOP, Behind
from wraca.app import chatdesk
from wraca.app.chatdesk import Answer
from wraca.app.chatting import Chats, Guest, Words
from wraca.app.register import Register
from wraca.app.sealing import Seal
from wraca.channels.chat import ChatChannel
from wraca.domain.ids import ShopId, bucket_of
from wraca.edge import edge_app
from wraca.edge.chatrooms import Rooms
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.databases import TEST_SECRET, opened
from wraca.testing.shops import ShopRow, new_shop
from wraca.testing.world import BEGIN

PDF = "JVBERi0xLjcK"  # %PDF-1.7
_CONNECT = Statement(
    "testing_connect_chat_at_the_edge",
    """insert into channel_setting (bucket, shop_id, channel, sealed, pause_reason)
       values (:bucket, :shop, 'chat', :sealed, '')""",
)


class Talk:
    """A shop that chats, and somebody on its pages."""

    def __init__(self, client: TestClient, chats: Chats) -> None:
        self.client, self.chats, self.shop = client, chats, ShopId(SHOP.id)
        self.token = ""

    def ask(self, call: str, origin: str = ORIGIN, **said: object) -> tuple[int, dict[str, object]]:
        body = json.dumps({"writeKey": BROWSER, "anonymousId": "a1", "token": self.token, **said})
        answer = self.client.post(f"/v1/chat/{call}", content=body, headers={"Content-Type": "text/plain", "Origin": origin})
        return answer.status_code, answer.json()

    def opens(self) -> None:
        self.token = str(self.ask("open")[1]["token"])


@pytest.fixture
def talk(database: Database) -> Iterator[Talk]:
    new_shop(database, ShopRow(id=SHOP.id))
    seal = Seal(TEST_SECRET)
    register = Register(database, {"chat": ChatChannel()}, seal, lambda: BEGIN)
    with database.write() as tx:
        tx.run(_CONNECT, bucket=bucket_of(ShopId(SHOP.id)), shop=SHOP.id, sealed=seal.close({}))
    chats = Chats(register)
    services = msgspec.structs.replace(Behind().services(), chats=chats)
    with TestClient(edge_app(services), raise_server_exceptions=False) as client:
        yield Talk(client, chats)


def test_only_pages_of_the_shop_may_chat(talk: Talk) -> None:
    assert talk.ask("hello", origin="https://evil.example")[0] == 403
    assert talk.client.post("/v1/chat/hello", content=b"{}", headers={"Origin": ORIGIN}).status_code == 401
    assert talk.ask("hello")[1]["presence"] == "soon"
    preflight = talk.client.options("/v1/chat/say", headers={"Origin": ORIGIN})
    assert preflight.headers["access-control-allow-origin"] == ORIGIN


def test_what_the_team_says_arrives_at_once_and_under_its_number(talk: Talk) -> None:
    talk.opens()
    assert talk.ask("say", id="w1", text="Hello <b>") == (200, {"success": True, "number": 1})
    assert talk.ask("say", id="w1", text="Hello <b>") == (200, {"success": True, "number": 1})
    chat = talk.chats.place(talk.shop, Guest("a1", talk.token)).chat
    chatdesk.answer(talk.chats.register, talk.shop, chat, Answer("ewa@shop.example", "Hi"), BEGIN)

    status, heard = talk.ask("listen", after=1, poll=True)
    assert status == 200
    assert heard["lines"] == [{"number": 2, "at": BEGIN, "by": "team", "text": "Hi"}]
    assert talk.ask("hello")[1]["unread"] == 1
    assert "token" not in json.dumps(talk.ask("hello")[1])


def test_a_file_comes_back_as_a_file_only(talk: Talk) -> None:
    talk.opens()
    assert talk.ask("say", id="f1", file=PDF, name="bill.pdf")[1]["success"]
    assert talk.ask("say", id="f2", file="PHN2Zz4=", name="bill.pdf")[1] == {"success": False, "code": "bad_file"}
    body = json.dumps({"writeKey": BROWSER, "anonymousId": "a1", "token": talk.token, "number": 1})
    answer = talk.client.post("/v1/chat/file", content=body, headers={"Origin": ORIGIN})
    assert answer.content == b"%PDF-1.7\n"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_who_floods_is_told_to_wait(talk: Talk) -> None:
    talk.opens()
    assert {talk.ask("say", id=f"w{n}", text="spam")[0] for n in range(20)} == {200, 429}
    assert len(talk.chats.hello(talk.shop, Guest("a1", talk.token), BEGIN).lines) == 12


def test_an_address_is_taken_as_one_or_not_at_all(talk: Talk) -> None:
    talk.opens()
    assert talk.ask("address", address="anna@example.com")[1] == {"success": False, "code": "unknown"}  # nothing was said yet
    talk.ask("say", id="w1", text="Hello")
    assert talk.ask("address", address="anna at example")[1] == {"success": False, "code": "bad_address"}
    assert talk.ask("address", address="anna@example.com\nBcc: all@x.pl")[1] == {"success": False, "code": "bad_address"}
    assert talk.ask("address", address="Anna@example.com")[1] == {"success": True}
    assert talk.ask("hello")[1]["hasAddress"] is True


def test_odd_bodies_are_refused(talk: Talk) -> None:
    talk.opens()
    for said in ({"text": "x" * 5_000}, {"id": ""}, {"file": "%%%"}, {"after": -1}):
        call: dict[str, Any] = {"id": "w", "text": "a", **said}
        assert talk.ask("listen" if "after" in said else "say", **call)[0] == 400
    assert talk.ask("say", id="w", text="a", name="x" * 20_000_000)[0] == 413


def test_what_another_process_took_in_is_heard_within_seconds(talk: Talk, database_url: str) -> None:
    talk.opens()
    guest = Guest("a1", talk.token)

    async def listen(chats: Chats) -> list[str]:
        rooms = Rooms(chats, lambda: BEGIN)
        listener = rooms.enter(chats.place(talk.shop, guest), 0, "address")
        assert listener is not None
        await asyncio.sleep(0.2)
        await asyncio.to_thread(talk.chats.say, talk.shop, guest, Words("w1", "Hello"), BEGIN)  # rings no bell here
        lines = await listener.next(5)
        rooms.leave(listener)
        return [line.text for line in lines]

    with opened(database_url) as elsewhere:
        register = Register(elsewhere, {"chat": ChatChannel()}, Seal(TEST_SECRET), lambda: BEGIN)
        assert asyncio.run(listen(Chats(register))) == ["Hello"]


def test_a_process_that_ends_lets_its_listeners_go_at_once(talk: Talk) -> None:
    talk.opens()

    async def listen() -> bool:
        rooms = Rooms(talk.chats, lambda: BEGIN)
        place = talk.chats.place(talk.shop, Guest("a1", talk.token))
        listener = rooms.enter(place, 0, "address")
        assert listener is not None
        asyncio.get_running_loop().call_later(0.1, talk.chats.bell.end)
        await asyncio.wait_for(listener.next(30), 5)
        assert rooms.enter(place, 0, "address") is None
        return listener.is_over

    assert asyncio.run(listen())


def test_listeners_are_counted(talk: Talk) -> None:
    talk.opens()

    async def enter() -> list[bool]:
        rooms = Rooms(talk.chats, lambda: BEGIN)
        place = talk.chats.place(talk.shop, Guest("a1", talk.token))
        listeners = [rooms.enter(place, 0, "address") for _ in range(6)]
        for one in filter(None, listeners):
            rooms.leave(one)
        assert len(rooms) == 0
        assert rooms.enter(place, 0, "address")
        return [one is not None for one in listeners]

    assert asyncio.run(enter()) == [True] * 4 + [False] * 2

"""The team's inbox: strangers and known people, answers said once, files that stay files."""

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.console.seeding import Scene, member
from wraca.app.chatting import Chats, Guest, Words
from wraca.app.register import Register
from wraca.channels.chat import ChatChannel
from wraca.console import wiring
from wraca.console.roles import Role
from wraca.domain.ids import ShopId
from wraca.storage.models import ChannelSetting, Chat, ChatLine
from wraca.storage.queries.erasing import erase
from wraca.storage.queries.export import everything
from wraca.storage.queries.shops import Key

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


@pytest.fixture
def guest(scene: Scene) -> Iterator[Guest]:
    """Somebody nobody knows, in conversation with this shop."""
    world = scene.world
    before = wiring.wiring()
    register = Register(world.database, {**before.register.channels, "chat": ChatChannel()}, world.seal, lambda: world.now)
    wiring.connect(before.clock, register, before.public_url)
    sealed = world.seal.close({"hours": ""})
    here = {"bucket": world.bucket, "shop_id": scene.shop, "channel": "chat"}
    ChannelSetting.objects.get_or_create(**here, defaults={"sealed": sealed})
    chats = Chats(register)
    guest = Guest("nobody-knows-me", chats.open(ShopId(scene.shop)), "bg")
    chats.say(ShopId(scene.shop), guest, Words("w1", "<script>alert(1)</script>"), world.now)
    yield guest
    ChatLine.objects.exclude(chat_id="c" * 32).delete()
    Chat.objects.exclude(id="c" * 32).delete()
    ChannelSetting.objects.filter(**here).delete()
    wiring.connect(before.clock, before.register, before.public_url)


def chat_of(scene: Scene, guest: Guest) -> str:
    return Chats(wiring.wiring().register).place(ShopId(scene.shop), guest).chat


def test_a_stranger_is_answered_once_with_everything_as_text(scene: Scene, owner: Client, guest: Guest) -> None:
    chat = chat_of(scene, guest)
    inbox = owner.get(f"/console/{scene.shop}/chats/").content.decode()
    assert "1 unread" in inbox
    assert "<script>alert" not in inbox
    assert owner.get(f"/console/{scene.shop}/chats/live/").json() == {"unread": 1, "lines": 1}
    page = owner.get(f"/console/{scene.shop}/chats/{chat}/")
    assert "&lt;script&gt;" in page.content.decode()
    assert "Здравейте!" in page.content.decode()  # prepared answers in the visitor's language
    assert owner.get(f"/console/{scene.shop}/chats/live/").json()["unread"] == 0

    said = {"do": "answer", "text": "Hello", "key": "k1"}
    for _ in range(2):
        assert owner.post(page.request["PATH_INFO"], said, headers={"accept": "application/json"}).json() == {"problem": ""}
    lines = owner.get(f"/console/{scene.shop}/chats/{chat}/lines/?after=1&here=1").json()
    assert lines["last"] == 2
    assert "owner@kawa.example" in lines["html"]


def test_a_file_of_the_team_is_a_picture_or_nothing(scene: Scene, owner: Client, guest: Guest) -> None:
    chat = chat_of(scene, guest)
    address = f"/console/{scene.shop}/chats/{chat}/"
    evil = {"do": "answer", "file": SimpleUploadedFile("cat.png", b"<svg onload=alert(1)>", "image/png")}
    assert owner.post(address, evil, headers={"accept": "application/json"}).status_code == 422
    owner.post(address, {"do": "answer", "file": SimpleUploadedFile("cat.exe", PNG)})
    answer = owner.get(f"{address}file/2/")
    assert (answer.content, answer["Content-Type"]) == (PNG, "image/png")
    assert answer["Content-Disposition"] == 'attachment; filename="cat.png"'
    assert "sandbox" in answer["Content-Security-Policy"]


def test_support_answers_takes_and_closes(scene: Scene, browser: Client, guest: Guest) -> None:
    chat = chat_of(scene, guest)
    browser.force_login(member(scene.world, "helper@team.example", Role.SUPPORT))
    address = f"/console/{scene.shop}/chats/{chat}/"
    browser.post(address, {"do": "mine"})
    assert Chat.objects.get(id=chat).assigned_to == "helper@team.example"
    browser.post(address, {"do": "close"})
    assert Chat.objects.get(id=chat).state == "closed"
    assert chat[:6] not in browser.get(f"/console/{scene.shop}/chats/").content.decode()
    assert chat[:6] in browser.get(f"/console/{scene.shop}/chats/?all=1").content.decode()


def test_prepared_answers_are_the_teams_own(scene: Scene, owner: Client, guest: Guest) -> None:
    address = f"/console/{scene.shop}/chats/answers/"
    owner.post(address, {"bg": "Добър ден!\r\n\r\nМомент, моля.\r\n", "en": "", "pl": "  "})
    page = owner.get(f"/console/{scene.shop}/chats/{chat_of(scene, guest)}/").content.decode()
    assert "Момент, моля." in page
    assert "Здравейте!" not in page
    assert "Hello! How can we help?" in owner.get(address).content.decode()  # ours, where there are none


def test_a_conversation_is_exported_and_erased_with_its_person(scene: Scene, guest: Guest) -> None:
    key = Key(scene.world.bucket, ShopId(scene.shop))
    person = Chat.objects.get(id=chat_of(scene, guest)).person_id
    told = everything(key, person)
    assert [line["text"] for line in told["chat_lines"]] == ["<script>alert(1)</script>"]
    assert "token_hash" not in told["chats"][0]
    erased = erase(key, person, (), (), scene.world.now)
    assert (erased.deleted["chats"], erased.deleted["chat_lines"]) == (1, 1)
    assert not ChatLine.objects.filter(chat_id=chat_of(scene, guest)).exists()

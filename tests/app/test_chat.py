"""A chat on a virtual clock and on both databases: nothing lost, nothing twice, nobody else's, and mail to those who left."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from wraca.app import chatdesk
from wraca.app.chatdesk import Answer, Upload
from wraca.app.chatmail import mail_chat_answers, take_chat_reply
from wraca.app.chatrows import find_room
from wraca.app.chatting import Chats, Guest, NotSaid, Words
from wraca.app.register import Register
from wraca.app.retention import forget_old
from wraca.channels.chat import ChatChannel
from wraca.channels.email import EmailChannel
from wraca.domain.chatting import Presence
from wraca.domain.events import Identified, Identity, IdentityKind, Line, LineAdded, Seen
from wraca.ports.channel import Channel, Refused, Unavailable
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import DAY, MINUTE, World

JOURNEY = """
journey: questions
trigger: {cart_abandoned: {idle: 30m}}
holdout: 0%
steps:
  - send: {id: ask, chat: any-questions}
  - react_to: ask
    clicked: {after: 6h, steps: [{notify_team: "clicked"}]}
    none: {after: 5d, steps: [{notify_team: "nothing"}]}
"""
BROWSER = Identity(IdentityKind.ANONYMOUS, "a1")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50
_CONNECT = Statement(
    "testing_connect_chat",
    """insert into channel_setting (bucket, shop_id, channel, sealed, pause_reason)
       values (:bucket, :shop, 'chat', :sealed, '')""",
)
_HITS = Statement("testing_chat_hits", "select purpose, verdict from hit where bucket = :bucket order by purpose")
_CHATS = Statement("testing_chats", "select person_id, unread_team, state from chat where bucket = :bucket")
_PERSON = Statement("testing_chat_person", "select person_id from identity where bucket = :bucket and key = :key")


class Scene:
    """A shop with a chat, one visitor, one team."""

    def __init__(self, database: Database, journey: str = JOURNEY) -> None:
        self.world = world = World(database, journey=journey)
        channels: dict[str, Channel] = {"email": world.channel, "chat": ChatChannel()}
        world.register = Register(database, channels, world.seal, lambda: world.now)
        world.sender = world.new_sender()
        with database.write() as tx:
            tx.run(_CONNECT, bucket=world.bucket, shop=world.shop, sealed=world.seal.close({"hours": "mo-fr 09:00-17:00"}))
        self.chats = Chats(world.register)
        self.guest = Guest("a1", self.chats.open(world.shop), "pl-PL")
        self._said = 0

    def says(self, text: str, *, key: str = "", **more: object) -> int:
        self._said += 1
        words = Words(key or f"w{self._said}", text, **more)  # type: ignore[arg-type]
        return self.chats.say(self.world.shop, self.guest, words, self.world.now)

    def answers(self, text: str, **more: object) -> int:
        said = Answer("ewa@shop.example", text, **more)  # type: ignore[arg-type]
        return chatdesk.answer(self.world.register, self.world.shop, self.chat, said, self.world.now)

    @property
    def chat(self) -> str:
        return self.chats.place(self.world.shop, self.guest).chat

    @property
    def seen(self) -> list[tuple[int, str, str]]:
        return [(one.number, one.by, one.text) for one in self.hello().lines]

    def hello(self, guest: Guest | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return self.chats.hello(self.world.shop, guest or self.guest, self.world.now)

    def rows(self, statement: Statement, **values: object) -> list[tuple[object, ...]]:
        with self.world.database.read() as tx:
            return [tuple(row) for row in tx.all(statement, bucket=self.world.bucket, **values)]

    def mails(self) -> int:
        return mail_chat_answers(self.world.register, self.world.shop, self.world.now)

    def reply(self, sender: str, text: str, key: str) -> bool:
        mail = EmailMessage()
        mail["From"], mail["Subject"], mail["Message-ID"] = sender, "Re: chat", f"<{text[:3]}@their.example>"
        mail["In-Reply-To"] = f"<{key}@shop.example>"
        mail.set_content(f"{text}\n\nOn 3 Oct 2026 at 10:00, Shop wrote:\n> Hello\n")
        return take_chat_reply(self.world.register, self.world.shop, mail.as_bytes(), self.world.now)


@pytest.fixture
def scene(database: Database) -> Scene:
    return Scene(database)


def test_both_sides_read_the_same_in_the_same_order(scene: Scene) -> None:
    assert scene.hello().lines == ()
    assert [scene.says("Is it in stock?"), scene.says("The lamp")] == [1, 2]
    assert scene.answers("Yes, it is.") == 3
    assert scene.seen == [(1, "visitor", "Is it in stock?"), (2, "visitor", "The lamp"), (3, "team", "Yes, it is.")]
    assert scene.hello().unread == 1
    assert scene.hello().lines[2].author == ""  # who of the team it was is the shop's own matter
    scene.chats.read(scene.world.shop, scene.guest, scene.world.now)
    assert scene.hello().unread == 0


def test_what_is_said_twice_under_one_id_is_kept_once(scene: Scene) -> None:
    assert [scene.says("Hello", key="same") for _ in range(3)] == [1, 1, 1]
    assert [scene.answers("Hi", key="k") for _ in range(3)] == [2, 2, 2]
    assert [number for number, *_ in scene.seen] == [1, 2]
    assert scene.hello().unread == 1


def test_a_listener_gets_what_is_beyond_its_number(scene: Scene) -> None:
    for text in "abc":
        scene.says(text)
    place = scene.chats.place(scene.world.shop, scene.guest)
    assert [line.text for line in scene.chats.heard({place: 1})[scene.chat]] == ["b", "c"]
    assert scene.chats.heard({place: 3}) == {}


def test_a_chat_is_only_for_who_has_its_token(scene: Scene) -> None:
    scene.says("My order is 17")
    stranger = Guest("a1", scene.chats.open(scene.world.shop))  # the same browser id, which proves nothing
    assert scene.hello(stranger).lines == ()
    for token in ("", "x" * 40, scene.guest.token[:-2]):
        with pytest.raises(NotSaid):
            scene.chats.say(scene.world.shop, Guest("a1", token), Words("w", "hello"), scene.world.now)


def test_a_file_is_what_its_first_bytes_say(scene: Scene) -> None:
    scene.says("", file=PNG, name="../../evil.html")
    [line] = scene.hello().lines
    assert (line.file.name, line.file.type, line.file.size) == ("evil.png", "image/png", len(PNG))
    assert scene.chats.file(scene.world.shop, scene.guest, 1) == ("evil.png", "image/png", PNG)
    for content in (b"<svg onload=alert(1)>", b"<html>", b"MZ\x90", b"PK\x03\x04"):
        with pytest.raises(NotSaid, match="bad_file"):
            scene.says("", file=content, name="cat.png")
    with pytest.raises(NotSaid, match="large_file"):
        scene.answers("", upload=Upload("big.png", PNG + bytes(5 << 20)))


def test_presence_needs_hours_and_somebody_there(scene: Scene) -> None:
    world = scene.world  # Monday, 16:13 in Warsaw
    assert scene.hello().presence is Presence.SOON
    chatdesk.sit_down(world.register, world.shop, world.now)
    assert scene.hello().presence is Presence.HERE
    world.now += 60 * MINUTE
    chatdesk.sit_down(world.register, world.shop, world.now)
    assert scene.hello().presence is Presence.AWAY
    assert scene.hello().opens_at is not None


def test_who_left_gets_the_answer_by_mail_once_and_replies_into_the_chat(scene: Scene) -> None:
    world = scene.world
    scene.says("When will it come?")
    scene.chats.leave_address(world.shop, scene.guest, " Anna@Example.com ", world.now)
    world.now += 5 * MINUTE
    scene.answers("Tomorrow.")
    scene.answers("Before noon.")
    assert scene.mails() == 0  # said in one breath
    world.now += MINUTE
    assert [scene.mails(), scene.mails()] == [1, 0]

    [mail] = world.channel.delivered
    assert (mail.recipient.address, mail.language) == ("anna@example.com", "pl")
    assert [one["text"] for one in mail.facts["about"]["lines"]] == ["Tomorrow.", "Before noon."]  # type: ignore[index]
    assert not scene.reply("thief@example.com", "Send it to me instead", mail.key)
    assert scene.reply("anna@example.com", "Thank you!", mail.key)
    assert scene.reply("anna@example.com", "Thank you!", mail.key)  # read a second time
    assert [text for *_, text in scene.seen if text == "Thank you!"] == ["Thank you!"]
    world.now += 3 * MINUTE
    scene.answers("You are welcome.")
    world.now += MINUTE
    scene.mails()
    assert [one["text"] for one in world.channel.delivered[1].facts["about"]["lines"]] == ["You are welcome."]  # type: ignore[index]


@pytest.mark.parametrize("language", ["en", "pl", "bg"])
def test_the_mail_is_a_plain_letter_that_says_why_it_comes(database: Database, language: str) -> None:
    scene = Scene(database)
    world = scene.world
    scene.guest = Guest("a1", scene.guest.token, language)
    scene.says("Hello")
    scene.chats.leave_address(world.shop, scene.guest, "anna@example.com", world.now)
    world.now += 5 * MINUTE
    scene.answers("Use <b>both</b> hands {{ shop.name }}")
    world.now += MINUTE
    scene.mails()

    [mail] = world.channel.delivered
    made = message_from_bytes(EmailChannel().render(mail).payload, policy=default)
    plain, html = made.get_body(("plain",)), made.get_body(("html",))
    assert plain
    assert html
    text = plain.get_content()
    assert "Use <b>both</b> hands {{ shop.name }}" in text
    assert "<b>" not in html.get_content()
    assert {"en": "You left this address", "pl": "Ten adres", "bg": "Оставихте този адрес"}[language] in text
    assert "List-Unsubscribe" not in made  # an answer that was asked for, no list
    assert "Test shop" in made["Subject"]


def test_who_is_still_there_gets_no_mail(scene: Scene) -> None:
    world = scene.world
    scene.says("Hello")
    scene.chats.leave_address(world.shop, scene.guest, "anna@example.com", world.now)
    scene.answers("Hi")
    world.now += 3 * MINUTE
    scene.chats.still_there([scene.chats.place(world.shop, scene.guest)], world.now)
    assert scene.mails() == 0


def test_a_mail_that_did_not_leave_is_tried_again_and_one_that_was_refused_is_not(scene: Scene) -> None:
    world = scene.world
    scene.says("Hello")
    scene.chats.leave_address(world.shop, scene.guest, "anna@example.com", world.now)
    world.now += 3 * MINUTE
    scene.answers("Hi")
    world.now += MINUTE

    def away(_: object) -> None:
        raise Unavailable("down")

    def refused(_: object) -> None:
        raise Refused("unknown_user")

    world.channel.mishap = away
    assert [scene.mails(), scene.mails()] == [1, 1]
    world.channel.mishap = refused
    assert [scene.mails(), scene.mails()] == [1, 0]


def test_a_journey_invites_once_and_its_answer_is_a_click(scene: Scene) -> None:
    world = scene.world
    world.happens(Seen(), BROWSER)
    world.happens(LineAdded(Line("lamp", 1, 19_900, name="Lamp", trusted=True), currency="PLN"), BROWSER)
    world.pass_time(hours=2)
    fresh = Guest("a1", "", "pl")
    invitation = scene.hello(fresh).invitation
    assert invitation.title == "Masz pytania?"
    assert scene.hello(Guest("somebody else")).invitation is None

    assert scene.chats.invited(world.shop, fresh, invitation.id, "shown", world.now)
    assert not scene.chats.invited(world.shop, Guest("somebody else"), invitation.id, "shown", world.now)
    assert scene.hello(fresh).invitation is None
    scene.says("Does it dim?", invitation=invitation.id)
    assert [by for _, by, _ in scene.seen] == ["journey", "visitor"]
    assert scene.rows(_HITS) == [("click", "human"), ("open", "human")]


def test_a_no_is_remembered(scene: Scene) -> None:
    world = scene.world
    world.happens(Seen(), BROWSER)
    world.happens(LineAdded(Line("lamp", 1, 19_900, name="Lamp", trusted=True), currency="PLN"), BROWSER)
    world.pass_time(hours=2)
    invitation = scene.hello(Guest("a1")).invitation
    scene.chats.invited(world.shop, Guest("a1"), invitation.id, "refused", world.now)
    assert scene.hello(Guest("a1")).invitation is None
    assert scene.rows(_HITS) == [("open", "human")]


def test_a_chat_goes_along_when_its_visitor_becomes_known(scene: Scene) -> None:
    scene.world.happens(Seen(), BROWSER)
    scene.says("Hello")
    scene.world.happens(Identified(first_name="Anna"), BROWSER, Identity(IdentityKind.EMAIL, "anna@example.com"))
    [(known,)] = scene.rows(_PERSON, key="email:anna@example.com")
    assert scene.rows(_CHATS) == [(known, 1, "open")]


def test_an_old_chat_is_forgotten_whole(scene: Scene) -> None:
    scene.says("Hello")
    scene.answers("Hi")
    world = scene.world
    forget_old(world.database, world.bucket, world.now + 179 * DAY)
    with world.database.read() as tx:
        assert find_room(tx, world.shop, scene.chat)
    gone = forget_old(world.database, world.bucket, world.now + 181 * DAY)
    assert (gone["chat_lines"], gone["chats"]) == (2, 1)


MAILS = """
journey: mails
trigger: {cart_abandoned: {idle: 30m}}
holdout: 0%
steps:
  - send: {email: cart-reminder}
"""


@pytest.mark.parametrize("talks", [True, False])
def test_nobody_gets_mail_while_they_are_in_conversation(database: Database, *, talks: bool) -> None:
    scene = Scene(database, MAILS)
    world = scene.world
    world.happens(Seen(), BROWSER)
    world.leaves_cart("anna")
    world.happens(Identified(first_name="Anna"), BROWSER, Identity(IdentityKind.EMAIL, "anna@example.com"))
    world.pass_time(minutes=20)
    if talks:
        scene.says("Which one is brighter?")
    world.pass_time(minutes=50)
    assert bool(world.letters) is not talks
    world.pass_time(minutes=30)
    assert world.letters == [("anna@example.com", "cart-reminder")]

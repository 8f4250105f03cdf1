"""Browsers that are sent web push, on both databases: from the yes on a page to the push service, and every way out."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.channels.webpush.pushservice import Browser, PushService, running
from wraca.app.browsers import UNUSED, let_unused_go
from wraca.app.leaving import unsubscribe
from wraca.app.register import Register
from wraca.app.subscribing import Subscribers, Wish, push_id
from wraca.channels.webpush import WebPushChannel
from wraca.domain.events import Consent, Identified, Identity, IdentityKind, Line, LineAdded, Seen
from wraca.domain.people import Person
from wraca.egress import Egress
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import World

PUSH = """
journey: push
trigger: {cart_abandoned: {idle: 30m}}
holdout: 0%
steps:
  - send: {id: push, webpush: cart-waiting}
  - wait: 1d
  - send: {id: again, webpush: last-word}
"""
_CONNECT = Statement(
    "testing_connect_webpush",
    """insert into channel_setting (bucket, shop_id, channel, sealed, pause_reason)
       values (:bucket, :shop, 'webpush', :sealed, '')
       on conflict (bucket, shop_id, channel) do update set sealed = excluded.sealed""",
)
_PEOPLE = Statement("testing_people_of_push", "select body from person where bucket = :bucket order by first_seen, id")
_ROWS = Statement(
    "testing_push_rows", "select id, key_id, gone_at, sealed from push_subscription where bucket = :bucket order by created_at, id"
)
_PROOF = Statement(
    "testing_push_proof", "select given, body from consent where bucket = :bucket and channel = 'webpush' order by at"
)


def anonymous(name: str) -> Identity:
    return Identity(IdentityKind.ANONYMOUS, name)


class Scene:
    """A shop with web push and one push service."""

    def __init__(self, database: Database, service: PushService) -> None:
        self.world, self.service, self.browser = World(database, journey=PUSH), service, Browser()
        world = self.world
        self.channel = WebPushChannel(Egress(loopback=True), ("127.0.0.1",), allow_http=True)
        world.register = Register(database, {"email": world.channel, "webpush": self.channel}, world.seal, lambda: world.now)
        world.sender = world.new_sender()
        self.settings = self.channel.complete({"contact": "hello@shop.example"})
        self.save()
        self.subscribers = Subscribers(world.register)

    def save(self) -> None:
        sealed = self.world.seal.close(self.settings)
        with self.world.database.write() as tx:
            tx.run(_CONNECT, bucket=self.world.bucket, shop=self.world.shop, sealed=sealed)
        self.world.register.forget()

    def wish(self, visitor: str = "a1", path: str = "1", old: str = "", version: str | None = None) -> Wish:
        invitation = self.subscribers.invite(self.world.shop, "pl-PL")
        assert invitation is not None
        subscription = self.browser.subscription(f"{self.service.url}/p/{path}", invitation.key_id)
        said = invitation.version if version is None else version
        return Wish(
            visitor, subscription, "pl-PL", "https://shop.example/p/lamp", said, f"{self.service.url}/p/{old}" if old else ""
        )

    def says_yes(self, visitor: str = "a1", path: str = "1") -> str:
        self.world.pass_time(seconds=1)
        return self.subscribers.subscribe(self.world.shop, self.wish(visitor, path), self.world.now)

    def leaves_cart(self, visitor: str = "a1") -> None:
        self.world.happens(LineAdded(Line("lamp", 1, 19_900, name="Lamp", trusted=True), currency="PLN"), anonymous(visitor))

    @property
    def shown(self) -> list[str]:
        return [self.browser.read(body)["title"] for _, body in self.service.taken]

    @property
    def people(self) -> list[Person]:
        return [msgspec.json.decode(str(body), type=Person) for (body,) in self.rows(_PEOPLE)]

    def rows(self, statement: Statement) -> list[tuple[object, ...]]:
        with self.world.database.read() as tx:
            return [tuple(row) for row in tx.all(statement, bucket=self.world.bucket)]


@pytest.fixture
def service() -> Iterator[PushService]:
    with running() as opened:
        yield opened


@pytest.fixture
def scene(database: Database, service: PushService) -> Scene:
    made = Scene(database, service)
    service.now = lambda: made.world.now
    return made


def test_somebody_nobody_can_name_is_reminded_of_their_cart(scene: Scene) -> None:
    assert scene.says_yes() == "taken"
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)

    assert scene.service.complaints == []
    assert scene.shown == ["Your cart is still here"]
    assert [(one.channel, one.state) for one in scene.world.outbox] == [("webpush", "accepted")]
    [person] = scene.people
    assert (person.email, person.user, len(person.push)) == ("", "", 1)


def test_the_proof_is_the_very_words_that_were_read(scene: Scene) -> None:
    scene.says_yes()
    [(given, body)] = scene.rows(_PROOF)
    said = msgspec.json.decode(str(body))
    assert given
    assert said["mechanism"] == "browser prompt"
    assert said["page"] == "https://shop.example/p/lamp"
    assert "przypomnieć Ci o koszyku?" in said["text"]
    assert "[Tak, przypomnij]" in said["text"]
    assert said["language"] == "pl"


def test_words_that_stand_nowhere_any_more_prove_nothing(scene: Scene) -> None:
    assert scene.subscribers.subscribe(scene.world.shop, scene.wish(version="0"), scene.world.now) == "outdated"
    assert scene.people == []


def test_it_belongs_to_an_address_only_once_its_owner_says_who_they_are(scene: Scene) -> None:
    scene.says_yes()
    scene.world.happens(Identified(first_name="Anna"), Identity(IdentityKind.EMAIL, "anna@example.com"))
    assert sorted(len(person.push) for person in scene.people) == [0, 1]

    scene.world.happens(Identified(), anonymous("a1"), Identity(IdentityKind.EMAIL, "anna@example.com"))

    [person] = scene.people
    assert (person.email, len(person.push)) == ("anna@example.com", 1)


def test_a_browser_that_is_gone_is_never_tried_again_and_another_one_is(scene: Scene) -> None:
    scene.says_yes(path="phone")
    scene.says_yes(path="laptop")
    scene.service.script = [(410, {})]
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    assert [one.state for one in scene.world.outbox] == ["rejected"]
    assert scene.people[0].push == (push_id(scene.world.shop, f"{scene.service.url}/p/phone"),)

    scene.world.pass_time(days=1, minutes=1)

    assert [one.state for one in scene.world.outbox][-1] == "accepted"
    assert [gone is not None for _, _, gone, _ in scene.rows(_ROWS)].count(True) == 1


def test_a_push_service_that_is_busy_is_asked_again_when_it_said(scene: Scene) -> None:
    scene.says_yes()
    scene.service.script = [(429, {"Retry-After": "300"}), (503, {})]
    scene.leaves_cart()
    scene.world.pass_time(minutes=34)
    assert len(scene.service.taken) == 1
    scene.world.pass_time(minutes=30)
    assert (len(scene.service.taken), scene.world.outbox[0].state) == (3, "accepted")


def test_a_new_key_comes_with_the_next_visit_and_nothing_is_lost_before(scene: Scene) -> None:
    scene.says_yes()
    scene.settings = scene.channel.renewed(scene.settings)
    scene.save()
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    assert scene.world.outbox[0].state == "accepted"  # still by the old key

    assert scene.subscribers.renew(scene.world.shop, scene.wish(path="2", old="1"), scene.world.now) == "taken"

    keys = {key for _, key, gone, _ in scene.rows(_ROWS) if gone is None}
    invitation = scene.subscribers.invite(scene.world.shop, "en")
    assert invitation is not None
    assert keys == {invitation.key_id}
    assert scene.people[0].push == (push_id(scene.world.shop, f"{scene.service.url}/p/2"),)
    assert len(scene.rows(_PROOF)) == 1  # to renew is not to be asked


def test_who_was_never_asked_cannot_be_renewed(scene: Scene) -> None:
    assert scene.subscribers.renew(scene.world.shop, scene.wish(path="2", old="1"), scene.world.now) == "unknown"
    assert scene.people == []


def test_no_is_at_once_and_the_last_browser_takes_the_permission_with_it(scene: Scene) -> None:
    scene.says_yes(path="phone")
    scene.says_yes(path="laptop")
    scene.world.pass_time(seconds=1)
    leave = scene.subscribers.leave
    assert leave(scene.world.shop, f"{scene.service.url}/p/phone", scene.world.now) == "taken"
    assert scene.people[0].consents["webpush"].given
    scene.leaves_cart()
    scene.world.pass_time(seconds=1)

    assert leave(scene.world.shop, f"{scene.service.url}/p/laptop", scene.world.now) == "taken"
    scene.world.pass_time(days=2)

    assert scene.service.taken == []
    [person] = scene.people
    assert not person.consents["webpush"].given
    assert leave(scene.world.shop, f"{scene.service.url}/p/other", scene.world.now) == "unknown"


def test_the_link_in_a_notification_silences_every_browser_of_somebody_without_a_name(scene: Scene) -> None:
    scene.says_yes(path="phone")
    scene.says_yes(path="laptop")
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    token = scene.browser.read(scene.service.taken[0][1])["off"].rpartition("/")[2]

    assert unsubscribe(scene.world.register, token, "list", scene.world.now)
    scene.world.pass_time(days=2)

    assert len(scene.service.taken) == 1
    assert scene.subscribers.renew(scene.world.shop, scene.wish(path="3", old="phone"), scene.world.now) == "unknown"


def test_somebody_else_at_the_same_browser_takes_it_over(scene: Scene) -> None:
    scene.says_yes("a1")
    assert scene.says_yes("a2") == "taken"
    assert [len(person.push) for person in scene.people] == [0, 1]
    assert len(scene.rows(_ROWS)) == 1


def test_a_browser_that_never_came_back_is_let_go_after_half_a_year(scene: Scene) -> None:
    scene.says_yes()
    let_unused_go(scene.world.register, scene.world.bucket, scene.world.now + UNUSED - 1)
    assert scene.people[0].push
    assert let_unused_go(scene.world.register, scene.world.bucket, scene.world.now + UNUSED + 1) == 1
    assert scene.people[0].push == ()


def test_what_a_browser_gave_is_sealed(scene: Scene) -> None:
    scene.says_yes()
    assert scene.service.url not in str(scene.rows(_ROWS))


def test_a_permission_without_a_browser_reaches_nobody(scene: Scene) -> None:
    scene.world.happens(Seen(), anonymous("a1"), consents=(Consent("webpush", given=True),))
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    assert scene.service.taken == []

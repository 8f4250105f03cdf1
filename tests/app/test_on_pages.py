"""What the shop's pages show and keep, on both databases: messages, placements, a no that is remembered, double opt-in."""

import msgspec
import pytest

from wraca.app.capturing import Captures, Wish
from wraca.app.confirming import mail_opt_ins
from wraca.app.deciding import Asked, Decided, Pages
from wraca.app.register import Register
from wraca.channels.onsite import OnsiteChannel
from wraca.domain.events import Consent, Identified, Identity, IdentityKind, Line, LineAdded, OrderPlaced, Seen
from wraca.domain.ids import bucket_of
from wraca.domain.panels import Button, CartLines, Form, Heading, Panel, Text
from wraca.domain.people import Person
from wraca.domain.placements import Rules
from wraca.ports.channel import Channel, Refused, Unavailable
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import DAY, HOUR, MINUTE, World, identities, standard_journey

POPUP = """
journey: popup
trigger: {cart_abandoned: {idle: 30m}}
holdout: 0%
steps:
  - send: {id: popup, onsite: cart-popup}
  - react_to: popup
    clicked: {after: 6h, steps: [{notify_team: "clicked"}]}
    none: {after: 5d, steps: [{notify_team: "nothing"}]}
"""
BROWSER = Identity(IdentityKind.ANONYMOUS, "a1")
FORM = Form("Your address", "Send", "Look into your mailbox.", "I would like news of {shop}.", "3")
EXIT = Panel((Heading("Before you go"), Text("We can keep it for you."), FORM))
_CONNECT = Statement(
    "testing_connect_onsite",
    """insert into channel_setting (bucket, shop_id, channel, sealed, pause_reason)
       values (:bucket, :shop, 'onsite', :sealed, '')""",
)
_PLACE = Statement(
    "testing_place",
    """insert into placement (bucket, shop_id, name, version, kind, content, rules, is_active, created_at, author)
       select :bucket, :shop, r.name, r.version, r.kind, r.content, r.rules, true, 0, '' from {rows} where true""",
    "name text, version int, kind text, content json, rules json",
)
_SWITCH_OFF = Statement("testing_switch_off", "update placement set is_active = false where bucket = :bucket and version = 2")
_VERSIONS = Statement("testing_versions_placed", "select name, version from placement where bucket = :bucket")
_HITS = Statement("testing_onsite_hits", "select purpose, verdict from hit where bucket = :bucket order by at, purpose")
_OPT_INS = Statement("testing_opt_ins", "select sealed, mailed_at, confirmed_at from opt_in where bucket = :bucket")
_CONSENTS = Statement("testing_consents_kept", "select channel, given, body from consent where bucket = :bucket")
_BODIES = Statement("testing_people_now", "select body from person where bucket = :bucket order by email")


class Scene:
    """A shop with the on-site channel and everything that serves its pages."""

    def __init__(self, database: Database) -> None:
        self.world = World(database, journey=POPUP)
        world = self.world
        channels: dict[str, Channel] = {"email": world.channel, "onsite": OnsiteChannel()}
        world.register = Register(database, channels, world.seal, lambda: world.now)
        world.sender = world.new_sender()
        with database.write() as tx:
            tx.run(_CONNECT, bucket=world.bucket, shop=world.shop, sealed=world.seal.close({}))
        self.pages = Pages(world.register)
        self.captures = Captures(world.register, self.pages, "https://wraca.example/")

    def leaves_cart(self, price: int = 19_900) -> None:
        self.world.happens(Seen(), BROWSER)
        self.world.happens(LineAdded(Line("lamp", 1, price, name="Lamp", trusted=True), currency="PLN"), BROWSER)

    def sees(self, **asked: object) -> Decided:
        return self.pages.decide(self.world.shop, Asked(**({"anonymous_id": "a1"} | asked)), self.world.now)  # type: ignore[arg-type]

    def names(self, **asked: object) -> list[object]:
        return [one["name"] for one in self.sees(**asked).show]

    def note(self, tracking: object, deed: str, visitor: str = "a1") -> bool:
        return self.pages.note(self.world.shop, visitor, str(tracking), deed, self.world.now)  # type: ignore[arg-type]

    def places(self, name: str, panel: Panel = EXIT, kind: str = "popup", **rules: object) -> None:
        known = [row for row in self.rows(_VERSIONS) if row[0] == name]
        row = {"name": name, "version": len(known) + 1, "kind": kind, "content": {"en": panel}, "rules": Rules(**rules)}  # type: ignore[arg-type]
        with self.world.database.write() as tx:
            tx.run(_PLACE, [row], bucket=self.world.bucket, shop=self.world.shop)
        self.pages.showcase.forget()

    def wishes(self, name: str = "exit", address: str = "Anna@example.com", visitor: str = "a1", *, ticked: bool = True) -> str:
        wish = Wish(visitor, name, address, ticked, "en-GB", "https://shop.example/p/lamp")
        return self.captures.capture(self.world.shop, wish, self.world.now)

    def mails(self) -> list[tuple[str, str]]:
        mail_opt_ins(self.world.register, self.world.bucket, self.world.now)
        return self.world.letters

    @property
    def token(self) -> str:
        return self.world.channel.delivered[-1].links.restore.rpartition("/")[2]

    @property
    def people(self) -> list[Person]:
        return [msgspec.json.decode(str(body), type=Person) for (body,) in self.rows(_BODIES)]

    def rows(self, statement: Statement) -> list[tuple[object, ...]]:
        with self.world.database.read() as tx:
            return [tuple(row) for row in tx.all(statement, bucket=self.world.bucket)]


@pytest.fixture
def scene(database: Database) -> Scene:
    return Scene(database)


# --- a journey's message ------------------------------------------------------------------------------------------------------


def test_a_message_waits_for_its_visitor_and_is_shown_once(scene: Scene) -> None:
    scene.leaves_cart()
    assert scene.sees().show == ()
    scene.world.pass_time(minutes=31)
    [message] = scene.world.outbox
    assert (message.channel, message.state) == ("onsite", "accepted")

    decided = scene.sees(language="pl-PL")

    [shown] = decided.show
    assert decided.load == ("popup",)
    assert (shown["kind"], shown["title"], shown["language"]) == ("popup", "Koszyk wciąż czeka", "pl")
    cart = next(block for block in shown["blocks"] if block["block"] == "cart")  # type: ignore[attr-defined]
    assert [(line["name"], line["price"]) for line in cart["lines"]] == [("Lamp", "199,00\xa0zł")]
    assert scene.note(shown["id"], "shown")
    assert scene.note(shown["id"], "shown")
    assert scene.sees().show == ()
    assert scene.rows(_HITS) == [("open", "human")]


def test_a_click_on_it_is_human_and_the_journey_goes_on_by_it(scene: Scene) -> None:
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    [shown] = scene.sees().show
    scene.note(shown["id"], "shown")
    scene.world.pass_time(minutes=1)
    scene.note(shown["id"], "clicked")
    scene.world.pass_time(hours=7)

    assert scene.rows(_HITS) == [("open", "human"), ("click", "human")]
    assert [run.outcome for run in scene.world.runs] == ["completed"]


def test_nobody_else_is_shown_it_and_nobody_else_can_say_it_was_shown(scene: Scene) -> None:
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    [shown] = scene.sees().show

    assert scene.sees(anonymous_id="a2").show == ()
    assert not scene.note(shown["id"], "clicked", "a2")
    assert not scene.note("m:" + "0" * 32, "clicked")
    assert not scene.note("m:'; drop table hit", "clicked")
    assert scene.rows(_HITS) == []


def test_who_bought_meanwhile_sees_nothing(scene: Scene) -> None:
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    scene.world.happens(OrderPlaced("o1"), BROWSER)

    assert scene.sees().show == ()


def test_nothing_that_is_shown_says_who_the_visitor_is(scene: Scene) -> None:
    scene.places("bar", Panel((Heading("Hello {shop}"), CartLines(), Button("Back"))), kind="bar", trigger="exit")
    known = (BROWSER, Identity(IdentityKind.EMAIL, "canary@example.com"), Identity(IdentityKind.USER, "canary-7"))
    scene.world.happens(Identified(first_name="Canary", last_name="Birdsong"), *known)
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    text = msgspec.json.encode(scene.sees()).decode()

    assert "Lamp" in text
    assert "anary" not in text
    assert "Birdsong" not in text


def test_a_message_waits_two_weeks_and_no_longer(scene: Scene) -> None:
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    scene.world.now += 13 * DAY
    assert len(scene.sees().show) == 1
    scene.world.now += 2 * DAY
    assert scene.sees().show == ()


def test_the_cart_of_another_browser_comes_along_by_a_link(scene: Scene) -> None:
    anna = Identity(IdentityKind.USER, "anna")
    scene.world.happens(
        LineAdded(Line("lamp", 1, 100, name="Lamp", trusted=True), currency="PLN"), anna, Identity(IdentityKind.ANONYMOUS, "a2")
    )
    scene.world.happens(Identified(), anna, BROWSER)
    scene.world.pass_time(minutes=31)

    [shown] = scene.sees().show
    url = next(block["url"] for block in shown["blocks"] if block["block"] == "button")  # type: ignore[attr-defined]

    token = str(url).partition("wraca_restore=")[2]
    restored = scene.world.desk.restore_lines(token, scene.world.now)
    assert restored is not None
    assert [line.product_id for line in restored.lines] == ["lamp"]


# --- placements ---------------------------------------------------------------------------------------------------------------


def test_a_no_is_remembered_for_a_month_for_person_and_browser(scene: Scene) -> None:
    scene.places("exit", trigger="exit", every=0, times=0)
    assert scene.names() == ["exit"]
    assert scene.note("p:exit", "shown")
    assert scene.names() == ["exit"]
    scene.note("p:exit", "refused")
    assert scene.names() == []
    scene.world.now += 29 * DAY
    assert scene.names() == []
    # The browser turns out to be somebody's: the no stays.
    scene.world.happens(Identified(), BROWSER, Identity(IdentityKind.USER, "anna"))
    assert scene.names() == []
    scene.world.now += 2 * DAY
    assert scene.names() == ["exit"]
    assert scene.names(refused=("exit",)) == []


def test_what_lies_over_the_page_is_never_two_things_at_once(scene: Scene) -> None:
    scene.places("hello", priority=60)
    scene.places("other", priority=40)
    scene.places("block", kind="inline", place="cart")
    assert scene.names() == ["hello", "block"]
    assert scene.names(is_showing=True) == ["block"]
    scene.leaves_cart()
    scene.world.pass_time(minutes=31)
    assert scene.names() == ["cart-popup", "block"]


@pytest.mark.parametrize(
    ("rules", "asked", "fits"),
    [
        ({"pages": ("/p/*",)}, {"path": "/p/lamp"}, True),
        ({"pages": ("/p/*",)}, {"path": "/cart"}, False),
        ({"not_pages": ("/checkout*",)}, {"path": "/checkout/payment"}, False),
        ({"device": "phone"}, {"device": "desktop"}, False),
        ({"cart": "some"}, {}, True),
        ({"cart": "none"}, {}, False),
        ({"cart": "returned"}, {}, False),
        ({"min_cart": 20_000}, {}, False),
        ({"who": "new"}, {}, True),
        ({"who": "customer"}, {}, False),
        ({"audience": "left-carts"}, {}, False),
        ({"trigger": "cart"}, {}, False),
        ({"trigger": "cart"}, {"trigger": "cart"}, True),
    ],
)
def test_a_rule_decides(scene: Scene, rules: dict[str, object], asked: dict[str, object], fits: bool) -> None:
    scene.leaves_cart()
    scene.places("exit", **rules)  # type: ignore[arg-type]
    assert bool(scene.names(**asked)) is fits


def test_the_newest_version_counts_as_long_as_it_is_on(scene: Scene) -> None:
    scene.places("exit")
    scene.places("exit", Panel((Heading("Second"),)))
    assert [one["title"] for one in scene.sees().show] == ["Second"]
    with scene.world.database.write() as tx:
        tx.run(_SWITCH_OFF, bucket=scene.world.bucket)
    scene.pages.showcase.forget()
    assert scene.names() == []


# --- keeping an address -------------------------------------------------------------------------------------------------------


def test_an_address_is_used_only_after_its_owner_said_yes(scene: Scene) -> None:
    scene.places("exit")
    scene.leaves_cart()
    assert scene.wishes() == "taken"
    assert scene.mails() == [("anna@example.com", "confirm-address")]
    assert [person.email for person in scene.people] == [""]
    [(sealed, _, _)] = scene.rows(_OPT_INS)
    assert "anna" not in str(sealed).lower()

    page = scene.captures.page(scene.token, scene.world.now)
    assert page is not None
    assert (page.masked_address, page.text, page.is_confirmed) == ("a***@example.com", "I would like news of Test shop.", False)
    scene.world.now += MINUTE
    assert scene.captures.confirm(scene.token, scene.world.now)
    assert scene.captures.confirm(scene.token, scene.world.now)

    [person] = scene.people
    assert person.email == "anna@example.com"
    assert person.consents["email"].basis == "double_opt_in"
    [(channel, given, body)] = scene.rows(_CONSENTS)
    said = msgspec.json.decode(str(body), type=dict)
    assert (channel, bool(given)) == ("email", True)
    assert (said["text"], said["version"], said["page"], said["language"]) == (
        "I would like news of Test shop.",
        "1.3",
        "https://shop.example/p/lamp",
        "en",
    )
    assert [purpose for purpose, _ in scene.rows(_HITS)] == ["captured", "confirmed"]
    assert scene.mails() == [("anna@example.com", "confirm-address")]
    assert scene.names() == []  # nobody who gave their address is asked for it


def test_an_unconfirmed_address_is_gone_after_seven_days(scene: Scene) -> None:
    scene.places("exit")
    scene.wishes()
    scene.mails()
    scene.world.now += 7 * DAY + 1
    assert not scene.captures.confirm(scene.token, scene.world.now)
    scene.mails()
    assert scene.rows(_OPT_INS) == []
    assert scene.people == []


def test_a_no_on_the_page_deletes_the_address(scene: Scene) -> None:
    scene.places("exit")
    scene.wishes()
    scene.mails()
    assert scene.captures.deny(scene.token, scene.world.now)
    assert scene.rows(_OPT_INS) == []
    assert scene.captures.page(scene.token, scene.world.now) is None


@pytest.mark.parametrize("ticked", [True, False])
def test_without_the_box_there_is_no_permission(scene: Scene, ticked: bool) -> None:
    scene.places("exit")
    assert scene.wishes(ticked=ticked) == ("taken" if ticked else "needs_consent")
    assert scene.wishes("nothing") == "unknown_form"
    assert scene.wishes(address="anna@") == "bad_address"


def test_my_cart_by_mail_needs_no_permission_and_gives_none(scene: Scene) -> None:
    form = Form("Your address", "Send me my cart", "It is on its way.", purpose="cart")
    scene.places("exit", Panel((Heading("Take it along"), CartLines(), form)))
    assert scene.wishes(ticked=False) == "no_cart"
    scene.leaves_cart()
    assert scene.wishes(ticked=False) == "taken"
    scene.mails()
    scene.captures.confirm(scene.token, scene.world.now)

    assert scene.mails() == [("anna@example.com", "confirm-address"), ("anna@example.com", "popup-thanks-mail")]
    assert scene.mails() == scene.world.letters
    letter = scene.world.channel.delivered[-1]
    assert [line["name"] for line in letter.facts["cart"]["lines"]] == ["Lamp"]  # type: ignore[index]
    assert [person.email for person in scene.people] == [""]
    assert scene.rows(_CONSENTS) == []


def test_the_same_wish_again_is_one_message(scene: Scene) -> None:
    scene.places("exit")
    assert [scene.wishes(), scene.wishes(), scene.wishes(address="anna@EXAMPLE.com ")] == ["taken"] * 3
    assert scene.mails() == [("anna@example.com", "confirm-address")]


def test_a_mail_server_that_is_away_is_tried_again_and_one_that_refuses_is_not(scene: Scene) -> None:
    scene.places("exit")
    scene.wishes()

    def away(_message: object) -> None:
        raise Unavailable("no_connection")

    def refuses(_message: object) -> None:
        raise Refused("no_such_user", hard=True)

    scene.world.channel.mishap = away
    assert scene.mails() == []
    scene.world.channel.mishap = None
    assert scene.mails() == []
    scene.world.now += 2 * MINUTE
    assert len(scene.mails()) == 1
    scene.wishes(address="boris@example.com")
    scene.world.channel.mishap = refuses
    scene.mails()
    scene.world.channel.mishap = None
    scene.world.now += HOUR
    assert len(scene.mails()) == 1


def test_somebody_elses_browser_gets_a_token_of_its_own(scene: Scene) -> None:
    """Found while thinking like a thief: with one token for an address, a yes would tie it to the browser that asked first."""
    scene.places("exit")
    scene.wishes(visitor="thief")
    scene.wishes(visitor="a1")
    scene.mails()
    assert len({one.links.restore for one in scene.world.channel.delivered}) == 2


def test_who_left_may_come_back_by_themselves(scene: Scene) -> None:
    scene.places("exit")
    anna = Identity(IdentityKind.EMAIL, "anna@example.com")
    scene.world.happens(Identified(), anna, consents=(Consent("email", given=False),))
    scene.wishes()
    scene.mails()
    scene.world.now += MINUTE
    scene.captures.confirm(scene.token, scene.world.now)
    assert [person.consents["email"].given for person in scene.people] == [True]
    assert bucket_of(scene.world.shop) == scene.world.bucket


# --- beside other messages ----------------------------------------------------------------------------------------------------


def test_what_waits_on_the_pages_keeps_no_mail_back_and_no_mail_keeps_it_back(scene: Scene) -> None:
    """Found before it was sent: a pop-up that nobody saw would have taken the turn of the mail about the same cart."""
    world = scene.world
    world.put_journey(standard_journey())
    anna = (BROWSER, *identities("anna"))
    world.happens(Identified(), *anna, consents=(Consent("email", given=True),))
    world.happens(LineAdded(Line("lamp", 1, 100, name="Lamp", trusted=True), currency="PLN"), *anna)
    world.pass_time(hours=3)
    assert [(one.channel, one.state) for one in sorted(world.outbox, key=lambda one: one.channel)] == [
        ("email", "accepted"),
        ("onsite", "accepted"),
    ]

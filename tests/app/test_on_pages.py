"""What the shop's pages show, on both databases: journeys' messages, placements, a no that is remembered."""

import msgspec
import pytest

from tests.app.shoppages import _HITS, _SWITCH_OFF, BROWSER, Scene
from wraca.domain.events import Consent, Identified, Identity, IdentityKind, Line, LineAdded, OrderPlaced
from wraca.domain.panels import Button, CartLines, Heading, Panel
from wraca.storage.database import Database
from wraca.testing.world import DAY, identities, standard_journey


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

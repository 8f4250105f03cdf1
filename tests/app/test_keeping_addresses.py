"""Addresses given on the shop's pages, on both databases: used after a yes in the mailbox, and never before."""

import msgspec
import pytest

from tests.app.shoppages import _CONSENTS, _HITS, _OPT_INS, Scene
from wraca.domain.events import Consent, Identified, Identity, IdentityKind
from wraca.domain.ids import bucket_of
from wraca.domain.panels import CartLines, Form, Heading, Panel
from wraca.ports.channel import Refused, Unavailable
from wraca.storage.database import Database
from wraca.testing.world import DAY, HOUR, MINUTE


@pytest.fixture
def scene(database: Database) -> Scene:
    return Scene(database)


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

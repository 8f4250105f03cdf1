"""The links of real mails: scanners change nothing, one click unsubscribes, guessed tokens say nothing."""

import base64
import email
import email.policy
import html
import random
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.edge.attacked import PUBLIC, Attacked
from tests.edge.test_attacks_on_doors import PRIVATE
from wraca.app.answers import Purpose
from wraca.app.intake import take_in
from wraca.app.responding import Desk
from wraca.domain.events import CartReplaced, Consent, Event, Line, LineAdded
from wraca.domain.evidence import evidence_of
from wraca.domain.ids import EventId, derived_id
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.databases import new_file, opened
from wraca.testing.world import identities

SCANNERS = (
    "Mozilla/5.0 (compatible; Barracuda Sentinel)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36",
    "",
)
FORM = ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
MULTIPART = (
    "multipart/form-data; boundary=edge",
    b'--edge\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--edge--\r\n',
)
NOBODY = evidence_of("GET", [], "")
_LINKS = Statement("testing_links", "select purpose, targets from link where bucket = :bucket")


def read(mail: bytes) -> EmailMessage:
    return email.message_from_bytes(mail, policy=email.policy.default)


def links_of(mail: bytes) -> set[str]:
    """Every address of ours in a mail: of its headers, its text, its pictures and its buttons."""
    message = read(mail)
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    everything = "\n".join([str(message["List-Unsubscribe"]), *(str(part.get_content()) for part in parts if part)])
    return set(re.findall(re.escape(PUBLIC) + r"/[^\s\"'<>)]+", html.unescape(everything)))


def token_of(mail: bytes, purpose: str) -> str:
    """The token of the first link of this purpose."""
    return min(link.split("/")[4] for link in links_of(mail) if link.startswith(f"{PUBLIC}/{purpose}/"))


def with_a_mail(database: Database) -> tuple[Attacked, bytes]:
    """A shop that has written to Anna about what she left, and that mail."""
    attacked = Attacked(database)
    attacked.world.leaves_cart("anna")
    lamp = Line("lamp", 1, 19_900, "Lamp", url="https://shop.example/lamp?colour=red&size=2", trusted=True)
    attacked.world.happens(CartReplaced((lamp,), currency="PLN"), *identities("anna"))
    attacked.world.pass_time(hours=2)
    [mail] = attacked.channel.mails
    return attacked, mail


def test_scanners_that_follow_every_link_of_a_mail_change_nothing(database: Database) -> None:
    attacked, mail = with_a_mail(database)
    links = links_of(mail)
    assert {link.split("/")[3] for link in links} >= {"r", "u", "c"}
    before = attacked.known()

    with attacked.client:
        for agent in SCANNERS:
            for method in ("GET", "HEAD", "OPTIONS") * 2:
                for link in sorted(links):
                    answer = attacked.client.request(method, link, headers={"User-Agent": agent})
                    if answer.status_code != 405:
                        assert {name: answer.headers[name] for name in PRIVATE} == PRIVATE
                        assert "set-cookie" not in answer.headers
                    if "location" in answer.headers:
                        assert answer.headers["location"].startswith("https://shop.example")
                        assert "anna" not in answer.headers["location"]

    assert attacked.known() == before
    attacked.world.pass_time(days=3)
    assert len(attacked.world.letters) == 2


def test_a_mail_names_one_click_and_the_button_in_it(database: Database) -> None:
    _, mail = with_a_mail(database)
    message = read(mail)

    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"<{PUBLIC}/u/{token_of(mail, 'u')}>" in message["List-Unsubscribe"]


@pytest.mark.slow
def test_a_thousand_one_click_posts_leave_one_no_for_each_person(database: Database) -> None:
    people = 125  # four times each, on two databases
    attacked = Attacked(database)
    _leave_carts(attacked, people)
    attacked.world.pass_time(hours=2)
    tokens = [token_of(mail, "u") for mail in attacked.channel.mails]
    assert len(set(tokens)) == people

    with attacked.client:
        for token in tokens:
            for kind, body in (FORM, FORM, MULTIPART, MULTIPART):
                answer = attacked.client.post(f"/u/{token}", headers={"Content-Type": kind}, content=body)
                assert answer.status_code == 200
                assert "set-cookie" not in answer.headers

    assert attacked.world.suppressions == ["unsubscribed"] * people
    attacked.world.pass_time(days=7)
    assert len(attacked.world.letters) == people


def _leave_carts(attacked: Attacked, people: int) -> None:
    world, shop = attacked.world, attacked.world.shop
    events = []
    for number in range(people):
        body = LineAdded(Line("lamp", 1, 19_900, name="Lamp", trusted=True), currency="PLN")
        who, agreed = identities(f"shopper{number}"), (Consent("email", given=True),)
        events.append(Event(EventId(derived_id(f"left {number}")), "x", world.now, world.now, body, who, consents=agreed))
    take_in(world.database, world.bucket, [(shop, events)], world.now, world.register.idle)


def test_no_address_that_a_shop_or_browser_reports_becomes_a_link_elsewhere(database: Database) -> None:
    attacked = Attacked(database)
    evil = "https://shop.example@evil.example/"
    line = Line("lamp", 1, 19_900, "Lamp", url="//evil.example/lamp", image_url="javascript:alert(1)", trusted=True)
    attacked.world.leaves_cart("anna")
    attacked.world.happens(CartReplaced((line,), currency="PLN", checkout_url=evil), *identities("anna"))
    attacked.world.pass_time(hours=2)
    [mail] = attacked.channel.mails

    with attacked.client:
        found = [attacked.client.get(link) for link in sorted(links_of(mail))]

    assert b"evil.example" not in mail
    assert b"javascript:" not in mail
    led = [answer.headers["location"] for answer in found if "location" in answer.headers]
    assert led
    assert all(target.startswith("https://shop.example/") for target in led)
    with database.read() as tx:
        stored = tx.all(_LINKS, bucket=attacked.world.bucket)
    assert not [targets for _, targets in stored if "evil" in targets]


PURPOSES: tuple[Purpose, ...] = ("restore", "click", "open", "preferences")


def test_a_token_is_good_for_its_own_purpose_only(database: Database) -> None:
    attacked, mail = with_a_mail(database)
    desk, now = attacked.world.desk, attacked.world.now
    tokens = {
        purpose: token_of(mail, purpose[0] if purpose != "preferences" else "u") for purpose in ("restore", "click", "preferences")
    }

    for purpose, token in tokens.items():
        for other in PURPOSES:
            assert (desk.open_link(token, other, 0, NOBODY, now) is not None) == (other == purpose), (purpose, other)
        assert (desk.preferences(token, now) is not None) == (purpose == "preferences")
        assert desk.restore_lines(token, now) is None
        assert desk.unsubscribe(token, "all", now) == (purpose == "preferences")


def guesses(good: list[str], number: int) -> list[str]:
    """Every flip of one bit of these tokens; then random tokens, most of them in the right bucket, and damaged ones."""
    raw = [base64.urlsafe_b64decode(token) for token in good]
    found = [_flipped(one, bit) for one in raw for bit in range(len(one) * 8)]
    chance = random.Random(25)
    while len(found) < number:
        one = chance.choice(raw)
        token = chance.choice(good)
        place = chance.randrange(len(token))
        found += [
            base64.urlsafe_b64encode(one[:1] + chance.randbytes(20)).decode(),
            base64.urlsafe_b64encode(one[:11] + chance.randbytes(10)).decode(),
            base64.urlsafe_b64encode(chance.randbytes(chance.randrange(40))).decode(),
            token[:place] + chance.choice("=+/_-.~ é\0\n") + token[place:],
            token[:place] + token[place + 1 :],
        ]
    return [guess for guess in found[:number] if guess not in good]


def _flipped(raw: bytes, bit: int) -> str:
    return base64.urlsafe_b64encode((int.from_bytes(raw, "big") ^ (1 << bit)).to_bytes(len(raw), "big")).decode()


@pytest.mark.slow
def test_a_hundred_thousand_guessed_tokens_open_nothing(migrated: Path, tmp_path: Path) -> None:
    with opened(new_file(migrated, tmp_path)) as database:
        _guess(*with_a_mail(database))


def _guess(attacked: Attacked, mail: bytes) -> None:
    good = sorted({link.split("/")[4] for link in links_of(mail)})
    desk, now, before = attacked.world.desk, attacked.world.now, attacked.known()

    for number, guess in enumerate(guesses(good, 100_000)):
        assert _answer(desk, guess, number, now) in (None, False)

    assert attacked.known() == before


def _answer(desk: Desk, guess: str, number: int, now: int) -> object:
    match number % 6:
        case 0:
            return desk.preferences(guess, now)
        case 1:
            return desk.unsubscribe(guess, "all", now)
        case 2:
            return desk.restore_lines(guess, now)
        case turn:
            return desk.open_link(guess, PURPOSES[turn - 3], 0, NOBODY, now)

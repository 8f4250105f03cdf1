"""What links in messages can and cannot do, on both databases."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.app.links import new_token, own_address
from wraca.domain.events import Consent, Line, LineAdded, Other
from wraca.domain.evidence import Evidence
from wraca.domain.ids import ShopId
from wraca.domain.shop import Shop
from wraca.ports.channel import Outgoing
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.shops import ShopRow, new_shop
from wraca.testing.world import DAY, MINUTE, World, identities

_REVOKE = Statement("testing_revoke", "update link set revoked_at = :now where bucket = :bucket")
_ERASE = Statement("testing_erase", "delete from person where bucket = :bucket")
_HITS = Statement("testing_hits", "select count(*) from hit where bucket = :bucket")
_EVIDENCE = Evidence("GET", "Mozilla/5.0 Firefox/140.0", "10.0.0.0", has_browser_headers=True)
SHOP = Shop(ShopId("0" * 32), 1, "Shop", "shop.example")
PURPOSES = ("restore", "click", "open", "preferences")


def with_letter(database: Database, *, tracked: bool = True) -> tuple[World, Outgoing]:
    world = World(database, shop=ShopRow(settings={"pixel": True}))
    lamp = Line("lamp", 1, 100, name="Lamp", url="https://shop.example/lamp", trusted=True)
    world.happens(LineAdded(lamp, currency="PLN"), *identities("anna"), consents=(Consent("tracking", given=tracked),))
    world.leaves_cart("anna", product="shade")
    world.pass_time(hours=2)
    (letter,) = world.channel.delivered
    return world, letter


def tokens(letter: Outgoing) -> dict[str, str]:
    links = letter.links
    return {
        "restore": links.restore.rpartition("/")[2],
        "click": links.click.rpartition("/")[2],
        "open": links.open.rpartition("/")[2],
        "preferences": links.preferences.rpartition("/")[2],
    }


def hits(world: World) -> int:
    with world.database.read() as tx:
        return int(tx.all(_HITS, bucket=world.bucket)[0][0])


def works(world: World, purpose: str, token: str) -> bool:
    if purpose == "preferences":
        return world.desk.preferences(token, world.now) is not None
    return world.desk.open_link(token, purpose, 0, _EVIDENCE, world.now) is not None  # type: ignore[arg-type]


def test_every_link_works_for_what_it_was_made_for_and_for_nothing_else(database: Database) -> None:
    world, letter = with_letter(database)

    for made_for, token in tokens(letter).items():
        assert [purpose for purpose in PURPOSES if works(world, purpose, token)] == [made_for]
        assert world.desk.restore_lines(token, world.now) is None


def test_openings_are_measured_only_where_the_person_allowed_it(database: Database) -> None:
    _, letter = with_letter(database, tracked=False)
    assert letter.links.open == ""


def test_a_pixel_in_an_old_mail_stores_nothing_once_the_permission_was_taken_back(database: Database) -> None:
    world, letter = with_letter(database)
    assert works(world, "open", tokens(letter)["open"])
    assert hits(world) == 1

    world.happens(Other(), *identities("anna"), consents=(Consent("tracking", given=False),))

    assert works(world, "open", tokens(letter)["open"])
    assert hits(world) == 1


def test_no_bit_of_a_token_may_be_another(database: Database) -> None:
    world, letter = with_letter(database)
    for purpose, token in tokens(letter).items():
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        for bit in range(len(raw) * 8):
            flipped = bytearray(raw)
            flipped[bit // 8] ^= 1 << bit % 8
            other = base64.urlsafe_b64encode(bytes(flipped)).rstrip(b"=").decode()
            assert not works(world, purpose, other)
        assert not works(world, purpose, token[:-1])
        assert not works(world, purpose, token + "A")
        assert not works(world, purpose, token + "=")
    assert not works(world, "preferences", new_token(world.bucket))


@pytest.mark.parametrize("token", ["", "=", "ż", "/", "A" * 28, "A" * 10_000, "\x00", "..%2f", "-_" * 14])
def test_what_is_no_token_finds_nothing(database: Database, token: str) -> None:
    world = World(database)

    assert not any(works(world, purpose, token) for purpose in PURPOSES)
    assert not world.desk.unsubscribe(token, "list", world.now)


def test_an_expired_and_a_revoked_link_answer_like_one_that_never_was(database: Database) -> None:
    world, letter = with_letter(database)
    made = tokens(letter)
    world.now += 31 * DAY
    assert [works(world, purpose, made[purpose]) for purpose in PURPOSES] == [False, False, False, True]

    with database.write() as tx:
        tx.run(_REVOKE, bucket=world.bucket, now=world.now)
    assert not any(works(world, purpose, made[purpose]) for purpose in PURPOSES)


def test_a_link_says_nothing_of_whom_it_is_for(database: Database) -> None:
    _, letter = with_letter(database)

    for link in (letter.links.restore, letter.links.click, letter.links.open, letter.links.preferences):
        assert not any(canary in link for canary in ("anna", "example.com", "lamp", letter.shop, letter.key))


def test_the_restored_cart_shows_things_and_no_person_and_after_the_order_leads_to_the_front_page(database: Database) -> None:
    world, letter = with_letter(database)
    answer = world.desk.open_link(tokens(letter)["restore"], "restore", None, _EVIDENCE, world.now)
    assert answer is not None
    (lines_token,) = parse_qs(urlsplit(answer.target).query)["wraca_restore"]

    cart = world.desk.restore_lines(lines_token, world.now)
    assert cart is not None
    assert sorted(line.product_id for line in cart.lines) == ["lamp", "shade"]
    assert "anna" not in repr(cart).lower()
    assert world.desk.restore_lines(lines_token, world.now + 2 * 60 * MINUTE) is None

    world.buys("anna")
    after = world.desk.open_link(tokens(letter)["restore"], "restore", None, _EVIDENCE, world.now)
    assert after is not None
    assert urlsplit(after.target).path == "/"
    assert "wraca_restore" not in after.target
    assert world.desk.restore_lines(lines_token, world.now) is None


@pytest.mark.parametrize("index", [-1, 2, 99, None])
def test_a_click_link_leads_only_where_the_message_did(database: Database, index: int | None) -> None:
    world, letter = with_letter(database)
    token = tokens(letter)["click"]

    assert world.desk.open_link(token, "click", index, _EVIDENCE, world.now) is None
    answer = world.desk.open_link(token, "click", letter.links.targets.index("https://shop.example/lamp"), _EVIDENCE, world.now)
    assert answer is not None
    assert answer.target == "https://shop.example/lamp"


def test_unsubscribing_works_at_once_again_and_after_an_erasure(database: Database) -> None:
    world, letter = with_letter(database)
    token = tokens(letter)["preferences"]
    page = world.desk.preferences(token, world.now)
    assert page is not None
    assert (page.masked_address, page.is_subscribed) == ("a***@example.com", True)  # who got it forwarded learns no more

    for _ in range(2):
        assert world.desk.unsubscribe(token, "list", world.now)
    page = world.desk.preferences(token, world.now)
    assert page is not None
    assert not page.is_subscribed
    world.pass_time(days=4)
    assert len(world.letters) == 1
    assert [run.outcome for run in world.runs] == ["opted_out"]

    with database.write() as tx:
        tx.run(_ERASE, bucket=world.bucket)
    assert world.desk.unsubscribe(token, "all", world.now)
    erased = world.desk.preferences(token, world.now)
    assert erased is None or erased.masked_address == ""


def test_a_link_of_one_shop_is_none_of_anothers(database: Database) -> None:
    world, letter = with_letter(database)
    other = new_shop(database, ShopRow(name="Other shop", domain="other.example"))

    answer = world.desk.open_link(tokens(letter)["restore"], "restore", None, _EVIDENCE, world.now)

    assert answer is not None
    assert other not in answer.target
    assert urlsplit(answer.target).hostname == "shop.example"


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://evil.example/",
            "//evil.example",
            "https:evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "",
            "/lamp",
        ),
        *("https://shop.example@evil.example/", "https://shop.example:443@evil.example/", "https://evil.example\\.shop.example/"),
        *("https://shop.example\\@evil.example/", "https://evil.example%2f.shop.example/", "https://shop.example.evil.example/"),
        *("https://evilshop.example/", "https://shop.example\t.evil.example/", "\nhttps://shop.example/", "data:text/html,x"),
        *(
            "https://shop。example/",
            "https://shop.example／.evil.example",
            "ftp://shop.example/",
            "https://[shop.example]/",
            "https://[",
        ),
        *("https://evil.example#.shop.example/", "https://evil.example?.shop.example/", "https://shop.example:99999999/"),
    ],
)
def test_no_address_outside_the_shop_is_one_of_its_own(url: str) -> None:
    assert own_address(SHOP, url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example/lamp?a=1#b",
        "http://www.shop.example/",
        "https://SHOP.example/x",
        "https://a.b.shop.example/ż",
    ],
)
def test_the_shops_own_pages_are(url: str) -> None:
    assert own_address(SHOP, url) == url


@given(st.text(st.sampled_from("htps:/\\@.#?%[]evilshop.example \t\n2f。"), max_size=40))
def test_whatever_is_let_through_leads_to_the_shop(text: str) -> None:
    for url in (text, f"https://{text}", f"https://shop.example{text}", f"https://{text}shop.example/"):
        if own_address(SHOP, url):
            host = urlsplit(url.replace("\\", "/")).hostname or ""
            assert host == "shop.example" or host.endswith(".shop.example")

"""The page of reasons: it says how sure it is, tells nothing of few, and shows people's own words to few."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.console import seeding
from tests.console.pointing import point_django_at
from wraca.console.roles import Role
from wraca.domain.events import Answered, Identified, Line, LineAdded, Stage, StageReached
from wraca.domain.reasons import Reason
from wraca.domain.shares import FEWEST
from wraca.storage.database import Database
from wraca.storage.models import Audit, CartRow
from wraca.storage.queries import answers
from wraca.storage.queries.shops import Key
from wraca.testing.shops import ShopRow
from wraca.testing.world import DAY, World, identities

FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def world(database: Database, database_url: str) -> Iterator[World]:
    with point_django_at(database_url):
        made = World(database, shop=ShopRow(name="Kawa & Spółka"))
        seeding.connect(made)
        yield made


@pytest.fixture
def owner(world: World, browser: Client) -> Client:
    browser.force_login(seeding.member(world, "owner@kawa.example", Role.OWNER, is_superuser=True))
    return browser


def answered(world: World, name: str, reason: Reason, text: str = "", *, stage: Stage | None = None, journey: str = "") -> None:
    cart = ""
    if stage is not None:
        world.happens(LineAdded(Line("lamp", 1, 100, trusted=True), currency="PLN"), *identities(name))
        world.happens(StageReached(stage), *identities(name))
        world.happens(Identified(name.title()), *identities(name))
        cart = CartRow.objects.filter(bucket=world.bucket).order_by("-started_at", "-last_activity").values_list("id", flat=True)[0]
    world.happens(Answered(reason.value, text, cart=cart, journey=journey), *identities(name))
    world.now += 1000


def page(browser: Client, world: World, path: str = "reasons/") -> str:
    answer = browser.get(f"/console/{world.shop}/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def shares(text: str) -> list[str]:
    """The reasons that have a bar."""
    return re.findall(r'<th scope="row">([^<]+)</th><td><svg', text)


def key_of(world: World) -> Key:
    return Key(world.bucket, world.shop)


def test_an_empty_page_says_how_to_ask(world: World, owner: Client) -> None:
    text = page(owner, world)

    assert "No answers in this time" in text
    assert "ask_reason" in text


def test_nine_people_are_too_few_for_any_share(world: World, owner: Client) -> None:
    for number in range(FEWEST - 1):
        answered(world, f"p{number}", Reason.PRICE, f"word {number}")

    text = page(owner, world)

    assert "Fewer than 10 people" in text
    assert shares(text) == []
    assert not re.search(r"\b9\b people", text)
    assert "Why people leave" not in page(owner, world, "")


def test_a_reason_of_ten_people_has_its_share_and_interval_and_one_of_fewer_none(world: World, owner: Client) -> None:
    for number in range(12):
        answered(world, f"p{number}", Reason.SHIPPING, stage=Stage.SHIPPING, journey="standard")
    for number in range(12, 15):
        answered(world, f"p{number}", Reason.PRICE, stage=Stage.PAYMENT, journey="quick")

    text = page(owner, world)

    assert shares(text) == ["Delivery: its cost or its time"]
    assert "<strong>80%</strong>" in text
    assert "between 55% and 93%" in text
    assert "12 people" in text
    assert "each, or by nobody: The price; The way to pay; " in text
    # Three people came to the payment: they are counted to nobody, and their reasons are not told.
    assert re.search(r'<th scope="row">Payment</th><td class="num"><span class="soft">fewer than 10', text)
    assert re.search(r'<th scope="row">Shipping</th><td class="num">12</td>', text)
    assert re.search(r'<th scope="row">quick</th><td class="num"><span class="soft">fewer than 10', text)
    assert shares(page(owner, world, "")) == ["Delivery: its cost or its time"]


def test_people_are_counted_and_not_answers(world: World) -> None:
    for _ in range(3):
        for number in range(10):
            answered(world, f"p{number}", Reason.TRUST)
    answered(world, "p0", Reason.PRICE)

    everybody = answers.everybody(key_of(world), world.now - DAY, world.now)

    assert everybody.people == 10
    assert [(one.reason, one.share.people, one.share.of) for one in everybody.told] == [("trust", 10, 10)]


def test_only_the_last_days_count(world: World, owner: Client) -> None:
    for number in range(10):
        answered(world, f"p{number}", Reason.TRUST)
    world.now += 40 * DAY

    assert shares(page(owner, world, "reasons/?days=90")) == ["Not sure about the shop"]
    assert "No answers in this time" in page(owner, world, "reasons/?days=30")
    assert shares(page(owner, world, "reasons/?days=1000000")) == ["Not sure about the shop"]


def test_own_words_are_shown_as_text_and_lead_to_the_person(world: World, owner: Client) -> None:
    answered(world, "anna", Reason.OTHER, "<script>alert(1)</script>\nzzcanary", stage=Stage.CONTACT)

    text = page(owner, world)

    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>zzcanary" in text
    assert re.search(rf'href="/console/{world.shop}/people/[0-9a-f]{{32}}/">Anna</a>', text)


@pytest.mark.parametrize(("role", "may_read"), [(Role.MARKETER, True), (Role.ANALYST, False), (Role.SUPPORT, False)])
def test_who_may_not_see_people_reads_numbers_only(world: World, browser: Client, role: Role, may_read: bool) -> None:
    answered(world, "anna", Reason.OTHER, "zzcanary")
    browser.force_login(seeding.member(world, "somebody@kawa.example", role))

    assert ("zzcanary" in page(browser, world)) is may_read
    assert browser.get(f"/console/{world.shop}/reasons/words/").status_code == (200 if may_read else 403)
    assert "zzcanary" not in page(browser, world, "reasons/file/")


def test_the_file_of_numbers_tells_no_more_than_the_page(world: World, owner: Client) -> None:
    for number in range(10):
        answered(world, f"p{number}", Reason.TRUST, stage=Stage.SHIPPING, journey="standard")
    answered(world, "anna", Reason.PRICE)

    rows = list(csv.DictReader(io.StringIO(page(owner, world, "reasons/file/").removeprefix("\ufeff"))))

    told = [(row["group"], row["name"], row["reason"], row["people"]) for row in rows if row["people"].isdecimal()]
    assert told == [
        ("all", "", "", "11"), ("all", "", "trust", "10"), ("stage", "Shipping", "", "10"), ("stage", "Shipping", "trust", "10"),
        ("journey", "standard", "", "10"), ("journey", "standard", "trust", "10"),
    ]  # fmt: skip
    assert {row["people"] for row in rows if not row["people"].isdecimal()} == {"<10"}
    assert {row["share"] for row in rows if row["people"] == "<10"} == {""}


def test_the_file_of_words_is_no_program_and_its_taking_is_written_down(world: World, owner: Client) -> None:
    answered(world, "anna", Reason.OTHER, FORMULA)

    (row,) = csv.DictReader(io.StringIO(page(owner, world, "reasons/words/").removeprefix("\ufeff")))

    assert row["text"] == f"'{FORMULA}"
    assert row["reason"] == "other"
    assert Audit.objects.filter(bucket=world.bucket, what="answers.exported").count() == 1


def test_the_persons_page_tells_what_they_said(world: World, owner: Client) -> None:
    answered(world, "anna", Reason.SHIPPING, "zzcanary")
    person = answers.said(key_of(world), 0, world.now, 1)[0].person

    text = page(owner, world, f"people/{person}/")

    assert "zzcanary" in text
    assert "Delivery: its cost or its time" in text

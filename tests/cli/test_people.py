"""A person may see what is known of them, take it along, and be forgotten without a trace."""

import subprocess
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from tests.cli.conftest import Command
from wraca.app.intake import Idle, take_in
from wraca.app.sealing import Seal
from wraca.domain.events import (
    Answered,
    CartReplaced,
    Consent,
    Event,
    Identified,
    Identity,
    IdentityKind,
    Line,
    OrderPlaced,
    Other,
    Stage,
    StageReached,
)
from wraca.domain.ids import EventId, ShopId, bucket_of, derived_id
from wraca.storage.database import Database
from wraca.testing.databases import TEST_SECRET
from wraca.testing.postgres import find_binaries

CANARY = "zzcanary"
NOW = 1_767_607_200_000
ANNA = Identity(IdentityKind.EMAIL, f"anna.{CANARY}@mail.example")
USER = Identity(IdentityKind.USER, f"user-{CANARY}")
PHONE = Identity(IdentityKind.PHONE, "+48600100200")
BROWSER = Identity(IdentityKind.ANONYMOUS, f"browser-{CANARY}")
DEVICE = Identity(IdentityKind.DEVICE, f"device-{CANARY}")
CART = Identity(IdentityKind.CART, f"cart-{CANARY}")
BELLA = Identity(IdentityKind.EMAIL, "bella@mail.example")
BELLAS_BROWSER = Identity(IdentityKind.ANONYMOUS, "bellas-browser")
LINE = Line(f"p-{CANARY}", 2, 4999, f"Name {CANARY}", f"v-{CANARY}", f"https://shop.example/{CANARY}", brand=CANARY)


def _event(number: int, body: object, *identities: Identity, **more: object) -> Event:
    at = NOW + number * 1000
    return Event(EventId(derived_id("event", str(number))), "Said", at, at, body, identities, **more)  # type: ignore[arg-type]


def annas_events() -> list[Event]:
    """Something with a canary in every field that an event can have."""
    words = Consent(
        "email",
        given=True,
        text=f"text {CANARY}",
        version=CANARY,
        language="pl",
        mechanism=CANARY,
        page=f"https://shop.example/{CANARY}",
    )
    who = Identified(CANARY, CANARY, "f", "pl", "Europe/Warsaw", "PL", {"note": CANARY, CANARY: True})
    cart = CartReplaced((LINE,), f"cart-{CANARY}", "PLN", 9998, 1500, CANARY, Stage.CONTACT, f"https://shop.example/{CANARY}")
    return [
        _event(1, Other(), BROWSER, DEVICE, raw={"deep": {"down": [CANARY]}}),
        _event(2, who, USER, ANNA, PHONE, BROWSER, consents=(words,), raw={"note": CANARY}),
        _event(3, cart, BROWSER, CART, ANNA),
        _event(4, StageReached(Stage.PAYMENT, f"cart-{CANARY}", CANARY, 1500, CANARY, CANARY), BROWSER, ANNA),
        _event(
            5,
            OrderPlaced(f"order-{CANARY}", cart=f"cart-{CANARY}", currency="PLN", total=9998, lines=(LINE,), coupon=CANARY),
            USER,
            ANNA,
        ),
        _event(6, cart, BROWSER, ANNA),
        _event(7, Answered("other", f"words {CANARY}", journey=CANARY), ANNA),
    ]


def bellas_events() -> list[Event]:
    """Another person, in whose events the first one is named: typed into her browser, and in what her shop reported."""
    return [
        _event(11, Other(), BELLA, BELLAS_BROWSER),
        _event(12, Other(), BELLAS_BROWSER, claims=(ANNA,), source="browser", raw={"gift_for": ANNA.value.upper()}),
        _event(13, Answered("other", f"Ask {ANNA.value}, she knows"), BELLA),
    ]


@pytest.fixture
def people(database: Database, shop: str) -> str:
    """Two people of the shop; its id."""
    here = ShopId(shop)
    for event in [*annas_events(), *bellas_events()]:
        take_in(database, bucket_of(here), [(here, [event])], NOW + 60_000, lambda _: Idle())
    _add_run(shop)
    return shop


def _add_run(shop: str) -> None:
    """A run with a message that went out, one that waits, a decision, a link and a hit, as the worker would have left them."""
    from wraca.storage.fields import to_datetime
    from wraca.storage.models import CartRow, DecisionRow, HitRow, Link, OutboxRow, Parked, RunRow
    from wraca.storage.models import Identity as IdentityRow

    here = {"bucket": bucket_of(ShopId(shop)), "shop_id": shop}
    person = IdentityRow.objects.get(**here, key=ANNA.key).person_id
    cart = CartRow.objects.filter(**here, person_id=person).first()
    assert cart is not None
    run, at = derived_id("run"), to_datetime(NOW)
    about = {"person_id": person, "cart_id": cart.id}
    RunRow.objects.create(**here, **about, id=run, journey="standard", version=1, at="first", entered_at=at, started_at=at)
    DecisionRow.objects.create(**here, run_id=run, turn=0, at=at, trail=[{"at": "first", "why": CANARY}])
    message = {**here, **about, "run_id": run, "channel": "email", "journey": "standard", "template": "first", "planned_at": at}
    ended = {"sending_at": at, "settled_at": at, "body": {"to": f"a***@{CANARY}", "subject": CANARY}, "reasons": [CANARY]}
    sent = derived_id("sent")
    OutboxRow.objects.create(**message, step="first", id=sent, state="accepted", due_at=NOW, deadline_at=at, **ended)
    OutboxRow.objects.create(**message, step="second", id=derived_id("waits"), state="planned", due_at=NOW, deadline_at=at)
    link = {"purpose": "restore", "message_id": sent, "targets": [f"https://shop.example/{CANARY}"], "expires_at": at}
    Link.objects.create(**here, **about, token_hash="0" * 64, **link)
    hit = {"message_id": sent, "purpose": "click", "verdict": "human", "reason": "landed", "body": {"agent": CANARY}}
    HitRow.objects.create(**here, person_id=person, id=derived_id("hit"), at=at, **hit)
    Parked.objects.create(**here, id=derived_id("parked"), kind="event", at=at, problem="failed", payload={"email": ANNA.value})


def test_a_person_is_shown_by_address_customer_id_or_phone(wraca: Command, people: str) -> None:
    shown = [
        wraca("person", "show", people, who, "--json")
        for who in (ANNA.value, ANNA.value.upper(), USER.value, "600 100 200", PHONE.value)
    ]

    assert [each.status for each in shown] == [0] * 5, shown[0].err
    assert len({each.json["person"] for each in shown}) == 1
    assert shown[0].json["orders"] == 1
    assert {each["state"] for each in shown[0].json["messages"]} == {"accepted", "planned"}
    assert shown[0].json["may_be_mailed"] is True


def test_the_page_for_people_says_the_same(wraca: Command, people: str) -> None:
    said = wraca("person", "show", people, ANNA.value)

    assert said.status == 0
    assert ANNA.value in said.out
    assert "planned" in said.out


def test_whoever_is_not_known_is_said_to_be_unknown_with_what_to_try(wraca: Command, people: str) -> None:
    said = wraca("person", "show", people, "nobody@mail.example")

    assert said.status == 1
    assert "Nobody in this shop is known as" in said.err
    assert "customer id" in said.err


def test_an_export_is_one_document_with_everything(wraca: Command, people: str, tmp_path: Path) -> None:
    file = tmp_path / "anna.json"

    said = wraca("person", "export", people, ANNA.value, "--output", str(file), "--json")

    document = msgspec.json.decode(file.read_bytes())
    assert said.status == 0
    assert document["format"] == "wraca-person/1"
    # The shop's own order event is there too, and everything that is derived from them.
    assert {event["id"] for event in document["events"]} >= {event.id for event in annas_events()}
    parts = ("identities", "carts", "orders", "consents", "answers", "journeys", "decisions", "messages", "links", "hits")
    assert {part: len(document[part]) > 0 for part in parts} == dict.fromkeys(parts, True)
    assert document["orders"][0]["number"] == f"order-{CANARY}"
    assert file.stat().st_mode & 0o077 == 0


def test_an_export_never_overwrites_a_file(wraca: Command, people: str, tmp_path: Path) -> None:
    file = tmp_path / "anna.json"
    file.write_text("mine")

    said = wraca("person", "export", people, ANNA.value, "--output", str(file))

    assert (said.status, file.read_text()) == (1, "mine")


def test_after_an_erasure_nothing_in_the_database_names_the_person(
    wraca: Command, people: str, database: Database, database_url: str, tmp_path: Path
) -> None:
    before = dump(database_url, tmp_path)
    assert before.lower().count(CANARY) > 50

    person = wraca("person", "show", people, ANNA.value, "--json").json["person"]
    assert _names(before, person)

    said = wraca("person", "erase", people, ANNA.value, "--json")

    assert said.status == 0, said.err
    after = dump(database_url, tmp_path)
    assert [line for line in after.lower().splitlines() if CANARY in line or "600100200" in line] == []
    # The id was made of the address: whoever knows the address could make it again.
    assert not _names(after, person)
    assert said.json["found"] is True
    assert said.json["kept_without_name"] == {"orders": 1, "journeys": 1, "messages": 1, "hits": 1, "consents": 1}
    assert "bella@mail.example" in after


def test_an_erasure_leaves_the_figures_of_the_past_as_they_were(wraca: Command, people: str) -> None:
    from wraca.storage.models import HitRow, OrderRow, OutboxRow, RunRow

    wraca("person", "erase", people, ANNA.value, "--json")

    order, run, message, hit = OrderRow.objects.get(), RunRow.objects.get(), OutboxRow.objects.get(), HitRow.objects.get()
    assert (order.total, order.currency, order.number) == (9998, "PLN", "")
    assert (run.outcome, message.state, hit.verdict) == ("erased", "accepted", "human")
    assert order.person_id == run.person_id == message.person_id == hit.person_id  # so that a recovery stays one


def test_an_erased_person_who_is_imported_again_is_not_mailed(wraca: Command, people: str, database: Database) -> None:
    wraca("person", "erase", people, ANNA.value, "--json")

    here = ShopId(people)
    take_in(database, bucket_of(here), [(here, [_event(90, Other(), ANNA)])], NOW + 90_000, lambda _: Idle())

    from wraca.storage.models import Suppression

    hashed = Seal(TEST_SECRET).address_hash(here, "email", ANNA.value)
    assert Suppression.objects.get(channel="email", address_hash=hashed).reason == "erased"
    assert wraca("person", "show", people, ANNA.value, "--json").json["suppressed"] == ["erased"]


def test_an_address_that_nobody_has_can_be_erased_too(wraca: Command, people: str, database_url: str, tmp_path: Path) -> None:
    wraca("person", "erase", people, ANNA.value, "--json")

    again = wraca("person", "erase", people, ANNA.value, "--json")

    assert (again.status, again.json["found"], again.json["suppressed_addresses"]) == (0, False, 1)


def _names(text: str, person: str) -> bool:
    return person in text or str(UUID(person)) in text


def dump(url: str, directory: Path) -> str:
    """All that the database holds: PostgreSQL's own dump, or every byte of the SQLite file and its log."""
    if url.startswith("postgresql:"):
        program = find_binaries() / "pg_dump"
        return subprocess.run([program, url, "--inserts"], capture_output=True, text=True, check=True).stdout
    file = Path(url.removeprefix("sqlite:///"))
    parts = [file, *file.parent.glob(f"{file.name}-wal")]
    return "\n".join(part.read_bytes().decode("latin-1") for part in parts)

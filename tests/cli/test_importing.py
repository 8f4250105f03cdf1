"""Files come in row by row: what is good is taken, what is not is told, and the sums are right."""

import json
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.conftest import Command
from wraca.app.importing.catalogue import Terms, import_csv, product_of
from wraca.app.importing.contacts import import_contacts
from wraca.app.importing.history import import_history
from wraca.app.importing.outcome import Outcome, Unreadable
from wraca.domain.ids import ShopId
from wraca.domain.products import Product
from wraca.platforms.segment import read_batch
from wraca.ports.platform import ShopFacts

DEMO = Path(__file__).parents[2] / "demo" / "wraca_demo" / "catalogue" / "products.json"
SHOP = ShopId("a" * 32)
NOW = 1_767_607_200_000
TERMS = Terms("PLN", "https://shop.example/")


def products() -> dict[str, Product]:
    from wraca.storage.models import Product as Row

    return {row.key: msgspec.convert(row.body, Product) for row in Row.objects.all()}


def load(wraca: Command, shop: str, kind: str, file: Path, *more: str) -> dict[str, object]:
    said = wraca("import", str(file), "--shop", shop, "--format", kind, "--json", *more)
    assert said.out, said.err
    told: dict[str, object] = {"status": said.status, **said.json}
    assert told["rows"] == told["taken"] + told["known_already"] + told["refused"]  # type: ignore[operator]
    return told


def test_the_catalogue_of_the_demo_comes_in(wraca: Command, shop: str) -> None:
    told = load(wraca, shop, "catalogue-json", DEMO, "--base", "https://shop.example/pictures/")

    assert (told["status"], told["taken"], told["refused"]) == (0, 27, 0)
    shoes = products()["white-plimsolls"]
    assert shoes.names["pl"] == "Białe tenisówki"
    assert shoes.prices == {"PLN": 24000, "USD": 8000, "EUR": 7360}
    assert shoes.image_url == "https://shop.example/pictures/white-plimsolls.png"


def test_a_second_import_replaces_what_changed(wraca: Command, shop: str, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("id;title;price;stock\nA;Old name;10.00 PLN;3\n")
    load(wraca, shop, "catalogue-csv", file)
    file.write_text("id;title;price;stock\nA;New name;12.50 PLN;0\n")
    load(wraca, shop, "catalogue-csv", file)

    assert (products()["A"].name("en"), products()["A"].prices, products()["A"].stock) == ("New name", {"PLN": 1250}, 0)


def test_a_feed_with_faults_takes_the_good_rows_and_tells_the_others(wraca: Command, shop: str, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    rows = [
        "sku,name,name_pl,price,price_EUR,link,image_link,warehouse",
        'A,"Shoes, ""white""",Buty,19.99,5,/a,//cdn.example/a.png,north',
        "B,,,1,,,,",
        ",No id,,1,,,,",
        "C,Bad price,,cheap,,,,",
        "D,Bad link,,1,,javascript:alert(1),,",
        "A,Twice,,1,,,,",
        "E,Too,many,1,2,3,4,5,6",
    ]
    file.write_text("\n".join(rows))

    told = load(wraca, shop, "catalogue-csv", file)

    assert (told["status"], told["taken"], told["refused"]) == (0, 1, 6)
    assert told["columns_not_understood"] == ["warehouse"]
    assert [(each["row"], each["field"]) for each in told["refusals"]] == [  # type: ignore[attr-defined]
        (3, "name"), (4, "product_id"), (5, "price"), (6, "url"), (7, "product_id"), (8, ""),
    ]  # fmt: skip
    shoes = products()["A"]
    assert (shoes.names, shoes.prices) == ({"": 'Shoes, "white"', "pl": "Buty"}, {"PLN": 1999, "EUR": 500})
    assert (shoes.url, shoes.image_url) == ("https://plimsolls.example/a", "https://cdn.example/a.png")


def test_a_dry_run_says_the_same_and_writes_nothing(wraca: Command, shop: str) -> None:
    told = load(wraca, shop, "catalogue-json", DEMO, "--dry-run")

    assert (told["taken"], told["dry_run"]) == (27, True)
    assert products() == {}


def test_reviews_come_in_once_however_often_they_are_imported(wraca: Command, shop: str, tmp_path: Path) -> None:
    from wraca.storage.models import Review

    file = tmp_path / "reviews.csv"
    rows = [
        "product_id,stars,body,reviewer,verified_purchase,created_at",
        "A,5,Very <b>good</b>,Anna Kowalska,true,2025-01-31",
        "A,4.5,,,,",
        ",5,No product,,,",
        "A,6,Too many stars,,,",
        "A,,,,,",
        "A,5,When?,,,2999-01-01",
        "A,5,Bought?,,perhaps,",
    ]
    file.write_text("\n".join(rows))

    assert load(wraca, shop, "reviews-csv", file, "--dry-run")["taken"] == 2
    assert not Review.objects.exists()
    told = load(wraca, shop, "reviews-csv", file)
    load(wraca, shop, "reviews-csv", file)

    assert (told["taken"], told["refused"]) == (2, 5)
    assert [each["field"] for each in told["refusals"]] == ["product_id", "rating", "review", "at", "verified"]  # type: ignore[attr-defined]
    kept = sorted(Review.objects.values_list("rating", "text", "author", "verified"))
    assert kept == [(4, "", "", None), (5, "Very good", "Anna K.", True)]


def test_a_second_import_remembers_what_the_price_was(wraca: Command, shop: str, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    for price in ("10.00", "8.00"):
        file.write_text(f"id,title,price,compare_at_price\nA,Shoes,{price},99.00\n")
        load(wraca, shop, "catalogue-csv", file)

    assert [step.price for step in products()["A"].history] == [1000, 800]


def test_a_merchant_feed_is_read_as_the_shop_sells_now(wraca: Command, shop: str, tmp_path: Path) -> None:
    """The sale price is what is charged, in its time; what the feed says it was before proves nothing; sold out is sold out."""
    file = tmp_path / "feed.tsv"
    rows = [
        "id\ttitle\tprice\tsale_price\tsale_price_effective_date\tavailability",
        "A\tShoes\t20.00 PLN\t15.00 PLN\t\tin_stock",
        "B\tHat\t20.00 PLN\t15.00 PLN\t2020-01-01T00:00+0100/2020-02-01T00:00+0100\tout of stock",
        "C\tBag\t20.00 PLN\t15.00 PLN\t2020-01-01T00:00Z/2999-02-01T00:00Z\thttps://schema.org/OutOfStock",
        "D\tBelt\t20.00 PLN\t15.00 PLN\tsoon\tpreorder",
    ]
    file.write_text("\n".join(rows))

    told = load(wraca, shop, "catalogue-csv", file)

    assert (told["taken"], told["refused"], told["columns_not_understood"]) == (3, 1, [])
    known = products()
    assert [(known[key].prices["PLN"], known[key].stock) for key in "ABC"] == [(1500, None), (2000, 0), (1500, 0)]
    assert [step.price for step in known["A"].history] == [1500]


def test_contacts_bring_their_consent_only_with_its_source_and_date(wraca: Command, shop: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    rows = [
        "email,first_name,phone,consent,consent_source,consent_at",
        "anna@mail.example,Anna,+48 600 100 200,true,newsletter form,2025-06-01",
        "bella@mail.example,Bella,,true,,2025-06-01",
        "cora@mail.example,Cora,,yes,newsletter form,",
        "dana@mail.example,Dana,,maybe,,",
        "not an address,Eva,,,,",
        ",Fay,,,,",
        "gina@mail.example,Gina,,false,,",
        "hana@mail.example,Hana,,true,form,2999-01-01",
    ]
    file.write_text("\n".join(rows))

    told = load(wraca, shop, "contacts-csv", file)

    assert (told["taken"], told["refused"]) == (2, 6)
    assert [each["field"] for each in told["refusals"]] == [  # type: ignore[attr-defined]
        "consent_source", "consent_at", "consent", "email", "email", "consent_at",
    ]  # fmt: skip
    anna = wraca("person", "show", shop, "+48600100200", "--json").json
    assert (anna["email"], anna["may_be_mailed"], anna["because"]) == ("anna@mail.example", True, "consent")
    assert wraca("person", "show", shop, "gina@mail.example", "--json").json["because"] == "opted_out"


def test_the_same_contacts_again_change_nothing(wraca: Command, shop: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email\nanna@mail.example\nbella@mail.example\n")

    first, second = load(wraca, shop, "contacts-csv", file), load(wraca, shop, "contacts-csv", file)

    assert (first["taken"], second["taken"], second["known_already"]) == (2, 0, 2)


def test_an_imported_consent_does_not_undo_a_later_no(wraca: Command, shop: str, tmp_path: Path) -> None:
    no, yes = tmp_path / "no.csv", tmp_path / "yes.csv"
    no.write_text("email,consent,consent_at\nanna@mail.example,false,2025-09-01\n")
    yes.write_text("email,consent,consent_source,consent_at\nanna@mail.example,true,old list,2024-01-01\n")

    load(wraca, shop, "contacts-csv", no)
    load(wraca, shop, "contacts-csv", yes)

    assert wraca("person", "show", shop, "anna@mail.example", "--json").json["because"] == "opted_out"


def test_past_events_fold_and_start_nothing(wraca: Command, shop: str, tmp_path: Path) -> None:
    file = tmp_path / "past.jsonl"
    line = {"product_id": "A", "quantity": 2, "price": 10}
    calls = [
        {
            "type": "identify",
            "messageId": "1",
            "userId": "7",
            "traits": {"email": "anna@mail.example"},
            "timestamp": "2025-11-01T10:00:00Z",
        },
        {
            "type": "track",
            "messageId": "2",
            "userId": "7",
            "event": "Product Added",
            "properties": line,
            "timestamp": "2025-11-01T10:01:00Z",
        },
        {"type": "track", "messageId": "3", "userId": "7"},
        {
            "type": "track",
            "messageId": "4",
            "userId": "7",
            "event": "Order Completed",
            "properties": {"order_id": "9", "total": "much"},
        },
    ]
    file.write_text("\n".join([*map(json.dumps, calls), "not json", ""]))

    told = load(wraca, shop, "segment", file)

    assert (told["rows"], told["taken"], told["refused"], told["mended"]) == (5, 3, 2, 1)
    assert [each["row"] for each in told["refusals"]] == [5, 3, 4]  # type: ignore[attr-defined]
    from wraca.storage.models import CartRow, EventRow, OrderRow, Timer

    assert (CartRow.objects.count(), OrderRow.objects.count(), Timer.objects.count()) == (1, 1, 0)
    assert all(row.payload["backfill"] for row in EventRow.objects.filter(anchor="user:7"))


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("catalogue-json", b"{]", "is not JSON"),
        ("catalogue-json", b'{"a": 1}', "must be a list of products"),
        ("catalogue-csv", b"", "is empty"),
        ("catalogue-csv", b"colour,size\nred,1\n", "None of the columns is known"),
        ("catalogue-csv", b"id,sku,name\n1,2,x\n", "Two columns mean the same"),
        ("contacts-csv", b"e-mail\xff\n", "not UTF-8"),
        ("segment", b"hello\n", "No line of"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_to_do(
    wraca: Command, shop: str, tmp_path: Path, kind: str, content: bytes, said: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)

    refused = wraca("import", str(file), "--shop", shop, "--format", kind)

    assert refused.status == 1
    assert said in refused.err


def test_a_missing_file_and_an_unknown_shop_are_told_apart(wraca: Command, shop: str, tmp_path: Path) -> None:
    nowhere = wraca("import", str(tmp_path / "no"), "--shop", shop, "--format", "segment")
    nobody = wraca("import", str(DEMO), "--shop", "Nothing", "--format", "catalogue-json")
    wrong = wraca("import", str(DEMO), "--shop", shop, "--format", "excel")

    assert (nowhere.status, nobody.status, wrong.status) == (1, 1, 2)
    assert ("There is no file" in nowhere.err, "There is no shop" in nobody.err) == (True, True)


_text = st.text(max_size=12) | st.sampled_from(["email", "id", "name", "consent", "true", ",", '"', "\n", ";", "price", "19.99"])


@given(st.lists(_text, max_size=40).map("".join), st.binary(max_size=60))
def test_no_table_whatever_is_in_it_loses_a_row_or_breaks_the_import(text: str, tail: bytes) -> None:
    for header in (
        b"",
        b"email,first_name,consent,consent_source,consent_at,country,timezone\n",
        b"id,name,price,stock,url,image\n",
    ):
        content = header + text.encode("utf-8", "surrogatepass") + tail
        with tempfile.NamedTemporaryFile() as handle:
            handle.write(content)
            handle.flush()
            for outcome in (
                _tried_contacts(Path(handle.name)),
                _tried_products(Path(handle.name)),
                _tried_history(Path(handle.name)),
            ):
                assert outcome is None or outcome.rows == outcome.taken + outcome.known + outcome.refused


def _tried_contacts(file: Path) -> Outcome | None:
    try:
        return import_contacts(SHOP, "PL", file, lambda _: 0, NOW, lambda *_: None)
    except Unreadable:
        return None


def _tried_products(file: Path) -> Outcome | None:
    try:
        return import_csv(None, SHOP, file, TERMS, NOW, lambda *_: None)
    except Unreadable:
        return None


def _tried_history(file: Path) -> Outcome | None:
    facts = ShopFacts(SHOP, "shop.example", "PLN")
    try:
        return import_history(file, lambda body: read_batch(body, facts, "server", NOW), lambda _: 0, lambda *_: None)
    except Unreadable:
        return None


def test_a_product_with_a_variant_of_its_own_is_kept_apart() -> None:
    one = product_of({"product_id": "A", "variant": "42", "name": "Shoes"}, TERMS, NOW)
    whole = product_of({"product_id": "A", "variant": "42", "variants": ["42", "43"], "name": "Shoes"}, TERMS, NOW)

    assert (one.key, whole.key) == ("A/42", "A")

"""Other tables, API calls, the page, and what is said when a file cannot be used."""

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from wraca.app.replay.page import page
from wraca.cli.past import Asked, Form, replayed
from wraca.cli.speaking import Failed

OWN = Path(__file__).parent / "past.csv"
TEN = "2022-12-01T10:00:00Z"


def call(minute: int, event: str, who: str, properties: dict[str, object], **more: object) -> dict[str, object]:
    at = f"2022-12-01T10:{minute:02}:00Z"
    return {"type": "track", "event": event, "userId": who, "messageId": f"{who}-{minute}-{event}", "timestamp": at,
            "properties": properties} | more  # fmt: skip


CALLS = [
    {"type": "identify", "userId": "anna", "messageId": "1", "timestamp": TEN, "traits": {"email": "anna@example.com"}},
    call(1, "Product Added", "anna", {"product_id": "lamp", "price": 19.99, "name": "Lamp"}),
    call(1, "Product Added", "anna", {"product_id": "lamp", "price": 19.99, "name": "Lamp"}),
    call(2, "Product Added", "ben", {"product_id": "lamp", "price": 19.99, "name": "Lamp"}),
    call(3, "Product Added", "eve", {"product_id": "lamp", "price": "a lot", "name": "Lamp"}),
    call(4, "Product Added", "eve", {"product_id": "lamp", "price": 5}, timestamp="someday"),
    call(5, "Product Added", "zoe", {"product_id": "lamp", "price": 5, "name": "Lamp"}, timestamp="2022-12-01T12:30:00Z"),
    {"batch": [call(6, "Order Completed", "zoe", {"order_id": "7", "total": 5}, timestamp="2022-12-01T12:40:00Z")]},
]


def calls_file(folder: Path) -> Path:
    file = folder / "calls.jsonl"
    file.write_text("\n".join([*(msgspec.json.encode(one).decode() for one in CALLS), "", "no call"]))
    return file


def test_api_calls_are_read_like_those_that_arrive(tmp_path: Path) -> None:
    report = replayed(calls_file(tmp_path), "segment", "standard")

    assert (report.rows, report.events, report.duplicates, report.rejected) == (9, 5, 1, 3)
    assert (report.people, report.carts, report.abandoned, report.orders) == (3, 3, 2, 1)
    assert (report.reach, report.reachable, report.messages, report.messages_after_purchase) == ("known", 1, 2, 0)
    assert report.reasons["row.bad_time"] == report.reasons["row.no_json"] == 1
    assert report.reasons["cart.no_address"] == 1


def test_everybody_can_be_made_reachable(tmp_path: Path) -> None:
    report = replayed(calls_file(tmp_path), "segment", "standard", Asked(reachable="all"))

    assert (report.people, report.reachable, report.messages, report.messages_after_purchase) == (3, 2, 4, 0)


def test_a_table_of_ones_own_needs_a_mapping(tmp_path: Path) -> None:
    file, mapping = tmp_path / "log.csv.gz", tmp_path / "mapping.yaml"
    start = int(datetime(2022, 12, 1, 9, tzinfo=UTC).timestamp())
    lines = ["when,what,sku,amount,unit,customer,mail,number", f"{start},put,lamp,2,19.99,anna,Anna@Example.com,",
             "2022-12-01 10:00:00,put,lamp,x,19.99,anna,,", f"{start},put,sofa,1,99,ben,,",
             f"{start + 600},bought,sofa,1,99,ben,,N-1", f"{start + 600},bought,rug,1,9,ben,,N-1"]  # fmt: skip
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    mapping.write_text(
        "columns: {event_time: when, event_type: what, product_id: sku, quantity: amount, user_id: customer, email: mail}\n"
        "types: {put: cart, bought: purchase}"
    )

    report = replayed(
        file, "csv", "standard", Asked(mapping=mapping, pairs=("price=unit", "order_id=number"), timezone="Europe/Warsaw")
    )

    assert (report.events, report.rejected, report.orders, report.abandoned) == (4, 1, 1, 1)
    assert (report.reach, report.reachable, report.messages) == ("known", 1, 2)
    assert report.hours[11] == 2  # an hour after nine, UTC
    assert report.reasons["row.bad_quantity"] == 1


@pytest.mark.parametrize(
    ("content", "form", "asked", "told"),
    [
        (b"", "rees46", Asked(), "is empty"),
        (b"event_time,event_type,product_id,price,user_id\n", "rees46", Asked(), "nothing to replay"),
        (b"event_time,event_type,price,user_id\n", "rees46", Asked(), "no column 'product_id'"),
        (b"a,b\n1,2\n", "csv", Asked(pairs=("event_time=a",)), "--map event_type=COLUMN"),
        (b"a,b\n1,2\n", "csv", Asked(pairs=("moment=a",)), "no field 'moment'"),
        (b"a,b\n1,2\n", "csv", Asked(pairs=("event_time",)), "--map FIELD=COLUMN"),
        (b"\x1f\x8bno gzip", "rees46", Asked(), "cannot be read"),
        (b"hello\nworld\n", "segment", Asked(), "No line of the file is a call"),
        (b"a\n", "rees46", Asked(timezone="Mars/Base"), "no time zone 'Mars/Base'"),
        (b"a\n", "rees46", Asked(look_every="often"), "not a duration"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(tmp_path: Path, content: bytes, form: Form, asked: Asked, told: str) -> None:
    file = tmp_path / "past.csv"
    file.write_bytes(content)

    with pytest.raises(Failed, match=re.escape(told)):
        replayed(file, form, "standard", asked)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"There is no file .*nowhere\.csv"):
        replayed(tmp_path / "nowhere.csv", "rees46", "standard")


def test_workers_that_look_seldom_change_times_but_send_nothing_after_a_purchase() -> None:
    at_once, seldom = (replayed(OWN, "rees46", "standard", Asked(look_every=every)) for every in ("1s", "10m"))

    assert (at_once.events, at_once.carts, at_once.abandoned) == (seldom.events, seldom.carts, seldom.abandoned)
    assert seldom.messages_after_purchase == 0
    assert seldom.messages <= at_once.messages


def test_stopping_at_the_last_event_leaves_journeys_unfinished() -> None:
    ended, stopped = (replayed(OWN, "rees46", "standard", Asked(until_quiet=quiet)) for quiet in (True, False))

    assert stopped.messages < ended.messages
    assert stopped.outcomes[""] > 0
    assert "" not in ended.outcomes


def test_the_page_loads_nothing_and_has_a_table_behind_every_chart(tmp_path: Path) -> None:
    file = tmp_path / "<b>past&.csv"
    file.write_text(OWN.read_text())

    html = page(replayed(file, "rees46", "standard"))

    assert "http" not in html.replace("http-equiv", "")
    assert not re.search(r"<script|<link|@import|url\(|\bsrc=", html)
    assert "&lt;b&gt;past&amp;.csv" in html
    assert html.count("<svg") == html.count("<details>") == 2
    assert "prefers-color-scheme:dark" in html

"""Real logs of a cosmetics shop, and random ones, played and counted a second time by somebody else's rules."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.replay.counted import count
from wraca.app.replay.report import Report
from wraca.cli.past import Asked, replayed

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
REAL = [SHARED / f"rees46_cosmetics_2022_{month}_first998.csv.gz" for month in ("oct", "nov", "dec")]
OWN = Path(__file__).parent / "past.csv"
HEADER = "event_time,event_type,product_id,price,user_id,user_session"
COUNTED = ("rows", "events", "duplicates", "rejected", "people", "orders", "carts", "abandoned", "returned", "messages")

# The command, as `wraca replay` runs it.
WRACA = """
from wraca.cli.application import app, main
from wraca.cli.replaying import replay
if "replay" not in app: app.command(replay)
main()
"""


def figures(report: Report) -> dict[str, int]:
    return {name: getattr(report, name) for name in COUNTED}


def there(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"the real log {path.name} is not on this machine: it may not be shipped")
    return path


@pytest.mark.parametrize("path", [OWN, *REAL], ids=lambda path: path.name)
def test_a_replay_finds_what_an_independent_count_finds(path: Path) -> None:
    report = replayed(there(path), "rees46", "standard")

    assert figures(report) == count(path)
    assert report.messages_after_purchase == 0
    assert report.rows == report.events + report.duplicates + report.rejected
    assert report.messages == sum(report.hours) == sum(each.messages for each in report.days)
    assert report.messages == sum(each.messages for each in report.steps)
    assert report.carts >= report.abandoned >= report.reachable >= report.messaged > 0


@pytest.mark.parametrize("path", [OWN, *REAL], ids=lambda path: path.name)
def test_the_command_ends_well_and_prints_whole_numbers(path: Path) -> None:
    done = wraca("replay", str(there(path)), "--format", "rees46", "--json")

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said = msgspec.json.decode(done.stdout)
    names = ("events", "people", "carts", "abandoned", "reachable", "orders", "messages", "messages_after_purchase", "recovered")
    assert all(type(said[name]) is int for name in (*names, "duplicates", "rejected"))
    assert said["messages_after_purchase"] == 0
    assert all(type(number) is int for number in said["reasons"].values())


def test_two_replays_differ_in_nothing_but_the_time_they_took() -> None:
    one, other = (msgspec.structs.replace(replayed(OWN, "rees46", "reaction-series"), seconds=0.0) for _ in range(2))

    assert msgspec.json.encode(one) == msgspec.json.encode(other)


def test_rejected_rows_are_counted_with_their_reasons() -> None:
    reasons = replayed(OWN, "rees46", "standard").reasons

    rejected = {"row.bad_price": 2, "row.bad_time": 1, "row.broken_row": 1, "row.no_user": 1, "row.unknown_event_type": 1}
    assert {reason: number for reason, number in reasons.items() if reason.startswith("row.")} == rejected


def test_a_purchase_in_the_second_before_a_message_stops_it(tmp_path: Path) -> None:
    report = played(
        tmp_path,
        "2022-12-01 10:00:00 UTC,cart,1,5.00,anna,a",
        "2022-12-01 10:59:59 UTC,purchase,1,5.00,anna,a",
        "2022-12-01 10:00:00 UTC,cart,1,5.00,ben,b",
        "2022-12-01 11:00:00 UTC,purchase,1,5.00,ben,b",
    )

    # Ben's hour is over when he buys: the reminder was first, and only the second message is stopped.
    assert (report.messages, report.messages_after_purchase, report.abandoned, report.returned) == (1, 0, 1, 1)


def test_a_purchase_one_millisecond_before_a_message_stops_it(tmp_path: Path) -> None:
    file = tmp_path / "past.csv"
    start = int(datetime(2022, 12, 1, 10, tzinfo=UTC).timestamp() * 1000)
    for distance, messages in ((-1, 0), (0, 1)):
        file.write_text(f"{HEADER}\n{start},cart,1,5.00,anna,a\n{start + 3_600_000 + distance},purchase,1,5.00,anna,a\n")

        report = replayed(file, "rees46", "standard")

        assert (report.messages, report.messages_after_purchase) == (messages, 0)


def test_rows_out_of_order_are_sorted_first(tmp_path: Path) -> None:
    header, *rows = OWN.read_text().splitlines()
    turned = tmp_path / OWN.name
    turned.write_text("\n".join([header, *reversed(rows)]))

    straight, report = replayed(OWN, "rees46", "standard"), replayed(turned, "rees46", "standard")

    assert figures(report) == figures(straight)


def test_rows_of_one_session_and_moment_are_one_order_and_a_row_twice_is_a_duplicate(tmp_path: Path) -> None:
    report = played(
        tmp_path,
        "2022-12-01 10:00:00 UTC,purchase,1,5.00,anna,a",
        "2022-12-01 10:00:00 UTC,purchase,2,0.00,anna,a",
        "2022-12-01 10:00:00 UTC,purchase,2,0.00,anna,a",
        "2022-12-01 10:00:00 UTC,purchase,2,0.00,ben,b",
        "2022-12-01 10:00:01 UTC,purchase,2,0.00,anna,a",
    )

    assert (report.orders, report.duplicates, report.events, report.carts) == (3, 1, 4, 0)


def test_people_held_out_by_the_plan_get_nothing_but_are_counted() -> None:
    plan = "standard"
    everybody, some = replayed(OWN, "rees46", plan), replayed(OWN, "rees46", plan, Asked(holdout="plan"))

    assert everybody.holdout == 0
    assert some.holdout == 0.1
    assert everybody.messages == some.messages + some.reasons.get("message.holdout", 0)


def test_without_addresses_nobody_is_reachable() -> None:
    report = replayed(OWN, "rees46", "standard", Asked(reachable="known"))

    assert (report.reachable, report.messages) == (0, 0)
    assert report.reasons["cart.no_address"] == report.abandoned > 0


times = st.integers(0, 11 * 3600).map(lambda t: datetime.fromtimestamp(1_669_852_800 + t, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"))
products = st.sampled_from([("1", "0.00"), ("2", "1.00"), ("3", "19.99")])
people = st.sampled_from([("ann", "s1"), ("ann", "s2"), ("ben", "s3"), ("eve", "")])
kinds = st.sampled_from(["view", "cart", "cart", "cart", "remove_from_cart", "purchase", "stolen"])
rows = st.tuples(times, kinds, products, people).map(lambda row: ",".join([row[0], row[1], *row[2], *row[3]]))


@settings(max_examples=25)
@given(st.lists(rows, min_size=1, max_size=40).map(lambda some: sorted(some, key=lambda row: row[:23])))
def test_no_message_ever_follows_a_purchase_and_all_figures_are_the_independent_ones(some: list[str]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "past.csv"
        file.write_text("\n".join([HEADER, *some]))
        if not count(file)["events"]:
            return

        report = replayed(file, "rees46", "standard")

        assert figures(report) == count(file)
        assert report.messages_after_purchase == 0


def played(folder: Path, *lines: str) -> Report:
    file = folder / "past.csv"
    file.write_text("\n".join([HEADER, *lines]))
    return replayed(file, "rees46", "standard")


def wraca(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", WRACA, *words], capture_output=True, text=True, check=False, cwd=ROOT)

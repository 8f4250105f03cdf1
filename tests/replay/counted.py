"""An independent count of a REES46-like log and of the standard journey over it: plain Python, none of Wraca's code.

The journey, in words: a cart that is left alone for an hour gets a reminder, a second message two days later. A message waits
while the person was active in the last hour or bought in the last three days. An order ends everything, an emptied cart gets
nothing, and a cart that costs nothing is left in peace. A person can begin again with another cart, 24 hours after the last begin.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

HOUR = 3_600
DAY = 24 * HOUR
WORDS = ("view", "cart", "remove_from_cart", "purchase")

Row = dict[str, str]


def second(row: Row) -> int:
    return int(datetime.strptime(row["event_time"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC).timestamp())


def is_good(row: Row) -> bool:
    try:
        whole = None not in row.values() and None not in row
        return whole and second(row) > 0 and float(row["price"]) >= 0 and row["event_type"] in WORDS and bool(row["user_id"])
    except ValueError:
        return False


def count(path: Path) -> dict[str, int]:
    """Everything that a replay must find as well."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as text:
        every = list(csv.DictReader(text))
    distinct = list({tuple(row.values()): row for row in reversed(every)}.values())[::-1]
    good = [row for row in every if is_good(row)]
    kept = [row for row in distinct if is_good(row)]
    people: dict[str, list[Row]] = {}
    for row in kept:
        people.setdefault(row["user_id"], []).append(row)
    shoppers = [Shopper(sorted(rows, key=second)) for rows in people.values()]
    return {
        "rows": len(every),
        "events": len(kept),
        "duplicates": len(good) - len(kept),
        "rejected": len(every) - len(good),
        "people": len(people),
        "orders": len({(row["user_session"], row["user_id"], second(row)) for row in kept if row["event_type"] == "purchase"}),
        "carts": sum(one.carts for one in shoppers),
        "abandoned": sum(one.abandoned for one in shoppers),
        "returned": sum(one.returned for one in shoppers),
        "messages": sum(len(one.sent) for one in shoppers),
    }


class Shopper:
    """One person's rows, played second by second that matters."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.carts = self.abandoned = self.returned = 0
        self.sent: list[int] = []
        self.content: Counter[str] = Counter()
        self.price: dict[str, float] = {}
        self.is_open = self.was_left = self.had_run = False
        self.last = self.bought = self.begun = 0
        self.step = 0  # 0: no run, 1: before the reminder, 2: before the second message
        self.due = 0
        moments: dict[int, list[Row]] = {}
        for row in rows:
            moments.setdefault(second(row), []).append(row)
        for moment in sorted(moments):
            self.pass_time(moment)
            for row in sorted(moments[moment], key=lambda row: row["event_type"] == "purchase"):
                self.act(moment, row)
        self.pass_time(max(moments) + 30 * DAY)

    def act(self, now: int, row: Row) -> None:
        product = row["product_id"]
        match row["event_type"]:
            case "cart":
                if not self.is_open:
                    self.carts += 1
                    self.is_open, self.was_left, self.had_run, self.content = True, False, False, Counter()
                self.content[product] += 1
                self.price[product] = float(row["price"])
                self.last = now
            case "remove_from_cart" if self.is_open:
                self.content[product] = max(0, self.content[product] - 1)
                self.last = now
            case "purchase":
                self.returned += self.is_open and self.was_left
                self.is_open, self.step, self.bought = False, 0, now
            case _:
                pass

    def pass_time(self, until: int) -> None:
        if self.is_open and self.content.total() and until - self.last >= HOUR and not self.was_left:
            self.abandoned, self.was_left = self.abandoned + 1, True
        while (now := self.next_moment()) is not None and now <= until:
            if self.step == 0:
                self.begun, self.had_run, self.step, self.due = now, True, 1, now
            self.due = max(now, self.last + HOUR, self.bought + 3 * DAY if self.bought else 0)
            if self.due > now:
                continue
            if not self.content.total() or not self.worth():
                self.step = 0
                continue
            self.sent.append(now)
            self.step, self.due = (2, now + 2 * DAY) if self.step == 1 else (0, 0)

    def next_moment(self) -> int | None:
        """When something is to be done, if nothing happens before."""
        if self.step:
            return self.due
        if not self.is_open or self.had_run or not self.content.total() or not self.worth():
            return None
        return max(self.last + HOUR, self.begun + DAY if self.begun else 0)

    def worth(self) -> bool:
        return sum(self.price.get(product, 0) * pieces for product, pieces in self.content.items()) > 0


def orders_of(path: Path) -> dict[str, list[int]]:
    """When each person bought."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as text:
        rows = [row for row in csv.DictReader(text) if is_good(row) and row["event_type"] == "purchase"]
    return {row["user_id"]: sorted(second(each) for each in rows if each["user_id"] == row["user_id"]) for row in rows}

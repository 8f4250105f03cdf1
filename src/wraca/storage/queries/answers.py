"""Why people leave, as they said it: how many people gave which reason, at which stage, in which journey; and their own words."""

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec
from django.db.models import Count, OuterRef, QuerySet, Subquery

from wraca.domain.events import Instant
from wraca.domain.ids import PersonId
from wraca.domain.reasons import Reason
from wraca.domain.shares import FEWEST, Share
from wraca.storage.fields import to_datetime, to_instant
from wraca.storage.models import Answer, CartRow, Person
from wraca.storage.queries.shops import Key

_Rows: TypeAlias = "QuerySet[Any]"  # answers with the stage of their cart
_ORDER = {reason.value: place for place, reason in enumerate(Reason)}


class Named(msgspec.Struct, frozen=True):
    """A reason, and how many people of the group gave it."""

    reason: str
    share: Share


class Group(msgspec.Struct, frozen=True):
    """People of one stage (its number; 0: no cart) or one journey. Of a group under FEWEST people `named` is empty."""

    name: str
    people: int
    named: tuple[Named, ...]

    @property
    def is_told(self) -> bool:
        return self.people >= FEWEST

    @property
    def told(self) -> tuple[Named, ...]:
        """What may be shown with its share, the most frequent first."""
        return tuple(one for one in self.named if one.share.is_told)


class Report(msgspec.Struct, frozen=True):
    everybody: Group
    by_stage: tuple[Group, ...]
    by_journey: tuple[Group, ...]


class Said(msgspec.Struct, frozen=True):
    """One answer. `name` is what the console calls its person; empty: nobody knows. `stage` is 0 where there is no cart."""

    at: Instant
    reason: str
    text: str
    person: PersonId
    journey: str
    stage: int
    name: str = ""


def report(key: Key, since: Instant, now: Instant) -> Report:
    """People, not answers: whoever gave the same reason twice counts once."""
    return Report(
        everybody(key, since, now),
        tuple(sorted(_groups(_rows(key, since, now), "stage"), key=lambda group: int(group.name))),
        tuple(sorted(_groups(_rows(key, since, now), "journey"), key=lambda group: (-_told(group.people), group.name))),
    )


def everybody(key: Key, since: Instant, now: Instant) -> Group:
    """All who answered in this time."""
    rows = _rows(key, since, now)
    people = rows.aggregate(people=Count("person_id", distinct=True))["people"]
    counts = rows.order_by().values_list("reason").annotate(people=Count("person_id", distinct=True))
    return Group("", people, _named(counts, people))


def said(key: Key, since: Instant, now: Instant, most: int, *, in_words: bool = False) -> tuple[Said, ...]:
    """Single answers, the newest first; `in_words` only those with words of their own."""
    rows = _rows(key, since, now)
    if in_words:
        rows = rows.exclude(text="")
    found = list(rows.order_by("-at", "-id").values("at", "reason", "text", "person_id", "journey", "stage")[:most])
    names = _names(key, {row["person_id"] for row in found})
    return tuple(
        Said(
            to_instant(row["at"]),
            row["reason"],
            row["text"],
            PersonId(row["person_id"]),
            row["journey"],
            row["stage"] or 0,
            names.get(row["person_id"], ""),
        )
        for row in found
    )


def _rows(key: Key, since: Instant, now: Instant) -> _Rows:
    """With the stage that the cart came to by now: an order since then is worth knowing."""
    cart = CartRow.objects.filter(bucket=key.bucket, shop_id=key.shop, id=OuterRef("cart_id"))
    rows = Answer.objects.filter(bucket=key.bucket, shop_id=key.shop, at__gte=to_datetime(since), at__lte=to_datetime(now))
    return rows.annotate(stage=Subquery(cart.values("stage")[:1]))


def _groups(rows: _Rows, column: str) -> list[Group]:
    plain = rows.order_by()
    sizes = dict(plain.values_list(column).annotate(people=Count("person_id", distinct=True)))
    counts: dict[object, list[tuple[str, int]]] = {}
    for name, reason, people in plain.values_list(column, "reason").annotate(people=Count("person_id", distinct=True)):
        counts.setdefault(name, []).append((reason, people))
    return [
        Group(str(name or 0) if column == "stage" else str(name), people, _named(counts[name], people))
        for name, people in sizes.items()
    ]


def _named(counts: Iterable[tuple[str, int]], people: int) -> tuple[Named, ...]:
    """Every reason there is, the most frequent first; those that too few gave stand in a fixed order, which tells nothing."""
    if people < FEWEST:
        return ()
    known = dict.fromkeys(_ORDER, 0) | dict(counts)
    shares = [Named(reason, Share(count, people)) for reason, count in known.items()]
    return tuple(sorted(shares, key=lambda one: (-_told(one.share.people), _ORDER.get(one.reason, len(_ORDER)))))


def _told(people: int) -> int:
    return people if people >= FEWEST else 0


def _names(key: Key, people: set[str]) -> dict[str, str]:
    names = {}
    for row in Person.objects.filter(bucket=key.bucket, shop_id=key.shop, id__in=people):
        name = f"{row.body.get('first_name', '')} {row.body.get('last_name', '')}".strip()
        names[row.id] = name or row.email
    return names

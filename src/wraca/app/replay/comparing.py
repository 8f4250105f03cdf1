"""Two journeys over the same past, side by side: what differs in the figures, and for whom."""

from collections.abc import Iterable, Mapping

import msgspec

from wraca.app.replay.report import Report
from wraca.domain.events import Instant

MOST_EXAMPLES = 50  # people named for each kind of difference

# The figures that a journey can change, in the order of the report.
_FIGURES = (
    "abandoned", "reachable", "messaged", "runs", "messages", "messages_after_purchase", "recovered", "returned",
    "ordered_within_a_day",
)  # fmt: skip


class Outing(msgspec.Struct, frozen=True):
    """A report, and when each person would have got a message: what a comparison is made of."""

    report: Report
    letters: Mapping[str, tuple[Instant, ...]]  # by person, in order of time


class Difference(msgspec.Struct, frozen=True):
    """One figure under both. `name` as in the report; inside a part of it: "steps.reminder", "reasons.message.ordered"."""

    name: str
    one: int
    other: int

    @property
    def change(self) -> int:
        return self.other - self.one


class People(msgspec.Struct, frozen=True):
    """How many people the other journey treats differently, and up to MOST_EXAMPLES of their ids."""

    count: int = 0
    examples: tuple[str, ...] = ()


class Comparison(msgspec.Struct, frozen=True):
    """What the other journey changes. Everybody who got a message from either is counted once under `people`.

    "more", "fewer": the number of their messages; where it is the same, "earlier" or "later": the first message that differs;
    "same" is whoever gets as much at the same moments.
    """

    one: str  # the journeys' names
    other: str
    figures: tuple[Difference, ...]
    details: tuple[Difference, ...]  # only those that differ: by step, by reason, by outcome, by what was kept back
    people: Mapping[str, People]


def compare(one: Outing, other: Outing) -> Comparison:
    """What changes when `other` is played in the place of `one`, over the same past."""
    first, second = one.report, other.report
    return Comparison(
        first.journey,
        second.journey,
        tuple(Difference(name, getattr(first, name), getattr(second, name)) for name in _FIGURES),
        tuple(_details(first, second)),
        _people(one.letters, other.letters),
    )


def _details(one: Report, other: Report) -> Iterable[Difference]:
    for kind, first, second in (
        ("steps", _by_step(one), _by_step(other)),
        ("outcomes", one.outcomes, other.outcomes),
        ("reasons", one.reasons, other.reasons),
        ("kept", one.kept, other.kept),
        ("offers", _by_offer(one), _by_offer(other)),
    ):
        for name in sorted({*first, *second}):
            if first.get(name, 0) != second.get(name, 0):
                yield Difference(f"{kind}.{name}", first.get(name, 0), second.get(name, 0))


def _by_step(report: Report) -> dict[str, int]:
    counts: dict[str, int] = {}
    for step in report.steps:
        counts[step.step] = counts.get(step.step, 0) + step.messages
    return counts


def _by_offer(report: Report) -> dict[str, int]:
    """How many were issued, and their value in minor units by currency."""
    issued = {f"{offer.step}.issued": offer.issued for offer in report.offers}
    return issued | {f"{offer.step}.value.{currency}": value for offer in report.offers for currency, value in offer.value.items()}


def _people(one: Mapping[str, tuple[Instant, ...]], other: Mapping[str, tuple[Instant, ...]]) -> dict[str, People]:
    found: dict[str, list[str]] = {"more": [], "fewer": [], "earlier": [], "later": [], "same": []}
    for person in sorted({*one, *other}):
        found[_change(one.get(person, ()), other.get(person, ()))].append(person)
    return {kind: People(len(people), () if kind == "same" else tuple(people[:MOST_EXAMPLES])) for kind, people in found.items()}


def _change(before: tuple[Instant, ...], after: tuple[Instant, ...]) -> str:
    if len(before) != len(after):
        return "more" if len(after) > len(before) else "fewer"
    return next(
        ("earlier" if then < first else "later" for first, then in zip(before, after, strict=True) if first != then), "same"
    )

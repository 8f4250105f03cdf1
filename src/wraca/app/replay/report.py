"""The result of a replay: whole numbers, every one defined in docs/reference/replay.md."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from wraca.app.replay.counting import count_again, silences
from wraca.app.replay.figures import OfferCost, Whom, heat_of, offer_costs, reachable_people, whom
from wraca.app.replay.ghosts import Ghost
from wraca.app.replay.past import Tally
from wraca.app.replay.playing import Ending, Stage
from wraca.app.replay.proving import OrderBook, messages_after_purchase, ordered_within_a_day
from wraca.domain.events import Instant, OrderState
from wraca.domain.journeys.durations import DAY

RECOVERED_WITHIN = 5 * DAY  # after a human click (design: attributed recovery)
_BOUGHT = tuple(state.value for state in OrderState if state.is_bought)


class StepCount(msgspec.Struct, frozen=True):
    step: str
    template: str
    messages: int


class DayCount(msgspec.Struct, frozen=True):
    day: str  # 2022-12-01, in the report's zone
    messages: int


class Report(msgspec.Struct, frozen=True):
    """`rows` is the sum of events, duplicates and rejected. `hours` has 24 places, in the report's zone."""

    source: str
    journey: str
    reach: str  # "all": everybody has a made-up address where the past has none; "known": only real ones
    holdout: float  # the share of people who get nothing, as it was played
    timezone: str
    look_every: int  # ms of virtual time between two looks at what is due
    began: str  # the first and the last event, ISO 8601, UTC; empty where there was none
    ended: str
    rows: int
    events: int
    people: int
    carts: int
    abandoned: int
    reachable: int
    messaged: int  # abandoned carts with at least one message
    runs: int
    orders: int
    messages: int
    messages_after_purchase: int
    recovered: int
    returned: int  # abandoned carts that were ordered later, as it really happened
    duplicates: int
    rejected: int
    reasons: Mapping[str, int]
    outcomes: Mapping[str, int]  # how the runs ended; "" is still under way
    steps: tuple[StepCount, ...]
    hours: tuple[int, ...]
    days: tuple[DayCount, ...]
    kept: Mapping[str, int] = {}  # "postponed.enough_today" -> how many messages that was said of; they may have gone later
    ordered_within_a_day: int = 0  # runs whose person ordered within 24 hours after a message
    offers: tuple[OfferCost, ...] = ()
    heat: tuple[tuple[int, ...], ...] = ()  # messages by day of the week (Monday first) and hour, in the report's zone
    whom: Whom = Whom()
    reachable_people: Mapping[str, int] = {}  # of the people who left a cart, by channel of the journey
    seconds: float = 0.0  # of real time taken

    @property
    def by_step(self) -> list[tuple[str, str, int]]:
        """(step, template, messages), in the order of the journey."""
        return [(each.step, each.template, each.messages) for each in self.steps]

    @property
    def by_hour(self) -> list[tuple[int, int]]:
        """(hour of the day, messages), all 24."""
        return list(enumerate(self.hours))

    @property
    def by_day(self) -> list[tuple[str, int]]:
        """(day, messages), from the first to the last with a message."""
        return [(each.day, each.messages) for each in self.days]

    @property
    def ends(self) -> list[tuple[str, int]]:
        """(outcome, runs), the most frequent first."""
        return sorted(self.outcomes.items(), key=lambda one: (-one[1], one[0]))


class Playbill(msgspec.Struct, frozen=True):
    """What was asked for, as the report repeats it."""

    source: str
    reach: str
    timezone: str
    look_every: int


def report_on(
    stage: Stage, bill: Playbill, tally: Tally, book: OrderBook, span: tuple[Instant | None, Instant], until: Instant
) -> Report:
    """Count everything. `span`: the first and the last event; `until`: the end of the clock."""
    ghosts = stage.notebook.ghosts
    zone = ZoneInfo(bill.timezone)
    local = [datetime.fromtimestamp(ghost.at / 1000, zone) for ghost in ghosts]
    hours = Counter(moment.hour for moment in local)
    days = Counter(moment.date() for moment in local)
    with stage.ending() as end:
        counted = count_again(end, stage.plan.trigger, stage.shop, until)
        abandoned = counted.abandoned
        reasons, messaged = silences(end, abandoned)
        runs = dict(end.runs())
        return Report(
            source=bill.source,
            journey=stage.plan.journey,
            reach=bill.reach,
            holdout=stage.plan.holdout,
            timezone=bill.timezone,
            look_every=bill.look_every,
            began=_written(span[0]),
            ended=_written(span[1] or None),
            rows=tally.rows,
            events=tally.events,
            people=end.people(span[0] or 0),
            carts=end.carts(),
            abandoned=len(abandoned),
            reachable=sum(not one.objection for one in abandoned),
            messaged=messaged,
            runs=sum(runs.values()),
            orders=end.orders(_BOUGHT, span[0] or 0),
            messages=len(ghosts),
            messages_after_purchase=messages_after_purchase(end, stage.notebook, book),
            recovered=end.recovered(RECOVERED_WITHIN),
            returned=sum(one.was_ordered for one in abandoned),
            duplicates=tally.duplicates,
            rejected=tally.rejected.total(),
            reasons=_all_reasons(tally, reasons),
            outcomes=runs,
            steps=_steps(stage, end, ghosts),
            hours=tuple(hours[hour] for hour in range(24)),
            days=_days(days),
            kept=_most_first({word: len(messages) for word, messages in stage.notebook.kept.items()}),
            ordered_within_a_day=ordered_within_a_day(end, stage.notebook, book),
            offers=offer_costs(counted.coupons),
            heat=heat_of(local),
            whom=whom(stage.notebook),
            reachable_people=reachable_people(counted.people, stage.plan.channels or ("email",), stage.shop),
        )


def _days(counts: Counter[date]) -> tuple[DayCount, ...]:
    """From the first day with a message to the last, none left out."""
    if not counts:
        return ()
    first, last = min(counts), max(counts)
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(DayCount(day.isoformat(), counts[day]) for day in every)


def _written(moment: Instant | None) -> str:
    return "" if moment is None else datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _all_reasons(tally: Tally, reasons: Counter[str]) -> dict[str, int]:
    every = reasons + Counter({f"row.{word}": count for word, count in tally.rejected.items()})
    return _most_first(every)


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _steps(stage: Stage, end: Ending, ghosts: Iterable[Ghost]) -> tuple[StepCount, ...]:
    """Every message of the journey, those that nobody got too."""
    step_of = {message: step for message, _, _, step, *_ in end.messages()}
    counts = Counter((step_of[ghost.message], ghost.template) for ghost in ghosts)
    return tuple(StepCount(send.id, send.template, counts[send.id, send.template]) for send in stage.plan.sends)

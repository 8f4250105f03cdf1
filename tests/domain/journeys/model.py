"""What a journey means, a second time: written from docs/reference/journeys.md alone, to be compared with the engine.

It reads the raw file, not the plan, and walks it as a story in which a step waits by yielding. Times are ms since the cart was
left.
"""

from collections.abc import Callable, Collection, Generator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, NoReturn, TypeAlias
from zoneinfo import ZoneInfo

from wraca.domain.journeys.conditions import judged
from wraca.domain.journeys.durations import read_duration as length_of
from wraca.domain.journeys.run import Reaction
from wraca.testing.play import LEFT_AT, World

HOUR = 3_600_000
CHANNELS = ("email", "sms", "webpush", "onsite", "chat")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# A step yields the next moment at which it can do anything, and whether anything that happens may wake it before; it gets the
# moment at which it was woken. It returns when it was done.
Story: TypeAlias = Generator[tuple[int, bool], int, int]


class Happens(NamedTuple):
    """What goes on in the shop."""

    activity: tuple[int, ...]
    ordered_at: int | None
    emptied_at: int | None
    values: Mapping[str, Any]


class Course(NamedTuple):
    """What the journey did: messages as (moment, template, channel), offers as moments, deeds as (moment, text)."""

    messages: list[tuple[int, str, str]]
    offers: list[int]
    deeds: list[tuple[int, str]]
    outcome: str
    ended_at: int


class Letter(NamedTuple):
    settled_at: int
    was_sent: bool


class Over(Exception):
    """The journey ends with this word."""


class Model:
    """One run. `way` says which variant of a split chance chose: it is not the model's business how."""

    def __init__(self, content: Mapping[str, Any], world: World, happens: Happens, way: Callable[[str], str]) -> None:
        self.content, self.world, self.happens, self.way = content, world, happens, way
        self.idle = length_of(content["trigger"]["cart_abandoned"]["idle"])
        self.gap = length_of(content.get("min_gap", "6h"))
        self.now = self.idle
        self.letters: dict[str, Letter] = {}
        self.last_sent: int | None = None
        self.offer: dict[str, Any] = {"given": False}
        self.nothing_took_time = True
        self.course = Course([], [], [], "", 0)

    def play(self) -> Course:
        """From the trigger to the end."""
        try:
            self.walk()
        except StopIteration:
            return self.course._replace(outcome="completed", ended_at=self.now)
        except Over as over:
            return self.course._replace(outcome=str(over), ended_at=self.now)

    def walk(self) -> NoReturn:
        """From one waking to the next. Raises StopIteration, Over."""
        story = self.steps(self.content["steps"], self.idle, "")
        self.leave_if_due()
        until, may_be_woken = next(story)
        while True:
            woken = [when for when in self.happenings() if when > self.now] if may_be_woken else []
            self.now = self.awake(min([until, *woken]))
            self.leave_if_due()
            until, may_be_woken = story.send(self.now)

    # --- what is so now -------------------------------------------------------------------------------------------------------

    def leave_if_due(self) -> None:
        ordered, emptied = self.happens.ordered_at, self.happens.emptied_at
        if ordered is not None and ordered <= self.now:
            raise Over("ordered")
        if emptied is not None and emptied <= self.now and "cart_emptied" in self.content.get("exit_on", ["cart_emptied"]):
            raise Over("emptied")
        if self.now - self.last_activity() >= 14 * 24 * HOUR:
            raise Over("lost")

    def last_activity(self) -> int:
        return max(at for at in self.happens.activity if at <= max(self.now, 0))

    def hit(self, name: str, reaction: Reaction) -> int | None:
        """When this human reaction to the message came, if it has."""
        letter, after = self.letters.get(name), self.world.hits.get(name, {}).get(reaction)
        if letter is None or not letter.was_sent or after is None or letter.settled_at + after > self.now:
            return None
        return letter.settled_at + after

    def times(self, event: str) -> list[int]:
        """When it happened, as far as it has."""
        named = {
            "visit": list(self.world.happens.get("visit", ())),
            "cart_changed": list(self.happens.activity),
            "answered": [at for at, _ in self.world.answers],
            "clicked": [at for name in self.letters if (at := self.hit(name, Reaction.CLICKED)) is not None],
        }
        opened = [at for name in self.letters if (at := self.hit(name, Reaction.OPENED)) is not None]
        named["opened"] = opened + named["clicked"]
        return [at for at in named.get(event, self.world.happens.get(event, ())) if at <= self.now]

    def holds(self, condition: str) -> bool:
        answers = [reason for at, reason in self.world.answers if self.idle <= at <= self.now]
        reason = {"answered": bool(answers), "answer": answers[-1] if answers else "", "text": ""}
        return judged(condition, {**self.happens.values, "offer": self.offer, "reason": reason}).holds

    def happenings(self) -> list[int]:
        told = [
            *self.world.wakes,
            *(at for at, _ in self.world.answers),
            *(at for ats in self.world.happens.values() for at in ats),
        ]
        hits = [one.settled_at + after for name, one in self.letters.items() for after in self.world.hits.get(name, {}).values()]
        return told + hits

    def awake(self, when: int) -> int:
        for begin, end in sorted(self.world.outages):
            when = end if begin <= when < end else when
        return when

    # --- the steps ------------------------------------------------------------------------------------------------------------

    def steps(self, items: list[dict[str, Any]], since: int, prefix: str) -> Story:
        for number, item in enumerate(items):
            path = f"{prefix}{number}"
            kind = next(kind for kind in (*_KINDS, *_AT_ONCE) if kind in item)
            if kind in _AT_ONCE:
                _AT_ONCE[kind](self, item)
            else:
                since = yield from _KINDS[kind](self, item, since, path)
        return since

    def wait(self, item: dict[str, Any], since: int, _path: str) -> Story:
        said, first = item["wait"], self.nothing_took_time
        self.nothing_took_time = False
        if isinstance(said, str):
            while True:
                due = (self.last_activity() if first else since) + length_of(said)
                if self.now >= due:
                    return max(due, since)
                yield due, True
        if "until" in said:
            while True:
                begin = max(since, self.last_activity()) if first else since
                if self.now >= (due := self.civil(said["until"], said.get("days", WEEK), begin)):
                    return due
                yield due, True
        return (yield from self.happening(said["for"], since, length_of(said["at_most"])))

    def civil(self, time: str, days: Collection[str], since: int) -> int:
        """The first minute, not before `since`, that shows this time on one of these days, or would without a gap in the clocks."""
        zone = ZoneInfo(self.world.timezone)
        wanted = tuple(int(part) for part in time.split(":"))
        at = datetime.fromtimestamp(-(-(LEFT_AT + since) // 60_000) * 60, UTC)
        before = (at - timedelta(minutes=1)).astimezone(zone)
        while True:
            here = at.astimezone(zone)
            shown, shown_before = (here.hour, here.minute), (before.hour, before.minute)
            skipped = here.date() == before.date() and shown_before < wanted < shown
            if WEEK[here.weekday()] in days and (shown == wanted or skipped):
                late = (wanted[0] - shown_before[0]) * 60 + wanted[1] - shown_before[1] - 1 if skipped else 0
                return int(at.timestamp() * 1000) + late * 60_000 - LEFT_AT
            before, at = here, at + timedelta(minutes=1)

    def happening(self, event: str, since: int, at_most: int) -> Story:
        while True:
            came = [at for at in self.times(event) if since < at <= since + at_most]
            if came:
                return min(came)
            if self.now >= since + at_most:
                return since + at_most
            yield since + at_most, True

    def send(self, item: dict[str, Any], since: int, path: str) -> Story:
        fields = item.get("send") or {"chat": item["chat"]}
        channel = next(name for name in CHANNELS if name in fields)
        return (yield from self.message(fields.get("id", f"at.{path}"), channel, fields[channel]))

    def turn(self) -> Story:
        """Until a message may go: the cart is quiet, and the previous message long enough ago."""
        self.nothing_took_time = False
        while self.now < (
            ready := max(self.last_activity() + self.idle, -1 if self.last_sent is None else self.last_sent + self.gap)
        ):
            yield ready, True
        return self.now

    def message(self, name: str, channel: str, template: str) -> Story:
        yield from self.turn()
        if not all(map(self.holds, self.content.get("filters", ()))):
            raise Over("filtered")
        self.course.messages.append((self.now, template, channel))
        settled_at = self.now + self.world.settles_after
        yield settled_at, False
        was_sent = name not in self.world.unsent
        self.letters[name] = Letter(settled_at, was_sent)
        if was_sent:
            self.last_sent = settled_at
        return settled_at

    def best_channel(self, item: dict[str, Any], since: int, path: str) -> Story:
        fields = item["best_channel"]
        yield from self.turn()
        open_ones = [name for name in fields if name in CHANNELS and self.world.channels[name].is_open]
        if not open_ones:
            return since
        channel = next((name for name in open_ones if self.world.channels[name].reacted), open_ones[0])
        return (yield from self.message(fields.get("id", f"at.{path}"), channel, fields[channel]))

    def ask_reason(self, item: dict[str, Any], since: int, path: str) -> Story:
        fields, name = item["ask_reason"], item["ask_reason"].get("id", f"at.{path}")
        channel = next(each for each in CHANNELS if each in fields)
        settled_at = yield from self.message(name, channel, fields[channel])
        if not self.letters[name].was_sent:
            return settled_at
        return (yield from self.happening("answered", settled_at, length_of(fields.get("wait", "2d"))))

    def branch(self, item: dict[str, Any], since: int, path: str) -> Story:
        for number, arm in enumerate(item["branch"]):
            if "when" not in arm or self.holds(arm["when"]):
                return (yield from self.steps(arm["steps"], since, f"{path}.b{number}."))
        return since

    def split(self, item: dict[str, Any], since: int, path: str) -> Story:
        names = [arm["name"] for arm in item["split"]]
        number = names.index(self.way(item.get("id", f"at.{path}")))
        return (yield from self.steps(item["split"][number]["steps"], since, f"{path}.s{number}."))

    def react_to(self, item: dict[str, Any], since: int, path: str) -> Story:
        self.nothing_took_time = False
        name, answers = item["react_to"], {word: item[word] for word in ("clicked", "opened", "none") if word in item}
        settled_at = self.letters.setdefault(name, Letter(since, was_sent=False)).settled_at  # no channel reached the person
        closes = settled_at + (
            length_of(answers["none"]["after"]) if "none" in answers else max(length_of(one["after"]) for one in answers.values())
        )
        while True:
            reaction, at = "none", closes
            for word, kind in (("opened", Reaction.OPENED), ("clicked", Reaction.CLICKED)):
                if (hit := self.hit(name, kind)) is not None:
                    reaction = word
                    at = max(hit, settled_at + length_of(answers[word]["after"])) if word in answers else closes
            if self.now >= at:
                if reaction in answers:
                    return (yield from self.steps(answers[reaction]["steps"], at, f"{path}.{reaction}."))
                return at
            yield at, True

    # --- what is done at once -------------------------------------------------------------------------------------------------

    def give(self, item: dict[str, Any]) -> None:
        fields = item["offer"]
        code = fields.get("code") or (fields["pool"].upper() if self.world.codes else "")
        self.course.offers.append(self.now)
        self.offer = {"given": True, "code": code} if code else {"given": False}

    def deed(self, item: dict[str, Any]) -> None:
        text = item.get("notify_team") or " ".join(*item["audience"].items())
        self.course.deeds.append((self.now, text))

    def over(self, item: dict[str, Any]) -> None:
        raise Over("continued" if "goto_journey" in item else "completed")


_KINDS: dict[str, Callable[[Model, dict[str, Any], int, str], Story]] = {
    "send": Model.send,
    "chat": Model.send,
    "wait": Model.wait,
    "best_channel": Model.best_channel,
    "ask_reason": Model.ask_reason,
    "branch": Model.branch,
    "split": Model.split,
    "react_to": Model.react_to,
}
_AT_ONCE: dict[str, Callable[[Model, dict[str, Any]], None]] = {
    "offer": Model.give,
    "audience": Model.deed,
    "notify_team": Model.deed,
    "goto_journey": Model.over,
    "end": Model.over,
}

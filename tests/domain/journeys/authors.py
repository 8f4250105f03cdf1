"""Correct journey files of every kind of step, for hypothesis to think up. Every message has a template of its own."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

CHANNELS = ("email", "sms", "webpush", "onsite", "chat")
CONDITIONS = st.sampled_from([
    "cart.total > 100", "person.orders_count > 0", "person.unheard_of == 1", "cart.total > 100 && !has(person.phone)",
    "offer.given", 'reason.answer == "price"',
])  # fmt: skip
DURATIONS = st.sampled_from(["90s", "20m", "60m", "5h", "24h", "2d", "1w"])
SIGNALS = st.sampled_from(["clicked", "opened", "visit", "cart_changed", "answered", "Quiz Completed"])
_SHARES = st.sampled_from([("50%", "50%"), ("100%", "0%"), ("33.3%", "66.7%"), ("20%", "30%", "50%")])
_DAYS = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, unique=True)
_ANSWERED = ["clicked opened none", "opened none", "clicked none", "clicked opened", "opened", "clicked", "none"]
_TIMES = st.sampled_from(["00:00", "02:30", "03:00", "09:15", "10:00", "23:59"])


class _Author:
    """Writes a correct list of steps; `sent` are the messages that every way here has sent."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.count = 0
        self.depth = 0
        self.plain: tuple[Callable[[], dict[str, Any]], ...] = (
            self.send, self.send, self.wait, self.wait, self.wait_until, self.wait_for, self.best_channel, self.best_channel,
            self.ask_reason, self.offer, self.audience, self.notify_team, self.chat,
        )  # fmt: skip

    def steps(self, depth: int, sent: frozenset[str], *, may_end: bool = False) -> list[dict[str, Any]]:
        items = []
        for _ in range(self.draw(st.integers(1, 3))):
            item = self._one(depth, sent)
            for kind in ("send", "best_channel", "ask_reason"):
                if "id" in item.get(kind, {}):
                    sent |= {item[kind]["id"]}
            items.append(item)
        ends: list[list[dict[str, Any]]] = [[], [{"end": True}], [{"goto_journey": "win-back"}]]
        return items + ends[self.draw(st.integers(0, 2))] if may_end else items

    def _one(self, depth: int, sent: frozenset[str]) -> dict[str, Any]:
        forks: list[Callable[[int, frozenset[str]], dict[str, Any]]] = [self.branch, self.split] if depth else []
        if forks and sent:
            forks += [self.react_to, self.react_to]
        if forks and self.draw(st.integers(0, 2)) == 0:
            return forks[self.draw(st.integers(0, len(forks) - 1))](depth, sent)
        return self.plain[self.draw(st.integers(0, len(self.plain) - 1))]()

    def _template(self) -> str:
        self.count += 1
        return f"t{self.count}"

    def _named(self) -> dict[str, str]:
        return {"id": f"m{self.count}"} if self.draw(st.booleans()) else {}

    def send(self) -> dict[str, Any]:
        template = self._template()
        return {"send": {**self._named(), self.draw(st.sampled_from(CHANNELS)): template}}

    def chat(self) -> dict[str, Any]:
        return {"chat": self._template()}

    def best_channel(self) -> dict[str, Any]:
        self.count += 1
        channels = self.draw(st.lists(st.sampled_from(CHANNELS), min_size=2, max_size=3, unique=True))
        return {"best_channel": {**self._named(), **{channel: f"t{self.count}-{channel}" for channel in channels}}}

    def ask_reason(self) -> dict[str, Any]:
        template, patience = self._template(), self.draw(st.none() | DURATIONS)
        return {"ask_reason": {**self._named(), "email": template, **({"wait": patience} if patience else {})}}

    def wait(self) -> dict[str, Any]:
        return {"wait": self.draw(DURATIONS)}

    def wait_until(self) -> dict[str, Any]:
        return {"wait": {"until": self.draw(_TIMES), **self.draw(st.fixed_dictionaries({}, optional={"days": _DAYS}))}}

    def wait_for(self) -> dict[str, Any]:
        return {"wait": {"for": self.draw(SIGNALS), "at_most": self.draw(DURATIONS)}}

    def offer(self) -> dict[str, Any]:
        self.count += 1
        what: dict[str, Any] = self.draw(
            st.sampled_from([{"percent": 10}, {"amount": 20}, {"free_shipping": True}, {"gift": "a cup"}])
        )
        where = self.draw(st.sampled_from([{"pool": "autumn"}, {"code": "TEN"}]))
        more = self.draw(st.fixed_dictionaries({}, optional={"expires": DURATIONS, "min_cart": st.just(50)}))
        return {"offer": {**self._named(), **what, **where, **more}}

    def audience(self) -> dict[str, Any]:
        return {"audience": {self.draw(st.sampled_from(["join", "leave"])): "left-carts"}}

    def notify_team(self) -> dict[str, Any]:
        return {"notify_team": f"Look, {self.count}"}

    def branch(self, depth: int, sent: frozenset[str]) -> dict[str, Any]:
        for_all = self.draw(st.booleans())
        arms = [
            {"when": self.draw(CONDITIONS), "steps": self.steps(depth - 1, sent, may_end=not for_all)}
            for _ in range(self.draw(st.integers(1, 2)))
        ]
        return {"branch": [*arms, {"steps": self.steps(depth - 1, sent)}] if for_all else arms}

    def split(self, depth: int, sent: frozenset[str]) -> dict[str, Any]:
        shares = self.draw(_SHARES)
        self.count += 1
        name = {"id": f"chance{self.count}"} if self.draw(st.booleans()) else {}
        arms = [
            {"share": share, "name": f"way{number}", "steps": self.steps(depth - 1, sent, may_end=number > 0)}
            for number, share in enumerate(shares)
        ]
        return {"split": arms, **name}

    def react_to(self, depth: int, sent: frozenset[str]) -> dict[str, Any]:
        names = self.draw(st.sampled_from(_ANSWERED)).split()
        answers = {
            name: {"after": self.draw(DURATIONS), "steps": self.steps(depth - 1, sent, may_end=len(names) < 3)} for name in names
        }
        return {"react_to": self.draw(st.sampled_from(sorted(sent))), **answers}


@st.composite
def files(draw: st.DrawFn, *, reacting: bool = False) -> dict[str, Any]:
    """A correct journey file as plain values; `reacting`: one that certainly has a `react_to`."""
    author = _Author(draw)
    first = author.send()
    if reacting:
        first["send"]["id"] = "m1"
    settings_ = draw(st.fixed_dictionaries({}, optional={
        "about": st.text("aż ", max_size=9),
        "priority": st.integers(0, 100),
        "filters": st.lists(st.just("cart.total > 0"), max_size=1),
        "reentry": DURATIONS,
        "min_gap": st.sampled_from(["0m", "20m", "6h", "1d"]),
        "exit_on": st.lists(st.sampled_from(["order_placed", "cart_emptied"]), unique=True),
        "holdout": st.sampled_from(["0%", "2.5%", "10%", "12.34%", "99.99%", "100%"]),
    }))  # fmt: skip
    trigger = draw(st.fixed_dictionaries({"idle": DURATIONS}, optional={
        "idle_at_payment": DURATIONS, "stages": st.lists(st.sampled_from(["cart", "contact", "payment"]), min_size=1, unique=True),
    }))  # fmt: skip
    before = [draw(st.sampled_from(author.plain))() for _ in range(draw(st.integers(0, 2)))]
    sent = frozenset({first["send"]["id"]} if "id" in first["send"] else ())
    reaction = [author.react_to(2, sent)] if reacting else []
    steps = [*before, first, *reaction, *author.steps(2, sent)]
    return {"journey": "made-up", "trigger": {"cart_abandoned": trigger}, **settings_, "steps": steps}

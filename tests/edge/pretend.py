"""What stands behind the edge in these tests: the same promises, kept in memory, with switches for what can go wrong."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from wraca.app.answers import AskPage, KeyHolder, LinkAnswer, PreferencesPage, Purpose, RestoredCart, Scope
from wraca.app.capturing import ConfirmPage, Verdict, Wish
from wraca.app.deciding import Asked, Decided, Deed
from wraca.app.errors import Busy
from wraca.domain.events import Event, Instant, Line, Stage
from wraca.domain.evidence import Evidence
from wraca.domain.ids import ShopId
from wraca.domain.reasons import Reason
from wraca.edge import Limits, Services
from wraca.edge.services import OnPages
from wraca.ports.platform import ShopFacts

NOW = 1_795_000_000_000
SHOP = ShopFacts("a" * 32, "shop.example", "PLN", "identity-secret")
OTHER = ShopFacts("b" * 32, "other.example", "EUR", "other-secret")
ORIGIN = "https://shop.example"
BROWSER, SERVER, OTHER_SERVER, APP = "wb_browser", "ws_server", "ws_other", "wb_app"
TOKEN = "good-token-0123456789"
ERASED = "erased-token-0123456789"
CART = RestoredCart((Line("p1", 2, 1999, "Cup", "blue"),), "PLN", "", Stage.PAYMENT, (ORIGIN,))


@dataclass
class Behind:
    """A pretend application. `events` is what was committed; `hits`, `parked` and `silenced` what was asked for."""

    limits: Limits = field(default_factory=Limits)
    events: dict[tuple[ShopId, str], Event] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)
    hits: list[tuple[str, Purpose, int | None, Evidence]] = field(default_factory=list)
    parked: list[tuple[ShopId, int]] = field(default_factory=list)
    silenced: set[tuple[str, Scope]] = field(default_factory=set)
    answers: list[tuple[str, Reason, str]] = field(default_factory=list)
    asked: list[tuple[ShopId, Asked]] = field(default_factory=list)
    deeds: list[tuple[str, str, Deed]] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # to a confirmation
    look_ups: int = 0
    busy: bool = False
    poison: str = ""  # an event of this name cannot be taken in
    gate: threading.Event = field(default_factory=threading.Event)
    language: str = "en"
    target: str = "https://shop.example/cart?wraca_restore=x&wraca_hit=y"

    def __post_init__(self) -> None:
        self.gate.set()

    def services(self) -> Services:
        return Services(
            find_key=self.find_key,
            knows_origin=self.knows_origin,
            take_in=self.take_in,
            park=lambda shop, events, _reason, _now: self.parked.append((shop, len(events))),
            open_link=self.open_link,
            restore_lines=lambda token, _now: CART if token == TOKEN else None,
            preferences=self.preferences,
            unsubscribe=self.unsubscribe,
            ask_why=self.ask_why,
            ask_page=self.ask_page,
            answer_why=self.answer_why,
            healthy=lambda: not self.busy,
            metrics=lambda: b"# HELP wraca_up 1\n",
            sdk=lambda: b"window.wraca={};",
            now=lambda: NOW,
            limits=self.limits,
            on_pages=OnPages(
                decide=self.decide,
                note=self.note,
                capture=self.capture,
                confirm_page=self.confirm_page,
                confirm=lambda token, _now: self.say(token, "yes"),
                deny=lambda token, _now: self.say(token, "no"),
                part=lambda name: b"export default function(){}" if name == "popup.js" else None,
            ),
        )

    def decide(self, shop: ShopId, asked: Asked, _now: Instant) -> Decided:
        if self.busy:
            raise Busy("the disk is full")
        self.asked.append((shop, asked))
        return Decided(({"id": "p:exit", "name": "exit", "kind": "popup", "blocks": [], "asked": asked.path},), ("popup",))

    def note(self, _shop: ShopId, visitor: str, tracking: str, deed: Deed, _now: Instant) -> bool:
        self.deeds.append((visitor, tracking, deed))
        return tracking == "p:exit"

    def capture(self, _shop: ShopId, wish: Wish, _now: Instant) -> Verdict:
        self.wishes.append(wish)
        return "taken" if "@" in wish.address else "bad_address"

    def confirm_page(self, token: str, _now: Instant) -> ConfirmPage | None:
        if token != TOKEN:
            return None
        words = "Przysyłajcie mi <b>wszystko</b>"
        return ConfirmPage("Kubki & <spółka>", "https://shop.example/", "b***@x.pl", self.language, words, wants_cart=True)

    def say(self, token: str, word: str) -> bool:
        self.said.append(word)
        return token == TOKEN

    def knows_origin(self, origin: str) -> bool:
        self.look_ups += 1
        return origin == ORIGIN

    def find_key(self, key: str) -> KeyHolder | None:
        self.look_ups += 1
        known = {
            BROWSER: KeyHolder(SHOP, "browser", (ORIGIN,)),
            APP: KeyHolder(SHOP, "browser", ("*",)),
            SERVER: KeyHolder(SHOP, "server"),
            OTHER_SERVER: KeyHolder(OTHER, "server"),
        }
        return known.get(key)

    def take_in(self, _bucket: int, arrivals: Sequence[tuple[ShopId, Sequence[Event]]], _now: Instant) -> Sequence[int]:
        self.gate.wait(10)
        if self.busy:
            raise Busy("the disk is full")
        if any(event.name == self.poison for _, events in arrivals for event in events):
            raise ArithmeticError(f"cannot digest {self.poison}")
        self.groups.append(sum(len(events) for _, events in arrivals))
        duplicates = []
        for shop, events in arrivals:
            known = 0
            for event in events:
                if (shop, event.id) in self.events:
                    known += 1
                else:
                    self.events[shop, event.id] = event
            duplicates.append(known)
        return duplicates

    def open_link(self, token: str, purpose: Purpose, index: int | None, evidence: Evidence, _now: Instant) -> LinkAnswer | None:
        if self.busy:
            raise Busy("the disk is full")
        if token != TOKEN or (index is not None and index > 2):
            return None
        self.hits.append((token, purpose, index, evidence))
        return LinkAnswer(self.target)

    def preferences(self, token: str, _now: Instant) -> PreferencesPage | None:
        if token != TOKEN:
            return None
        return PreferencesPage("Kubki & <spółka>", "b***@x.pl", self.language, not self.silenced)

    def unsubscribe(self, token: str, scope: Scope, _now: Instant) -> bool:
        if token not in (TOKEN, ERASED):
            return False
        if token == TOKEN:
            self.silenced.add((token, scope))
        return True

    def ask_page(self, token: str, _now: Instant) -> AskPage | None:
        if token not in (TOKEN, ERASED):
            return None
        return AskPage("Kubki & <spółka>", "https://shop.example/", "+48 61 222 33 44", "pomoc@shop.example", self.language)

    def ask_why(self, token: str, reason: str, evidence: Evidence, now: Instant) -> AskPage | None:
        if self.busy:
            raise Busy("the disk is full")
        page = self.ask_page(token, now)
        if page is not None:
            self.hits.append(
                (token, "click", 901 + list(Reason).index(Reason(reason)) if reason in set(Reason) else None, evidence)
            )
        return page

    def answer_why(self, token: str, reason: Reason, text: str, _now: Instant) -> bool:
        if self.busy:
            raise Busy("the disk is full")
        if token == TOKEN:
            self.answers.append((token, reason, text))
        return token in (TOKEN, ERASED)

    @property
    def committed(self) -> list[Event]:
        return list(self.events.values())

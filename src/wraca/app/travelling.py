"""The runs whose timer fired, with everything their decisions look at: one statement of each kind for the whole batch."""

from collections.abc import Sequence

import msgspec

from wraca.app.audiences import memberships
from wraca.app.facts import Known, newest_cart
from wraca.app.offers import offers_of_runs
from wraca.app.register import Register
from wraca.app.watching import Due
from wraca.app.weighing import address_of
from wraca.domain.carts import Cart
from wraca.domain.events import Instant
from wraca.domain.ids import MessageId, PersonId, RunId, ShopId, StepId
from wraca.domain.journeys.about import About
from wraca.domain.journeys.run import Reaction, Run, Sent
from wraca.domain.outbox import ENDED, State
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import intake, runs

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_about = msgspec.json.Decoder(About)
_words = msgspec.json.Decoder(list[str])
_OF_A_CART = About()


class Travelling(msgspec.Struct):
    """A run with what is known of it; `turn` is how many decisions it had taken when it was read."""

    turn: int
    known: Known

    @property
    def shop(self) -> ShopId:
        return self.known.shop.id

    @property
    def run(self) -> Run:
        return self.known.run


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class _MessageKey(msgspec.Struct):
    shop: ShopId
    id: MessageId


class _AddressKey(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str


def travelling(tx: Transaction, bucket: int, register: Register, due: Sequence[Due]) -> list[Travelling]:
    """The runs that are still under way, in the order of their ids."""
    found: list[Travelling] = []
    for row in tx.all(runs.DUE_RUNS, due, bucket=bucket):
        shop, run_id, journey, version, person, cart, at, entered, started, last_sent, held_out, turn, about, who, body = row
        run = Run(run_id, journey, version, person, cart, at, entered, started, last_sent, bool(held_out))
        own = _cart.decode(body) if body else None
        plan = register.plan(shop, journey, version)
        known = Known(run, plan, register.shop(shop), _person.decode(who), own, own, _about_of(about))
        found.append(Travelling(turn, known))
    found.sort(key=lambda each: (each.shop, each.run.id))
    if found:
        _load_carts(tx, bucket, found)
        _load_messages(tx, bucket, found, due)
        _load_suppressions(tx, bucket, register, found)
        _load_what_some_need(tx, bucket, register, found)
    return found


def _about_of(text: str) -> About:
    return _OF_A_CART if text == "{}" else _about.decode(text)


def _load_carts(tx: Transaction, bucket: int, found: list[Travelling]) -> None:
    carts: dict[_PersonKey, list[Cart]] = {_person_of(each): [] for each in found}
    for shop, person, body in tx.all(intake.FIND_CARTS, sorted(carts), bucket=bucket):
        carts[_PersonKey(shop, person)].append(_cart.decode(body))
    for each in found:
        each.known.newest = newest_cart(carts[_person_of(each)], each.known.cart)


def _person_of(each: Travelling) -> _PersonKey:
    return _PersonKey(each.shop, each.known.person.id)


def _load_messages(tx: Transaction, bucket: int, found: list[Travelling], due: Sequence[Due]) -> None:
    by_run = {(each.shop, each.run.id): each for each in found}
    sent: dict[tuple[ShopId, RunId], dict[StepId, Sent]] = {}
    over: dict[tuple[ShopId, RunId], dict[StepId, str]] = {}
    places: dict[tuple[ShopId, MessageId], tuple[dict[StepId, Sent], StepId]] = {}
    for shop, run, step, channel, message, state, settled_at, reasons in tx.all(runs.MESSAGES_OF_RUNS, due, bucket=bucket):
        if (shop, run) not in by_run:
            continue
        ghost = state == State.SKIPPED and "holdout" in _words.decode(reasons)
        was_sent = state in {State.ACCEPTED, State.UNCERTAIN} or ghost
        mine = sent.setdefault((shop, run), {})
        mine[step] = Sent(settled_at if State(state) in ENDED else None, was_sent)
        over.setdefault((shop, run), {})[step] = channel
        if was_sent and not ghost:
            places[shop, message] = (mine, step)
    if places:
        rows = [_MessageKey(shop, message) for shop, message in sorted(places)]
        for shop, message, purpose, at in tx.all(runs.HUMAN_HITS, rows, bucket=bucket):
            mine, step = places[shop, message]
            mine[step] = reacted(mine[step], purpose, at)
    for key, mine in sent.items():
        by_run[key].known.sent, by_run[key].known.over = mine, over[key]


def reacted(sent: Sent, purpose: str, at: Instant) -> Sent:
    """The message with one more human hit: the strongest reaction counts, the first of each kind dates it."""
    if purpose == "open":
        reaction = max(sent.reaction, Reaction.OPENED, key=list(Reaction).index)
        return msgspec.structs.replace(sent, reaction=reaction, opened_at=at)
    clicked_at = min(at, sent.clicked_at or at)
    return msgspec.structs.replace(sent, reaction=Reaction.CLICKED, clicked_at=clicked_at)


def _load_suppressions(tx: Transaction, bucket: int, register: Register, found: list[Travelling]) -> None:
    hashes: dict[tuple[ShopId, str, str], list[Travelling]] = {}
    for each in found:
        for channel in each.known.plan.channels:
            if address := address_of(each.known.person, channel):
                hashed = register.seal.address_hash(each.shop, channel, address)
                hashes.setdefault((each.shop, channel, hashed), []).append(each)
    if not hashes:
        return
    rows = [_AddressKey(*key) for key in sorted(hashes)]
    for shop, channel, hashed, reason in tx.all(runs.SUPPRESSED, rows, bucket=bucket):
        for each in hashes[shop, channel, hashed]:
            each.known.suppressed = {**each.known.suppressed, channel: reason}


# --- what only some journeys ask for ------------------------------------------------------------------------------------------


def _load_what_some_need(tx: Transaction, bucket: int, register: Register, found: list[Travelling]) -> None:
    if offering := {(each.shop, each.run.id): each for each in found if each.known.plan.makes_offers}:
        for run, offers in offers_of_runs(tx, bucket, offering).items():
            offering[run].known.offers = offers
    if asking := [each for each in found if each.known.plan.asks_audiences]:
        inside = memberships(tx, bucket, [(each.shop, each.known.person.id) for each in asking])
        for each in asking:
            each.known.audiences = tuple(inside.get((each.shop, each.known.person.id), ()))
    for each in found:
        if each.known.plan.chooses_channels:
            each.known.connected = [name for name in each.known.plan.channels if register.connection(each.shop, name)]

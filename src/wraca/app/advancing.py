"""A run's timer fired: read the facts, decide, write the move and its effect together."""

from collections.abc import Sequence

import msgspec

from wraca.app.facts import condition_values, has_bought
from wraca.app.register import Register
from wraca.app.watching import Due
from wraca.domain.carts import Cart
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, MessageId, PersonId, RunId, ShopId, StepId, derived_id
from wraca.domain.journeys.engine import advance
from wraca.domain.journeys.run import (
    Advance,
    AwaitMessage,
    Decision,
    Facts,
    Finish,
    Reaction,
    Run,
    SendMessage,
    Sent,
    Sleep,
)
from wraca.domain.outbox import ENDED, USEFUL_FOR, State
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import intake
from wraca.storage.hot import runs as sql
from wraca.storage.hot.rows import RUN_TIMER, TimerRow

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_words = msgspec.json.Decoder(list[str])


class _Loaded(msgspec.Struct):
    """A run with everything its decision looks at."""

    shop: ShopId
    run: Run
    turn: int
    person: Person
    cart: Cart | None
    carts: list[Cart] = msgspec.field(default_factory=list)  # all of the person's that were not ordered
    sent: dict[StepId, Sent] = msgspec.field(default_factory=dict)
    opted_out: bool = False
    complained: bool = False


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


class _MoveRow(msgspec.Struct):
    shop: ShopId
    id: RunId
    turn: int
    at: str
    entered_at: Instant
    last_sent_at: Instant
    outcome: str
    cart: CartId
    ended_at: Instant | None


class _DecisionRow(msgspec.Struct):
    shop: ShopId
    id: RunId
    turn: int
    trail: tuple[Decision, ...]


class _MessageRow(msgspec.Struct):
    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    id: MessageId
    person: PersonId
    cart: CartId
    journey: str
    template: str
    held_out: bool
    due_at: Instant
    deadline_at: Instant


class _CloseRow(msgspec.Struct):
    shop: ShopId
    run: RunId
    reasons: tuple[str, ...]


def advance_runs(tx: Transaction, bucket: int, register: Register, due: Sequence[Due], now: Instant) -> None:
    """Decide for all of these runs and write what was decided."""
    loaded = _load(tx, bucket, register, due)
    decided = [(each, _decide(register, each, now)) for each in loaded]
    moves = [_move_row(each, answer, now) for each, answer in decided]
    if not moves:
        return
    moved = set(tx.all(sql.MOVE_RUNS, moves, bucket=bucket))
    _write(tx, bucket, [(each, answer) for each, answer in decided if (each.shop, each.run.id) in moved], now)


# --- reading ------------------------------------------------------------------------------------------------------------------


def _load(tx: Transaction, bucket: int, register: Register, due: Sequence[Due]) -> list[_Loaded]:
    loaded: list[_Loaded] = []
    for row in tx.all(sql.DUE_RUNS, due, bucket=bucket):
        shop, run_id, journey, version, person, cart, at, entered, started, last_sent, held_out, turn, who, body = row
        run = Run(run_id, journey, version, person, cart, at, entered, started, last_sent, bool(held_out))
        loaded.append(_Loaded(shop, run, turn, _person.decode(who), _cart.decode(body) if body else None))
    loaded.sort(key=lambda each: (each.shop, each.run.id))
    if loaded:
        _load_carts(tx, bucket, loaded)
        _load_messages(tx, bucket, loaded, due)
        _load_suppressions(tx, bucket, register, loaded)
    return loaded


def _load_carts(tx: Transaction, bucket: int, loaded: list[_Loaded]) -> None:
    carts: dict[_PersonKey, list[Cart]] = {_PersonKey(each.shop, each.person.id): [] for each in loaded}
    for shop, person, body in tx.all(intake.FIND_CARTS, sorted(carts), bucket=bucket):
        carts[_PersonKey(shop, person)].append(_cart.decode(body))
    for each in loaded:
        each.carts = carts[_PersonKey(each.shop, each.person.id)]


def _load_messages(tx: Transaction, bucket: int, loaded: list[_Loaded], due: Sequence[Due]) -> None:
    by_run = {(each.shop, each.run.id): each for each in loaded}
    places: dict[tuple[ShopId, MessageId], tuple[_Loaded, StepId]] = {}
    for shop, run, step, message, state, settled_at, reasons in tx.all(sql.MESSAGES_OF_RUNS, due, bucket=bucket):
        if (each := by_run.get((shop, run))) is None:
            continue
        settled = State(state) in ENDED
        ghost = state == State.SKIPPED and "holdout" in _words.decode(reasons)
        was_sent = state in {State.ACCEPTED, State.UNCERTAIN} or ghost
        each.sent[step] = Sent(settled_at if settled else None, was_sent)
        if was_sent and not ghost:
            places[shop, message] = (each, step)
    if not places:
        return
    rows = [_MessageKey(shop, message) for shop, message in sorted(places)]
    for shop, message, purpose, at in tx.all(sql.HUMAN_HITS, rows, bucket=bucket):
        each, step = places[shop, message]
        each.sent[step] = _reacted(each.sent[step], purpose, at)


def _reacted(sent: Sent, purpose: str, at: Instant) -> Sent:
    if purpose == "open":
        reaction = max(sent.reaction, Reaction.OPENED, key=list(Reaction).index)
        return msgspec.structs.replace(sent, reaction=reaction, opened_at=at)
    clicked_at = min(at, sent.clicked_at or at)
    return msgspec.structs.replace(sent, reaction=Reaction.CLICKED, clicked_at=clicked_at)


def _load_suppressions(tx: Transaction, bucket: int, register: Register, loaded: list[_Loaded]) -> None:
    hashes: dict[tuple[ShopId, str], list[_Loaded]] = {}
    for each in loaded:
        if each.person.email:
            hashes.setdefault((each.shop, register.seal.address_hash(each.shop, "email", each.person.email)), []).append(each)
    if not hashes:
        return
    rows = [_AddressKey(shop, "email", hashed) for shop, hashed in sorted(hashes)]
    for shop, _, hashed, reason in tx.all(sql.SUPPRESSED, rows, bucket=bucket):
        for each in hashes[shop, hashed]:
            each.opted_out = each.opted_out or reason in {"unsubscribed", "by_hand"}
            each.complained = each.complained or reason == "complained"


# --- deciding -----------------------------------------------------------------------------------------------------------------


def _decide(register: Register, each: _Loaded, now: Instant) -> Advance:
    plan = register.plan(each.shop, each.run.journey, each.run.version)
    newest = _newest(each)
    word = each.person.consents.get("email")
    facts = Facts(
        last_activity=newest.last_activity if newest else each.run.started_at,
        idle=plan.trigger.idle_at(newest.stage) if newest else 0,
        ordered=has_bought(each.person, each.cart, each.run.started_at),
        emptied=newest is None or not newest.lines,
        lost=newest is not None and newest.is_lost(now),
        opted_out=each.opted_out or (word is not None and not word.given),
        complained=each.complained,
        sent=each.sent,
        values=condition_values(each.person, newest),
    )
    return advance(each.run, plan, facts, now)


def _newest(each: _Loaded) -> Cart | None:
    """The cart the messages speak of: the person's latest with something in it, else the run's own."""
    filled = [cart for cart in each.carts if cart.lines]
    return max(filled, key=lambda cart: (cart.last_activity, cart.id), default=each.cart)


# --- writing ------------------------------------------------------------------------------------------------------------------


def _move_row(each: _Loaded, answer: Advance, now: Instant) -> _MoveRow:
    run = answer.run
    outcome = answer.effect.outcome.value if isinstance(answer.effect, Finish) else ""
    newest = _newest(each)
    cart = newest.id if newest else run.cart
    return _MoveRow(each.shop, run.id, each.turn, run.at, run.entered_at, run.last_sent_at, outcome, cart, now if outcome else None)


def _write(tx: Transaction, bucket: int, decided: list[tuple[_Loaded, Advance]], now: Instant) -> None:
    decisions = [_DecisionRow(each.shop, each.run.id, each.turn, answer.trail) for each, answer in decided]
    tx.run(sql.ADD_DECISIONS, decisions, bucket=bucket, now=now)
    sleeps, messages, closed = _effects(decided)
    if sleeps:
        tx.run(intake.SET_TIMERS, sleeps, bucket=bucket)
    if messages:
        tx.run(sql.PLAN_MESSAGES, messages, bucket=bucket, now=now)
    if closed:
        tx.run(sql.CLOSE_MESSAGES, closed, bucket=bucket, now=now)


def _effects(decided: list[tuple[_Loaded, Advance]]) -> tuple[list[TimerRow], list[_MessageRow], list[_CloseRow]]:
    sleeps: list[TimerRow] = []
    messages: list[_MessageRow] = []
    closed: list[_CloseRow] = []
    for each, answer in decided:
        match answer.effect:
            case Sleep(until=until):
                sleeps.append(TimerRow(each.shop, each.run.id, RUN_TIMER, until))
            case SendMessage():
                messages.append(_message_row(each, answer, answer.effect))
            case Finish(outcome=outcome):
                closed.append(_CloseRow(each.shop, each.run.id, (outcome.value,)))
            case AwaitMessage():
                pass  # its settling wakes the run
    return sleeps, messages, closed


def _message_row(each: _Loaded, answer: Advance, effect: SendMessage) -> _MessageRow:
    """The message is useful for a while after the moment it should have gone, not after the moment we got to it."""
    run, newest = answer.run, _newest(each)
    message = MessageId(derived_id(each.shop, run.id, effect.step, effect.channel))
    due = max(run.entered_at, newest.last_activity if newest else 0, run.last_sent_at)
    return _MessageRow(
        each.shop,
        run.id,
        effect.step,
        effect.channel,
        message,
        run.person,
        newest.id if newest else run.cart,
        run.journey,
        effect.template,
        run.held_out,
        effect.due,
        due + USEFUL_FOR,
    )

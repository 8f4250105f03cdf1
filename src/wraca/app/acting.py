"""What a run's decisions do beside moving it: audiences, words to the shop's team, and what the shop's webhooks are told of it."""

from collections.abc import Iterator, Sequence

from wraca.app.audiences import AudienceRow, join_audiences, leave_audiences
from wraca.app.hooksout import Happening, audience_happenings, listened, tell
from wraca.app.noticing import Word, tell_team
from wraca.app.offers import offers_of_runs
from wraca.app.register import Register
from wraca.app.travelling import Travelling
from wraca.domain.events import Instant
from wraca.domain.ids import derived_id
from wraca.domain.journeys.run import Advance, Continue, Finish, MakeOffer, MoveAudience, Outcome, TellTeam
from wraca.domain.webhooks import Topic
from wraca.storage.database import Transaction

_Decided = Sequence[tuple[Travelling, Advance]]


def act(tx: Transaction, bucket: int, register: Register, decided: _Decided, now: Instant) -> None:
    """What was to be done on the way; for who is held out it is in the decisions, and nowhere else."""
    joins: list[AudienceRow] = []
    leaves: list[AudienceRow] = []
    words: list[Word] = []
    for each, answer in decided:
        run = answer.run
        for one in () if run.held_out else answer.acts:
            match one:
                case MoveAudience(audience=audience, joins=is_join):
                    (joins if is_join else leaves).append(AudienceRow(each.shop, audience, run.person, run.journey))
                case TellTeam(at=at, text=text):
                    words.append(Word(each.shop, run.id, at, run.journey, run.person, run.cart, text))
    joined = join_audiences(tx, bucket, joins, now)
    left = leave_audiences(tx, bucket, leaves, now)
    tell_team(tx, bucket, words, now)
    happened = audience_happenings(Topic.AUDIENCE_JOINED, joined, now) + audience_happenings(Topic.AUDIENCE_LEFT, left, now)
    happened += [_notice(word, now) for word in words]
    tell(tx, bucket, register.hearers, [*happened, *_of_runs(tx, bucket, register, decided, now)], now)


def _of_runs(tx: Transaction, bucket: int, register: Register, decided: _Decided, now: Instant) -> list[Happening]:
    shops = listened(register.hearers, (each.shop for each, _ in decided))
    heard = [(each, answer) for each, answer in decided if each.shop in shops]
    ended = [one for each, answer in heard for one in _end(each, answer, now)]
    return ended + _coupons(tx, bucket, heard, now)


def _end(each: Travelling, answer: Advance, now: Instant) -> Iterator[Happening]:
    match answer.effect:
        case Finish(outcome=outcome):
            pass
        case Continue():
            outcome = Outcome.CONTINUED
        case _:
            return
    run, cart = answer.run, each.known.newest
    facts: dict[str, object] = {"run_id": run.id, "journey": run.journey, "person_id": run.person, "cart_id": run.cart}
    yield Happening(each.shop, Topic.RUN_ENDED, run.id, now, facts | {"outcome": outcome, "held_out": run.held_out})
    # Who was never written to came back by themselves.
    if outcome is Outcome.ORDERED and not run.held_out and any(sent.was_sent for sent in each.known.sent.values()):
        total = cart.total if cart else None
        worth = {
            "order": (cart.order if cart else "") or None,
            "currency": total.currency if total else "",
            "total": total and total.minor,
        }
        yield Happening(each.shop, Topic.ORDER_RECOVERED, run.id, now, facts | worth)


def _coupons(tx: Transaction, bucket: int, heard: _Decided, now: Instant) -> list[Happening]:
    """Offers that these runs just gave, with their codes; nothing is given to who is held out."""
    giving = {
        (each.shop, answer.run.id): (each, answer, answer.effect)
        for each, answer in heard
        if isinstance(answer.effect, MakeOffer) and not answer.run.held_out
    }
    if not giving:
        return []
    given = offers_of_runs(tx, bucket, giving)
    happened = []
    for key, (each, answer, effect) in giving.items():
        run, one = answer.run, given.get(key, {}).get(effect.step)
        if one is not None:
            facts: dict[str, object] = {
                "run_id": run.id,
                "journey": run.journey,
                "person_id": run.person,
                "cart_id": run.cart,
                "code": one.code or None,
                "kind": one.offer.kind,
                "value": one.offer.value,
                "expires_at": one.expires_at,
            }
            happened.append(Happening(each.shop, Topic.COUPON_GIVEN, f"{run.id}/{effect.step}", now, facts))
    return happened


def _notice(word: Word, now: Instant) -> Happening:
    facts: dict[str, object] = {
        "run_id": word.run,
        "journey": word.journey,
        "person_id": word.person,
        "cart_id": word.cart,
        "text": word.text,
    }
    return Happening(word.shop, Topic.NOTICE_CREATED, derived_id(word.shop, "notice", word.run, word.at), now, facts)

"""What some messages show beside the cart: an offer, recommendations, reviews. Gathered for a batch, and only where it is shown."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from wraca.app.browsers import load_handles
from wraca.app.composing import language_of
from wraca.app.gatekeeping import Claimed
from wraca.app.offers import offers_of_runs
from wraca.app.recommending import PicksWanted, load_picks
from wraca.app.register import Register
from wraca.app.reviewing import ReviewsWanted, load_reviews
from wraca.app.weighing import Material
from wraca.domain.events import Instant
from wraca.domain.ids import MessageId
from wraca.domain.journeys.run import Given
from wraca.domain.money import minor_units
from wraca.domain.offers import Offer, OfferKind
from wraca.domain.picking import Of
from wraca.storage.database import DatabaseBusy, Transaction

Showing = tuple[Claimed, Material, frozenset[str]]  # a message, what it is made of, and which costly facts it names
Extras = Mapping[MessageId, Mapping[str, object]]
_PICKS: Mapping[str, Of] = {"picks": "together", "bargains": "discounted"}


def load_extras(
    tx: Transaction, bucket: int, register: Register, passing: Iterable[tuple[Claimed, Material]], now: Instant
) -> Extras:
    """The facts to add to each of these messages, by its id; messages that show nothing more are absent.

    Under `handle`: what it takes to reach a browser.
    """
    passing = list(passing)
    extras = gather(tx, bucket, register, [(message, made, _shown(register, message, made)) for message, made in passing], now)
    handles = load_handles(tx, bucket, register, passing)
    return {**extras, **{key: {**extras.get(key, {}), "handle": handle} for key, handle in handles.items()}}


def gather(tx: Transaction, bucket: int, register: Register, shown: Sequence[Showing], now: Instant) -> Extras:
    """The same for messages of which it is known what they show."""
    extras: dict[MessageId, dict[str, object]] = {message.id: {} for message, _, _ in shown}
    _add_offers(tx, bucket, register, [(message, made) for message, made, _ in shown], extras, now)
    for fact, of in _PICKS.items():
        wishes = [_picks_wanted(message, made, of) for message, made, facts in shown if fact in facts]
        for key, picks in load_picks(tx, bucket, wishes, now).items():
            extras[MessageId(key)][fact] = [msgspec.to_builtins(pick) for pick in picks]
    asked = [
        ReviewsWanted(message.id, message.shop, language_of(made), made.lines)
        for message, made, facts in shown
        if "reviews" in facts
    ]
    for key, reviews in load_reviews(tx, bucket, asked).items():
        extras[MessageId(key)] |= reviews
    return extras


def _shown(register: Register, message: Claimed, made: Material) -> frozenset[str]:
    language = language_of(made)
    try:
        sources = register.sources(message.shop, message.template, language)
    except DatabaseBusy:
        raise
    except Exception:  # noqa: BLE001  (composing it meets the same fault, and says so; others go on)
        return frozenset()
    return register.channels[message.channel].shows(message.template, language, sources)


def _picks_wanted(message: Claimed, made: Material, of: Of) -> PicksWanted:
    currency = (made.cart.currency if made.cart else "") or made.shop.currency
    return PicksWanted(message.id, message.shop, made.person.id, made.lines, currency, language_of(made), of)


# --- offers -------------------------------------------------------------------------------------------------------------------


def _add_offers(
    tx: Transaction,
    bucket: int,
    register: Register,
    passing: list[tuple[Claimed, Material]],
    extras: dict[MessageId, dict[str, object]],
    now: Instant,
) -> None:
    """The newest offer of each run that still stands."""
    offering = [
        (message, made)
        for message, made in passing
        if made.run and register.plan(message.shop, made.run.journey, made.run.version).makes_offers
    ]
    given = offers_of_runs(tx, bucket, {(message.shop, message.run) for message, _ in offering})
    for message, made in offering:
        standing = [one for one in given.get((message.shop, message.run), {}).values() if _stands(one, now)]
        if standing:
            currency = (made.cart.currency if made.cart else "") or made.shop.currency
            extras[message.id]["offer"] = offer_facts(max(standing, key=lambda one: one.at), currency)


def _stands(given: Given, now: Instant) -> bool:
    return bool(given.code) and (given.expires_at is None or given.expires_at > now)


def offer_facts(given: Given, currency: str) -> dict[str, object]:
    """What a template sees of an offer; amounts in minor units."""
    return {
        "code": given.code,
        "kind": given.offer.kind.value,
        "value": _value(given.offer, currency),
        "text": given.offer.text,
        "expires": given.expires_at,
        "min_cart": minor_units(given.offer.min_cart, currency) if given.offer.min_cart else None,
    }


def _value(offer: Offer, currency: str) -> float | int:
    if offer.kind is OfferKind.AMOUNT:
        return minor_units(offer.value, currency)
    return int(offer.value) if offer.value == int(offer.value) else offer.value

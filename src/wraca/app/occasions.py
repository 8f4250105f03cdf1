"""A person's timer fired: is there an occasion, which journeys start, when to look again?"""

from collections.abc import Sequence

import msgspec

from wraca.app.facts import condition_values, newest_cart
from wraca.app.register import Register
from wraca.app.starting import Past, Pasts, StartRow, begin_runs, is_held_out, pasts_of
from wraca.app.surroundings import Watched, journeys_of_occasions, load
from wraca.app.watching import Due
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, PersonId, RunId, ShopId, derived_id
from wraca.domain.journeys.occasions import (
    Beginning,
    Earlier,
    Invited,
    Surroundings,
    watch_person,
)
from wraca.domain.journeys.watch import Candidate
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import occasions as sql
from wraca.storage.hot.intake import SET_TIMERS
from wraca.storage.hot.rows import PERSON_TIMER, TimerRow

_person = msgspec.json.Decoder(Person)


def watch_people(tx: Transaction, bucket: int, register: Register, due: Sequence[Due], now: Instant) -> None:
    """Look at these people: start journeys, set the timers again."""
    concerned = [one for one in due if journeys_of_occasions(register, one.shop)]
    if not concerned:
        return
    people = {
        (shop, person): Watched(shop, _person.decode(body)) for shop, person, body in tx.all(sql.PEOPLE, concerned, bucket=bucket)
    }
    load(tx, bucket, register, people, now)
    pasts = pasts_of(tx, bucket, people)
    starts: list[StartRow] = []
    looks: list[TimerRow] = []
    for (shop, person), one in sorted(people.items()):
        begun, look = watch_person(_around(register, one), _invited(register, shop, person, pasts), now)
        starts += [_start_row(register, one, beginning, now) for beginning in begun]
        if look is not None:
            looks.append(TimerRow(shop, person, PERSON_TIMER, look))
    begin_runs(tx, bucket, register.hearers, starts, now)
    if looks:
        tx.run(SET_TIMERS, looks, bucket=bucket)


def _around(register: Register, one: Watched) -> Surroundings:
    return Surroundings(
        one.person,
        tuple(sorted(one.carts, key=lambda cart: (-cart.last_activity, cart.id))),
        one.products,
        tuple(one.orders),
        one.audiences,
        register.shop(one.shop).currency,
        condition_values(one.person, newest_cart([cart for cart in one.carts if cart.is_waiting()], None)),
    )


def _invited(register: Register, shop: ShopId, person: PersonId, pasts: Pasts) -> list[Invited]:
    invited = []
    for journey in journeys_of_occasions(register, shop):
        past = pasts.get((shop, person, journey.plan.journey), Past())
        candidate = Candidate(journey.plan, journey.version, journey.activated_at, past.last_start, past.is_running)
        invited.append(Invited(candidate, tuple(Earlier(at, about) for at, about in past.runs)))
    return invited


def _start_row(register: Register, one: Watched, begun: Beginning, now: Instant) -> StartRow:
    person = one.person.id
    run = RunId(derived_id(one.shop, "run", begun.journey, person, begun.about.kind, begun.named))
    cart = begun.cart or CartId(derived_id(one.shop, "occasion", run))
    held_out = is_held_out(one.shop, register.plan(one.shop, begun.journey, begun.version), person)
    return StartRow(one.shop, run, begun.journey, begun.version, person, cart, min(begun.due, now), held_out, begun.about)

"""Folding people again from all their events: when identities turn out to belong together, or an event comes late.

The result depends on the events alone, so any order of arrival ends in the same people, carts and orders.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from wraca.app.shoppers import Collision, Entangled, Shoppers
from wraca.domain.events import Event, Instant
from wraca.domain.fold import Shopper
from wraca.domain.identity import Moment, anchor, as_pair, edges, person_id, resolve
from wraca.domain.ids import EventId, PersonId, RunId, ShopId
from wraca.domain.people import Person
from wraca.storage.hot import merging as sql
from wraca.storage.hot.intake import FIND_IDENTITIES

_MOST_IDENTITIES = 500  # of one group: a till or a robot, not a person; what is beyond is not followed
_MOST_EVENTS = 10_000  # of one identity
_LONG_AGO: Moment = (0, 0, EventId(""))

_event = msgspec.json.Decoder(Event)
_keys = msgspec.json.Decoder(list[str])


class _Key(msgspec.Struct):
    shop: ShopId
    key: str


class _Id(msgspec.Struct):
    id: str


class _Row(msgspec.Struct):
    shop: ShopId
    id: str


class _Move(msgspec.Struct, frozen=True):
    old: PersonId
    new: PersonId


class Known(msgspec.Struct, frozen=True):
    """An identity as it is stored: whose it is, and what it was seen together with."""

    owner: PersonId
    links: tuple[str, ...]


class Regrouped(msgspec.Struct, frozen=True):
    """What is left to do once the people who were folded anew are saved."""

    shop: ShopId
    since: Instant  # the first event that was folded
    had_rows: bool  # whether any of them was there before
    moves: tuple[_Move, ...]
    gone: tuple[PersonId, ...]
    people: tuple[PersonId, ...]
    carts: frozenset[str]
    orders: frozenset[str]


def fold_again(shoppers: Shoppers, shop: ShopId, keys: set[str]) -> Regrouped:
    """Fold everybody around these identities anew. Raises Collision, Entangled."""
    _untangled(shoppers, shop, {shoppers.owner(shop, key) for key in keys})
    known = _neighbourhood(shoppers, shop, keys)
    _untangled(shoppers, shop, {one.owner for one in known.values()})
    every = keys | known.keys()
    history = _history(shoppers, shop, every)
    together = _seen_together(known, every, history)
    roots = resolve(every, together)
    owners = {key: person_id(shop, root) for key, root in roots.items()}
    people = _people(shop, roots, history)
    before = {one.owner for one in known.values()}
    after = {shopper.person.id for shopper in people}
    shoppers.regroup(shop, every, people)
    shoppers.owns(shop, _links(known, every, together), owners, known.keys())
    moves = {_Move(one.owner, owners[key]) for key, one in known.items() if one.owner == person_id(shop, key) != owners[key]}
    return Regrouped(
        shop,
        history[0].at if history else 0,
        bool(before),
        tuple(sorted(moves, key=lambda move: move.old)),
        tuple(sorted(before - after)),
        tuple(sorted(after)),
        frozenset(cart for shopper in people for cart in shopper.carts),
        frozenset(order.id for shopper in people for order in shopper.orders.values()),
    )


def settle(shoppers: Shoppers, regrouped: Regrouped, now: Instant, keeps_more: Callable[[ShopId], bool]) -> None:
    """Move what belonged to people who turned out to be somebody else, and drop what the new fold did not find again."""
    _move(shoppers, regrouped.shop, regrouped.moves, now, keeps_more)
    tx, bucket, shop = shoppers.tx, shoppers.bucket, regrouped.shop
    if regrouped.gone:
        tx.run(sql.DROP_PEOPLE, [_Row(shop, one) for one in regrouped.gone], bucket=bucket)
    if not regrouped.had_rows:
        return
    people = [_Id(one) for one in regrouped.people]
    # Carts that the new fold did not find again (their lines went to another cart) must not be waited for.
    for found, kept, drop in (
        (sql.CARTS_OF, regrouped.carts, sql.DELETE_CARTS),
        (sql.ORDERS_OF, regrouped.orders, sql.DELETE_ORDERS),
    ):
        stale = sorted(one for (one,) in tx.all(found, people, bucket=bucket, shop=shop, since=regrouped.since) if one not in kept)
        if stale:
            tx.run(drop, [_Row(shop, one) for one in stale], bucket=bucket)


def move_renamed(shoppers: Shoppers, keeps_more: Callable[[ShopId], bool]) -> None:
    """Move what belonged to people who only got a stronger identity, and so another id."""
    by_shop: dict[ShopId, list[_Move]] = {}
    for shop, old, new in shoppers.renamed():
        by_shop.setdefault(shop, []).append(_Move(old, new))
    for shop, moves in by_shop.items():
        for statement in (*sql.MOVE, *(sql.MOVE_MORE if keeps_more(shop) else ())):
            shoppers.tx.run(statement, moves, bucket=shoppers.bucket, shop=shop)
        shoppers.tx.run(sql.DROP_PEOPLE, [_Row(shop, move.old) for move in moves], bucket=shoppers.bucket)


def _untangled(shoppers: Shoppers, shop: ShopId, people: set[PersonId]) -> None:
    """These people were not joined the simple way in this transaction: what is stored of them is all. Raises Entangled."""
    if tangled := shoppers.tangled(shop, people):
        raise Entangled(tangled)


def _neighbourhood(shoppers: Shoppers, shop: ShopId, keys: set[str]) -> dict[str, Known]:
    """Every stored identity that hangs together with these, while all of their people are held. Raises Collision."""
    while True:
        known = _follow_links(shoppers, shop, keys)
        missing = {one.owner for one in known.values()} - {person for place, person in shoppers.held if place == shop}
        if not missing:
            return known
        if not shoppers.tx.is_alone:
            wanted = [_Id(one) for one in sorted(missing)]
            if len(shoppers.tx.all(sql.HOLD_FREE_PEOPLE, wanted, bucket=shoppers.bucket, shop=shop)) < len(missing):
                raise Collision((shop, one) for one in missing)
        # Held now; but what we read was read before, so it is read once more.
        shoppers.held.update((shop, one) for one in missing)


def _follow_links(shoppers: Shoppers, shop: ShopId, keys: set[str]) -> dict[str, Known]:
    known = {key: Known(*shoppers.stored[shop, key]) for key in keys if (shop, key) in shoppers.stored}
    group = {key: key for key in keys}  # which of the keys we started from led here
    sizes = dict.fromkeys(keys, 1)
    latest = dict(known)
    while latest:
        wanted: set[str] = set()
        for key, one in latest.items():
            for link in one.links:
                if link not in group and sizes[group[key]] < _MOST_IDENTITIES:
                    group[link] = group[key]
                    sizes[group[key]] += 1
                    wanted.add(link)
        rows = [_Key(shop, key) for key in sorted(wanted)]
        found = shoppers.tx.all(FIND_IDENTITIES, rows, bucket=shoppers.bucket) if rows else []
        latest = {key: Known(owner, tuple(_keys.decode(links))) for _, key, owner, links in found}
        known |= latest
    return known


def _history(shoppers: Shoppers, shop: ShopId, keys: Iterable[str]) -> list[Event]:
    rows = [_Id(key) for key in sorted(keys)]
    found = shoppers.tx.all(sql.HISTORY, rows, bucket=shoppers.bucket, shop=shop, most=_MOST_EVENTS)
    return sorted((_event.decode(payload) for (payload,) in found), key=lambda event: event.order)


def _seen_together(known: Mapping[str, Known], every: set[str], history: Iterable[Event]) -> dict[tuple[str, str], Moment]:
    """What was seen together and when: by the events, and by the stored links where their events are no longer here."""
    stored = {as_pair(key, link): _LONG_AGO for key, one in known.items() for link in one.links if link in every}
    return stored | {pair: moment for pair, moment in edges(history).items() if every.issuperset(pair)}


def _links(known: Mapping[str, Known], every: set[str], together: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    links: dict[str, set[str]] = {key: set(known[key].links) if key in known else set() for key in every}
    for one, other in together:
        links[one].add(other)
        links[other].add(one)
    return {key: sorted(others) for key, others in links.items()}


def _people(shop: ShopId, roots: Mapping[str, str], history: Iterable[Event]) -> list[Shopper]:
    """Everybody there is; somebody of whom only an identity is known has no events of their own."""
    theirs: dict[str, list[Event]] = {root: [] for root in roots.values()}
    for event in history:
        theirs[roots[anchor(event)]].append(event)
    people = []
    for root, events in sorted(theirs.items()):
        shopper = Shopper(shop, Person(person_id(shop, root), 0, 0))
        shopper.fold(events)
        people.append(shopper)
    return people


def _move(shoppers: Shoppers, shop: ShopId, moves: Iterable[_Move], now: Instant, keeps_more: Callable[[ShopId], bool]) -> None:
    becomes = {move.old: move.new for move in moves}
    if not becomes:
        return
    tx, bucket = shoppers.tx, shoppers.bucket
    everybody = [_Id(one) for one in sorted({*becomes, *becomes.values()})]
    running: dict[tuple[PersonId, str], list[tuple[Instant, RunId]]] = {}
    for run, journey, person, started_at in tx.all(sql.ACTIVE_RUNS, everybody, bucket=bucket, shop=shop):
        heir = becomes.get(person) or person
        running.setdefault((heir, journey), []).append((started_at, run))
    surplus = [_Id(run) for runs in running.values() for _, run in sorted(runs)[1:]]
    if surplus:
        tx.run(sql.STOP_RUNS, surplus, bucket=bucket, shop=shop, now=now)
    for statement in (*sql.MOVE, *(sql.MOVE_MORE if keeps_more(shop) else ())):
        tx.run(statement, list(moves), bucket=bucket, shop=shop)

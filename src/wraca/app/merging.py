"""Folding people again from all their events: when identities turn out to belong together, or an event comes late.

The result depends on the events alone, so any order of arrival ends in the same people, carts and orders.
"""

from collections.abc import Iterable

import msgspec

from wraca.app.errors import Conflict
from wraca.app.shoppers import Shoppers
from wraca.domain.events import Event, Instant
from wraca.domain.fold import Shopper
from wraca.domain.identity import anchor, edges, person_id, resolve
from wraca.domain.ids import PersonId, RunId, ShopId
from wraca.domain.people import Person
from wraca.storage.hot import merging as sql
from wraca.storage.hot.rows import person_row

_MOST_IDENTITIES = 200  # a till or a robot, not a person: what is beyond is not followed
_MOST_EVENTS = 5000

_event = msgspec.json.Decoder(Event)
_keys = msgspec.json.Decoder(list[str])


class _Key(msgspec.Struct):
    shop: ShopId
    key: str


class _Id(msgspec.Struct):
    id: str


class _IdentityRow(msgspec.Struct):
    shop: ShopId
    key: str
    person: PersonId
    links: list[str]


class _Move(msgspec.Struct):
    old: PersonId
    new: PersonId


def fold_again(shoppers: Shoppers, shop: ShopId, keys: set[str], now: Instant) -> None:
    """Fold everybody around these identities anew, and move what belonged to people who turned out to be somebody else."""
    tx, bucket = shoppers.tx, shoppers.bucket
    owners = _neighbourhood(shoppers, shop, keys)
    before = sorted({owner for owner in owners.values() if owner})
    if len(tx.all(sql.HOLD_PEOPLE, [_Id(one) for one in before], bucket=bucket, shop=shop)) < len(before):
        raise Conflict  # another merge got there first
    history = _history(shoppers, shop, owners)
    seen_together = edges(history)
    roots = resolve(owners, seen_together)
    people = _people(shop, roots, history)
    for place in [place for place in shoppers.people if place[0] == shop and place[1] in before]:
        del shoppers.people[place]
    shoppers.people.update({(shop, shopper.person.id): shopper for shopper in people})
    shoppers.owns(shop, {key: person_id(shop, root) for key, root in roots.items()})
    _save(shoppers, shop, people, roots, seen_together)
    moves = [_Move(owner, person_id(shop, roots[key])) for key, owner in owners.items() if owner and owner == person_id(shop, key)]
    _move(shoppers, shop, [move for move in moves if move.old != move.new], now)
    after = {shopper.person.id for shopper in people}
    gone = [_Id(one) for one in before if one not in after]
    if gone:
        tx.run(sql.DROP_PEOPLE, gone, bucket=bucket, shop=shop)
    _drop_carts(shoppers, shop, people, history)


def _neighbourhood(shoppers: Shoppers, shop: ShopId, keys: set[str]) -> dict[str, PersonId]:
    """Every identity that hangs together with these, with its present owner; an empty owner for one never seen before."""
    owners: dict[str, PersonId] = {}
    wanted = set(keys)
    while wanted and len(owners) < _MOST_IDENTITIES:
        found: set[str] = set()
        rows = [_Key(shop, key) for key in sorted(wanted)]
        owners |= dict.fromkeys(wanted, PersonId(""))
        for key, owner, links in shoppers.tx.all(sql.NEIGHBOURS, rows, bucket=shoppers.bucket):
            owners[key] = owner
            found.update(_keys.decode(links))
        wanted = found - owners.keys()
    return owners


def _history(shoppers: Shoppers, shop: ShopId, keys: Iterable[str]) -> list[Event]:
    rows = [_Key(shop, key) for key in sorted(keys)]
    found = shoppers.tx.all(sql.HISTORY, rows, bucket=shoppers.bucket, shop=shop, most=_MOST_EVENTS)
    return sorted((_event.decode(payload) for (payload,) in found), key=lambda event: event.order)


def _people(shop: ShopId, roots: dict[str, str], history: list[Event]) -> list[Shopper]:
    theirs: dict[str, list[Event]] = {}
    for event in history:
        theirs.setdefault(roots[anchor(event)], []).append(event)
    people = []
    for root, events in sorted(theirs.items()):
        shopper = Shopper(shop, Person(person_id(shop, root), events[0].at, events[0].at))
        shopper.fold(events)
        people.append(shopper)
    return people


def _save(
    shoppers: Shoppers, shop: ShopId, people: list[Shopper], roots: dict[str, str], seen_together: dict[tuple[str, str], object]
) -> None:
    links: dict[str, set[str]] = {key: set() for key in roots}
    for one, other in seen_together:
        links[one].add(other)
        links[other].add(one)
    present = {shopper.person.id for shopper in people}
    empty = sorted({person_id(shop, root) for root in roots.values()} - present)
    rows = [person_row(shop, shopper.person) for shopper in people]
    rows += [person_row(shop, Person(one, 0, 0)) for one in empty]  # known by name only: their events are another's
    shoppers.tx.run(sql.PUT_PEOPLE, sorted(rows, key=lambda row: row.id), bucket=shoppers.bucket)
    identities = [_IdentityRow(shop, key, person_id(shop, root), sorted(links[key])) for key, root in sorted(roots.items())]
    shoppers.tx.run(sql.SAVE_IDENTITIES, identities, bucket=shoppers.bucket)
    shoppers.save_carts_and_orders(people)


def _move(shoppers: Shoppers, shop: ShopId, moves: list[_Move], now: Instant) -> None:
    if not moves:
        return
    tx, bucket = shoppers.tx, shoppers.bucket
    becomes = {move.old: move.new for move in moves}
    everybody = [_Id(one) for one in sorted({*becomes, *becomes.values()})]
    running: dict[tuple[PersonId, str], list[tuple[Instant, RunId]]] = {}
    for run, journey, person, started_at in tx.all(sql.ACTIVE_RUNS, everybody, bucket=bucket, shop=shop):
        running.setdefault((becomes.get(person, person), journey), []).append((started_at, run))
    surplus = [_Id(run) for runs in running.values() for _, run in sorted(runs)[1:]]
    if surplus:
        tx.run(sql.STOP_RUNS, surplus, bucket=bucket, shop=shop, now=now)
    for statement in sql.MOVE:
        tx.run(statement, moves, bucket=bucket, shop=shop)


def _drop_carts(shoppers: Shoppers, shop: ShopId, people: list[Shopper], history: list[Event]) -> None:
    """Carts that the new fold did not find again (their lines went to another cart) must not be waited for."""
    if not history:
        return
    tx, bucket = shoppers.tx, shoppers.bucket
    owners = [_Id(shopper.person.id) for shopper in people]
    kept = {cart for shopper in people for cart in shopper.carts}
    found = tx.all(sql.CARTS_OF, owners, bucket=bucket, shop=shop, since=history[0].at)
    if stale := [_Id(cart) for (cart,) in found if cart not in kept]:
        tx.run(sql.DELETE_CARTS, stale, bucket=bucket, shop=shop)

"""Who is who: a graph of identities seen together, and the people it falls apart into.

The answer depends only on which identities were seen together and when that was last, never on the order in which we learned it.

Strong identities (customer id, e-mail, phone) seen together are one person. A weak one (browser, device, cart token) joins what it
was seen with, as long as that is at most one customer and at most one guest: then it proves that the guest is the customer. A
browser that several customers or several guests used proves nothing about them; it belongs to whoever used it last.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations

from wraca.domain.events import Event, Identity, IdentityKind, Instant, OrderPlaced
from wraca.domain.ids import EventId, PersonId, ShopId, derived_id

Moment = tuple[Instant, int, EventId]
Edges = Mapping[tuple[str, str], Moment]

_RANK = {kind: rank for rank, kind in enumerate(IdentityKind)}
_RANK_BY_WORD = {kind.value: rank for kind, rank in _RANK.items()}
_STRONG = 3  # ranks below this speak of a person
_SESSIONS = (IdentityKind.ANONYMOUS, IdentityKind.DEVICE, IdentityKind.CART)
_HOLDS_ON = (IdentityKind.USER, *_SESSIONS, IdentityKind.EMAIL, IdentityKind.PHONE)
_NAMEABLE = frozenset((IdentityKind.EMAIL, IdentityKind.PHONE, IdentityKind.CART))
_NOBODY: frozenset[str] = frozenset()


def rank(key: str) -> tuple[int, str]:
    """Stronger identities come first; ties go by value."""
    return (_RANK_BY_WORD[key.partition(":")[0]], key)


def known_by(event: Event) -> tuple[Identity, ...]:
    """The identities an event proves; an order that a server reports is recognised by its number ever after."""
    if isinstance(event.body, OrderPlaced) and event.source != "browser":
        return (*event.identities, Identity(IdentityKind.CART, f"order/{event.body.order}"))
    return event.identities


def order_key(number: str) -> str:
    """The key by which an order is known that a server reported."""
    return f"{IdentityKind.CART}:order/{number}"


def is_known_purchase(event: Event) -> bool:
    """Whether the shop itself reports that something was bought."""
    return isinstance(event.body, OrderPlaced) and event.source != "browser" and event.body.state.is_bought


def names_in_order(event: Event) -> frozenset[str]:
    """What a browser may have named of this order: its addresses, its cart."""
    keys = {identity.key for identity in event.identities if identity.kind in _NAMEABLE}
    if token := getattr(event.body, "cart", ""):
        keys.add(f"{IdentityKind.CART}:{token}")
    return frozenset(keys)


def names_only(event: Event) -> frozenset[str]:
    """The keys that a browser named without being able to prove them: addresses that were typed, the shop's cart token."""
    if event.source != "browser" or not event.identities:
        return _NOBODY
    keys = {claim.key for claim in event.claims}
    if token := getattr(event.body, "cart", ""):
        keys.add(f"{IdentityKind.CART}:{token}")
    return frozenset(keys)


def anchor(event: Event) -> str:
    """The identity on which an event hangs for good; empty for none.

    A signed-in customer's events are theirs; a guest's hang on the session, so that they follow it when an address was mistyped.
    What the shop reports of an order hangs on the order: all of it is one person's, whoever was signed in where.
    """
    if type(event.body) is OrderPlaced and event.source != "browser":
        return order_key(event.body.order)
    return _strongest_hold(event.identities)


def _strongest_hold(identities: tuple[Identity, ...]) -> str:
    if len(identities) == 1:
        return identities[0].key
    by_kind = {identity.kind: identity for identity in reversed(identities)}
    for kind in _HOLDS_ON:
        if kind in by_kind:
            return by_kind[kind].key
    return ""


def session(event: Event) -> str:
    """The browser, device or cart in which an event happened; who caused it where it names none."""
    for identity in event.identities:
        if identity.kind is IdentityKind.ANONYMOUS or identity.kind is IdentityKind.DEVICE:
            return identity.key
    return _strongest_hold(event.identities)


def edges(events: Iterable[Event]) -> dict[tuple[str, str], Moment]:
    """Which identities were seen together, and when last."""
    seen: dict[tuple[str, str], Moment] = {}
    for event in events:
        together = known_by(event)
        if len(together) > 1:
            for pair in pairs(together):
                seen[pair] = max(seen.get(pair, event.order), event.order)
    return seen


def pairs(identities: Iterable[Identity]) -> Iterable[tuple[str, str]]:
    """Every two of these identities, the stronger first."""
    return combinations(sorted({identity.key for identity in identities}, key=rank), 2)


def as_pair(one: str, other: str) -> tuple[str, str]:
    """These two as `pairs` puts them."""
    return (one, other) if rank(one) <= rank(other) else (other, one)


class _Groups:
    """Union-find over keys; the strongest key of a group is its root."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def root(self, key: str) -> str:
        parent = self._parent.setdefault(key, key)
        if parent != key:
            parent = self._parent[key] = self.root(parent)
        return parent

    def join(self, one: str, other: str) -> None:
        first, second = sorted((self.root(one), self.root(other)), key=rank)
        self._parent[second] = first


def resolve(keys: Iterable[str], seen_together: Edges) -> dict[str, str]:
    """Every key's root: the strongest identity of the person it belongs to."""
    every = sorted({*keys, *(key for pair in seen_together for key in pair)}, key=rank)
    groups = _Groups()
    for one, other in sorted(seen_together):
        if _is_strong(one) and _is_strong(other):
            groups.join(one, other)
    neighbours: dict[str, list[tuple[Moment, str]]] = {}
    for (one, other), moment in seen_together.items():
        neighbours.setdefault(one, []).append((moment, other))
        neighbours.setdefault(other, []).append((moment, one))
    for key in every:
        if not _is_strong(key):
            _place(key, sorted(neighbours.get(key, ())), groups)
    return {key: groups.root(key) for key in every}


def _place(weak: str, seen_with: list[tuple[Moment, str]], groups: _Groups) -> None:
    strong = [groups.root(other) for _, other in seen_with if _is_strong(groups.root(other))]
    customers = {root for root in strong if root.startswith("user:")}
    guests = set(strong) - customers
    if len(customers) > 1 or len(guests) > 1:
        groups.join(weak, strong[-1])  # the latest: `seen_with` is sorted by moment
        return
    for _, other in seen_with:
        # A weaker neighbour is placed later, by its own neighbours.
        if rank(other) < rank(weak) or _is_strong(groups.root(other)):
            groups.join(weak, other)


def joins_simply(together: Collection[str], links: Mapping[str, Collection[str]]) -> bool:
    """Whether seeing these identities together makes them one person and moves no other identity: `resolve` need not be asked.

    `links` holds, for those of them that were known before (as one and the same person's), what each was seen together with.
    """
    settled = {key for key, others in links.items() if all(other in together for other in others)}
    if len(settled) == len(links):
        return True  # nobody else is concerned, and who were all seen together are one
    strong = [key for key in together if _is_strong(key)]
    if not strong:  # one more thing on a known browser hangs on that alone
        known, new = sorted(links), [key for key in together if key not in links]
        return len(known) == len(new) == 1 and rank(known[0]) < rank(new[0])
    if not all(one in links and other in links[one] for one, other in combinations(strong, 2)) or strong[0] not in links:
        return False  # what speaks of the person itself is new: others may have to be judged anew
    return all(key in settled for key in links if not _is_strong(key))


def _is_strong(key: str) -> bool:
    return rank(key)[0] < _STRONG


def person_id(shop: ShopId, root: str) -> PersonId:
    """The id of the person whose strongest identity this is."""
    return PersonId(derived_id(shop, "person", root))

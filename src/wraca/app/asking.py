"""The polite question why: what the page behind its link shows, and what an answer changes.

The link carries the message's preferences token: no further secret per message. Looking records at most a hit; only an answer
that somebody sent is taken in, as an event of that person, so it is folded, shown, exported and erased like all they say.
"""

import unicodedata
from collections.abc import Sequence

import msgspec

from wraca.app.answers import AskPage
from wraca.app.hits import find_link, record_hit
from wraca.app.intake import take_in
from wraca.app.register import NoSuchShop, Register
from wraca.domain.events import Answered, Event, Identity, IdentityKind, Instant
from wraca.domain.evidence import Evidence
from wraca.domain.ids import CartId, EventId, MessageId, PersonId, ShopId, derived_id
from wraca.domain.people import Person
from wraca.domain.reasons import LONGEST_TEXT, Reason
from wraca.storage.database import Transaction
from wraca.storage.hot import answers as sql
from wraca.storage.hot.links import PERSON_OF_LINK

_PURPOSE = "preferences"
# The reasons' links count as links of their own, far behind those of products: a scanner is known by following many at once.
_PLACES = {reason.value: place for place, reason in enumerate(Reason, 901)}
_NO_REASON = 900
# The strongest first: what is said hangs on it, and stays with the person when the weaker ones move.
_KINDS = (
    IdentityKind.USER,
    IdentityKind.EMAIL,
    IdentityKind.PHONE,
    IdentityKind.DEVICE,
    IdentityKind.ANONYMOUS,
    IdentityKind.CART,
)
# Reversals of the direction of writing could make the words around them read otherwise.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_person = msgspec.json.Decoder(Person)


class Question(msgspec.Struct, frozen=True):
    """A message that asked: whom, and about which cart."""

    shop: ShopId
    message: MessageId
    person: PersonId
    cart: CartId


def page(register: Register, token: str, now: Instant) -> AskPage | None:
    """What the page shows; None for a token that is not good. Looking changes nothing."""
    link, bucket = find_link(register.database, token, _PURPOSE, now)
    if link is None:
        return None
    try:
        shop = register.shop(link.shop)
    except NoSuchShop:
        return None
    with register.database.read() as tx:
        person = _person_of(tx, bucket, link.shop, link.person)
    language = (person.language if person else "") or shop.language
    return AskPage(shop.name, f"{shop.home}/", shop.profile.phone, shop.profile.email, language[:2].lower())


def look(register: Register, token: str, reason: str, evidence: Evidence, now: Instant) -> AskPage | None:
    """The page, for whoever followed the link of `reason` (or of none); a hit where the shop measures clicks, and nothing else."""
    asked = page(register, token, now)
    link, bucket = find_link(register.database, token, _PURPOSE, now)
    if asked is None or link is None:
        return None
    if register.shop(link.shop).profile.track_clicks:
        clicked = msgspec.structs.replace(link, purpose="click")
        with register.database.write() as tx:
            record_hit(tx, bucket, register.hearers, clicked, _PLACES.get(reason, _NO_REASON), evidence, now)
    return asked


def answer(register: Register, token: str, reason: Reason, text: str, now: Instant) -> bool:
    """Take the answer in: at once, and again and again without harm; the last one counts. True for every good token.

    Raises Busy.
    """
    link, bucket = find_link(register.database, token, _PURPOSE, now)
    if link is None:
        return False
    if record_answer(register, bucket, Question(link.shop, link.message, link.person, link.cart), reason, text, now):
        with register.database.write() as tx:
            tx.run(sql.PROVE_ASKED, bucket=bucket, shop=link.shop, message=link.message, first=_NO_REASON)
    return True


def record_answer(register: Register, bucket: int, asked: Question, reason: Reason, text: str, now: Instant, key: str = "") -> bool:
    """Take in what was said to this message; False where there is nobody left to say it, or nothing new in it.

    `key` names what the answer came with (a reply's Message-ID): the same again is taken once.
    """
    said = cleaned(text)
    with register.database.read() as tx:
        person = _person_of(tx, bucket, asked.shop, asked.person)
        if person is None or _is_known(person, asked, reason, said):
            return False
        journeys = tx.all(sql.JOURNEY_OF_MESSAGE, bucket=bucket, shop=asked.shop, message=asked.message)
        identity = _identity(person) or _any_identity(tx, bucket, asked.shop, asked.person)
    if identity is None:
        return False
    body = Answered(reason.value, said, asked.message, asked.cart, journeys[0][0] if journeys else "")
    event_id = EventId(derived_id(asked.shop, "answered", asked.message, key or str(now)))
    event = Event(event_id, "Reason Answered", now, now, body, (identity,))
    return take_in(register.database, bucket, [(asked.shop, (event,))], now, register.idle) == [0]


def cleaned(text: str) -> str:
    """Somebody's own words as they may be kept: lines, no control characters, at most LONGEST_TEXT characters."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = (sign for sign in plain if sign == "\n" or not (unicodedata.category(sign) in {"Cc", "Cs"} or sign in _TURNS))
    return "".join(kept).strip()[:LONGEST_TEXT].strip()


def _is_known(person: Person, asked: Question, reason: Reason, said: str) -> bool:
    """Whether this is what they said to this message already: a button pressed twice, a page loaded again."""
    last = next((one for one in reversed(person.answers) if one.message == asked.message), None)
    return last is not None and (last.reason, last.text) == (reason.value, said)


def _person_of(tx: Transaction, bucket: int, shop: ShopId, person: PersonId) -> Person | None:
    rows = tx.all(PERSON_OF_LINK, bucket=bucket, shop=shop, person=person)
    return _person.decode(rows[0][0]) if rows else None


def _identity(person: Person) -> Identity | None:
    proven = ((IdentityKind.USER, person.user), (IdentityKind.EMAIL, person.email), (IdentityKind.PHONE, person.phone))
    return next((Identity(kind, value) for kind, value in proven if value), None)


def _any_identity(tx: Transaction, bucket: int, shop: ShopId, person: PersonId) -> Identity | None:
    """For those whom only a browser or a device is known of: push and pages of the shop reach them too."""
    rows = tx.all(sql.KEYS_OF_PERSON, bucket=bucket, shop=shop, person=person)
    keys: Sequence[tuple[str, str]] = [(kind, value) for kind, _, value in (str(key).partition(":") for (key,) in rows)]
    return next((Identity(kind, value) for kind in _KINDS for named, value in keys if named == kind), None)

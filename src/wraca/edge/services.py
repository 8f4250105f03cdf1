"""What the public edge asks of the rest: callables that bootstrap binds to use cases, and the limits it keeps."""

from collections.abc import Callable, Sequence

import msgspec

from wraca.app.answers import AskPage, KeyHolder, LinkAnswer, PreferencesPage, Purpose, RestoredCart, Scope
from wraca.app.capturing import ConfirmPage, Verdict, Wish
from wraca.app.chatting import Chats
from wraca.app.deciding import Asked, Decided, Deed
from wraca.app.feeds import Feed, Stopped
from wraca.app.newsletter import Block
from wraca.app.subscribing import Subscribers
from wraca.app.texting import Taken
from wraca.domain.events import Event, Instant
from wraca.domain.evidence import Evidence
from wraca.domain.ids import ShopId
from wraca.domain.reasons import Reason
from wraca.ports.texting import Call

Arrival = tuple[ShopId, Sequence[Event]]


class Rate(msgspec.Struct, frozen=True):
    """A token bucket: `per_second` on average, `burst` at once. Zero per second means no limit."""

    per_second: float
    burst: float


class Limits(msgspec.Struct, frozen=True):
    """How much the edge takes. Bytes, items, events per second. The reference is docs/reference/http.md."""

    browser_body: int = 64 * 1024
    server_body: int = 512 * 1024  # Segment's clients send at most 500 kB
    browser_items: int = 100
    server_items: int = 2_500
    per_address: Rate = Rate(100, 1_000)  # events of browser keys; offices and mobile networks share one address
    per_visitor: Rate = Rate(10, 200)
    per_shop: Rate = Rate(2_000, 20_000)  # by browser keys
    per_server: Rate = Rate(20_000, 100_000)  # by server keys
    answers: Rate = Rate(0.02, 10)  # to the question of one message: people correct themselves, now and then
    misses: Rate = Rate(0.5, 60)  # wrong keys and tokens from one address
    newsletter: Rate = Rate(200, 2_000)  # blocks for one address: a newsletter's tool asks for many at once
    remembered: int = 50_000  # how many addresses, visitors and shops have a bucket of their own at a time
    waiting: int = 20_000  # events between arrival and commit
    group: int = 500  # events in one transaction
    writers: int = 1  # threads that commit; SQLite has one writer


# Record a hit and say where the link leads; None for a token that is unknown, expired or revoked.
OpenLink = Callable[[str, Purpose, int | None, Evidence, Instant], LinkAnswer | None]
# Show the question why, for whoever followed the link of this reason ("" for none); None for a bad token.
AskWhy = Callable[[str, str, Evidence, Instant], AskPage | None]

# A product feed by its key and its name; None: there is none. Raises Busy.
ProductFeed = Callable[[str, str, Instant], Feed | Stopped | None]


class OnPages(msgspec.Struct, frozen=True):
    """What the shop's own pages ask. `part` is a file of the storefront beside wraca.js; None: there is none of this name."""

    decide: Callable[[ShopId, Asked, Instant], Decided]
    note: Callable[[ShopId, str, str, Deed, Instant], bool]
    capture: Callable[[ShopId, Wish, Instant], Verdict]
    confirm_page: Callable[[str, Instant], ConfirmPage | None]
    confirm: Callable[[str, Instant], bool]
    deny: Callable[[str, Instant], bool]
    part: Callable[[str], bytes | None]


class OnCalls(msgspec.Struct, frozen=True):
    """What providers call. `hear(channel, provider, secret, call, now)` is None for a call that is not proven to be theirs."""

    hear: Callable[[str, str, str, Call, Instant], Taken | None]
    public_url: str
    proof: Callable[[], str]


def _no_newsletter(_shop: ShopId, _key: str, _now: Instant) -> Block | None:
    return None


class Services(msgspec.Struct, frozen=True):
    """Synchronous functions, called in threads. Any of them may raise wraca.app.errors.Busy: the answer is then 503.

    `take_in(bucket, arrivals, now)` commits all arrivals of one bucket in one transaction, or none, and returns the number of
    duplicates in each. `knows_origin` answers a browser's preflight, which carries no key. `unsubscribe` is False for a bad token
    and True again and again for a good one, also when the person is long erased; `answer_why` likewise. `ask_page` is what
    `ask_why` shows, without anything written down. `park` is told of an arrival that fails by itself.
    """

    find_key: Callable[[str], KeyHolder | None]
    knows_origin: Callable[[str], bool]
    take_in: Callable[[int, Sequence[Arrival], Instant], Sequence[int]]
    park: Callable[[ShopId, Sequence[Event], str, Instant], None]
    open_link: OpenLink
    restore_lines: Callable[[str, Instant], RestoredCart | None]
    preferences: Callable[[str, Instant], PreferencesPage | None]
    unsubscribe: Callable[[str, Scope, Instant], bool]
    ask_why: AskWhy
    ask_page: Callable[[str, Instant], AskPage | None]
    answer_why: Callable[[str, Reason, str, Instant], bool]
    healthy: Callable[[], bool]
    metrics: Callable[[], bytes]
    sdk: Callable[[], bytes]
    now: Callable[[], Instant]
    limits: Limits = Limits()
    on_pages: OnPages | None = None
    product_feed: ProductFeed | None = None
    chats: Chats | None = None
    pushes: Subscribers | None = None
    newsletter: Callable[[ShopId, str, Instant], Block | None] = _no_newsletter
    on_calls: OnCalls | None = None

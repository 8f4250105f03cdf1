"""What is done now and then: a list of chores, each with how often. Two workers doing the same at once do no harm."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from wraca.app.browsers import let_unused_go
from wraca.app.chatmail import mail_chat_answers
from wraca.app.confirming import mail_opt_ins
from wraca.app.domains import DnsResolver, Resolver, check_due_domains, shops_of
from wraca.app.mailboxes import take_all_mailboxes
from wraca.app.offers import close_stale_offers
from wraca.app.pacing import clear_paces
from wraca.app.recommending import recommend
from wraca.app.register import Register
from wraca.app.rehearsals import forget_rehearsals
from wraca.app.teammail import mail_notices
from wraca.app.texting import ask_uncertain
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000

_Act: TypeAlias = Callable[["Upkeep", Instant], object]


class Chore(msgspec.Struct, frozen=True):
    """Something to do every so often (ms)."""

    every: int
    act: _Act


class Upkeep:
    """One per worker. `recommended` is the day on which this worker last worked out what goes together in a shop."""

    def __init__(self, register: Register, resolver: Resolver | None = None) -> None:
        self.register = register
        self.resolver = resolver or DnsResolver()
        self.recommended: dict[ShopId, int] = {}
        self._done: dict[int, Instant] = {}

    def once(self, now: Instant) -> int:
        """Whatever is due; always 0, so that the loop rests."""
        for number, chore in enumerate(CHORES):
            if not 0 <= now - self._done.get(number, -chore.every) < chore.every:
                self._done[number] = now
                chore.act(self, now)
        return 0

    def shops(self) -> tuple[ShopId, ...]:
        """Every shop there is."""
        return tuple(shop for bucket in self.register.buckets() for shop in shops_of(self.register, bucket))


def _in_each_bucket(act: Callable[[Register, int, Instant], object]) -> _Act:
    def everywhere(upkeep: Upkeep, now: Instant) -> None:
        for bucket in upkeep.register.buckets():
            act(upkeep.register, bucket, now)

    return everywhere


def _clear_paces(register: Register, bucket: int, now: Instant) -> None:
    with register.database.write() as tx:
        clear_paces(tx, bucket, now)


def _close_offers(register: Register, bucket: int, now: Instant) -> None:
    with register.database.write() as tx:
        close_stale_offers(tx, bucket, now)


def _mail_chats(upkeep: Upkeep, now: Instant) -> None:
    for shop in upkeep.shops():
        mail_chat_answers(upkeep.register, shop, now)


def _recommend(upkeep: Upkeep, now: Instant) -> None:
    """Once a day for each shop, each at an hour of its own."""
    day, hour = divmod(now, _DAY)
    for shop in upkeep.shops():
        if int(shop[:2], 16) % 24 == hour // _HOUR and upkeep.recommended.get(shop) != day:
            upkeep.recommended[shop] = day
            recommend(upkeep.register.database, shop, now)


CHORES: tuple[Chore, ...] = (
    Chore(_MINUTE, lambda upkeep, now: check_due_domains(upkeep.register, upkeep.resolver, now)),
    Chore(5 * _MINUTE, lambda upkeep, now: take_all_mailboxes(upkeep.register, upkeep.shops(), now)),
    Chore(_HOUR, _in_each_bucket(_clear_paces)),
    Chore(30 * _SECOND, _in_each_bucket(mail_notices)),
    Chore(2 * _SECOND, _in_each_bucket(mail_opt_ins)),  # somebody waits for that mail
    Chore(15 * _SECOND, _mail_chats),
    Chore(_HOUR, _in_each_bucket(_close_offers)),
    Chore(_HOUR, _in_each_bucket(lambda register, bucket, now: forget_rehearsals(register.database, bucket, now))),
    Chore(_HOUR, _in_each_bucket(let_unused_go)),
    Chore(10 * _MINUTE, _recommend),
    Chore(15 * _MINUTE, _in_each_bucket(lambda register, bucket, now: ask_uncertain(register, bucket, "sms", now))),
)

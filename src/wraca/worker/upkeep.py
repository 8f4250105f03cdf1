"""What is done now and then: sending domains are checked, bounce mailboxes are read, the team is written to, offers run out."""

from wraca.app.confirming import mail_opt_ins
from wraca.app.domains import DnsResolver, Resolver, check_due_domains, shops_of
from wraca.app.mailboxes import take_all_mailboxes
from wraca.app.offers import close_stale_offers
from wraca.app.pacing import clear_paces
from wraca.app.register import Register
from wraca.app.teammail import mail_notices
from wraca.domain.events import Instant

_DOMAINS = 60_000  # ms between two looks at which domains are due
_MAILBOXES = 300_000  # ms between two readings of every bounce mailbox
_PACES = 3_600_000  # ms between two clearings of limits that nobody uses
_NOTICES = 30_000  # ms between two looks at what the shops' teams are to be told
_CONFIRMATIONS = 2_000  # ms between two looks at which addresses are to be confirmed: somebody waits for that mail
_OFFERS = 3_600_000  # ms between two looks for offers that ran out


class Upkeep:
    """One per worker. Two workers doing the same at once do no harm: each step may be repeated."""

    def __init__(self, register: Register, resolver: Resolver | None = None) -> None:
        self._register = register
        self._resolver = resolver or DnsResolver()
        self._checked: Instant = 0
        self._read: Instant = 0
        self._cleared: Instant = 0
        self._told: Instant = 0
        self._closed: Instant = 0
        self._confirmed: Instant = 0

    def once(self, now: Instant) -> int:
        """Whatever is due; always 0, so that the loop rests."""
        if not 0 <= now - self._checked < _DOMAINS:
            self._checked = now
            check_due_domains(self._register, self._resolver, now)
        if not 0 <= now - self._read < _MAILBOXES:
            self._read = now
            shops = tuple(shop for bucket in self._register.buckets() for shop in shops_of(self._register, bucket))
            take_all_mailboxes(self._register, shops, now)
        if not 0 <= now - self._cleared < _PACES:
            self._cleared = now
            for bucket in self._register.buckets():
                with self._register.database.write() as tx:
                    clear_paces(tx, bucket, now)
        self._tell_teams(now)
        self._close_offers(now)
        self._confirm(now)
        return 0

    def _confirm(self, now: Instant) -> None:
        if not 0 <= now - self._confirmed < _CONFIRMATIONS:
            self._confirmed = now
            for bucket in self._register.buckets():
                mail_opt_ins(self._register, bucket, now)

    def _tell_teams(self, now: Instant) -> None:
        if not 0 <= now - self._told < _NOTICES:
            self._told = now
            for bucket in self._register.buckets():
                mail_notices(self._register, bucket, now)

    def _close_offers(self, now: Instant) -> None:
        if not 0 <= now - self._closed < _OFFERS:
            self._closed = now
            for bucket in self._register.buckets():
                with self._register.database.write() as tx:
                    close_stale_offers(tx, bucket, now)

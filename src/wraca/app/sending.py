"""The outbox performed: claim, gate, hand over, record at confirmation.

    planned -> claimed -> sending -> accepted | rejected | retry | uncertain        (domain/outbox.py has the whole table)

`sending` is committed before the first byte leaves, for at most `slots` messages at a time: a process killed at any point leaves at
most that many of which nobody knows whether they left, and those are called uncertain, not sent again.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import msgspec
import structlog

from wraca.app.composing import MessageBody, body_of, compose
from wraca.app.extras import Extras, load_extras
from wraca.app.gatekeeping import Claimed, Judged, give_back, pass_gate
from wraca.app.links import LinkMaker
from wraca.app.register import Register
from wraca.app.settling import Settled, outcome_of, settle, tell_of_skipped
from wraca.app.waking import wake_runs
from wraca.domain.events import Instant
from wraca.domain.gate import Ghost, Hold, Pass, Postpone, Silence, Skip, failed
from wraca.domain.ids import RunId, ShopId, StepId
from wraca.domain.outbox import USEFUL_FOR, State
from wraca.ports.channel import Outgoing
from wraca.storage.database import DatabaseBusy, Transaction
from wraca.storage.hot import links, outbox

CLAIM_MOST = 200
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0  # seconds between two tries to write down what has left

_log = structlog.get_logger()


class _MessageKey(msgspec.Struct):
    shop: ShopId
    run: RunId
    step: StepId
    channel: str


class _SendingRow(msgspec.Struct):
    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    body: MessageBody


class _KeptRow(msgspec.Struct):
    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    state: State
    reasons: tuple[Silence, ...]
    due_at: Instant
    deadline_at: Instant
    settled_at: Instant | None
    sending_at: Instant | None


class _Ready(msgspec.Struct, frozen=True):
    """A message that may go."""

    message: Claimed
    outgoing: Outgoing
    body: MessageBody


class Sender:
    """One per worker process. `clock` says when a hand-over ended, for what is written down after it; `nap` waits (seconds)."""

    def __init__(
        self,
        register: Register,
        public_url: str,
        clock: Callable[[], Instant],
        *,
        slots: int = 16,
        lease: int = 60_000,
        nap: Callable[[float], object] = time.sleep,
    ) -> None:
        self.register = register
        self.owner = secrets.token_hex(16)
        self.slots = slots
        self._lease = lease
        self._public_url = public_url
        self._clock = clock
        self._nap = nap
        self._stopping = False
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="sending") if slots > 1 else None

    def send_due(self, bucket: int, now: Instant, most: int = CLAIM_MOST) -> int:
        """Send what is due in this bucket; how many messages were looked at. Raises DatabaseBusy."""
        claimed = self._claim(bucket, now, most)
        for start in range(0, len(claimed), self.slots):
            moment = max(now, self._clock())
            if self._stopping or moment - now > self._lease // 2:
                self._hand_back(bucket, claimed[start:])
                return start
            ready = self._gate(bucket, claimed[start : start + self.slots], moment)
            if ready:
                self._hand_over(bucket, ready, moment)
        return len(claimed)

    def free_expired(self, bucket: int, now: Instant) -> int:
        """Take over from workers that died: what they had only claimed is free, what they were handing over is uncertain."""
        with self.register.database.write() as tx:
            tx.run(outbox.FREE_CLAIMED, bucket=bucket, now=now)
            lost = tx.all(outbox.LEAVE_UNCERTAIN, bucket=bucket, now=now)
            wake_runs(tx, bucket, {(shop, run) for shop, run in lost}, now)
        return len(lost)

    def stop(self) -> None:
        """From any thread: finish what is being handed over, give the rest back, begin nothing new."""
        self._stopping = True

    def close(self) -> None:
        self.stop()
        if self._pool:
            self._pool.shutdown()

    def _claim(self, bucket: int, now: Instant, most: int) -> list[Claimed]:
        if self._stopping:
            return []
        with self.register.database.write() as tx:
            rows = tx.all(outbox.CLAIM, bucket=bucket, now=now, most=most, owner=self.owner, lease_until=now + self._lease)
        return [Claimed(*row) for row in rows]

    def _hand_back(self, bucket: int, claimed: Sequence[Claimed]) -> None:
        """What was claimed and not begun is free at once, not only when the lease ends."""
        with self.register.database.write() as tx:
            tx.run(outbox.HAND_BACK, [_MessageKey(*_key(each)) for each in claimed], bucket=bucket, owner=self.owner)

    def _gate(self, bucket: int, claimed: Sequence[Claimed], now: Instant) -> list[_Ready]:
        """Judge, and write down what was judged, in one transaction."""
        maker = LinkMaker(self._public_url)
        with self.register.database.write() as tx:
            ready: list[_Ready] = []
            kept: list[Judged] = []
            judged = pass_gate(tx, bucket, self.register, claimed, now)
            passing = [(one.message, one.made_of) for one in judged if isinstance(one.answer, Pass) and one.made_of]
            extras = load_extras(tx, bucket, self.register, passing, now)
            for one in judged:
                if (composed := self._composed(one, maker, now, extras)) is not None:
                    ready.append(composed)
                else:
                    kept.append(one if not isinstance(one.answer, Pass) else Judged(one.message, failed(now)))
            self._keep_back(tx, bucket, kept, now)
            if not ready:
                give_back(tx, bucket, judged)
                return []
            rows = [_SendingRow(*_key(each.message), each.body) for each in ready]
            written = tx.all(outbox.WRITE_SENDING, rows, bucket=bucket, now=now, lease_until=now + self._lease, owner=self.owner)
            mine = {message for (message,) in written}
            give_back(tx, bucket, [one for one in judged if one.message.id not in mine])
            tx.run(links.ADD_LINKS, [row for row in maker.rows if row.message in mine], bucket=bucket)
        return [each for each in ready if each.message.id in mine]

    def _composed(self, one: Judged, maker: LinkMaker, now: Instant, extras: Extras) -> _Ready | None:
        """The message with all it is made of; None where it did not pass, or cannot be composed: then others go on without it."""
        if not isinstance(one.answer, Pass) or one.made_of is None:
            return None
        try:
            outgoing = compose(self.register, one.message, one.made_of, maker, now, extras.get(one.message.id))
            return _Ready(one.message, outgoing, body_of(one.made_of, one.reserved))
        except DatabaseBusy:
            raise
        except Exception:  # noqa: BLE001  (logged; whatever is wrong with one message, the others go on)
            _log.exception("message could not be composed", message=one.message.id)
            return None

    def _keep_back(self, tx: Transaction, bucket: int, judged: Sequence[Judged], now: Instant) -> None:
        if not judged:
            return
        tx.run(outbox.KEEP_BACK, [_kept_row(one, now) for one in judged], bucket=bucket, owner=self.owner)
        wake_runs(tx, bucket, {(one.message.shop, one.message.run) for one in judged if isinstance(one.answer, Skip | Ghost)}, now)
        skipped = [(one.message, one.answer.reasons) for one in judged if isinstance(one.answer, Skip)]
        tell_of_skipped(tx, bucket, self.register, skipped, now)

    def _hand_over(self, bucket: int, ready: Sequence[_Ready], moment: Instant) -> None:
        """All at once, each in a slot of its own; outcomes are written down together, but no later than a third of the lease."""
        if self._pool is None or len(ready) == 1:
            self._record(bucket, [self._deliver(each) for each in ready], moment)
            return
        pending = {self._pool.submit(self._deliver, each) for each in ready}
        while pending:
            done, pending = wait(pending, timeout=self._lease / 3000)
            if done:
                self._record(bucket, [one.result() for one in done], moment)
            if pending:  # a slow mail server is no dead worker
                self._keep_lease(bucket)

    def _keep_lease(self, bucket: int) -> None:
        try:
            with self.register.database.write() as tx:
                tx.run(outbox.KEEP_LEASE, bucket=bucket, owner=self.owner, lease_until=self._clock() + self._lease)
        except DatabaseBusy as problem:
            _log.warning("the lease could not be kept", problem=str(problem)[:200])

    def _deliver(self, each: _Ready) -> Settled:
        return outcome_of(self.register.channels[each.message.channel], each.message, each.outgoing, each.body)

    def _record(self, bucket: int, settled: Sequence[Settled], moment: Instant) -> None:
        """These messages have left: writing that down is tried for as long as this process lives."""
        pause = _FIRST_PAUSE
        while True:
            try:
                settle(self.register, bucket, settled, self.owner, max(moment, self._clock()))
                return
            except DatabaseBusy as problem:
                _log.warning("outcomes could not be written yet", messages=len(settled), problem=str(problem)[:200])
                self._nap(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)


def _key(message: Claimed) -> tuple[ShopId, RunId, StepId, str]:
    return (message.shop, message.run, message.step, message.channel)


def _kept_row(one: Judged, now: Instant) -> _KeptRow:
    key, deadline = _key(one.message), one.message.deadline
    match one.answer:
        case Skip(reasons=reasons):
            return _KeptRow(*key, State.SKIPPED, reasons, now, deadline, now, None)
        case Ghost():
            return _KeptRow(*key, State.SKIPPED, (Silence.HOLDOUT,), now, deadline, now, now)
        case Hold(reasons=reasons, until=until):
            return _KeptRow(*key, State.HELD, reasons, until, deadline, None, None)
        case Postpone(reasons=reasons, until=until):
            return _KeptRow(*key, State.PLANNED, reasons, until, until + USEFUL_FOR, None, None)
        case Pass():
            raise AssertionError(one.message.id)

"""Webhooks sent: claimed, signed (Standard Webhooks), posted, written down. At least once, always under the same id.

One endpoint's deliveries go out one after the other, oldest first, beside those of other endpoints. The first that fails puts off
what waits behind it: a host that is down is asked once in a round, not once for every event.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import NamedTuple, TypeAlias

import msgspec
import structlog

from wraca.app.register import Register
from wraca.app.sealing import WrongKey
from wraca.domain.events import Instant
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.people import Person
from wraca.domain.webhooks import FAILS_FOR, Sealed, next_try, signatures
from wraca.egress import Answer, Egress, EgressError
from wraca.storage.database import Transaction
from wraca.storage.hot import webhooks as sql

CLAIM_MOST = 100
_LEASE = 120_000  # ms
_REST = 1_000  # ms between two looks where the last one found nothing
_ROUND = 10.0  # seconds: what an endpoint has not had by then waits for the next round
_TIMEOUT = 10.0  # seconds for one delivery
_ANSWER = 1024  # bytes: nobody looks at them
_AT_ONCE = 8  # endpoints
_GONE = 410

_log = structlog.get_logger()
_person = msgspec.json.Decoder(Person)


class _Claimed(NamedTuple):
    """The columns of CLAIM_DELIVERIES."""

    shop: ShopId
    endpoint: str
    id: str
    at: Instant
    payload: str
    attempts: int


class _Endpoint(NamedTuple):
    """The columns of ENDPOINTS."""

    shop: ShopId
    id: str
    url: str
    sealed: str
    failing_since: Instant | None
    disabled_at: Instant | None


class _Key(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    endpoint: str


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: str


class _Tried(msgspec.Struct):
    shop: ShopId
    endpoint: str
    id: str
    attempts: int
    due_at: Instant | None
    status: int | None
    detail: str


class _PutOff(msgspec.Struct):
    shop: ShopId
    endpoint: str
    id: str
    due_at: Instant


class _Note(msgspec.Struct):
    shop: ShopId
    endpoint: str
    failing_since: Instant | None


class _Off(msgspec.Struct):
    shop: ShopId
    endpoint: str
    reason: str


class _Outcome(msgspec.Struct):
    """What became of one endpoint's deliveries. `off`: why it is not told any more."""

    key: _Key
    tried: list[_Tried] = []
    put_off: list[_PutOff] = []
    note: _Note | None = None
    off: str = ""


_People: TypeAlias = Mapping[tuple[ShopId, str], Person]


class Hooks:
    """One per worker. `egress` is a test's own where it may go to loopback; `allow_http` likewise."""

    def __init__(self, register: Register, egress: Egress | None = None, *, allow_http: bool = False) -> None:
        self._register = register
        self._egress = egress or Egress()
        self._allow_http = allow_http
        self._idle_since: Instant = 0

    def once(self, now: Instant) -> int:
        """One look at every bucket; how many deliveries were claimed."""
        if 0 <= now - self._idle_since < _REST:
            return 0
        found = sum(self.tell_due(bucket, now) for bucket in self._register.buckets())
        self._idle_since = 0 if found else now
        return found

    def tell_due(self, bucket: int, now: Instant, most: int = CLAIM_MOST) -> int:
        """Tell what is due in this bucket. Raises DatabaseBusy; what was told before is then told again later."""
        with self._register.database.read() as tx:
            if not tx.all(sql.ANY_DUE, bucket=bucket, now=now):
                return 0  # nearly always: no transaction that writes for it
        with self._register.database.write() as tx:
            rows = tx.all(sql.CLAIM_DELIVERIES, bucket=bucket, now=now, most=most, until=now + _LEASE)
            claimed = sorted((_Claimed(*row) for row in rows), key=lambda one: (one.shop, one.endpoint, one.at, one.id))
            keys = sorted({_Key(one.shop, one.endpoint) for one in claimed})
            endpoints = (
                {_Key(row[0], row[1]): _Endpoint(*row) for row in tx.all(sql.ENDPOINTS, keys, bucket=bucket)} if keys else {}
            )
            queues = self._queues(tx, bucket, claimed, endpoints)
        if not claimed:
            return 0
        ends = time.monotonic() + _ROUND
        with ThreadPoolExecutor(min(_AT_ONCE, len(queues)), thread_name_prefix="webhook") as pool:
            outcomes = list(pool.map(lambda one: one.run(ends), queues))
        self._write(bucket, outcomes, max(now, self._register.now()))
        return len(claimed)

    def _queues(
        self, tx: Transaction, bucket: int, claimed: Sequence[_Claimed], endpoints: Mapping[_Key, _Endpoint]
    ) -> list["_Queue"]:
        opened = {key: self._opened(one) for key, one in endpoints.items()}
        personal = [one for one in claimed if (sealed := opened.get(_Key(one.shop, one.endpoint))) and sealed.personal]
        people = _people(tx, bucket, personal)
        return [
            _Queue(key, list(group), endpoints.get(key), opened.get(key), people, self._post, self._register.now)
            for key, group in groupby(claimed, lambda one: _Key(one.shop, one.endpoint))
        ]

    def _opened(self, endpoint: _Endpoint) -> Sealed | None:
        try:
            return msgspec.convert(self._register.seal.open(endpoint.sealed), Sealed)
        except (WrongKey, msgspec.ValidationError):
            _log.warning("a webhook's secrets cannot be read", endpoint=endpoint.id)
            return None

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return self._egress.request("POST", url, headers, body, limit=_ANSWER, timeout=_TIMEOUT, allow_http=self._allow_http)

    def _write(self, bucket: int, outcomes: Sequence[_Outcome], now: Instant) -> None:
        tried = [one for outcome in outcomes for one in outcome.tried]
        put_off = [one for outcome in outcomes for one in outcome.put_off]
        notes = [outcome.note for outcome in outcomes if outcome.note]
        off = [_Off(outcome.key.shop, outcome.key.endpoint, outcome.off) for outcome in outcomes if outcome.off]
        with self._register.database.write() as tx:
            if tried:
                tx.run(sql.SETTLE_DELIVERIES, tried, bucket=bucket)
            if put_off:
                tx.run(sql.PUT_OFF_DELIVERIES, put_off, bucket=bucket)
            if notes:
                tx.run(sql.NOTE_ENDPOINTS, notes, bucket=bucket)
            if off:
                tx.run(sql.DISABLE_ENDPOINTS, off, bucket=bucket, now=now)
                tx.run(sql.DROP_DELIVERIES, [_Key(one.shop, one.endpoint) for one in off], bucket=bucket)
        if off:
            self._register.forget()


class _Queue:
    """The deliveries of one endpoint in one round."""

    def __init__(
        self,
        key: _Key,
        waiting: list[_Claimed],
        endpoint: _Endpoint | None,
        sealed: Sealed | None,
        people: _People,
        post: Callable[[str, Mapping[str, str], bytes], Answer],
        clock: Callable[[], Instant],
    ) -> None:
        self._outcome = _Outcome(key)
        self._waiting = waiting
        self._endpoint = endpoint
        self._sealed = sealed
        self._people = people
        self._post = post
        self._clock = clock

    def run(self, ends: float) -> _Outcome:
        """Tell one after the other, until one fails or time is up (`ends`, monotonic)."""
        endpoint, sealed = self._endpoint, self._sealed
        if endpoint is None or endpoint.disabled_at is not None or sealed is None:
            self._outcome.off = "" if endpoint and endpoint.disabled_at is not None else "unreadable"
            self._outcome.tried = [self._tried(one, None, None, "endpoint_off") for one in self._waiting]
            return self._outcome
        for place, one in enumerate(self._waiting):
            if time.monotonic() >= ends:
                self._put_off(self._waiting[place:], self._clock())
                break
            if not self._tell(endpoint, sealed, one):
                again = self._outcome.tried[-1].due_at
                self._put_off(self._waiting[place + 1 :], again if again is not None else self._clock())
                break
        return self._outcome

    def _tell(self, endpoint: _Endpoint, sealed: Sealed, one: _Claimed) -> bool:
        """One delivery; whether it was taken."""
        body, now = self._body(one, sealed), self._clock()
        stamp = now // 1000
        headers = {
            "content-type": "application/json",
            "webhook-id": one.id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signatures(sealed.keys, one.id, stamp, body, now),
        }
        status, wish = None, 0
        try:
            answer = self._post(endpoint.url, headers, body)
            status, wish = answer.status, _wish(answer)
        except EgressError:
            pass  # a private address, a closed port, no answer in time: told alike, trust X62
        now = max(now, self._clock())
        if status is not None and 200 <= status < 300:
            self._outcome.tried.append(self._tried(one, None, status, ""))
            self._outcome.note = _Note(endpoint.shop, endpoint.id, None) if endpoint.failing_since is not None else None
            return True
        tries = one.attempts + 1
        again = next_try(one.id, tries, wish, now)
        self._outcome.tried.append(self._tried(one, again, status, "not_reached" if status is None else "refused"))
        self._judge(endpoint, status, now)
        return False

    def _judge(self, endpoint: _Endpoint, status: int | None, now: Instant) -> None:
        """What a failure says of the endpoint."""
        # What was taken earlier in this round ends an older row of failures.
        since = endpoint.failing_since if self._outcome.note is None and len(self._outcome.tried) == 1 else None
        if status == _GONE:
            self._outcome.off = "gone"
        elif since is not None and now - since >= FAILS_FOR:
            self._outcome.off = "failing"
        self._outcome.note = _Note(endpoint.shop, endpoint.id, since if since is not None else now)

    def _body(self, one: _Claimed, sealed: Sealed) -> bytes:
        payload = msgspec.json.decode(one.payload, type=dict[str, object])
        facts = payload.get("data")
        if sealed.personal and isinstance(facts, dict) and (person := self._people.get((one.shop, str(facts.get("person_id"))))):
            facts["person"] = {
                "user_id": person.user or None,
                "email": person.email or None,
                "phone": person.phone or None,
                "first_name": person.first_name or None,
                "last_name": person.last_name or None,
            }
        return msgspec.json.encode({name: payload[name] for name in ("type", "timestamp", "data") if name in payload})

    def _tried(self, one: _Claimed, due_at: Instant | None, status: int | None, detail: str) -> _Tried:
        return _Tried(one.shop, one.endpoint, one.id, one.attempts + 1, due_at, status, detail)

    def _put_off(self, waiting: Iterable[_Claimed], until: Instant) -> None:
        self._outcome.put_off = [_PutOff(one.shop, one.endpoint, one.id, until) for one in waiting]


def _wish(answer: Answer) -> int:
    """How long (ms) the endpoint asked us to wait; 0 where it did not, or gave a date."""
    said = answer.headers.get("retry-after", "")
    return int(said) * 1000 if said.isascii() and said.isdigit() and len(said) < 8 else 0


def _people(tx: Transaction, bucket: int, personal: Sequence[_Claimed]) -> _People:
    """The people whom these deliveries are about, as they are known now: whoever was erased since is nobody."""
    facts = [(one.shop, msgspec.json.decode(one.payload, type=_Payload).data.person_id) for one in personal]
    keys = sorted({_PersonKey(shop, person) for shop, person in facts if person})
    rows = tx.all(sql.PEOPLE, keys, bucket=bucket) if keys else []
    return {(shop, PersonId(person)): _person.decode(body) for shop, person, body in rows}


class _Facts(msgspec.Struct):
    person_id: str = ""


class _Payload(msgspec.Struct):
    data: _Facts

"""Meta: the members of a Custom Audience, `/{audience_id}/users` of the Marketing API.

POST puts people in and DELETE takes them out, at most 10,000 in a request; what was asked twice happens once. Meta itself needs up
to a day until it shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from wraca.channels.audiences.hashing import digits, known, plain_email
from wraca.channels.audiences.wire import JSON, Wire, inner, need, need_number, read_json
from wraca.egress import Answer
from wraca.ports.audiences import Batch, Reachable, Taken
from wraca.ports.channel import Misconfigured, Refused, Setting, Unavailable

_HOST: Final = "https://graph.facebook.com"
_VERSION: Final = "v25.0"
_BLOCKED: Final = 471  # the operation status of an audience that Meta holds back
_BLOCKED_SUBCODE: Final = 1713230
_LATER: Final = frozenset({1, 2, 4, 17, 32, 341, 613, 80003})  # faults of theirs, and too many calls
_TOKEN: Final = frozenset({102, 190})
_RIGHTS: Final = frozenset({3, 10, 200, 294, 299})
_IS_BLOCKED: Final = "Meta holds this audience back (status 471). Open it in the Audience Manager and follow what stands there."


class MetaAudiences:
    """A Custom Audience of the kind "customer list", made by the merchant in Meta's Audience Manager."""

    name = "meta"
    title = "Meta (Facebook, Instagram)"
    most = 10_000
    is_file = False
    settings: Sequence[Setting] = (
        Setting("audience_id", "Audience ID", required=True, help="Of a customer list audience, from the Audience Manager"),
        Setting("token", "Access token", "secret", required=True, help="Of a system user who may use ads_management"),
    )

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def check(self, settings: Mapping[str, object]) -> None:
        """Raises Misconfigured. No network."""
        audience, _ = need(settings, "audience_id", "token")
        need_number("The audience ID", audience)

    def identifiers(self, person: Reachable) -> dict[str, str]:
        """By Meta's rules."""
        return known(plain_email(person.email), digits(person.phone))

    def add(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Put these people in."""
        return self._users("POST", settings, batch)

    def remove(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Take these people out."""
        return self._users("DELETE", settings, batch)

    def is_done(self, settings: Mapping[str, object], reference: str, now: int) -> bool:  # noqa: ARG002  (the port's signature)
        """Their answer is final."""
        return True

    def try_out(self, settings: Mapping[str, object], batch: Batch) -> None:  # noqa: ARG002
        """Look at the audience."""
        audience, token = need(settings, "audience_id", "token")
        url = f"{self._wire.address('meta', _HOST)}/{_VERSION}/{audience}?fields=id,operation_status"
        found = _read(self._wire.ask("GET", url, {"Authorization": f"Bearer {token}"}))
        if inner(found, "operation_status").get("code") == _BLOCKED:
            raise Misconfigured("audience_blocked", _IS_BLOCKED)

    def close(self) -> None:
        """Nothing is kept."""

    def _users(self, method: str, settings: Mapping[str, object], batch: Batch) -> Taken:
        audience, token = need(settings, "audience_id", "token")
        said = {
            "session": {
                "session_id": int(batch.key[:15], 16),
                "batch_seq": batch.number,
                "last_batch_flag": True,
                "estimated_num_total": len(batch.members),
            },
            "payload": {
                "schema": ["EMAIL", "PHONE"],
                "data": [[one.identifiers.get("email", ""), one.identifiers.get("phone", "")] for one in batch.members],
            },
        }
        url = f"{self._wire.address('meta', _HOST)}/{_VERSION}/{audience}/users"
        answer = self._wire.ask(method, url, {**JSON, "Authorization": f"Bearer {token}"}, msgspec.json.encode(said))
        invalid = int(_read(answer).get("num_invalid_entries") or 0)
        if invalid:
            raise Refused("invalid_entries", f"Meta could not read {invalid} of {len(batch.members)}")
        return Taken()


def _read(answer: Answer) -> dict[str, Any]:
    """The answer to a request that worked. Raises what their errors mean."""
    found = read_json(answer)
    if answer.status < 300 and "error" not in found:
        return found
    error = inner(found, "error")
    code = error.get("code")
    if error.get("error_subcode") == _BLOCKED_SUBCODE:
        raise Misconfigured("audience_blocked", _IS_BLOCKED)
    if code in _LATER:
        raise Unavailable("try_later", f"Meta asks to wait (error {code})", retry_after=300.0)
    if code in _TOKEN:
        raise Misconfigured("bad_token", "Meta does not take the access token any more: make a new one")
    if code in _RIGHTS:
        raise Misconfigured("no_right", "The access token may not change this audience: it needs ads_management and the ad account")
    if answer.status in {401, 403, 404}:
        raise Misconfigured("not_found", "Meta knows no such audience, or the access token may not see it")
    raise Refused("refused", f"HTTP {answer.status}, error {code}")

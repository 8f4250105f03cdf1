"""Somewhere of the merchant's own: who came and who went, as hashes, signed as the other webhooks are (Standard Webhooks)."""

from collections.abc import Mapping, Sequence

import msgspec

from wraca.channels.audiences.hashing import close_email, e164, known
from wraca.channels.audiences.wire import JSON, Wire, need
from wraca.domain.webhooks import Key, signatures
from wraca.egress import Forbidden, check_address
from wraca.ports.audiences import Batch, Reachable, Taken
from wraca.ports.channel import Misconfigured, Refused, Setting

_GONE = 410


class WebhookAudiences:
    """One POST for each batch. Sent again after a lost answer, under the same `webhook-id`."""

    name = "webhook"
    title = "Webhook"
    most = 1_000
    is_file = False
    settings: Sequence[Setting] = (
        Setting("url", "Address", "url", required=True),
        Setting("secret", "Signing secret", "secret", required=True, help="whsec_ and base64 of at least 24 random bytes"),
    )

    def __init__(self, wire: Wire | None = None, *, allow_http: bool = False) -> None:
        self._wire = wire or Wire()
        self._allow_http = allow_http

    def check(self, settings: Mapping[str, object]) -> None:
        """Raises Misconfigured. No network."""
        url, secret = need(settings, "url", "secret")
        try:
            check_address(url, allow_http=self._allow_http)
        except Forbidden as problem:
            raise Misconfigured("bad_address", str(problem)) from None
        try:
            signatures([Key(secret)], "check", 0, b"", 0)
        except ValueError:
            raise Misconfigured("bad_secret", "The signing secret is whsec_ and base64") from None

    def identifiers(self, person: Reachable) -> dict[str, str]:
        """No spaces, lower case; numbers in E.164."""
        return known(close_email(person.email), e164(person.phone))

    def add(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Tell who came."""
        return self._tell("add", settings, batch)

    def remove(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Tell who went."""
        return self._tell("remove", settings, batch)

    def is_done(self, settings: Mapping[str, object], reference: str, now: int) -> bool:  # noqa: ARG002  (the port's signature)
        """Their answer is final."""
        return True

    def try_out(self, settings: Mapping[str, object], batch: Batch) -> None:
        """Tell that nobody came."""
        self._tell("add", settings, msgspec.structs.replace(batch, members=()))

    def close(self) -> None:
        """Nothing is kept."""

    def _tell(self, action: str, settings: Mapping[str, object], batch: Batch) -> Taken:
        url, secret = need(settings, "url", "secret")
        people = [{f"{kind}_sha256": hashed for kind, hashed in sorted(one.identifiers.items())} for one in batch.members]
        said = {"type": f"audience.{action}", "data": {"audience": batch.audience, "members": people}}
        body, stamp = msgspec.json.encode(said), batch.now // 1000
        headers = {
            **JSON,
            "webhook-id": batch.key,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signatures([Key(secret)], batch.key, stamp, body, batch.now),
        }
        answer = self._wire.ask("POST", url, headers, body)
        if 200 <= answer.status < 300:
            return Taken()
        if answer.status in {401, 403, 404, _GONE}:
            raise Misconfigured("not_taken", f"HTTP {answer.status}: the address does not take the list")
        raise Refused("refused", f"HTTP {answer.status}")

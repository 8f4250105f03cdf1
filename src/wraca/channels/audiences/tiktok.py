"""TikTok: the members of a streaming audience, `segment/mapping` of the Business API 1.3. They answer 200 with a code inside."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from wraca.channels.audiences.hashing import close_email, e164, known
from wraca.channels.audiences.wire import JSON, Wire, need, need_number, read_json
from wraca.egress import Answer
from wraca.ports.audiences import Batch, Reachable, Taken
from wraca.ports.channel import Misconfigured, Refused, Setting, Unavailable

_HOST: Final = "https://business-api.tiktok.com"
_PATH: Final = "/open_api/v1.3/segment/mapping/"
_TOKEN: Final = frozenset({40100, 40101, 40102, 40103, 40104, 40105})
_RIGHTS: Final = frozenset({40001, 40300})
_LATER: Final = frozenset({40016, 40133, 50000, 50002, 51000, 51010})


class TikTokAudiences:
    """An audience that was made with `segment/audience`, or by TikTok's own tools for streaming."""

    name = "tiktok"
    title = "TikTok"
    most = 10_000
    is_file = False
    settings: Sequence[Setting] = (
        Setting("advertiser_id", "Advertiser ID", required=True),
        Setting("audience_id", "Audience ID", required=True),
        Setting("token", "Access token", "secret", required=True, help="Of an app with the right Audience Management"),
    )

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def check(self, settings: Mapping[str, object]) -> None:
        """Raises Misconfigured. No network."""
        advertiser, audience, _ = need(settings, "advertiser_id", "audience_id", "token")
        need_number("The advertiser ID", advertiser)
        need_number("The audience ID", audience)

    def identifiers(self, person: Reachable) -> dict[str, str]:
        """By TikTok's rules."""
        return known(close_email(person.email), e164(person.phone))

    def add(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Put these people in."""
        return self._map("add", settings, batch)

    def remove(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Take these people out."""
        return self._map("delete", settings, batch)

    def is_done(self, settings: Mapping[str, object], reference: str, now: int) -> bool:  # noqa: ARG002  (the port's signature)
        """Their answer is final."""
        return True

    def try_out(self, settings: Mapping[str, object], batch: Batch) -> None:  # noqa: ARG002
        """Ask for the advertiser: whether the token is good for it."""
        advertiser, token = need(settings, "advertiser_id", "token")
        url = f"{self._wire.address('tiktok', _HOST)}/open_api/v1.3/advertiser/info/?advertiser_ids=%5B%22{advertiser}%22%5D"
        _read(self._wire.ask("GET", url, {"Access-Token": token}))

    def close(self) -> None:
        """Nothing is kept."""

    def _map(self, action: str, settings: Mapping[str, object], batch: Batch) -> Taken:
        advertiser, audience, token = need(settings, "advertiser_id", "audience_id", "token")
        places = [audience]

        def cell(value: str) -> dict[str, object]:
            return {"id": value, "audience_ids": places} if value else {}

        said = {
            "advertiser_ids": [advertiser],
            "action": action,
            "id_schema": ["EMAIL_SHA256", "PHONE_SHA256"],
            "batch_data": [
                [cell(one.identifiers.get("email", "")), cell(one.identifiers.get("phone", ""))] for one in batch.members
            ],
        }
        url = self._wire.address("tiktok", _HOST) + _PATH
        _read(self._wire.ask("POST", url, {**JSON, "Access-Token": token}, msgspec.json.encode(said)))
        return Taken()


def _read(answer: Answer) -> None:
    """Raises what their codes mean."""
    code = read_json(answer).get("code")
    if answer.status < 300 and code == 0:
        return
    if code in _TOKEN or answer.status == 401:
        raise Misconfigured("bad_token", "TikTok does not take the access token any more: make a new one")
    if code in _RIGHTS or answer.status == 403:
        raise Misconfigured("no_right", "The access token has no right to this advertiser's audiences")
    if code in _LATER or code is None:
        raise Unavailable("try_later", f"TikTok asks to wait (code {code})", retry_after=300.0)
    raise Refused("refused", f"code {code}")

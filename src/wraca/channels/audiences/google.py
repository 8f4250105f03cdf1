"""Google: the members of a Customer Match list, over the Data Manager API (which Google recommends over the Ads API).

Requests are answered with a promise: what became of it is asked later under its `requestId`. One wrong member fails the whole
request (the reconciler then halves it). Consent travels with each person, from that person's own record (trust A1).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from wraca.channels.audiences.googlesignin import GoogleTokens
from wraca.channels.audiences.hashing import e164, google_email, known
from wraca.channels.audiences.wire import JSON, Wire, inner, need, need_number, read_json
from wraca.egress import Answer
from wraca.ports.audiences import Batch, Member, Reachable, Taken
from wraca.ports.channel import Misconfigured, Refused, Setting, Unavailable

_HOST: Final = "https://datamanager.googleapis.com"
_WORKING: Final = frozenset({"PROCESSING", "REQUEST_STATUS_UNKNOWN"})
_WORDS: Final = {True: "CONSENT_GRANTED", False: "CONSENT_DENIED", None: "CONSENT_STATUS_UNSPECIFIED"}


class GoogleAudiences:
    """A Customer Match list, made by the merchant in Google Ads; how long people stay in it is set there."""

    name = "google"
    title = "Google Ads"
    most = 10_000
    is_file = False
    settings: Sequence[Setting] = (
        Setting("customer_id", "Customer ID", required=True, help="Of the Google Ads account, ten digits"),
        Setting("login_id", "Manager account", help="Only where the service account was added to a manager account instead"),
        Setting("audience_id", "Audience ID", required=True, help="Of the Customer Match list"),
        Setting("account", "Service account key", "secret", required=True, help="The JSON file, as text"),
        Setting(
            "terms",
            "Customer Match terms",
            "choice",
            required=True,
            choices=("no", "accepted"),
            default="no",
            help="Whether you accepted Google's Customer Match terms",
        ),
    )

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()
        self._tokens = GoogleTokens(self._wire)

    def check(self, settings: Mapping[str, object]) -> None:
        """Raises Misconfigured. No network."""
        customer, audience, account = need(settings, "customer_id", "audience_id", "account")
        need_number("The customer ID", customer.replace("-", ""))
        need_number("The audience ID", audience)
        if settings.get("terms") != "accepted":
            raise Misconfigured("terms", "Google takes lists only from those who accepted its Customer Match terms")
        self._tokens.check(account)

    def identifiers(self, person: Reachable) -> dict[str, str]:
        """By Google's rules."""
        return known(google_email(person.email), e164(person.phone))

    def add(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Put these people in."""
        return self._send("ingest", settings, self._ingest(settings, batch), batch.now)

    def remove(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Take these people out."""
        people = [{"userData": _user_data(one)} for one in batch.members]
        return self._send("remove", settings, {**_where(settings), "audienceMembers": people, "encoding": "HEX"}, batch.now)

    def try_out(self, settings: Mapping[str, object], batch: Batch) -> None:
        """The same request as `add`, of which Google only says whether it would take it."""
        self._send("ingest", settings, {**self._ingest(settings, batch), "validateOnly": True}, batch.now)

    def is_done(self, settings: Mapping[str, object], reference: str, now: int) -> bool:
        """Ask what became of a request."""
        url = f"{self._host}/v1/requestStatus:retrieve?{urlencode({'requestId': reference})}"
        found = _read(self._wire.ask("GET", url, self._signed_in(settings, now)))
        each = found.get("requestStatusPerDestination")
        states = {str(one.get("requestStatus")) for one in each if isinstance(one, dict)} if isinstance(each, list) else set()
        if not states or states & _WORKING:
            return False
        if states == {"SUCCESS"}:
            return True
        reasons = sorted(_reasons(each if isinstance(each, list) else []))
        raise Refused("refused", f"Google could not use part of the list: {', '.join(reasons) or 'no reason given'}")

    def close(self) -> None:
        """Nothing is kept but short-lived tokens."""

    @property
    def _host(self) -> str:
        return self._wire.address("google", _HOST)

    def _ingest(self, settings: Mapping[str, object], batch: Batch) -> dict[str, object]:
        people = [{"userData": _user_data(one), "consent": _consent(one)} for one in batch.members]
        terms = {"customerMatchTermsOfServiceStatus": "ACCEPTED"} if settings.get("terms") == "accepted" else {}
        return {**_where(settings), "audienceMembers": people, "encoding": "HEX", "termsOfService": terms}

    def _send(self, verb: str, settings: Mapping[str, object], said: Mapping[str, object], now: int) -> Taken:
        headers = {**JSON, **self._signed_in(settings, now)}
        answer = self._wire.ask("POST", f"{self._host}/v1/audienceMembers:{verb}", headers, msgspec.json.encode(said))
        return Taken(str(_read(answer).get("requestId") or ""))

    def _signed_in(self, settings: Mapping[str, object], now: int) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens.token(str(settings.get('account') or ''), now // 1000)}"}


def _where(settings: Mapping[str, object]) -> dict[str, object]:
    customer, audience = need(settings, "customer_id", "audience_id")
    place: dict[str, object] = {"operatingAccount": _account(customer), "productDestinationId": audience}
    if login := str(settings.get("login_id") or "").strip():
        place["loginAccount"] = _account(login)
    return {"destinations": [place]}


def _account(number: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": number.replace("-", "")}


def _user_data(member: Member) -> dict[str, object]:
    names = {"email": "emailAddress", "phone": "phoneNumber"}
    return {"userIdentifiers": [{names[kind]: hashed} for kind, hashed in sorted(member.identifiers.items()) if kind in names]}


def _consent(member: Member) -> dict[str, str]:
    said = member.consent
    apart = said.user_data if said.personalisation is None else said.personalisation
    return {"adUserData": _WORDS[said.user_data], "adPersonalization": _WORDS[apart]}


def _reasons(each: Sequence[object]) -> set[str]:
    found: set[str] = set()
    for one in each:
        counts = inner(one, "errorInfo").get("errorCounts") if isinstance(one, dict) else None
        found |= {str(count.get("reason")) for count in counts if isinstance(count, dict)} if isinstance(counts, list) else set()
    return found


def _read(answer: Answer) -> dict[str, Any]:
    """The answer to a request that worked. Raises what their errors mean."""
    found = read_json(answer)
    if answer.status < 300:
        return found
    status = str(inner(found, "error").get("status") or f"HTTP {answer.status}")
    if answer.status == 401:
        raise Misconfigured("bad_token", "Google does not take the service account's key any more")
    if answer.status in {403, 404}:
        raise Misconfigured("no_right", f"The service account may not change this list, or there is none ({status})")
    if status in {"ABORTED", "UNAVAILABLE", "RESOURCE_EXHAUSTED"}:
        raise Unavailable("try_later", status, retry_after=300.0)
    raise Refused("refused", status)

"""Each platform as it answers: taken, promised, refused, asked to wait, misconfigured; and what left this machine on the way."""

import base64
import json
from collections.abc import Iterator
from typing import cast
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.ports.servers import Behaviour, Host, Session, answering, hosting
from wraca.channels.audiences.google import GoogleAudiences
from wraca.channels.audiences.meta import MetaAudiences
from wraca.channels.audiences.tiktok import TikTokAudiences
from wraca.channels.audiences.webhook import WebhookAudiences
from wraca.channels.audiences.wire import Wire
from wraca.domain.webhooks import Key, new_secret, signatures
from wraca.egress import Egress
from wraca.ports.audiences import AdConsent, AudienceSink, Batch, Member, Reachable, Taken
from wraca.ports.channel import ChannelError, Misconfigured, Refused, Unavailable

NOW = 1_790_000_000_000
SECRET = new_secret(b"x" * 32)
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ACCOUNT = json.dumps(
    {
        "type": "service_account",
        "client_email": "wraca@shop.iam.gserviceaccount.com",
        "private_key": _RSA.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    }
)
SETTINGS: dict[str, dict[str, object]] = {
    "meta": {"audience_id": "2385", "token": "meta-token"},
    "google": {"customer_id": "123-456-7890", "audience_id": "987", "account": ACCOUNT, "terms": "accepted"},
    "tiktok": {"advertiser_id": "71", "audience_id": "1234", "token": "tiktok-token"},
    "webhook": {"url": "", "secret": SECRET},
}
NAMES = tuple(SETTINGS)
GOOD = {
    "meta": (200, {"num_received": 2, "num_invalid_entries": 0}),
    "google": (200, {"requestId": "r1", "access_token": "google-token"}),
    "tiktok": (200, {"code": 0, "message": "OK"}),
    "webhook": (204, {}),
}


class Other:
    """The other side of one platform, and our side of it."""

    def __init__(self, name: str, host: Host) -> None:
        address = f"http://127.0.0.1:{host.port}"
        wire = Wire(Egress(loopback=True), dict.fromkeys(("meta", "google", "google_token", "tiktok", "webhook"), address))
        self.host = host
        self.settings = SETTINGS[name] | ({"url": f"{address}/list"} if name == "webhook" else {})
        sinks: dict[str, AudienceSink] = {
            "meta": MetaAudiences(wire),
            "google": GoogleAudiences(wire),
            "tiktok": TikTokAudiences(wire),
            "webhook": WebhookAudiences(wire, allow_http=True),
        }
        self.sink = sinks[name]
        people = (
            (Reachable("anna@example.com", "+48601234567"), AdConsent(user_data=True)),
            (Reachable("Bo@Example.com"), AdConsent(user_data=True, personalisation=False)),
        )
        members = tuple(Member(self.sink.identifiers(known), consent) for known, consent in people)
        self.batch = Batch("ab" * 16, "left-carts", members, NOW)

    def says(self, status: int, body: object, **headers: str) -> None:
        self.host.behaviour = _scripted(answering(status, json.dumps(body).encode(), **headers))

    @property
    def heard(self) -> list[tuple[str, bytes]]:
        return [one for one in self.host.heard if "/token" not in one[0].splitlines()[0]]

    @property
    def body(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.heard[-1][1])
        return found


def _scripted(answer: Behaviour) -> Behaviour:
    """Signing in at Google always works."""
    signed_in = answering(200, b'{"access_token": "google-token"}')

    def behave(session: Session) -> None:
        is_token = session.server.heard[-1][0].startswith("POST /token")
        (signed_in if is_token else answer)(session)

    return behave


@pytest.fixture(params=NAMES)
def other(request: pytest.FixtureRequest) -> Iterator[Other]:
    with hosting(answering(200)) as host:
        made = Other(request.param, host)
        made.says(*GOOD[request.param])
        yield made


@pytest.fixture
def one(request: pytest.FixtureRequest) -> Iterator[Other]:
    with hosting(answering(200)) as host:
        made = Other(request.param, host)
        made.says(*GOOD[request.param])
        yield made


only = pytest.mark.parametrize


def test_people_are_put_in_and_taken_out_and_no_address_leaves(other: Other) -> None:
    other.sink.check(other.settings)
    for act in (other.sink.add, other.sink.remove):
        assert act(other.settings, other.batch) == Taken("r1" if other.sink.name == "google" else "")
    said = b"".join(body for _, body in other.heard)
    assert b"@" not in said
    assert b"48601234567" not in said
    for member in other.batch.members:
        for known in member.identifiers.values():
            assert said.count(known.encode()) == 2
    assert other.sink.name == "google" or other.sink.is_done(other.settings, "any", NOW)


def test_trying_it_out_changes_nothing(other: Other) -> None:
    other.sink.try_out(other.settings, other.batch)
    for head, body in other.heard:
        is_harmless = head.startswith("GET ") or b'"validateOnly":true' in body or b'"members":[]' in body
        assert is_harmless, head


def test_too_many_requests_and_faults_of_theirs_wait_as_long_as_they_say(other: Other) -> None:
    for status in (429, 500, 503):
        other.says(status, {}, Retry_After="77")
        with pytest.raises(Unavailable) as problem:
            other.sink.add(other.settings, other.batch)
        assert problem.value.retry_after == 77


def test_an_answer_that_is_lost_is_asked_for_again(other: Other) -> None:
    other.host.behaviour = _scripted(lambda _: None)
    with pytest.raises(Unavailable):
        other.sink.remove(other.settings, other.batch)


def test_a_redirect_is_not_followed(other: Other) -> None:
    other.says(302, {}, Location="http://127.0.0.1:9/")
    with pytest.raises(Misconfigured):
        other.sink.add(other.settings, other.batch)


def test_a_setting_that_is_missing_is_named(other: Other) -> None:
    for setting in other.sink.settings:
        if setting.required:
            with pytest.raises(Misconfigured):
                other.sink.check({**other.settings, setting.name: ""})


_BAD: dict[str, list[tuple[int, object, type[ChannelError], str]]] = {
    "meta": [
        (400, {"error": {"code": 190}}, Misconfigured, "bad_token"),
        (400, {"error": {"code": 200}}, Misconfigured, "no_right"),
        (400, {"error": {"code": 100, "error_subcode": 1713230}}, Misconfigured, "audience_blocked"),
        (400, {"error": {"code": 17}}, Unavailable, "try_later"),
        (400, {"error": {"code": 100}}, Refused, "refused"),
        (404, {"error": {"code": 803}}, Misconfigured, "not_found"),
        (200, {"num_received": 2, "num_invalid_entries": 1}, Refused, "invalid_entries"),
    ],
    "google": [
        (401, {"error": {"status": "UNAUTHENTICATED"}}, Misconfigured, "bad_token"),
        (403, {"error": {"status": "PERMISSION_DENIED"}}, Misconfigured, "no_right"),
        (400, {"error": {"status": "INVALID_ARGUMENT"}}, Refused, "refused"),
        (409, {"error": {"status": "ABORTED"}}, Unavailable, "try_later"),
    ],
    "tiktok": [
        (200, {"code": 40105}, Misconfigured, "bad_token"),
        (200, {"code": 40001}, Misconfigured, "no_right"),
        (200, {"code": 40002}, Refused, "refused"),
        (200, {"code": 51010}, Unavailable, "try_later"),
        (200, [], Unavailable, "try_later"),
    ],
    "webhook": [(404, {}, Misconfigured, "not_taken"), (422, {}, Refused, "refused")],
}


def test_every_refusal_says_what_happens_next(other: Other) -> None:
    for status, body, kind, reason in _BAD[other.sink.name]:
        other.says(status, body)
        with pytest.raises(ChannelError) as problem:
            other.sink.add(other.settings, other.batch)
        assert (type(problem.value), problem.value.reason) == (kind, reason)


@only("one", ["meta"], indirect=True)
def test_meta_gets_rows_of_two_hashes_and_a_session(one: Other) -> None:
    one.sink.remove(one.settings, one.batch)
    head, _ = one.heard[-1]
    assert head.startswith("DELETE /v25.0/2385/users ")
    assert "meta-token" in head
    session, payload = one.body["session"], one.body["payload"]
    assert session == {"session_id": int("ab" * 7 + "a", 16), "batch_seq": 1, "last_batch_flag": True, "estimated_num_total": 2}
    assert payload["schema"] == ["EMAIL", "PHONE"]  # type: ignore[index]
    assert [len(row) for row in payload["data"]] == [2, 2]  # type: ignore[index]
    assert payload["data"][1][1] == ""  # type: ignore[index]


@only("one", ["meta"], indirect=True)
def test_an_audience_that_meta_holds_back_is_named_when_it_is_tried_out(one: Other) -> None:
    one.says(200, {"id": "2385", "operation_status": {"code": 471}})
    with pytest.raises(Misconfigured, match="471"):
        one.sink.try_out(one.settings, one.batch)


@only("one", ["google"], indirect=True)
def test_google_gets_each_persons_own_consent_and_a_signed_word(one: Other) -> None:
    one.sink.add(one.settings, one.batch)
    assert [member["consent"] for member in one.body["audienceMembers"]] == [  # type: ignore[attr-defined]
        {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"},
        {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_DENIED"},
    ]
    assert one.body["encoding"] == "HEX"
    assert one.body["destinations"] == [
        {"operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "1234567890"}, "productDestinationId": "987"}
    ]
    one.sink.remove(one.settings, one.batch)
    assert all("consent" not in member for member in one.body["audienceMembers"])  # type: ignore[attr-defined]
    tokens = [body for head, body in one.host.heard if "/token" in head.splitlines()[0]]
    assert len(tokens) == 1, "a token is used as long as it lives"
    head, claims, signature = parse_qs(tokens[0].decode())["assertion"][0].split(".")
    _RSA.public_key().verify(_bytes(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(_bytes(claims))["scope"].endswith("/datamanager")


@only("one", ["google"], indirect=True)
def test_google_is_asked_what_became_of_a_request(one: Other) -> None:
    def state(word: str, **more: object) -> dict[str, object]:
        return {"requestStatusPerDestination": [{"requestStatus": word, **more}]}

    one.says(200, state("PROCESSING"))
    assert not one.sink.is_done(one.settings, "r 1", NOW)
    assert "requestId=r+1 " in one.heard[-1][0]
    one.says(200, state("SUCCESS"))
    assert one.sink.is_done(one.settings, "r1", NOW)
    one.says(
        200, state("PARTIAL_SUCCESS", errorInfo={"errorCounts": [{"reason": "PROCESSING_ERROR_REASON_X", "recordCount": "1"}]})
    )
    with pytest.raises(Refused, match="REASON_X"):
        one.sink.is_done(one.settings, "r1", NOW)


@only("one", ["tiktok"], indirect=True)
def test_tiktok_gets_both_kinds_of_hashes_for_its_audience(one: Other) -> None:
    one.sink.remove(one.settings, one.batch)
    assert (one.body["action"], one.body["id_schema"]) == ("delete", ["EMAIL_SHA256", "PHONE_SHA256"])
    first, second = cast("list[list[dict[str, object]]]", one.body["batch_data"])
    assert [cell["audience_ids"] for cell in first] == [["1234"], ["1234"]]
    assert second[1] == {}


@only("one", ["webhook"], indirect=True)
def test_a_webhook_is_signed_and_comes_again_under_the_same_id(one: Other) -> None:
    for _ in range(2):
        one.sink.add(one.settings, one.batch)
    (head, body), (again, _) = one.heard
    lines = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    assert lines["webhook-signature"] == signatures([Key(SECRET)], "ab" * 16, NOW // 1000, body, NOW)
    assert "webhook-id: " + "ab" * 16 in again
    assert one.body["type"] == "audience.add"


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

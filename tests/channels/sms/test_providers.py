"""What each provider is asked, and what each of its words means."""

import base64
import hmac
from hashlib import sha1, sha256
from urllib.parse import urlencode

import msgspec
import pytest

from tests.channels.sms.gateways import NUMBER, FakeHttp, FakeSerwerSms, FakeSmsapi, FakeTwilio, Gateway, report_url
from wraca.channels.sms import SmsChannel
from wraca.channels.sms.providers import anyhttp, serwersms, smsapi, twilio
from wraca.channels.sms.wire import NoAnswer
from wraca.ports.channel import ChannelError, Misconfigured, Receipt, Refused, Unavailable
from wraca.ports.texting import Call, Delivery, Heard, NotGenuine, Report

KEY = "0123456789abcdef0123456789abcdef"
HOUR = 3_600


def deliver(gateway: Gateway, key: str = KEY, **settings: object) -> Receipt:
    message = gateway.message(key, **settings)
    return gateway.channel.deliver(message, gateway.channel.render(message))


def hear(gateway: type[Gateway], **fields: str) -> Heard:
    settings = {**gateway.settings, "provider": gateway.provider}
    return SmsChannel().hear(gateway.provider, settings, Call("GET", "https://wraca.example/hooks", query=fields))


def test_smsapi_gets_the_key_the_report_address_and_an_end() -> None:
    with FakeSmsapi() as gateway:
        receipt = deliver(gateway)
    asked, headers = gateway.asked[0], gateway.headers[0]
    assert gateway.paths == ["/sms.do"]
    assert headers["authorization"] == "Bearer secret-token-of-the-shop"
    assert (asked["to"], asked["from"], asked["idx"], asked["check_idx"]) == ("48601234567", "Sklep", KEY, "1")
    assert asked["notify_url"] == report_url(KEY)
    assert int(asked["expiration_date"]) == 1_790_000_000 + 12 * HOUR  # the message's own 24 h are more than they allow
    assert "normalize" not in asked  # the text is made plain here, where it is counted
    assert "Twoj koszyk" in asked["message"]
    assert receipt == Receipt("SMS1", "QUEUE", 1)


def test_smsapi_never_sends_a_key_twice_and_what_it_had_is_taken() -> None:
    with FakeSmsapi() as gateway:
        deliver(gateway)
        assert deliver(gateway).detail == "they had taken it before"
    assert gateway.taken() == [KEY]


@pytest.mark.parametrize(
    ("code", "kind", "reason", "hard"),
    [
        (11, Refused, "content", False), (12, Refused, "too_long", False), (13, Refused, "bad_number", True),
        (14, Misconfigured, "bad_sender", None), (32, Refused, "country_not_allowed", False), (33, Refused, "bad_number", True),
        (52, Unavailable, "try_later", None), (57, Refused, "opted_out", True), (70, Misconfigured, "bad_callback", None),
        (74, Refused, "wrong_hour", False), (101, Misconfigured, "sign_in", None), (102, Misconfigured, "sign_in", None),
        (103, Misconfigured, "no_credit", None), (105, Misconfigured, "address_not_allowed", None),
        (110, Misconfigured, "service_off", None), (200, Unavailable, "try_later", None), (201, Unavailable, "try_later", None),
        (203, Unavailable, "try_later", None), (999, Unavailable, "try_later", None), (4242, Refused, "refused", False),
    ],
)  # fmt: skip
def test_errors_of_smsapi(code: int, kind: type[ChannelError], reason: str, hard: bool | None) -> None:
    with FakeSmsapi() as gateway:
        gateway.script = [(200, {"error": code, "message": "x"})]
        with pytest.raises(kind) as problem:
            deliver(gateway)
    assert problem.value.reason == reason
    assert getattr(problem.value, "hard", None) == hard


@pytest.mark.parametrize("garbage", [b"", b"ERROR", b"[]", b"{}", b'{"list": []}', b'{"list": [7]}', b"\xff\xfe", b"<html>"])
def test_garbage_is_never_taken_for_a_sent_message(garbage: bytes) -> None:
    for make, kind in ((FakeSmsapi, Unavailable), (FakeSerwerSms, NoAnswer)):
        with make() as gateway:
            gateway.script = [(200, garbage)]
            with pytest.raises(kind):
                deliver(gateway)
    with FakeTwilio() as gateway:
        gateway.script = [(201, garbage)]
        with pytest.raises(NoAnswer):
            deliver(gateway)


@pytest.mark.parametrize("make", [FakeSerwerSms, FakeTwilio])
@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_broken_server_leaves_it_uncertain_where_no_key_protects(make: type[Gateway], status: int) -> None:
    with make() as gateway:
        gateway.script = [(status, b"oops")]
        with pytest.raises(NoAnswer):
            deliver(gateway)


def test_who_asks_for_less_gets_less() -> None:
    for make in (FakeSmsapi, FakeSerwerSms, FakeTwilio):
        with make() as gateway:
            gateway.script = [(429, b"{}")]
            with pytest.raises(Unavailable) as problem:
                deliver(gateway)
        assert problem.value.retry_after == 7


def test_a_redirect_is_not_followed() -> None:
    with FakeTwilio() as gateway:
        gateway.script = [(302, b"")]
        with pytest.raises(Misconfigured):
            deliver(gateway)
    assert len(gateway.paths) == 1


def test_statuses_of_smsapi_come_several_at_once() -> None:
    heard = hear(FakeSmsapi, MsgId="a,b,c", idx=f"{KEY},{'1' * 32},", status="404,405,408")
    assert heard.answer == "OK"
    assert [(one.key, one.reference, one.delivery) for one in heard.reports] == [
        (KEY, "a", Delivery.DELIVERED),
        ("1" * 32, "b", Delivery.FAILED),
        ("", "c", Delivery.UNKNOWN),
    ]


@pytest.mark.parametrize("status", sorted({*smsapi.STATUSES, "499", "whatever"}))
def test_only_one_status_of_smsapi_means_delivered(status: str) -> None:
    (report,) = hear(FakeSmsapi, MsgId="a", status=status).reports
    assert (report.delivery is Delivery.DELIVERED) == (status in {"404", "DELIVERED"})


@pytest.mark.parametrize("table", [smsapi.STATUSES, serwersms.STATUSES, twilio.STATUSES, anyhttp.STATUSES])
def test_every_table_of_statuses_knows_success_and_failure(table: dict[str, Delivery]) -> None:
    assert {Delivery.ACCEPTED, Delivery.DELIVERED, Delivery.FAILED} <= set(table.values())


def test_answers_of_people_over_smsapi() -> None:
    (reply,) = hear(FakeSmsapi, sms_from="48601234567", sms_to="48799448811", sms_text="STOP", MsgId="in-1").replies
    assert (reply.number, reply.text, reply.id) == (NUMBER, "STOP", "in-1")


def test_serwersms_is_asked_in_json_and_told_the_letters() -> None:
    with FakeSerwerSms() as gateway:
        receipt = deliver(gateway, diacritics="keep")
    asked = gateway.asked[0]
    assert gateway.paths == ["/messages/send_sms"]
    assert (asked["phone"], asked["unique_id"], asked["utf"], asked["sender"]) == (NUMBER, KEY, "True", "Sklep")
    assert receipt == Receipt("a1", "queued", 1)


@pytest.mark.parametrize(
    ("code", "kind", "hard"),
    [
        (2200, Refused, True), (2206, Refused, True), (2203, Refused, False), (2207, Refused, False), (2201, Misconfigured, None),
        (2205, Misconfigured, None), (2204, Unavailable, None), (9999, Refused, False),
    ],
)  # fmt: skip
def test_errors_of_serwersms(code: int, kind: type[ChannelError], hard: bool | None) -> None:
    with FakeSerwerSms() as gateway:
        gateway.script = [(200, {"success": True, "items": [{"status": "unsent", "error_code": code}]})]
        with pytest.raises(kind) as problem:
            deliver(gateway)
    assert getattr(problem.value, "hard", None) == hard


def test_serwersms_tells_by_our_key_what_became_of_a_message() -> None:
    with FakeSerwerSms() as gateway:
        gateway.script = [
            (200, {"items": [{"id": "a1", "status": "undelivered", "reason": "message_expired"}]}),
            (200, {"items": []}),
        ]
        settings = gateway.message(KEY).settings
        assert gateway.channel.ask(settings, KEY, "") == Report(
            Delivery.EXPIRED, KEY, "a1", "message_expired", "status undelivered"
        )
        assert gateway.channel.ask(settings, KEY, "") is None
    assert [asked["unique_id"] for asked in gateway.asked] == [KEY, KEY]


def test_words_of_serwersms_in_both_their_interfaces() -> None:
    (modern,) = hear(FakeSerwerSms, id="a1", unique_id=KEY, status="delivered").reports
    (old,) = hear(FakeSerwerSms, smsid="a1", usmsid=KEY, stan="niedoreczono", przyczyna="wrong_number").reports
    (reply,) = hear(FakeSerwerSms, numer="48601234567", wiadomosc="Rezygnuję").replies
    assert (modern.key, modern.delivery) == (KEY, Delivery.DELIVERED)
    assert (old.delivery, old.is_bad_number) == (Delivery.FAILED, True)
    assert (reply.number, reply.text) == (NUMBER, "Rezygnuję")


def test_twilio_gets_a_report_address_that_names_the_message() -> None:
    with FakeTwilio() as gateway:
        receipt = deliver(gateway)
    asked = gateway.asked[0]
    assert gateway.paths == [f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"]
    assert (
        gateway.headers[0]["authorization"] == "Basic " + base64.b64encode(f"AC{'0' * 32}:auth-token-of-the-shop".encode()).decode()
    )
    assert (asked["To"], asked["From"], asked["StatusCallback"]) == (NUMBER, "+48799448811", report_url(KEY))
    assert int(asked["ValidityPeriod"]) == 10 * HOUR
    assert (receipt.reference[:2], receipt.parts) == ("SM", 1)


def test_twilio_may_choose_the_sender_itself() -> None:
    service = "MG" + "a" * 32
    with FakeTwilio() as gateway:
        gateway.channel.check(gateway.message(KEY, sender=service).settings)
        deliver(gateway, sender=service)
    assert (gateway.asked[0]["MessagingServiceSid"], gateway.asked[0].get("From")) == (service, None)


@pytest.mark.parametrize(
    ("code", "kind", "reason", "hard"),
    [
        (21610, Refused, "opted_out", True), (21211, Refused, "bad_number", True), (21614, Refused, "not_mobile", True),
        (21408, Refused, "country_not_allowed", False), (21606, Misconfigured, "bad_sender", None),
        (20429, Unavailable, "try_later", None), (30007, Refused, "filtered", False), (1, Refused, "refused", False),
    ],
)  # fmt: skip
def test_errors_of_twilio(code: int, kind: type[ChannelError], reason: str, hard: bool | None) -> None:
    with FakeTwilio() as gateway:
        gateway.script = [(400, {"code": code, "message": f"{NUMBER} ...", "status": 400})]
        with pytest.raises(kind) as problem:
            deliver(gateway)
    assert (problem.value.reason, getattr(problem.value, "hard", None)) == (reason, hard)
    assert NUMBER not in str(problem.value)


URL = "https://wraca.sklep.pl/hooks/sms/twilio/secret?m=" + KEY
STATUS = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": NUMBER, "AccountSid": "AC0"}


def signed(url: str, form: dict[str, str], token: str = "auth-token-of-the-shop") -> str:
    """X-Twilio-Signature as their documentation makes it."""
    content = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), content.encode(), sha1)).decode()


def twilio_hears(signature: str, form: dict[str, str] = STATUS, url: str = URL) -> Heard:
    call = Call("POST", url, query={"m": KEY}, form=form, headers={"x-twilio-signature": signature})
    return SmsChannel().hear("twilio", {**FakeTwilio.settings, "provider": "twilio"}, call)


def test_a_known_signature_is_made_the_same_way() -> None:
    """The example of their documentation: the token is 12345."""
    form = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309", "To": "+18005551212",
    }  # fmt: skip
    assert signed("https://mycompany.com/myapp.php?foo=1&bar=2", form, "12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_what_twilio_signed_is_believed() -> None:
    (report,) = twilio_hears(signed(URL, STATUS)).reports
    assert (report.key, report.reference, report.delivery) == (KEY, "SM1", Delivery.DELIVERED)


@pytest.mark.parametrize(
    ("signature", "form", "url"),
    [
        ("", STATUS, URL),
        (signed(URL, STATUS, "another token"), STATUS, URL),
        (signed(URL, STATUS, ""), STATUS, URL),
        (signed(URL, STATUS), STATUS | {"MessageStatus": "failed"}, URL),
        (signed(URL, STATUS), STATUS, URL.replace(KEY, "f" * 32)),
        (signed(URL.replace("wraca.sklep.pl", "10.0.0.7:8000"), STATUS), STATUS, URL),  # what a proxy made of the address
        (signed(URL, STATUS)[:-2], STATUS, URL),
    ],
)
def test_what_twilio_did_not_sign_is_not(signature: str, form: dict[str, str], url: str) -> None:
    with pytest.raises(NotGenuine):
        twilio_hears(signature, form, url)


def test_a_signed_body_of_json_is_compared_with_its_hash() -> None:
    body = b'{"MessageStatus": "delivered"}'
    url = f"{URL}&bodySHA256={sha256(body).hexdigest()}"
    query = {"m": KEY, "bodySHA256": sha256(body).hexdigest()}
    settings = {**FakeTwilio.settings, "provider": "twilio"}
    headers = {"x-twilio-signature": signed(url, {})}
    SmsChannel().hear("twilio", settings, Call("POST", url, query=query, headers=headers, body=body))
    with pytest.raises(NotGenuine):
        SmsChannel().hear("twilio", settings, Call("POST", url, query=query, headers=headers, body=body + b" "))


def test_answers_over_twilio_and_the_noes_it_knows() -> None:
    form = {"From": NUMBER, "Body": "Arrêt", "MessageSid": "SM2", "OptOutType": "STOP", "SmsStatus": "received"}
    heard = twilio_hears(signed(URL, form), form)
    assert heard.content_type.startswith("text/xml")
    assert [(reply.number, reply.has_opted_out) for reply in heard.replies] == [(NUMBER, True)]


def test_a_no_that_twilio_remembers_comes_with_the_report() -> None:
    form = STATUS | {"MessageStatus": "undelivered", "ErrorCode": "21610"}
    (report,) = twilio_hears(signed(URL, form), form).reports
    assert (report.delivery, report.has_opted_out, report.reason) == (Delivery.FAILED, True, "opted_out")


def test_only_the_providers_own_addresses_may_report_where_they_are_named() -> None:
    settings = {**FakeSmsapi.settings, "provider": "smsapi", "callers": "203.0.113.0/28, 2001:db8::7"}
    channel, fields = SmsChannel(), {"MsgId": "a", "status": "404"}
    for address in ("203.0.113.9", "2001:db8::7"):
        assert channel.hear("smsapi", settings, Call("GET", URL, address, query=fields)).reports
    for address in ("198.51.100.1", "", "2001:db8::8"):
        with pytest.raises(NotGenuine):
            channel.hear("smsapi", settings, Call("GET", URL, address, query=fields))
    with pytest.raises(NotGenuine):  # the address of another provider
        channel.hear("twilio", settings, Call("GET", URL, "203.0.113.9", query=fields))


def any_http(gateway: FakeHttp, **settings: object) -> Receipt:
    written = {"http_url": f"{gateway.address}/send", **settings}
    message = gateway.message(KEY, **written)
    return gateway.channel.deliver(message, gateway.channel.render(message))


def test_any_other_provider_is_asked_as_the_merchant_wrote() -> None:
    with FakeHttp() as gateway:
        receipt = any_http(gateway)
    asked = gateway.asked[0]
    assert (asked["dst"], asked["ref"], asked["from"], asked["dlr"]) == ("48601234567", KEY, "Sklep", report_url(KEY))
    assert gateway.headers[0]["x-key"] == "key-of-the-shop"
    assert receipt == Receipt("1", "HTTP 200", 2)


def test_nothing_that_is_filled_in_breaks_out_of_its_place() -> None:
    evil = {"shop": {"name": 'A"b&c={key}\\n%00'}, "cart": {}}
    with FakeHttp() as gateway:
        message = gateway.message(KEY, http_url=f"{gateway.address}/send", http_body='{"to":"{to}","m":"{text}"}', http_answer="")
        message = msgspec.structs.replace(message, facts=evil)
        gateway.channel.deliver(message, gateway.channel.render(message))
        any_http(gateway, http_method="GET", http_url=f"{gateway.address}/send?to={{to}}&m={{text}}", http_body="")
    assert set(gateway.asked[0]) == {"to", "m"}
    assert 'A"b&c={key}' in gateway.asked[0]["m"]
    assert gateway.asked[1]["to"] == NUMBER


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((200, b"ERR"), Refused), ((400, b""), Refused), ((401, b""), Misconfigured), ((404, b""), Misconfigured),
        ((503, b""), Unavailable), ((500, b""), NoAnswer), ((200, None), NoAnswer),
    ],
)  # fmt: skip
def test_what_any_other_provider_answers(answer: tuple[int, bytes | None], kind: type[Exception]) -> None:
    with FakeHttp() as gateway:
        gateway.script = [answer, (201, b"OK")]
        with pytest.raises(kind):
            any_http(gateway)
        assert any_http(gateway).reference == ""


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|a)*b", r"(.*)\1", "a*b*c*d*", "(?=x)", "x{1,}{2,}", "[", "a" * 201])
def test_an_expression_that_might_never_end_is_refused(expression: str) -> None:
    settings = {**FakeHttp().settings, "provider": "http", "http_answer": expression}
    with pytest.raises(Misconfigured):
        SmsChannel().check(settings)


def test_words_of_any_other_provider() -> None:
    settings = {**FakeHttp().settings, "provider": "http"}
    said = {"key": KEY, "status": "DELIVRD"}
    heard = SmsChannel().hear("http", settings, Call("POST", URL, form=said, body=urlencode(said).encode()))
    assert [report.delivery for report in heard.reports] == [Delivery.DELIVERED]
    reply = SmsChannel().hear("http", settings, Call("GET", URL, query={"from": "0048 601 234 567", "text": "стоп"})).replies[0]
    assert (reply.number, reply.text) == (NUMBER, "стоп")

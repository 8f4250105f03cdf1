"""Web push as a channel: encrypted to the standard's own example, strict headers, and what every answer of a push service means."""

import base64
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.webpush.pushservice import NOW, Browser, PushService, running
from wraca.channels.webpush import WebPushChannel
from wraca.channels.webpush.keys import decode, read_keys
from wraca.channels.webpush.library import LANGUAGES, TEMPLATES, built_in, question
from wraca.channels.webpush.notice import Notice, packed
from wraca.channels.webpush.sealing import ROOM, seal_for
from wraca.egress import Egress
from wraca.ports.channel import Links, Misconfigured, Outgoing, Recipient, Refused, Sender, TemplateProblem, Unavailable
from wraca.ports.pushing import Subscription

FACTS = {
    "person": {"first_name": "Anna"},
    "cart": {
        "lines": [
            {"name": "Lamp", "price": 19_900, "image_url": "https://cdn.shop.example/lamp.jpg"},
            {"name": "Mug", "price": 900},
        ],
        "total": 20_800,
        "currency": "PLN",
        "count": 2,
    },
    "shop": {"name": "Kubki", "url": "https://shop.example"},
    "about": {"kind": ""},
    "offer": None,
}
CONTACT = {"contact": "hello@shop.example"}


@pytest.fixture
def service() -> Iterator[PushService]:
    with running() as opened:
        yield opened


@pytest.fixture
def channel() -> WebPushChannel:
    return WebPushChannel(Egress(loopback=True), ("127.0.0.1",), allow_http=True)


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def message(channel: WebPushChannel, service: PushService, browser: Browser) -> Outgoing:
    saved = channel.complete(CONTACT)
    handle = msgspec.json.encode(browser.subscription(f"{service.url}/p/1", read_keys(saved)[0].id)).decode()
    return Outgoing(
        key="0" * 32,
        shop="a" * 32,
        recipient=Recipient("b" * 32, handle=handle),
        sender=Sender("Kubki", ""),
        template="cart-waiting",
        language="pl",
        facts=FACTS,
        links=Links("https://wraca.example/r/token", "https://wraca.example/u/token"),
        settings=saved,
        sent_at=NOW,
        deadline=NOW + 3_600_000,
    )


def send(channel: WebPushChannel, message: Outgoing) -> str:
    return channel.deliver(message, channel.render(message)).detail


def test_the_example_of_the_standard_comes_out_to_the_last_byte() -> None:
    """RFC 8291, section 5 and appendix A."""
    ours = ec.derive_private_key(int.from_bytes(decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1())
    receiver = Subscription(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    expected = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95b"
        "Qpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    plain = b"When I grow up, I want to be a watermelon"
    sealed = seal_for(receiver, plain, salt=decode("DGv6ra1nlYgDCS1FRnbzlw"), ours=ours)

    assert sealed == decode(expected)


def test_a_reminder_arrives_and_the_browser_can_read_it(
    channel: WebPushChannel, service: PushService, browser: Browser, message: Outgoing
) -> None:
    assert send(channel, message) == "HTTP 201"

    assert service.complaints == []
    [(headers, body)] = service.taken
    assert (headers["ttl"], headers["urgency"]) == ("3600", "normal")
    told = browser.read(body)
    assert (told["title"], told["body"]) == ("Koszyk wciąż czeka", "Lamp i nie tylko w sklepie Kubki.")
    assert told["url"] == "https://wraca.example/r/token"
    assert told["image"] == "https://cdn.shop.example/lamp.jpg"
    assert told["tag"] == headers["topic"]
    assert "Anna" not in str(told)


def test_a_second_reminder_replaces_the_first_and_another_browser_is_left_alone(channel: WebPushChannel, message: Outgoing) -> None:
    first, second = channel.render(message), channel.render(msgspec.structs.replace(message, template="last-word", key="1" * 32))
    other = channel.render(msgspec.structs.replace(message, recipient=Recipient("c" * 32)))

    tags = [msgspec.json.decode(each.payload, type=Notice).tag for each in (first, second, other)]
    assert tags[0] == tags[1] != tags[2]
    assert all(len(tag) == 32 for tag in tags)


@pytest.mark.parametrize(
    ("status", "headers", "error", "reason"),
    [
        (404, {}, Refused, "gone"),
        (410, {}, Refused, "gone"),
        (401, {}, Refused, "key_refused"),
        (403, {}, Refused, "key_refused"),
        (400, {}, Refused, "not_taken"),
        (302, {"Location": "http://169.254.169.254/"}, Refused, "not_taken"),
        (429, {"Retry-After": "120"}, Unavailable, "too_fast"),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:30:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, Unavailable, "push_busy"),
        (500, {}, Unavailable, "push_busy"),
    ],
)
def test_what_an_answer_means(
    channel: WebPushChannel,
    service: PushService,
    message: Outgoing,
    status: int,
    headers: dict[str, str],
    error: type[Exception],
    reason: str,
) -> None:
    service.script = [(status, headers)]
    with pytest.raises(error) as caught:
        send(channel, message)
    problem = caught.value
    assert getattr(problem, "reason", "") == reason
    assert getattr(problem, "hard", False) is (reason == "gone")
    if headers.get("Retry-After"):
        assert getattr(problem, "retry_after", 0) == 120
    assert len(service.taken) == 1


def test_a_message_that_is_too_large_for_them_comes_again_shorter(
    channel: WebPushChannel, service: PushService, browser: Browser, message: Outgoing
) -> None:
    service.most = 500
    long = msgspec.structs.replace(message, sources={"push_title": "Cart", "push_body": "word " * 40})

    assert send(channel, long) == "HTTP 201"
    assert browser.read(service.taken[0][1])["body"].endswith("…")


@given(body=st.text(min_size=1, max_size=6_000))
@settings(max_examples=25, deadline=None)
def test_no_text_is_ever_larger_than_push_services_take(body: str) -> None:
    raw = packed(Notice("Title", body, "https://wraca.example/r/t", "tag", "wraca", image="https://shop.example/i.jpg"))
    assert len(raw) <= ROOM
    assert body.startswith(msgspec.json.decode(raw, type=Notice).body.removesuffix("…")[:20])


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://169.254.169.254/latest",
        "https://127.0.0.1:5432/",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://user@fcm.googleapis.com/x",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://push.apple.com.evil.example/",
        "gopher://fcm.googleapis.com/",
        "",
    ],
)
def test_an_endpoint_that_is_no_push_service_is_refused_before_any_request(browser: Browser, endpoint: str) -> None:
    channel = WebPushChannel(Egress(resolve=_nobody))
    saved = channel.complete(CONTACT)
    with pytest.raises(Refused):
        channel.welcome(saved, browser.subscription(endpoint, read_keys(saved)[0].id))


def _nobody(host: str, port: int) -> list[str]:
    raise AssertionError((host, port))


def test_the_push_services_of_the_four_browsers_are_known(browser: Browser) -> None:
    channel = WebPushChannel()
    saved = channel.complete({**CONTACT, "services": "push.example.org"})
    hosts = ["fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "wns2-par02p.notify.windows.com"]
    for host in [*hosts, "push.example.org"]:
        assert channel.welcome(saved, browser.subscription(f"https://{host}/x", read_keys(saved)[0].id)) == host


@pytest.mark.parametrize(
    "odd", [{"p256dh": "AAAA"}, {"auth": "AAAA"}, {"p256dh": base64.urlsafe_b64encode(b"\4" + b"\1" * 64).decode()}]
)
def test_keys_that_are_none_are_refused(browser: Browser, odd: dict[str, str]) -> None:
    channel = WebPushChannel()
    saved = channel.complete(CONTACT)
    good = browser.subscription("https://fcm.googleapis.com/x", read_keys(saved)[0].id)
    with pytest.raises(Refused, match="bad_subscription"):
        channel.welcome(saved, msgspec.structs.replace(good, **odd))


def test_a_new_key_leaves_the_browsers_of_the_old_one_reachable(
    channel: WebPushChannel, service: PushService, message: Outgoing
) -> None:
    renewed = channel.renewed(message.settings)
    assert channel.invite(renewed, "pl", "Kubki").key_id != channel.invite(message.settings, "pl", "Kubki").key_id
    assert send(channel, msgspec.structs.replace(message, settings=renewed)) == "HTTP 201"

    with pytest.raises(Refused, match="key_lost"):
        send(channel, msgspec.structs.replace(message, settings=channel.complete(CONTACT)))


def test_settings_that_cannot_work_say_why(channel: WebPushChannel, message: Outgoing) -> None:
    channel.check(channel.complete(CONTACT))
    for wrong in (
        {},
        {"contact": "x"},
        {"from_view": "1"},
        {"icon": "http://shop.example/i.png"},
        {"services": "https://x"},
        {"keys": "?"},
    ):
        with pytest.raises(Misconfigured):
            channel.check({**(CONTACT if wrong else {}), **wrong})
    with pytest.raises(Misconfigured):
        send(channel, msgspec.structs.replace(message, settings=CONTACT))


def test_nobody_listens(channel: WebPushChannel, message: Outgoing, browser: Browser) -> None:
    handle = browser.subscription("http://127.0.0.1:9/p", read_keys(message.settings)[0].id)
    nobody = msgspec.structs.replace(message, recipient=Recipient("b", handle=msgspec.json.encode(handle).decode()))
    with pytest.raises(Unavailable):
        send(channel, nobody)
    with pytest.raises(Refused, match="no_subscription"):
        send(channel, msgspec.structs.replace(message, recipient=Recipient("b")))


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_text_stands_in_every_language(channel: WebPushChannel, message: Outgoing, template: str) -> None:
    said = set()
    for language in LANGUAGES:
        rendered = channel.render(msgspec.structs.replace(message, template=template, language=language))
        notice = msgspec.json.decode(rendered.payload, type=Notice)
        assert (notice.lang, len(notice.actions)) == (language, 2)
        said.add(notice.title)
    assert len(said) == len(LANGUAGES)
    with pytest.raises(TemplateProblem):
        built_in("nothing", "en")
    assert {question(language).yes for language in LANGUAGES} == {"Yes, remind me", "Tak, przypomnij", "Да, напомнете ми"}


def test_every_setting_and_template_stands_in_the_reference(channel: WebPushChannel) -> None:
    docs = Path(__file__).parents[3] / "docs"
    reference, howto = ((docs / page).read_text("utf-8") for page in ("reference/channels.md", "howto/send-web-push.md"))
    assert [each.name for each in channel.settings if f"`{each.name}`" not in reference] == []
    assert [name for name in TEMPLATES if f"`{name}`" not in howto] == []

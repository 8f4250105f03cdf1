"""The shop's own pages as a channel: nothing leaves, so of the contract only what needs no other side applies."""

from collections.abc import Mapping, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.channels.onsite import OnsiteChannel
from wraca.channels.onsite.drawing import draw, html_of
from wraca.channels.onsite.library import TEMPLATES, built_in, ready_made, style_sheet
from wraca.domain.panels import LANGUAGES, Button, CartLines, Coupon, Form, Heading, Panel, Text, findings
from wraca.ports.channel import Channel, Links, Misconfigured, Outgoing, Receipt, Recipient, Refused, Sender, TemplateProblem
from wraca.testing.contracts.channel import Behaviour, ChannelContract

LINE = {"name": "Lamp", "variant": "", "quantity": 1, "line_total": 19900, "image_url": "", "url": ""}
FACTS: dict[str, object] = {
    "shop": {"name": "Kubki", "url": "https://shop.example"},
    "cart": {"lines": [LINE] * 4, "currency": "PLN", "total": 79600},
    "offer": {"code": "TEN-1", "kind": "amount", "value": 1000, "text": "", "expires": 1_795_000_000_000, "min_cart": 10000},
}
BACK = Links(restore="https://shop.example/cart", preferences="")


def message(
    key: str = "a" * 32, template: str = "cart-popup", language: str = "en", address: str = "b" * 32, **more: object
) -> Outgoing:
    return Outgoing(
        key,
        "c" * 32,
        Recipient(address),
        Sender("Kubki", ""),
        template,
        language,
        FACTS,
        BACK,
        {"keep": "7"},
        **more,  # type: ignore[arg-type]
    )


class NoOtherSide:
    """There is none: what is ready waits in the database."""

    broken: Mapping[str, object] = {"keep": "0"}
    knows_keys = True

    def __init__(self) -> None:
        self.channel: Channel = Remembering()

    def message(self, key: str) -> Outgoing:
        return message(key)

    def behave(self, how: Behaviour) -> None:
        """Whatever others do."""

    def taken(self) -> Sequence[str]:
        assert isinstance(self.channel, Remembering)
        return self.channel.ready


class Remembering(OnsiteChannel):
    """The real one, which also counts what it called ready."""

    def __init__(self) -> None:
        self.ready: list[str] = []

    def deliver(self, message: Outgoing, rendered: object) -> Receipt:
        receipt = super().deliver(message, rendered)  # type: ignore[arg-type]
        self.ready.append(receipt.reference)
        return receipt


class TestOnsite(ChannelContract):
    @pytest.fixture
    def stand(self) -> NoOtherSide:
        return NoOtherSide()

    # Nobody is asked, so nobody can refuse, be away or lose an answer.
    test_a_refusal_is_told_as_one = None  # type: ignore[assignment]
    test_an_address_that_does_not_exist_is_never_tried_again = None  # type: ignore[assignment]
    test_what_only_the_merchant_can_mend_is_told_as_that = None  # type: ignore[assignment]
    test_who_is_busy_is_asked_again_and_nothing_is_doubled = None  # type: ignore[assignment]
    test_nobody_there_means_nothing_was_handed_over = None  # type: ignore[assignment]
    test_an_answer_that_was_lost_never_doubles_a_message = None  # type: ignore[assignment]
    test_no_error_quotes_an_address_or_a_secret = None  # type: ignore[assignment]


def test_without_a_visitor_or_with_settings_that_cannot_work_nothing_is_ready() -> None:
    channel = OnsiteChannel()
    rendered = channel.render(message())
    with pytest.raises(Refused):
        channel.deliver(message(address=""), rendered)
    for bad in ({"shown_as": "everywhere"}, {"keep": "-1"}, {"keep": "x"}, {"keep": "91"}):
        with pytest.raises(Misconfigured):
            channel.check(bad)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_built_in_panel_is_complete_in_every_language(template: str, language: str) -> None:
    panel = built_in(template, language)
    assert findings(panel, "https://shop.example") == ()
    drawn = msgspec.json.decode(OnsiteChannel().render(message(template=template, language=language)).payload)
    assert drawn["language"] == language
    assert [block["block"] for block in drawn["blocks"]][-3:] == ["cart", "offer", "button"]
    assert drawn["blocks"][-1]["url"] == BACK.restore


@pytest.mark.parametrize("name", list(ready_made()))
def test_what_is_ready_made_says_the_same_in_every_language(name: str) -> None:
    panels = ready_made()[name].panels
    assert set(panels) == set(LANGUAGES)
    kinds = {tuple(type(block) for block in panel.blocks) for panel in panels.values()}
    assert len(kinds) == 1
    for panel in panels.values():
        assert findings(panel, "https://shop.example") == ()
        assert panel.form is None or (panel.form.consent and panel.form.done)


def test_money_dates_and_counts_read_as_people_write_them() -> None:
    panel = Panel((CartLines(3), Coupon()))
    said = {language: draw(panel, language, FACTS, BACK)["blocks"] for language in LANGUAGES}
    assert [said[language][0]["more"] for language in LANGUAGES] == ["and 1 more", "i jeszcze 1", "и още 1"]
    assert said["pl"][0]["total"] == "796,00\xa0zł"
    assert said["pl"][1]["text"] == "10,00\xa0zł taniej"
    assert said["pl"][1]["conditions"] == "od 100,00\xa0zł, do 18 listopada, 11:06 UTC"


def test_blocks_with_nothing_to_show_are_left_out() -> None:
    panel = Panel((Heading("Hello"), CartLines(), Coupon(), Button("Back")))
    drawn = draw(panel, "en", {"shop": {"name": "Kubki"}}, Links(restore="", preferences=""))
    assert [block["block"] for block in drawn["blocks"]] == ["heading"]


def test_a_saved_panel_that_cannot_be_read_says_so() -> None:
    with pytest.raises(TemplateProblem):
        OnsiteChannel().render(message(sources={"panel": '{"blocks": [{"block": "script"}]}'}))
    assert OnsiteChannel().shows("no-such", "en", {}) == frozenset()
    assert ".popup" in style_sheet()


@settings(max_examples=30)
@given(st.text(max_size=60), st.sampled_from(["heading", "text", "label", "consent", "decline"]))
def test_no_text_becomes_markup(text: str, where: str) -> None:
    words = {"heading": "H", "text": "T", "label": "L", "consent": "C", "decline": "D"} | {where: f"<b>{text}</b>"}
    form = Form(words["label"], "Send", "Done", words["consent"])
    panel = Panel((Heading(words["heading"]), Text(words["text"]), form), decline=words["decline"])
    assert "<b>" not in html_of(draw(panel, "en", FACTS, BACK))


@pytest.mark.parametrize(
    "words",
    [
        "No, I don't like saving money",
        "I prefer to pay full price",
        "No thanks, I hate discounts",
        "I'd rather miss out",
        "Nie, nie chcę oszczędzać",
        "Wolę przepłacać",
        "Nie zależy mi na zniżce",
        "Не искам да спестя",
        "Предпочитам да платя повече",
    ],
)
def test_shaming_is_found(words: str) -> None:
    assert [one.code for one in findings(Panel((Heading("H"),), decline=words), "https://x")] == ["shaming"]


@pytest.mark.parametrize(
    "words", ["No, thank you", "Not now", "Nie teraz", "Nie, dziękuję", "Не, благодаря", "Може би по-късно", ""]
)
def test_a_plain_no_is_fine(words: str) -> None:
    assert findings(Panel((Heading("H"),), decline=words), "https://x") == ()

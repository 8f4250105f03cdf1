"""What an SMS says, whom it may go to, and which settings can work."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.channels.sms.gateways import NUMBER, FakeSmsapi, message
from wraca.channels.sms import SmsChannel
from wraca.channels.sms.library import LANGUAGES, TEMPLATES
from wraca.channels.sms.segments import measure
from wraca.channels.sms.texts import blank, compose, fill, worst_case
from wraca.domain.spending import MICROS, read_budget, read_prices
from wraca.ports.channel import Misconfigured, Refused, Sender, TemplateProblem

KEY = "a" * 32
NAMED: dict[str, object] = {"sender": "Sklep", "provider": "smsapi", "token": "t"}
NUMBERED = NAMED | {"sender": "+48799448811", "replies": "yes"}


def said(settings: Mapping[str, object] = NAMED, **parts: Any) -> str:  # noqa: ANN401
    return compose(message(KEY, settings, **parts))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_leads_to_the_cart_and_has_a_way_out(template: str, language: str) -> None:
    by_link, by_word = (said(settings, template=template, language=language) for settings in (NAMED, NUMBERED))
    assert "https://k.sklep.pl/r/" + "r" * 28 in by_link
    assert "https://k.sklep.pl/u/" + "u" * 28 in by_link
    assert "/u/" not in by_word
    assert "STOP" in by_word or "СТОП" in by_word


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_fits_even_with_the_longest_names(template: str, language: str) -> None:
    shop = Sender("Sklep z Bardzo Długą Nazwą i Jeszcze", "")
    for settings in (NAMED, NUMBERED):
        at_worst = worst_case(blank(template, language, settings, shop, {}), "https://wraca.sklep-rowerowy.pl")
        assert measure(fill(at_worst).text).parts <= (2 if language != "bg" else 3)


def test_polish_goes_without_its_letters_unless_the_shop_wants_them() -> None:
    assert measure(said()).encoding == "gsm7"
    assert "Twój" in said(NAMED | {"diacritics": "keep"})
    assert "Twój" in said(sources={"sms": "Twój {{ link }}", "sms_diacritics": "keep"})
    assert "количката" in said(language="bg")


def test_a_merchant_who_forgets_the_way_out_gets_it_all_the_same() -> None:
    assert said(sources={"sms": "Wróć: {{ link }}"}).endswith("Rezygnacja: https://k.sklep.pl/u/" + "u" * 28)


@pytest.mark.parametrize("address", ["https://bit.ly/abc", "bit.ly/abc", "http://WWW.TinyURL.com/x", "cutt.ly/x?y"])
def test_no_link_through_a_public_shortener(address: str) -> None:
    with pytest.raises(TemplateProblem):
        said(sources={"sms": f"Wróć {address} {{{{ link }}}}"})


def test_a_text_is_never_cut_it_is_not_sent() -> None:
    with pytest.raises(Refused) as problem:
        fill(message(KEY, NAMED, sources={"sms": "a" * 400 + " {{ link }}"}))
    assert (problem.value.reason, problem.value.hard) == ("too_long", False)


def test_reports_show_the_text_without_its_secret_links() -> None:
    rendered = SmsChannel().render(message(KEY, NAMED))
    assert "koszyk" in rendered.subject
    assert "/r/" not in rendered.subject
    assert "/u/" not in rendered.subject


def test_nothing_in_a_fact_becomes_a_template_or_a_second_line() -> None:
    facts = {"shop": {"name": "{{ link }}\r\n\x00<b>"}, "cart": {}}
    text = said(facts=facts)
    assert text.startswith("{{ link }} <b>:")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+48221234567", "not_mobile"),  # a landline in Warsaw
        ("+48701234567", "premium_number"),
        ("+48800123456", "not_mobile"),
        ("+359888123456789", "bad_number"),
        ("48601234567", "bad_number"),
        ("601234567", "bad_number"),
        ("", "bad_number"),
        ("not a number", "bad_number"),
        ("+14155550123", "country_not_allowed"),
        ("+882161234567", "not_mobile"),
        ("+447400123456", "country_not_allowed"),
    ],
)
def test_numbers_that_are_refused_before_they_cost_anything(number: str, reason: str) -> None:
    with FakeSmsapi() as gateway:
        with pytest.raises(Refused) as problem:
            gateway.channel.render(message(KEY, NAMED, number))
        assert problem.value.reason == reason
        assert not gateway.asked


def test_a_thousand_dear_numbers_cost_nothing() -> None:
    channel = SmsChannel()
    for number in range(1_000):
        with pytest.raises(Refused):
            channel.render(message(KEY, NAMED, f"+4870{number:07}"))


def test_the_merchant_names_the_countries() -> None:
    SmsChannel().render(message(KEY, NAMED | {"countries": "GB"}, "+447400123456"))
    with pytest.raises(Refused):
        SmsChannel().render(message(KEY, NAMED | {"countries": "BG"}, NUMBER))


@pytest.mark.parametrize("sender", ["Sklep", "SKLEP 24", "A", "12345678901A"[1:], "+48601234567", "4321", "Abcdefghijk"])
def test_senders_that_networks_take(sender: str) -> None:
    SmsChannel().check(NAMED | {"sender": sender})


@pytest.mark.parametrize("sender", ["", "Abcdefghijkl", "Żółw", "Sklep!", " Sklep", "Sklep ", "123456789", "a_b", "Шоп", "1 2"])
def test_senders_that_they_do_not(sender: str) -> None:
    with pytest.raises(Misconfigured):
        SmsChannel().check(NAMED | {"sender": sender})


@pytest.mark.parametrize(
    "wrong",
    [
        {"provider": "pigeon"}, {"token": ""}, {"region": "de"}, {"countries": "Poland"}, {"countries": "*"}, {"max_parts": "0"},
        {"max_parts": "9"}, {"prices": "cheap"}, {"daily_cap": "50"}, {"daily_cap": "much", "prices": "PL 0.07"},
        {"link_host": "https://k.sklep.pl"}, {"link_host": "bit.ly"}, {"link_host": "localhost"}, {"callers": "everybody"},
        {"limits": "fast"}, {"diacritics": "maybe"}, {"replies": "sometimes"}, {"colour": "red"}, {"prices": "PL 700"},
    ],
)  # fmt: skip
def test_settings_that_cannot_work(wrong: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        SmsChannel().check(NAMED | wrong)


def test_prices_are_read_as_people_write_them() -> None:
    assert read_prices("PL 0.07, BG 0,09; * 0.12") == {"PL": 70_000, "BG": 90_000, "*": 120_000}
    budget = read_budget({"prices": "PL 0.07, * 0.12", "daily_cap": "49,90", "max_parts": "2"})
    assert budget
    assert (budget.cap, budget.price("PL"), budget.price("DE"), budget.most_parts) == (int(49.9 * MICROS), 70_000, 120_000, 2)

"""Who may be written to: every combination of country, channel, the person's word and the shop's mode, from a small table."""

from itertools import product

import pytest

from wraca.domain.consent import EMAIL_RULES, may_contact
from wraca.domain.ids import EventId, PersonId
from wraca.domain.people import Permission as Word
from wraca.domain.people import Person

# What an e-mail needs where nobody said anything: "consent", nothing ("opt_out"), or the shop's word ("vouched").
NEEDS = {
    "consent": [
        "PL",
        "BG",
        "DE",
        "AT",
        "FR",
        "IT",
        "ES",
        "NL",
        "CZ",
        "SK",
        "RO",
        "GR",
        "HU",
        "IE",
        "SE",
        "GB",
        "CH",
        "NO",
        "CA",
        "BR",
        "XX",
    ],
    "opt_out": ["US"],
    "vouched": [""],
}
WORDS = {
    "silent": None,
    "yes": Word(given=True, at=1, event=EventId("e-yes")),
    "no": Word(given=False, at=1, event=EventId("e-no")),
}
MODES = ("vouched", "explicit")
CHANNELS = ("email", "sms")
WHOSE = ("person", "shop")

ROWS = [
    (country, need, channel, said, mode, whose)
    for need, countries in NEEDS.items()
    for country, channel, said, mode, whose in product(countries, CHANNELS, WORDS, MODES, WHOSE)
]


def test_the_table_is_wide_enough() -> None:
    assert len(ROWS) >= 200


@pytest.mark.parametrize(("country", "need", "channel", "said", "mode", "whose"), ROWS)
def test_the_answer_follows_the_word_then_the_country(
    country: str, need: str, channel: str, said: str, mode: str, whose: str
) -> None:
    word = WORDS[said]
    person = Person(
        PersonId("p"),
        0,
        0,
        email="anna@example.com",
        phone="+48601234567",
        email_event=EventId("e-mail"),
        phone_event=EventId("e-phone"),
        country=country if whose == "person" else "",
        consents={channel: word} if word else {},
    )

    answer = may_contact(person, channel, country if whose == "shop" else "", mode)

    silence_is_enough = channel == "email" and mode == "vouched" and need != "consent"
    assert answer.is_given is (said == "yes" or (said == "silent" and silence_is_enough))
    if answer.is_given:
        assert answer.basis
        assert answer.evidence == ("e-yes" if said == "yes" else "e-mail")
    else:
        assert answer.objection == ("opted_out" if said == "no" else "no_permission")


def test_the_persons_country_goes_before_the_shops() -> None:
    person = Person(PersonId("p"), 0, 0, email="anna@example.com", country="PL")

    assert not may_contact(person, "email", "US", "vouched").is_given


def test_nobody_is_written_to_without_a_proven_address() -> None:
    agreed = Person(PersonId("p"), 0, 0, consents={"email": Word(given=True, at=1, event=EventId("e"))}, claims=("a@example.com",))

    assert may_contact(agreed, "email", "US", "vouched").objection == "no_address"


def test_every_country_of_the_packs_has_a_row_in_the_test_or_the_same_rule_as_one() -> None:
    assert {EMAIL_RULES.get(country, "consent") for need in NEEDS.values() for country in need} == {"consent", "opt_out", "vouched"}
    assert all(EMAIL_RULES.get(country, "consent") == need for need, countries in NEEDS.items() for country in countries)

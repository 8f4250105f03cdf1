"""Who is believed, what is known of them, what they allowed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.platforms.segment.calls import identify, one, proof, read, track, why
from wraca.domain.events import (
    Consent,
    Identified,
    Identity,
    IdentityKind,
)
from wraca.platforms.segment import Sender
from wraca.ports.platform import ShopFacts


def test_a_server_speaks_for_people() -> None:
    event = one(
        identify(
            {"email": " Ann@Example.COM ", "phone": "601 234 567"},
            userId=42,
            anonymousId="a1",
            context={"device": {"id": "d1"}},
        ),
    )

    assert {one.key for one in event.identities} == {
        "user:42",
        "email:ann@example.com",
        "phone:+48601234567",
        "anonymous:a1",
        "device:d1",
    }
    assert event.claims == ()


def test_addresses_are_read_where_clients_put_them() -> None:
    places = [
        identify({"email": "ann@x.pl"}),
        track("Quiz", email="ann@x.pl"),
        track("Quiz", {"traits": {"email": "ann@x.pl"}}),
    ]
    for place in places:
        assert Identity(IdentityKind.EMAIL, "ann@x.pl") in one(place).identities


def test_a_browser_only_claims() -> None:
    event = one(identify({"email": "victim@x.pl", "phone": "+48601234567"}, userId="u1", anonymousId="a1"), "browser")

    assert event.identities == (Identity(IdentityKind.ANONYMOUS, "a1"),)
    assert {claim.key for claim in event.claims} == {"email:victim@x.pl", "phone:+48601234567"}
    assert event.raw == {"userId": "u1"}


def test_a_browser_with_a_proof_speaks_for_what_is_proven_only() -> None:
    def shown(*proofs: object) -> set[str]:
        call = identify({"email": "Ann@x.pl", "phone": "+48601234567"}, userId="u1", context={"wraca": {"proof": list(proofs)}})
        return {identity.key for identity in one(call, "browser").identities}

    assert shown(proof("ann@x.pl")) == {"email:ann@x.pl"}
    assert shown(proof("user:u1")) == {"user:u1"}
    assert shown(proof("user:u1"), proof("ann@x.pl"), proof("phone:+48601234567")) == {
        "user:u1",
        "email:ann@x.pl",
        "phone:+48601234567",
    }
    assert shown(proof("ann@x.pl", "another secret")) == set()
    assert shown(proof("bob@x.pl"), "", None, "ż", 5) == set()


def test_without_a_secret_nothing_is_proven() -> None:
    bare = ShopFacts("7" * 32, "x.pl", "PLN", "")
    call = identify({"email": "ann@x.pl"}, context={"wraca": {"proof": proof("ann@x.pl", "")}})

    assert read(call, source="browser", shop=bare).events[0].identities == ()


@given(st.lists(st.tuples(st.text(max_size=80), st.sampled_from(["identify", "track", "page", "alias", "group"])), max_size=1_000))
def test_forged_identities_are_never_believed(forgeries: list[tuple[str, str]]) -> None:
    items = [
        {
            "type": kind,
            "event": "Product Added",
            "messageId": f"m{number}",
            "userId": "victim",
            "previousId": "victim",
            "traits": {"email": "victim@x.pl"},
            "properties": {"product_id": "p", "email": "victim@x.pl", "cart_id": "victims-cart"},
            "context": {"wraca": {"proof": forged}, "traits": {"email": "victim@x.pl", "phone": "+48601234567"}},
        }
        for number, (forged, kind) in enumerate(forgeries)
    ]

    assert [event.identities for event in read(*items, source="browser").events] == [()] * len(items)


def test_a_thousand_forged_identifies_give_no_identity() -> None:
    items = [identify({"email": "victim@x.pl"}, userId="victim", context={"wraca": {"proof": f"{n:064x}"}}) for n in range(1_000)]

    assert {event.identities for event in read(*items, source="browser").events} == {()}


@pytest.mark.parametrize(
    "nobody", ["", "null", "undefined", "0", "NaN", "[object Object]", "anonymous", None, False, {}, "x" * 201]
)
def test_ids_that_name_nobody_melt_nobody_together(nobody: object) -> None:
    assert one({"type": "page", "messageId": "m", "userId": nobody, "anonymousId": nobody}).identities == ()


def test_an_alias_joins_both_ids() -> None:
    event = one({"type": "alias", "userId": "u1", "previousId": "a1", "messageId": "m"})

    assert {identity.key for identity in event.identities} == {"user:u1", "user:a1", "anonymous:a1"}


def test_traits_become_facts() -> None:
    traits = {
        "firstName": "Ann",
        "last_name": "Nowak",
        "gender": "Female",
        "locale": "pl-PL",
        "address": {"country": "pl"},
        "plan": "gold",
        "visits": 3,
        "nested": {"a": 1},
    }

    event = one(identify(traits, context={"timezone": "Europe/Warsaw"}))

    assert event.body == Identified("Ann", "Nowak", "f", "pl", "Europe/Warsaw", "PL", {"plan": "gold", "visits": 3})
    assert event.raw == {"nested": {"a": 1}, "address": {"country": "pl"}}


def test_the_browsers_settings_speak_where_traits_do_not() -> None:
    event = one(identify({"timezone": "../../etc/passwd"}, context={"locale": "bg-BG", "timezone": "Europe/Sofia"}))

    assert event.body == Identified(language="bg", country="BG")


@pytest.mark.parametrize(("said", "server", "browser"), [(True, True, True), (False, False, None), ("yes", None, None)])
def test_only_a_server_takes_back_that_somebody_may_be_a_minor(said: object, server: bool | None, browser: bool | None) -> None:
    heard_by: tuple[tuple[Sender, bool | None], ...] = (("server", server), ("browser", browser))
    for trait in ("may_be_minor", "mayBeMinor"):
        for source, heard in heard_by:
            body = one(identify({trait: said}, anonymousId="a1"), source=source).body
            assert isinstance(body, Identified)
            assert body.may_be_minor is heard


def test_attributes_are_bounded() -> None:
    body = one(identify({f"t{n}": n for n in range(80)})).body

    assert isinstance(body, Identified)
    assert len(body.attributes) == 50


def test_consent_comes_with_its_proof() -> None:
    said = {
        "channel": "email",
        "text": "Tak, piszcie do mnie.",
        "version": "3",
        "language": "pl",
        "mechanism": "checkbox",
        "page": "https://sklep.pl/kasa",
        "basis": "double_opt_in",
    }
    full = Consent(
        "email",
        given=True,
        basis="double_opt_in",
        text="Tak, piszcie do mnie.",
        version="3",
        language="pl",
        mechanism="checkbox",
        page="https://sklep.pl/kasa",
    )

    assert one(track("Consent Given", **said)).consents == (full,)
    assert one(track("Consent Given", **said), "browser").consents == (msgspec.structs.replace(full, basis="consent"),)
    assert one(track("Consent Withdrawn", channel="sms")).consents == (Consent("sms", given=False),)
    assert why(track("Consent Given")) == "properties.channel"
    assert why(track("Consent Given", channel="email", basis="because")) == "properties.basis"
    assert why(track("Consent Given", channel="email", text="x" * 4001)) == "properties.text"


@pytest.mark.parametrize(
    ("said", "consents"),
    [
        ({"accepts_marketing": True}, {("email", True)}),
        ({"newsletter": False, "sms_consent": True}, {("email", False), ("sms", True)}),
        ({"newsletter": True, "subscribed": False}, {("email", False)}),
        ({"accepts_marketing": "yes", "newsletter": 1}, set()),
    ],
)
def test_short_ways_of_saying_yes_and_no(said: dict[str, object], consents: set[tuple[str, bool]]) -> None:
    for call in (identify(dict(said)), track("Quiz", **said), track("Quiz", {"traits": said})):
        assert {(consent.channel, consent.given) for consent in one(call).consents} == consents


def test_a_cookie_banner_is_no_permission_to_write() -> None:
    event = one(
        track("Quiz", {"consent": {"categoryPreferences": {"marketing": True, "advertising": False, "x": True}}}), "browser"
    )

    assert {(consent.channel, consent.given) for consent in event.consents} == {("tracking", True), ("audiences", False)}

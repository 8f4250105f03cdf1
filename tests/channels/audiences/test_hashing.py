"""One sign too many is nobody: what each platform wants to be hashed, address by address."""

from hashlib import sha256

import pytest

from wraca.channels.audiences.csvfile import CsvAudiences
from wraca.channels.audiences.google import GoogleAudiences
from wraca.channels.audiences.hashing import hashed
from wraca.channels.audiences.meta import MetaAudiences
from wraca.channels.audiences.tiktok import TikTokAudiences
from wraca.channels.audiences.webhook import WebhookAudiences
from wraca.ports.audiences import Reachable

SINKS = (MetaAudiences(), GoogleAudiences(), TikTokAudiences(), WebhookAudiences(), CsvAudiences())

# What was typed, what Meta and TikTok take, and what Google takes where that is something else.
VECTORS: tuple[tuple[str, str, str], ...] = (
    ("anna@example.com", "anna@example.com", ""),
    ("Anna@Example.COM", "anna@example.com", ""),
    (" anna@example.com", "anna@example.com", ""),
    ("anna@example.com ", "anna@example.com", ""),
    ("\tanna@example.com\n", "anna@example.com", ""),
    ("\u00a0anna@example.com\u00a0", "anna@example.com", ""),
    ("ANNA.KOWALSKA@EXAMPLE.PL", "anna.kowalska@example.pl", ""),
    ("anna+shop@example.com", "anna+shop@example.com", ""),
    ("user.name+NYC@Example.com", "user.name+nyc@example.com", ""),
    ("anna-maria@example.co.uk", "anna-maria@example.co.uk", ""),
    ("anna_k@example.com", "anna_k@example.com", ""),
    ("o'neil@example.ie", "o'neil@example.ie", ""),
    ("anna@example.com.", "anna@example.com", ""),
    ("anna@sub.mail.example.com", "anna@sub.mail.example.com", ""),
    ("123@example.com", "123@example.com", ""),
    ("a@b.pl", "a@b.pl", ""),
    ("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example", ""),
    # Domains of other alphabets stand in the DNS as ASCII.
    ("anna@bücher.example", "anna@xn--bcher-kva.example", ""),
    ("anna@BÜCHER.example", "anna@xn--bcher-kva.example", ""),
    ("anna@książka.pl", "anna@xn--ksika-5wa74f.pl", ""),
    ("anna@магазин.бг", "anna@xn--80aairftm.xn--90ae", ""),
    ("anna@МАГАЗИН.БГ", "anna@xn--80aairftm.xn--90ae", ""),
    # The mailbox itself stays as it is written, in small letters.
    ("анна@example.com", "анна@example.com", ""),
    ("АННА@example.com", "анна@example.com", ""),
    ("Анна@магазин.бг", "анна@xn--80aairftm.xn--90ae", ""),
    ("żółw@example.pl", "żółw@example.pl", ""),
    ("ŻÓŁW@example.pl", "żółw@example.pl", ""),
    ("zo\u0301lty@example.pl", "z\u00f3lty@example.pl", ""),
    ("ZO\u0301LTY@example.pl", "z\u00f3lty@example.pl", ""),
    ("jose\u0301@example.es", "jos\u00e9@example.es", ""),
    ("STRASSE@example.de", "strasse@example.de", ""),
    ("straße@example.de", "straße@example.de", ""),
    # The Turkish capitals: I is i everywhere but in Turkey, and İ is typed for a plain i.
    ("IRMAK@example.com.tr", "irmak@example.com.tr", ""),
    ("İPEK@example.com.tr", "ipek@example.com.tr", ""),
    ("ipek@EXAMPLE.COM.TR", "ipek@example.com.tr", ""),
    ("ipek@gmaİl.com", "ipek@gmail.com", ""),
    # Google counts its own mailboxes without dots and without what follows a plus.
    ("anna.kowalska@gmail.com", "anna.kowalska@gmail.com", "annakowalska@gmail.com"),
    ("Anna.Kowalska@GMail.com", "anna.kowalska@gmail.com", "annakowalska@gmail.com"),
    ("anna+shop@gmail.com", "anna+shop@gmail.com", "anna@gmail.com"),
    ("cloudy.sanfrancisco+shopping@gmail.com", "cloudy.sanfrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com"),
    ("a.n.n.a@googlemail.com", "a.n.n.a@googlemail.com", "anna@googlemail.com"),
    ("anna@googlemail.com", "anna@googlemail.com", ""),
    ("anna.kowalska@gmail.com.example", "anna.kowalska@gmail.com.example", ""),
    ("anna.kowalska@notgmail.com", "anna.kowalska@notgmail.com", ""),
    (" Anna.K+x@gmail.com ", "anna.k+x@gmail.com", "annak@gmail.com"),
    # No addresses.
    ("", "", ""),
    ("anna", "", ""),
    ("@example.com", "", ""),
    ("anna@", "", ""),
    ("anna@" + "ü" * 80 + ".example", "", ""),
)


def plainly(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()


def test_there_are_fifty_of_them() -> None:
    assert len(VECTORS) == 50


@pytest.mark.parametrize(("typed", "plain", "google"), VECTORS)
def test_an_address(typed: str, plain: str, google: str) -> None:
    for sink in SINKS:
        wanted = (google if sink.name == "google" else "") or plain
        assert sink.identifiers(Reachable(typed)) == ({"email": plainly(wanted)} if wanted else {}), sink.name


@pytest.mark.parametrize("typed", ["an na@example.com", "anna@exam ple.com", "anna @example.com"])
def test_a_space_inside_goes_where_the_platform_says_so_and_is_no_address_for_meta(typed: str) -> None:
    assert MetaAudiences().identifiers(Reachable(typed)) == {}
    for sink in SINKS[1:]:
        assert sink.identifiers(Reachable(typed)) == {"email": plainly("anna@example.com")}


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+48601234567", "+48601234567"),
        ("+48 601 234 567", "+48601234567"),
        ("+1 (800) 555-0100", "+18005550100"),
        ("+359.88.1234567", "+359881234567"),
        ("601234567", ""),
        ("0048601234567", ""),
        ("+0601234567", ""),
        ("+48", ""),
        ("", ""),
    ],
)
def test_a_number(typed: str, number: str) -> None:
    for sink in SINKS:
        wanted = number.lstrip("+") if sink.name == "meta" else number
        assert sink.identifiers(Reachable(phone=typed)) == ({"phone": plainly(wanted)} if wanted else {}), sink.name


def test_a_hash_of_nothing_is_nothing() -> None:
    assert hashed("") == ""

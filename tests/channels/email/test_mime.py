"""What goes over the wire: parsed back by the standard library's strict policy."""

import email
import email.policy
from email.message import EmailMessage

import dkim
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from wraca.channels.email import EmailChannel
from wraca.channels.email.blocks import Button
from wraca.channels.email.compiled import HTML_LIMIT, fill
from wraca.channels.email.library import LANGUAGES, TEMPLATES, built_in
from wraca.channels.email.mime import assemble, message_id
from wraca.channels.email.sample import sample_facts, sample_message
from wraca.ports.channel import Misconfigured, Outgoing, Recipient, Refused, Sender

HEADERS = [
    "Date", "Message-ID", "From", "To", "Subject", "List-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version",
    "Content-Type", "Content-Language",
]  # fmt: skip


def parsed(payload: bytes) -> EmailMessage:
    return email.message_from_bytes(payload, policy=email.policy.strict)


def made(message: Outgoing) -> EmailMessage:
    return parsed(assemble(message, fill(message)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_a_whole_mail(template: str, language: str) -> None:
    message = sample_message(template, language)
    payload = EmailChannel().render(message).payload
    mail = parsed(payload)

    assert mail.keys() == HEADERS
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert max(map(len, payload.split(b"\r\n"))) <= 998
    assert mail["List-Unsubscribe"] == f"<{message.links.preferences}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Message-ID"] == f"<{message.key}@shop.example>"
    for part in mail.iter_parts():
        content = part.get_content()
        assert message.links.restore in content or Button() not in built_in(template, language).blocks
        assert message.links.preferences in content
        assert not any(left in content for left in ("{{", "}}", "[["))
        assert len(content.encode()) < HTML_LIMIT


def test_a_cart_of_fifty_lines_is_not_cut_by_gmail() -> None:
    facts = sample_facts("bg")
    line = facts["cart"]["lines"][0] | {"name": "Дълго име на продукт " * 8, "url": "https://shop.example/" + "p" * 200}
    facts["cart"]["lines"] = [line] * 50

    html = fill(sample_message("cart-reminder", "bg", facts=facts)).html

    assert len(html.encode()) < HTML_LIMIT
    assert "sample" in html


names = st.text(alphabet=st.one_of(st.characters(), st.sampled_from('\r\n\0\x85\u2028"\\<>@,;:=?')), max_size=120)


@given(names, names, names, names)
def test_nothing_that_anybody_wrote_can_add_a_header(recipient: str, sender: str, subject: str, product: str) -> None:
    facts = sample_facts("en")
    facts["cart"]["lines"][0]["name"] = product
    facts["person"]["first_name"] = recipient
    message = sample_message(
        "cart-reminder",
        "en",
        facts=facts,
        recipient=Recipient("anna@example.com", recipient),
        sender=Sender(sender, "hello@shop.example"),
    )
    filled = msgspec.structs.replace(fill(message), subject=subject)

    mail = parsed(assemble(message, filled))

    assert mail.keys() == HEADERS
    assert [address.addr_spec for address in mail["To"].addresses] == ["anna@example.com"]
    assert [address.addr_spec for address in mail["From"].addresses] == ["hello@shop.example"]


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=90))
def test_a_subject_arrives_as_it_was_written(subject: str) -> None:
    message = sample_message("cart-reminder", "pl")
    written = " ".join("".join(c if c.isprintable() else " " for c in subject).split())

    mail = parsed(assemble(message, msgspec.structs.replace(fill(message), subject=subject)))

    assert mail["Subject"] == written


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@", "@x.pl", "a b@x.pl", "a@x.pl>\r\nBcc: b@y.pl", "żaba@x.pl", "a@x..pl", "a@" + "x" * 70]
)
def test_an_address_that_cannot_be_written_is_refused_for_good(address: str) -> None:
    with pytest.raises(Refused) as refusal:
        made(sample_message("cart-reminder", "en", recipient=Recipient(address)))
    assert refusal.value.hard


def test_a_domain_beyond_ascii_is_written_in_idna() -> None:
    mail = made(sample_message("cart-reminder", "pl", recipient=Recipient("anna@żółw.pl")))
    assert mail["To"] == "anna@xn--w-uga1v8h.pl"


def test_a_sender_without_an_address_is_the_merchants_to_mend() -> None:
    with pytest.raises(Misconfigured):
        made(sample_message("cart-reminder", "en", sender=Sender("Shop", "nonsense")))


def test_the_message_id_is_the_same_at_every_attempt() -> None:
    message = sample_message("cart-reminder", "en")
    again = msgspec.structs.replace(message, sent_at=message.sent_at + 3_600_000)
    assert message_id(message) == message_id(again) == made(again)["Message-ID"]


def test_the_signature_covers_the_way_out() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    settings = {"dkim_domain": "shop.example", "dkim_selector": "s1", "dkim_key": pem.decode()}
    import base64

    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)

    payload = EmailChannel().render(sample_message("cart-reminder", "pl", settings=settings)).payload

    assert dkim.verify(payload, dnsfunc=lambda *_, **__: record)
    signature = payload.split(b"\r\nDate:")[0].decode().replace("\r\n", "").replace(" ", "").lower()
    for header in ("list-unsubscribe", "list-unsubscribe-post", "from", "subject", "to"):
        assert f"{header}:" in signature.partition("h=")[2].partition(";")[0] + ":"
    stripped = payload.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b"")
    assert not dkim.verify(stripped, dnsfunc=lambda *_, **__: record)

"""From an address to the hash that a platform expects: each has its own rules, and one sign too many is nobody (trust A2).

All take SHA-256 in hexadecimal. Before it:

| | e-mail | phone |
|---|---|---|
| Meta | trimmed, lower case | digits only, with the country's |
| Google | no spaces at all, lower case; no dots and no +word before gmail.com and googlemail.com | E.164 with + |
| TikTok | no spaces at all, lower case | E.164 with + |
"""

import re
import unicodedata
from hashlib import sha256

_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


def hashed(text: str) -> str:
    """SHA-256 of the text in UTF-8, as 64 hexadecimal digits; empty for an empty text."""
    return sha256(text.encode()).hexdigest() if text else ""


def plain_email(email: str) -> str:
    """Trimmed, lower case, NFC, with the domain as the DNS has it; empty for what is no address."""
    return _email(unicodedata.normalize("NFC", email).strip())


def close_email(email: str) -> str:
    """The same without any space inside."""
    return _email("".join(unicodedata.normalize("NFC", email).split()))


def google_email(email: str) -> str:
    """As Google counts a mailbox of its own: dots and what follows a plus mean nothing there."""
    local, at, domain = close_email(email).rpartition("@")
    if domain not in _GMAIL:
        return local + at + domain
    plain = local.partition("+")[0].replace(".", "")
    return f"{plain}@{domain}" if plain else ""


def _email(said: str) -> str:
    local, _, domain = said.rpartition("@")
    if not local or not domain or any(sign.isspace() for sign in said):
        return ""
    # str.lower() makes i and a combining dot of the Turkish capital; a mailbox that is typed so is written with a plain i.
    local = local.replace("\u0130", "i").lower()
    domain = domain.replace("\u0130", "i").lower().rstrip(".")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return ""
    return f"{local}@{domain}" if domain else ""


def e164(phone: str) -> str:
    """The number with its plus and no other sign; empty for what is not in international form."""
    number = re.sub(r"[\s().-]", "", phone)
    return number if _NUMBER.fullmatch(number) else ""


def digits(phone: str) -> str:
    """The number without its plus."""
    return e164(phone).removeprefix("+")


def known(email: str, phone: str) -> dict[str, str]:
    """The hashes of what there is."""
    return {kind: hashed(said) for kind, said in (("email", email), ("phone", phone)) if said}

"""How many parts an SMS is: the number that is paid for, counted exactly (trust S7).

A text of the GSM 7-bit alphabet (3GPP TS 23.038) has 160 units in one part and 153 in each of several; a sign of its extension
table takes two units, and those two never stand in different parts. Any other text is UCS-2: 70 units in one part and 67 in each of
several, counted in UTF-16 code units, of which an emoji has two that stay together as well.
"""

import unicodedata
from collections.abc import Iterator
from typing import Literal

import msgspec

Encoding = Literal["gsm7", "ucs2"]

# Table 6.2.1 in its order, with the escape in its place; `_EXTENSION` is table 6.2.1.1.
_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_ESCAPE = "\x1b"
_BASIC = {sign: code for code, sign in enumerate(_ALPHABET) if sign != _ESCAPE}
_ROOM: dict[Encoding, tuple[int, int]] = {"gsm7": (160, 153), "ucs2": (70, 67)}

# What is written otherwise without anybody minding, and letters that Unicode does not take apart.
_PLAIN = str.maketrans({
    "„": '"', "”": '"', "“": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "´": "'", "`": "'",
    "–": "-", "—": "-", "‑": "-", "−": "-", "…": "...", "•": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ı": "i", "ẞ": "SS",
    "\u200b": None, "\u200c": None, "\u200d": None, "\ufeff": None, "\u00ad": None, "\u2060": None,
})  # fmt: skip


class Size(msgspec.Struct, frozen=True):
    """What a text costs. `units` are septets or UTF-16 code units; `left` is how many still fit into the last part."""

    encoding: Encoding
    units: int
    parts: int
    left: int


def is_gsm(text: str) -> bool:
    """Whether every sign is in the GSM alphabet or its extension."""
    return all(sign in _BASIC or sign in _EXTENSION for sign in text)


def measure(text: str) -> Size:
    """How many parts the text is. An empty text is one part."""
    encoding: Encoding = "gsm7" if is_gsm(text) else "ucs2"
    alone, each = _ROOM[encoding]
    units = sum(width for _, width in _signs(text, encoding))
    if units <= alone:
        return Size(encoding, units, 1, alone - units)
    parts, filled = 1, 0
    for _, width in _signs(text, encoding):
        if filled + width > each:
            parts, filled = parts + 1, 0
        filled += width
    return Size(encoding, units, parts, each - filled)


def divided(text: str) -> tuple[str, ...]:
    """The text as it stands in each part; for protocols where we cut it ourselves."""
    size = measure(text)
    if size.parts == 1:
        return (text,)
    each = _ROOM[size.encoding][1]
    parts: list[str] = []
    start = filled = 0
    for place, (_, width) in enumerate(_signs(text, size.encoding)):
        if filled + width > each:
            parts.append(text[start:place])
            start, filled = place, 0
        filled += width
    return (*parts, text[start:])


def encoded(text: str, *, is_unicode: bool) -> bytes:
    """The text as octets: one for each septet, or UTF-16. Raises KeyError for a sign that is not in the alphabet."""
    if is_unicode:
        return text.encode("utf-16-be", "replace")
    return b"".join(bytes([0x1B, _EXTENSION[sign]]) if sign in _EXTENSION else bytes([_BASIC[sign]]) for sign in text)


def _signs(text: str, encoding: Encoding) -> Iterator[tuple[str, int]]:
    """Every sign with its width in units."""
    if encoding == "gsm7":
        return ((sign, 2 if sign in _EXTENSION else 1) for sign in text)
    return ((sign, 2 if ord(sign) > 0xFFFF else 1) for sign in text)


def plain(text: str) -> str:
    """The text without diacritics and typographic signs, as far as that brings it into the GSM alphabet.

    Cyrillic, and whatever else has no plain form, stays as it is: a text without its letters would be no text.
    """
    return "".join(_plain_sign(sign) for sign in unicodedata.normalize("NFC", text).translate(_PLAIN))


def _plain_sign(sign: str) -> str:
    if sign in _BASIC or sign in _EXTENSION:
        return sign
    bare = "".join(part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))
    return bare if bare and is_gsm(bare) else sign


def has_letters_beyond(text: str) -> bool:
    """Whether the text has letters that no plain form brings into the GSM alphabet, as Cyrillic has."""
    return any(sign.isalpha() and not is_gsm(sign) for sign in plain(text))

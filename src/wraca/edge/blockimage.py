"""The newsletter's block as a picture, for tools that can only show one: drawn at twice its size, for sharp screens."""

import base64
import io
from functools import lru_cache
from pathlib import Path
from typing import Final

from babel import UnknownLocaleError
from babel.numbers import format_currency
from PIL import Image, ImageDraw, ImageFont

from wraca.app.newsletter import Block, BlockLine
from wraca.domain.money import Money, major_units

WIDTH: Final = 600  # pixels of the page
_SCALE: Final = 2
_EDGE, _ROW, _HEAD, _FOOT = 16, 48, 56, 72
_INK, _SOFT, _PAPER, _RULE = 0x1B, 0x5C, 0xFF, 0xE2  # greys
_FONT: Final = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"  # Latin, Cyrillic and Greek; its licence stands beside it

# One transparent pixel.
EMPTY: Final = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==")

_WORDS: Final = {
    "en": {"title": "Still in your cart", "button": "Back to the cart", "more": "and %s more"},
    "pl": {"title": "Nadal w Twoim koszyku", "button": "Wróć do koszyka", "more": "i jeszcze %s"},
    "bg": {"title": "Все още във вашата количка", "button": "Към количката", "more": "и още %s"},
}


def said(language: str) -> dict[str, str]:
    """The few words of the block."""
    return _WORDS.get(language, _WORDS["en"])


def priced(line: BlockLine, block: Block) -> str:
    """What the line costs in all, as people of this language write it; empty where nobody knows."""
    if line.price is None or not block.currency:
        return ""
    amount = major_units(Money(line.price * line.quantity, block.currency))
    try:
        return format_currency(amount, block.currency, locale=block.language)
    except UnknownLocaleError:
        return format_currency(amount, block.currency, locale="en")


def draw(block: Block) -> bytes:
    """PNG. Pure, but for the font that is read once."""
    words = said(block.language)
    height = _HEAD + _ROW * (len(block.lines) + bool(block.more)) + _FOOT
    picture = Image.new("L", (WIDTH * _SCALE, height * _SCALE), _PAPER)
    pen = ImageDraw.Draw(picture)
    _write(pen, _EDGE, _HEAD / 2, words["title"], 22, _INK, WIDTH - 2 * _EDGE)
    top = _HEAD
    for line in block.lines:
        _line(pen, top, line, priced(line, block))
        top += _ROW
    if block.more:
        _write(pen, _EDGE, top + _ROW / 2, words["more"] % block.more, 15, _SOFT, WIDTH - 2 * _EDGE)
        top += _ROW
    _button(pen, top, words["button"])
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _line(pen: ImageDraw.ImageDraw, top: int, line: BlockLine, price: str) -> None:
    pen.line([(_EDGE * _SCALE, top * _SCALE), ((WIDTH - _EDGE) * _SCALE, top * _SCALE)], fill=_RULE, width=_SCALE)
    middle, wide = top + _ROW / 2, _length(price, 16)
    _write(pen, WIDTH - _EDGE - wide, middle, price, 16, _INK, wide + 1)
    count = f"{line.quantity} × " if line.quantity > 1 else ""
    name = f"{count}{line.name}" + (f", {line.variant}" if line.variant else "")
    _write(pen, _EDGE, middle, name, 16, _INK, WIDTH - 3 * _EDGE - wide)


def _button(pen: ImageDraw.ImageDraw, top: int, text: str) -> None:
    wide = _length(text, 16) + 2 * 20
    box = [_EDGE * _SCALE, (top + 12) * _SCALE, (_EDGE + wide) * _SCALE, (top + _FOOT - 16) * _SCALE]
    pen.rounded_rectangle(box, radius=6 * _SCALE, fill=_INK)
    _write(pen, _EDGE + 20, top + (_FOOT - 4) / 2, text, 16, _PAPER, wide)


def _write(pen: ImageDraw.ImageDraw, left: float, middle: float, text: str, size: int, ink: int, room: float) -> None:
    """One line of text at this height, cut with three dots where it is longer than the room."""
    text = " ".join(text.split())[:200]
    if _length(text, size) > room:
        while text and _length(f"{text}…", size) > room:
            text = text[:-1]
        text = f"{text.rstrip()}…"
    pen.text((left * _SCALE, middle * _SCALE), text, font=_font(size), fill=ink, anchor="lm")


def _length(text: str, size: int) -> float:
    return _font(size).getlength(text) / _SCALE


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONT), size * _SCALE, layout_engine=ImageFont.Layout.BASIC)

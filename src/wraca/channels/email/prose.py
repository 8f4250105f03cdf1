"""What people write into a message, as HTML and as plain text: Liquid stays Liquid, everything else is escaped.

A tiny Markdown: an empty line begins a paragraph, **bold**, *italic*, [text](https://...). Nothing else means anything.
"""

import html
import re
from collections.abc import Callable
from typing import Literal

Form = Literal["html", "text"]

# A beginning ends the search for an end: ten thousand of them cost no more than one.
LIQUID = re.compile(r"\{\{(?:(?!\{\{).)*?\}\}|\{%(?:(?!\{%).)*?%\}", re.DOTALL)
_STOOD = re.compile(r"\x00(\d+)\x00")
_BLANK = re.compile(r"[ \t\n]+")
_EMPTY_LINE = re.compile(r"\n[ \t]*\n\s*")
_BOLD = re.compile(r"\*\*(\S(?:[^*\n]*\S)?)\*\*")
_ITALIC = re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])")
_LINK = re.compile(r"""\[([^\[\]\n]+)\]\(([^()\s"'<>]+)\)""")
_CONDITION = re.compile(r"\{%-?\s*(\w+)")
_SAFE_START = ("https://", "http://", "mailto:", "tel:", "\0")  # the last is Liquid: looked at after filling
_PARAGRAPH = '<p style="margin:0 0 14px">{}</p>'


def _apart(text: str) -> tuple[str, list[str]]:
    """The text with a mark in place of each piece of Liquid, and the pieces."""
    pieces: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        pieces.append(match[0])
        return f"\0{len(pieces) - 1}\0"

    return LIQUID.sub(stand_in, text.replace("\0", "")), pieces


def _together(text: str, pieces: list[str]) -> str:
    return _STOOD.sub(lambda match: pieces[int(match[1])], text)


def _around_liquid(text: str, act: Callable[[str], str]) -> str:
    bare, pieces = _apart(text)
    return _together(act(bare), pieces)


def line(text: str, form: Form) -> str:
    """One line: no Markdown."""
    return _around_liquid(text, lambda bare: html.escape(bare, quote=False)) if form == "html" else text


def attribute(text: str) -> str:
    """A text for use between double quotes in a tag."""
    return _around_liquid(text, html.escape)


def is_safe_address(address: str) -> bool:
    """Whether it starts as an address of a message may, or with Liquid, whose outcome is looked at later."""
    return _apart(address)[0].startswith(_SAFE_START)


def address(text: str, form: Form) -> str:
    """An address for use between double quotes in a tag, or to be read; "" for one that no message may hold."""
    bare, pieces = _apart(text)
    if not bare.startswith(_SAFE_START) or any(c.isspace() or c in "\"'<>`\\" for c in bare):
        return ""
    return _together(html.escape(bare), pieces) if form == "html" else text


def sentences(text: str, form: Form) -> str:
    """Prose that is no paragraph of its own: its lines run together."""
    return _around_liquid(text, lambda bare: _marked(_BLANK.sub(" ", bare).strip(" "), form))


def paragraphs(text: str, form: Form) -> str:
    """Prose as paragraphs. One that is a condition as a whole leaves no empty paragraph behind."""
    bare, pieces = _apart(text)
    drawn = [_paragraph(_marked(_BLANK.sub(" ", part).strip(" "), form), pieces, form) for part in _EMPTY_LINE.split(bare)]
    return ("" if form == "html" else "\n\n").join(filter(None, drawn))


def links_in(text: str) -> list[str]:
    """The addresses of the Markdown links in a text."""
    bare, pieces = _apart(text)
    return [_together(match[2], pieces) for match in _LINK.finditer(bare)]


def _marked(bare: str, form: Form) -> str:
    if form == "text":
        bare = _LINK.sub(lambda link: link[2] if link[1] == link[2] else f"{link[1]} ({link[2]})", bare)
        return _ITALIC.sub(r"\1", _BOLD.sub(r"\1", bare))
    bare = _BOLD.sub(r"<strong>\1</strong>", html.escape(bare, quote=False))
    return _LINK.sub(_anchor, _ITALIC.sub(r"<em>\1</em>", bare))


def _anchor(link: re.Match[str]) -> str:
    return f'<a href="{link[2]}">{link[1]}</a>' if link[2].startswith(_SAFE_START) else link[0]


def _paragraph(bare: str, pieces: list[str], form: Form) -> str:
    if form == "text" or not bare:
        return _together(bare, pieces)
    marks = [_kind_of(pieces[int(match[1])]) for match in _STOOD.finditer(bare)]
    if "" not in marks and not _STOOD.sub("", bare).strip():
        return _together(bare, pieces)  # tags alone, such as the beginning of a condition around paragraphs
    first, last = re.match(_STOOD, bare), re.search(_STOOD.pattern + r"\Z", bare)
    if not (first and last and marks[0] in {"if", "unless", "for", "case"} and marks[-1] == f"end{marks[0]}"):
        return _PARAGRAPH.format(_together(bare, pieces))
    if marks[0] in {"if", "unless"} and set(filter(None, marks[1:-1])) <= {"else", "elsif"}:
        return _branches(bare, pieces)
    captured = f"{{% capture paragraph %}}{_together(bare, pieces)}{{% endcapture %}}"
    return captured + "{% if paragraph != blank %}" + _PARAGRAPH.format("{{ paragraph }}") + "{% endif %}"


def _branches(bare: str, pieces: list[str]) -> str:
    """Each branch of a condition as a paragraph: where none holds, nothing is left."""
    opening, closing = _PARAGRAPH.split("{}")

    def turn(match: re.Match[str]) -> str:
        piece = pieces[int(match[1])]
        if not (kind := _kind_of(piece)):
            return piece
        return (closing if kind in {"else", "elsif", "endif", "endunless"} else "") + piece + ("" if kind[:3] == "end" else opening)

    return _STOOD.sub(turn, bare)


def _kind_of(piece: str) -> str:
    """The word behind {%, such as "if"; "" for {{ ... }}."""
    match = _CONDITION.match(piece)
    return match[1] if match else ""

"""What the form of a message says, as content. Nothing is judged here: what cannot be is said by who looks the content over."""

from typing import Any

from django.http import QueryDict

from wraca.channels.email.blocks import BLOCK_KINDS, MOST_BLOCKS, MOST_PAIRS, Field
from wraca.console.composing.content import PARTS, Block, Content, is_code

OWN = "own"  # chosen in a list: the text beside it counts


def content_said(before: Content, said: QueryDict) -> Content:
    """The content as the form has it; as before where there was no form."""
    if is_code(before):
        told = {name: said[f"code.{name}"] for name in PARTS if f"code.{name}" in said}
        return {"code": before["code"] | {name: _lines(str(text)) for name, text in told.items()}}
    if "count" not in said:
        return before
    return {
        "subject": said.get("subject", ""),
        "preheader": said.get("preheader", ""),
        "blocks": [block for number in range(_number(str(said["count"]))) if (block := _block(said, f"b{number}"))],
    }


def _number(text: str) -> int:
    return min(int(text), MOST_BLOCKS) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _block(said: QueryDict, at: str) -> Block | None:
    kind = BLOCK_KINDS.get(said.get(f"{at}.kind", ""))
    if kind is None:
        return None
    fields: dict[str, Any] = {field.name: _value(said, f"{at}.{field.name}", field) for field in kind.fields}
    return {"kind": kind.name, "fields": fields, "when": fields.pop("when", ""), "open": said.get(f"{at}.open") == "1"}


def _value(said: QueryDict, at: str, field: Field) -> object:
    if field.type == "pairs":
        pairs = zip(said.getlist(f"{at}.q"), said.getlist(f"{at}.a"), strict=False)
        return [[question, _lines(answer)] for question, answer in list(pairs)[:MOST_PAIRS] if question.strip() or answer.strip()]
    picked = said.get(f"{at}.pick", OWN)
    return _lines(said.get(at, "")) if picked == OWN else picked

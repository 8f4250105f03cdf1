"""Edits of a list of blocks. The footer is the last one: nothing goes behind it, and it goes nowhere."""

from typing import Any

from wraca.channels.email.blocks import BLOCK_KINDS, MOST_BLOCKS
from wraca.console.composing.content import LAST, Block, Content, fresh_block

_WORDS = ("line", "prose", "pairs")


class Refused(ValueError):
    """This cannot be done here."""


def insert(blocks: list[Block], at: int, kind: str) -> list[Block]:
    """A new block of this kind at this place. Raises Refused."""
    if kind not in BLOCK_KINDS or kind == LAST or not 0 <= at < len(blocks) or len(blocks) >= MOST_BLOCKS:
        raise Refused(kind)
    return [*blocks[:at], fresh_block(kind), *blocks[at:]]


def remove(blocks: list[Block], at: int) -> list[Block]:
    """Without this block. Raises Refused."""
    _movable(blocks, at)
    return [*blocks[:at], *blocks[at + 1 :]]


def duplicate(blocks: list[Block], at: int) -> list[Block]:
    """The block twice, the copy behind it. Raises Refused."""
    if len(blocks) >= MOST_BLOCKS:
        raise Refused(at)
    return [*blocks[: at + 1], *([_movable(blocks, at)]), *blocks[at + 1 :]]


def move(blocks: list[Block], at: int, to: int) -> list[Block]:
    """The block at another place: `to` is its number afterwards. Raises Refused."""
    block = _movable(blocks, at)
    if not 0 <= to < len(blocks) - 1:
        raise Refused(to)
    rest = remove(blocks, at)
    return [*rest[:to], block, *rest[to:]]


def _movable(blocks: list[Block], at: int) -> Block:
    if not 0 <= at < len(blocks) - 1:
        raise Refused(at)
    return blocks[at]


def with_structure_of(other: Content, mine: Content | None) -> Content:
    """The other language's blocks in their order, with the words that this language already has for blocks of the same kind."""
    spoken: dict[str, list[dict[str, Any]]] = {}
    for block in mine["blocks"] if mine else ():
        spoken.setdefault(block["kind"], []).append(block["fields"])
    blocks = []
    for block in other["blocks"]:
        words = spoken.get(block["kind"], [])
        blocks.append(block | {"fields": _in_words_of(block, words.pop(0)) if words else block["fields"]})
    kept = {name: (mine or {}).get(name) or other[name] for name in ("subject", "preheader")}
    return {**kept, "blocks": blocks}


def _in_words_of(block: Block, mine: dict[str, Any]) -> dict[str, Any]:
    """The fields of the block; of those that hold words, mine where I have any."""
    types = {field.name: field.type for field in BLOCK_KINDS[block["kind"]].fields}
    return {name: mine[name] if types.get(name) in _WORDS and mine.get(name) else value for name, value in block["fields"].items()}

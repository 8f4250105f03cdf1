"""The form of a block, made from what its kind says of itself: plain values for the template."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from wraca.channels.email.blocks import BLOCK_KINDS, Field
from wraca.channels.email.prose import LIQUID
from wraca.console.composing import wordsof
from wraca.console.composing.content import LAST, Block
from wraca.console.composing.findings import Told
from wraca.console.composing.said import OWN

_SUMMARY = ("text", "lead", "alt", "question", "url", "why")
_LONGEST_SUMMARY = 70


class FormField(msgspec.Struct, frozen=True):
    """One control. `picks` with `picked`: a list beside the text, whose choice OWN means that the text counts."""

    id: str
    type: str
    label: str
    help: str
    value: Any
    limit: int = 0
    least: int = 0
    most: int = 0
    rows: int = 1
    picks: tuple[tuple[str, str], ...] = ()
    picked: str = ""
    faults: tuple[Told, ...] = ()

    @property
    def is_wrong(self) -> bool:
        return any(fault.is_error for fault in self.faults)


class FormBlock(msgspec.Struct, frozen=True):
    """One block with its controls. `number` counts from 0; `shown_when` is its condition in words, empty where there is none."""

    id: str
    number: int
    kind: str
    label: str
    summary: str
    shown_when: str
    fields: tuple[FormField, ...]
    is_open: bool
    is_last: bool
    can_rise: bool
    can_sink: bool
    has_errors: bool
    has_warnings: bool


def form_blocks(blocks: Sequence[Block], opened: frozenset[int], told: Sequence[Told]) -> tuple[FormBlock, ...]:
    """All blocks in their order; those that are wrong are open, so that nobody looks for the place."""
    return tuple(_block(blocks, number, opened, told) for number in range(len(blocks)))


def _block(blocks: Sequence[Block], number: int, opened: frozenset[int], told: Sequence[Told]) -> FormBlock:
    block, at = blocks[number], f"b{number}"
    kind = BLOCK_KINDS[block["kind"]]
    mine = [one for one in told if one.block == number]
    by_field = {field.name: tuple(one for one in mine if one.at == f"{at}.{field.name}") for field in kind.fields}
    values = {**block["fields"], "when": block["when"]}
    said = [(field, values.get(field.name, field.default)) for field in kind.fields]
    fields = tuple(_field(kind.name, at, field, value, by_field[field.name]) for field, value in said)
    has_errors = any(one.is_error for one in mine)
    return FormBlock(
        at,
        number,
        kind.name,
        wordsof.kind_label(kind.name),
        _summary(block),
        wordsof.condition_label(block["when"]) if block["when"] else "",
        fields,
        number in opened or has_errors,
        kind.name == LAST,
        0 < number < len(blocks) - 1,
        number < len(blocks) - 2,
        has_errors,
        any(not one.is_error for one in mine),
    )


def _field(kind: str, at: str, field: Field, value: Any, faults: tuple[Told, ...]) -> FormField:  # noqa: ANN401
    picks: tuple[tuple[str, str], ...] = ()
    picked = ""
    if field.name == "when":
        picks = (*((when, str(label)) for when, label in wordsof.CONDITIONS), (OWN, str(wordsof.OWN_CONDITION)))
        picked = value if value in dict(wordsof.CONDITIONS) else OWN
    elif field.choices:
        picks = (*((choice, str(wordsof.CHOICES[choice])) for choice in field.choices), (OWN, str(wordsof.OWN_ADDRESS)))
        picked = value if value in field.choices else OWN
    label, words = wordsof.field_label(kind, field.name), wordsof.field_help(kind, field.name)
    shown = "" if picks and picked != OWN else value
    rows = _rows(value) if field.type == "prose" else 1
    return FormField(
        f"{at}.{field.name}", field.type, label, words, shown, field.limit, field.least, field.most, rows, picks, picked, faults
    )


def _rows(text: Any) -> int:  # noqa: ANN401
    """Lines that the text will take in a narrow column."""
    lines = str(text).split("\n")
    return min(18, max(3, sum(1 + len(line) // 58 for line in lines) + 1))


def _summary(block: Block) -> str:
    """The first words of the block, as a reader might see them."""
    fields: Mapping[str, Any] = block["fields"]
    said = next((str(fields[name]) for name in _SUMMARY if fields.get(name)), "")
    if not said and fields.get("questions"):
        said = str(fields["questions"][0][0])
    plain = " ".join(LIQUID.sub("…", said).replace("**", "").split())
    return plain if len(plain) <= _LONGEST_SUMMARY else f"{plain[:_LONGEST_SUMMARY].rstrip()}…"

"""Two versions of a message, block by block: what came, what went, what is written differently."""

from collections.abc import Sequence
from difflib import SequenceMatcher, ndiff
from typing import Any, Literal

import msgspec
import yaml
from django.utils.translation import gettext as _

from wraca.console.composing import wordsof
from wraca.console.composing.content import PARTS, Block, Content, is_code, sources_of

Mark = Literal["same", "added", "removed", "changed"]


class Difference(msgspec.Struct, frozen=True):
    """One block of either version. `lines` are pairs of a sign ("+", "-", " ") and a line; none where nothing differs."""

    mark: Mark
    title: str
    lines: tuple[tuple[str, str], ...] = ()


def compared(old: Content, new: Content, language: str) -> tuple[Difference, ...]:
    """The subject, the preheader and the blocks; where one of the two is written by hand, the sources."""
    if is_code(old) or is_code(new):
        before, after = (sources_of(each, language) for each in (old, new))
        titles = {"subject": _("Subject"), "mjml": "MJML", "text": _("Text part")}
        return tuple(_texts(titles[part], before[part], after[part]) for part in PARTS)
    heads = (
        _texts(_("Subject"), old["subject"], new["subject"]),
        _texts(_("Preheader"), old["preheader"], new["preheader"]),
    )
    return (*heads, *_blocks(old["blocks"], new["blocks"]))


def _blocks(old: Sequence[Block], new: Sequence[Block]) -> list[Difference]:
    """Blocks are the same by all that they say; among the rest, pairs of one kind count as changed."""
    found: list[Difference] = []
    matcher = SequenceMatcher(None, [_written(block) for block in old], [_written(block) for block in new], autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            found += [Difference("same", wordsof.kind_label(block["kind"])) for block in new[new_from:new_to]]
        else:
            found += _replaced(list(old[old_from:old_to]), new[new_from:new_to])
    return found


def _replaced(old: list[Block], new: Sequence[Block]) -> list[Difference]:
    found: list[Difference] = []
    for block in new:
        twin = next((number for number, each in enumerate(old) if each["kind"] == block["kind"]), None)
        if twin is None:
            found.append(_whole("added", block))
            continue
        found += [_whole("removed", each) for each in old[:twin]]
        found.append(_texts(wordsof.kind_label(block["kind"]), _written(old[twin]), _written(block)))
        old = old[twin + 1 :]
    return [*found, *(_whole("removed", each) for each in old)]


def _whole(mark: Mark, block: Block) -> Difference:
    sign = "+" if mark == "added" else "-"
    return Difference(mark, wordsof.kind_label(block["kind"]), tuple((sign, line) for line in _written(block).splitlines()))


def _texts(title: str, old: str, new: str) -> Difference:
    if old == new:
        return Difference("same", title)
    lines = tuple((line[0], line[2:]) for line in ndiff(old.splitlines(), new.splitlines()) if line[0] in "+- ")
    return Difference("changed", title, _near(lines))


def _near(lines: tuple[tuple[str, str], ...], around: int = 2) -> tuple[tuple[str, str], ...]:
    """Only what is near a change; a long part that is the same is left out."""
    changed = [at for at, (sign, _line) in enumerate(lines) if sign != " "]
    return tuple(line for at, line in enumerate(lines) if any(abs(at - each) <= around for each in changed))


def _written(block: Block) -> str:
    """The block as text: its fields that say something, each with its name."""
    fields: dict[str, Any] = {**block["fields"], "when": block["when"]}
    labelled = [(wordsof.field_label(block["kind"], name), value) for name, value in fields.items() if value not in ("", [], None)]
    return "\n".join(_line(label, value) for label, value in labelled) or wordsof.kind_label(block["kind"])


def _line(label: str, value: object) -> str:
    if isinstance(value, list):
        return yaml.safe_dump({label: value}, allow_unicode=True, default_flow_style=False, width=100_000).rstrip()
    return f"{label}: {value}"

"""What is wrong with a message before anybody gets it: said with its place, so that its author can mend it.

A finding is not an error of the program: the message can be drawn all the same, and its way out is there whatever was forgotten.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

import msgspec

from wraca.channels.email import prose
from wraca.channels.email.blocks import BLOCK_KINDS, Block, Button, Field, Footer, Heading, Image, Message, Text, Value, Video
from wraca.channels.email.compiled import TooLarge, fill
from wraca.channels.email.drawing import language_of, sources_of_blocks
from wraca.channels.email.sample import barest_facts, full_facts, longest_facts, sample_message
from wraca.channels.email.view import view_of
from wraca.ports.channel import TemplateProblem
from wraca.templating.liquid import TEXT, compile_liquid, run_liquid

SUBJECT_LIMIT = 120  # characters, filled in
_A_SENTENCE = 25  # characters; shorter texts may well be the same in two languages

FindingKind = Literal[
    "empty_subject", "long_subject", "no_way_out", "broken_liquid", "unsafe_link", "plain_http", "no_alt", "empty_block",
    "too_large", "missing_translation", "other_blocks", "untranslated",
]  # fmt: skip


class Finding(msgspec.Struct, frozen=True):
    """`place`: "subject", "blocks[2].image.url" as in the file, a language, or "" for the message as a whole.

    `block` is the number of the block, from 0; `line` counts from 1 inside the text at the place, 0 where it does not matter.
    """

    kind: FindingKind
    place: str
    words: str
    block: int | None = None
    line: int = 0


class Case(msgspec.Struct, frozen=True):
    """What is looked at: a message, its language, and the same message in the other languages (None: there is none yet)."""

    message: Message
    language: str
    every: Mapping[str, Message | None]


class Spot(msgspec.Struct, frozen=True):
    """One text of a message with its place."""

    place: str
    text: str
    field: Field
    block: int | None = None


Check = Callable[[Case], Iterator[Finding]]


def lint(message: Message, language: str, every: Mapping[str, Message | None] | None = None) -> tuple[Finding, ...]:
    """All that is wrong, in the order of CHECKS. `every`: the message by language, None for one that has no words yet."""
    case = Case(message, language, every or {})
    return tuple(finding for check in CHECKS for finding in check(case))


def lint_sources(sources: Mapping[str, str], language: str) -> tuple[Finding, ...]:
    """The same for sources written by hand: {"subject", "mjml", "text"}."""
    lost = [
        Finding("no_way_out", name, "The way out is missing: {{ links.preferences }} must stand in it.")
        for name in ("mjml", "text")
        if "links.preferences" not in sources.get(name, "")
    ]
    # Each by itself first: the lines of the HTML that MJML becomes are not those that somebody wrote.
    broken = [finding for name in ("subject", "mjml", "text") for finding in _unreadable(sources.get(name, ""), name)]
    return (*lost, *broken, *(() if broken else _filled(sources, language)))


def _unreadable(source: str, place: str) -> Iterator[Finding]:
    try:
        compile_liquid(source, TEXT)
    except TemplateProblem as problem:
        yield Finding("broken_liquid", place, f"Liquid cannot read this: {problem}", line=problem.line or source.count("\n") + 1)


def _subject(case: Case) -> Iterator[Finding]:
    if not (subject := case.message.subject):
        yield Finding("empty_subject", "subject", "A message without a subject looks like spam. Write one.")
        return
    try:
        shown = run_liquid(compile_liquid(subject, TEXT), _view(case.language)).strip()
    except TemplateProblem:
        return  # told by _liquid
    if not shown:
        yield Finding("empty_subject", "subject", "The subject comes out empty. Write something that is always there.")
    elif len(shown) > SUBJECT_LIMIT:
        yield Finding("long_subject", "subject", f"{len(shown)} characters; over {SUBJECT_LIMIT} nobody sees the end.")


def _way_out(case: Case) -> Iterator[Finding]:
    footers = [at for at, block in enumerate(case.message.blocks) if isinstance(block, Footer)]
    if not footers:
        yield Finding("no_way_out", "", "There is no footer. It is drawn all the same: add it, so that you see what people get.")
    elif footers != [len(case.message.blocks) - 1]:
        yield Finding("no_way_out", f"blocks[{footers[0]}].footer", "The footer stands once, at the end.", footers[0])


def _liquid(case: Case) -> Iterator[Finding]:
    for spot in _spots(case.message):
        # A condition is a piece of a tag; everything else is a text of its own, so that no tag can reach into the next block.
        source = f"{{% if {spot.text} %}}{{% endif %}}" if spot.field.name == "when" else spot.text
        try:
            run_liquid(compile_liquid(source, TEXT), dict(_view(case.language)))
        except TemplateProblem as problem:
            # What was never closed is missing at the end.
            line = problem.line or spot.text.count("\n") + 1
            yield Finding("broken_liquid", spot.place, f"Liquid cannot read this: {problem}", spot.block, line)


def _links(case: Case) -> Iterator[Finding]:
    for spot in _spots(case.message):
        if spot.field.type == "url":
            addresses = [] if spot.text in {"", *spot.field.choices} else [spot.text]
        else:
            addresses = prose.links_in(spot.text) if spot.field.type in {"prose", "pairs"} else []
        for address in addresses:
            yield from _address(spot, address)


def _address(spot: Spot, address: str) -> Iterator[Finding]:
    if not prose.address(address, "html"):
        words = f"{address[:60]!r} is no address for a message: it begins with https://, mailto: or tel:, and has no spaces."
        yield Finding("unsafe_link", spot.place, words, spot.block)
    elif address.startswith("http://"):
        yield Finding("plain_http", spot.place, f"{address[:60]!r} is not encrypted: use https://.", spot.block)


def _pictures(case: Case) -> Iterator[Finding]:
    for at, block in enumerate(case.message.blocks):
        if isinstance(block, (Image, Video)) and not block.alt:
            words = "Say what the picture shows: many read with pictures off, some cannot see them."
            yield Finding("no_alt", f"blocks[{at}].{block.kind}.alt", words, at)


def _empty(case: Case) -> Iterator[Finding]:
    for at, block in enumerate(case.message.blocks):
        if lacking := _lacks(block):
            yield Finding("empty_block", f"blocks[{at}].{block.kind}.{lacking}", "Without this the block shows nothing.", at)


def _lacks(block: Block) -> str:
    """The field without which this block shows nothing; "" for none."""
    match block:
        case Heading(text="") | Text(text=""):
            return "text"
        case Image(url="") | Video(url=""):
            return "url"
        case Button(to=""):
            return "to"
        case Button(text="", to=to) if to not in {"cart", "shop"}:
            return "text"
        case _:
            return ""


def _translations(case: Case) -> Iterator[Finding]:
    own = [block.kind for block in case.message.blocks]
    for language, other in case.every.items():
        if language == case.language:
            continue
        if other is None:
            yield Finding("missing_translation", language, "There are no words in this language: its people get the built-in ones.")
        elif [block.kind for block in other.blocks] != own:
            yield Finding("other_blocks", language, "The message has other blocks in this language.")
        else:
            yield from _untranslated(case.message, other, language)


def _untranslated(message: Message, other: Message, language: str) -> Iterator[Finding]:
    theirs = {(spot.place, spot.text) for spot in _spots(other)}
    for spot in _spots(message):
        is_text = spot.field.type in {"line", "prose", "pairs"} and spot.field.name != "when"
        words = prose.LIQUID.sub("", spot.text)
        if is_text and len(words) >= _A_SENTENCE and (spot.place, spot.text) in theirs:
            yield Finding("untranslated", spot.place, f"This stands word for word the same in {language!r}.", spot.block)


def _whole(case: Case) -> Iterator[Finding]:
    """Filled with much, with hardly anything and with fifty lines. Silent where a text is broken by itself: that was told."""
    if not any(_liquid(case)):
        yield from _filled(sources_of_blocks(case.message, case.language), case.language)


# In the order in which they are told.
CHECKS: tuple[Check, ...] = (_subject, _way_out, _liquid, _links, _pictures, _empty, _translations, _whole)


def _filled(sources: Mapping[str, str], language: str) -> Iterator[Finding]:
    for facts in (full_facts, barest_facts, longest_facts):
        try:
            fill(sample_message("", language, facts=facts(language), sources=sources))
        except TooLarge as problem:
            yield Finding("too_large", "", f"{problem}. Shorten the texts.")
            return
        except TemplateProblem as problem:
            kind: FindingKind = "unsafe_link" if problem.line == 0 and "link" in str(problem) else "broken_liquid"
            yield Finding(kind, "", str(problem), line=problem.line)
            return


def _spots(message: Message) -> Iterator[Spot]:
    line = Field("", "line", "")
    yield Spot("subject", message.subject, line)
    yield Spot("preheader", message.preheader, line)
    for at, block in enumerate(message.blocks):
        for field in BLOCK_KINDS[block.kind].fields:
            place = f"blocks[{at}].when" if field.name == "when" else f"blocks[{at}].{block.kind}.{field.name}"
            value: Value = getattr(block, field.name)
            if isinstance(value, str) and value:
                yield Spot(place, value, field, at)
            elif isinstance(value, tuple):
                for number, (question, answer) in enumerate(value):
                    yield Spot(f"{place}[{number}][0]", question, field, at)
                    yield Spot(f"{place}[{number}][1]", answer, field, at)


@lru_cache(maxsize=8)
def _view(language: str) -> dict[str, Any]:
    return view_of(sample_message("", language_of(language), facts=full_facts(language)))

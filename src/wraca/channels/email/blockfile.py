"""Messages of blocks as YAML, or as the plain values of a form: read strictly, with every problem at once, and written back.

subject: Your cart at {{ shop.name }}
preheader: Everything is as you left it.
blocks:
  - heading: Your cart is still here
  - cart: {lead: In your cart}
    when: cart.count > 1
  - footer: {}
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import yaml

from wraca.channels.email.blocks import BLOCK_KINDS, LONGEST, MOST_BLOCKS, MOST_PAIRS, Block, Field, Footer, Kind, Message, Value
from wraca.domain.journeys.problems import BadPlan, Path, Problem, did_you_mean, written
from wraca.domain.journeys.source import Source
from wraca.ports.channel import TemplateProblem

_KEYS = ("subject", "preheader", "blocks")
_KEPT = "\u00a0\u00ad\u200b\u200c\u200d\u202f"  # spaces that do not break, hyphens that may, joiners of emoji and scripts
_LONG = 100  # characters; a longer text stands on lines of its own
_UNBROKEN = 100_000  # a line is not broken to save space: its author would look for it in vain
_BLANK = re.compile(r"[ \t\n]+")


class BadMessage(TemplateProblem):
    """No message; `problems` are all that were found, in the order of the file, each with its place ("blocks[2].image.url")."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)), problems[0].line)
        self.problems = problems


def read_message(source: str | Mapping[str, object]) -> Message:
    """The message that a YAML text, or the same as plain values, describes. Raises BadMessage.

    What is read can be drawn; whether it is any good is the question of `lint`. Lines in problems are 1 where plain values came in.
    """
    if isinstance(source, str):
        try:
            text = Source(source)
        except BadPlan as problem:
            raise BadMessage(problem.problems) from None
        reading = _Reading(text.line, list(text.problems))
        message = reading.message(text.content)
    else:
        reading = _Reading(lambda _: 1, [])
        message = reading.message(source)
    if reading.problems:
        raise BadMessage(tuple(sorted(reading.problems, key=lambda problem: problem.line)))
    return message


class _Reading:
    """One file being read: values come back usable whatever was wrong, and problems gather."""

    def __init__(self, line: Callable[[Path], int], problems: list[Problem]) -> None:
        self.line = line
        self.problems = problems

    def refuse(self, path: Path, message: str) -> None:
        self.problems.append(Problem(written(path), self.line(path), message))

    def message(self, content: object) -> Message:
        if not isinstance(content, Mapping):
            self.refuse((), "a message is made of `subject`, `preheader` and `blocks`")
            return Message("")
        for key in content:
            if key not in _KEYS:
                self.refuse((key,), f"`{key}` is not known here; {did_you_mean(str(key), _KEYS)}")
        line = Field("", "line", "", limit=LONGEST["line"])
        subject, preheader = (str(self.value(content.get(name), line, (name,))) for name in _KEYS[:2])
        return Message(subject, preheader, self.blocks(content.get("blocks")))

    def blocks(self, items: object) -> tuple[Block, ...]:
        if not isinstance(items, (list, tuple)) or len(items) > MOST_BLOCKS:
            self.refuse(("blocks",), f"`blocks` is a list of at most {MOST_BLOCKS} blocks")
            return ()
        read = [self.block(item, ("blocks", number)) for number, item in enumerate(items)]
        return tuple(block for block in read if block is not None)

    def block(self, item: object, path: Path) -> Block | None:
        if not isinstance(item, Mapping) or len(kinds := [str(key) for key in item if key != "when"]) != 1:
            self.refuse(path, "a block has exactly one kind, such as `heading`, and may have `when`")
            return None
        kind = BLOCK_KINDS.get(kinds[0])
        if kind is None:
            self.refuse((*path, kinds[0]), f"`{kinds[0]}` is no kind of block; {did_you_mean(kinds[0], BLOCK_KINDS)}")
            return None
        if "when" in item and kind.shape is Footer:
            self.refuse((*path, "when"), "the footer holds the way out: it is shown always")
        fields = self.fields(item[kinds[0]], kind, (*path, kind.name))
        when = self.condition(item.get("when"), (*path, "when"))
        return kind.shape(**fields, when=when)  # type: ignore[arg-type]  # each value was read by its field

    def condition(self, value: object, path: Path) -> str:
        when = str(self.value(value, Field("when", "line", "", limit=LONGEST["line"]), path))
        if any(mark in when for mark in ("{%", "%}", "{{", "}}")):
            self.refuse(path, "`when` is the condition alone, such as `person.is_customer`, without braces")
        return when

    def fields(self, given: object, kind: Kind, path: Path) -> dict[str, Value]:
        if kind.plain and not isinstance(given, Mapping):
            given = {kind.plain: given}
        if given is None:
            given = {}
        if not isinstance(given, Mapping):
            self.refuse(path, f"`{kind.name}` takes fields in braces: {kind.name}: {{}}")
            return {}
        known = {field.name: field for field in kind.fields if field.name != "when"}
        for name in given:
            if name not in known:
                words = did_you_mean(str(name), known) if known else "it has no fields"
                self.refuse((*path, name), f"`{kind.name}` has no field `{name}`; {words}")
        return {name: self.value(given[name], field, (*path, name)) for name, field in known.items() if name in given}

    def value(self, value: object, field: Field, path: Path) -> Value:
        if value is None:
            return field.default
        if field.type == "pairs":
            return self.pairs(value, field, path)
        if field.type == "number":
            return self.number(value, field, path)
        return self.text(value, field, path)

    def text(self, value: object, field: Field, path: Path) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            self.refuse(path, "this is a text; put it in quotes")
            return ""
        text = cleaned(str(value)[: field.limit + 1], lines=field.type == "prose")
        if len(str(value)) > field.limit:
            self.refuse(path, f"this is longer than {field.limit} characters")
        return text

    def number(self, value: object, field: Field, path: Path) -> Value:
        # A form sends digits as text.
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 4 else value
        if isinstance(number, int) and not isinstance(number, bool) and field.least <= number <= field.most:
            return number
        self.refuse(path, f"this is a whole number from {field.least} to {field.most}")
        return field.default

    def pairs(self, value: object, field: Field, path: Path) -> tuple[tuple[str, str], ...]:
        whole = isinstance(value, (list, tuple)) and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in value)
        if not whole or len(items := list(value)) > MOST_PAIRS:  # type: ignore[call-overload]  # `whole` looked
            self.refuse(path, f"this is a list of at most {MOST_PAIRS} pairs: [question, answer]")
            return ()
        return tuple(
            (self.text(question, field, (*path, number, 0)), self.text(answer, field, (*path, number, 1)))
            for number, (question, answer) in enumerate(items)
        )


def cleaned(text: str, *, lines: bool) -> str:
    """Without characters nobody can see; one line, or lines without blanks at their ends."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    seen = "".join(c for c in plain if c.isprintable() or c in "\n\t" or c in _KEPT)
    if lines:
        return "\n".join(line.rstrip(" \t") for line in seen.strip(" \t\n").split("\n")).replace("\t", " ")
    return _BLANK.sub(" ", seen).strip(" ")


def message_to_plain(message: Message) -> dict[str, object]:
    """The message as dicts, lists, texts and numbers, as `read_message` takes them; what is as by default is left out."""
    return {"subject": message.subject, "preheader": message.preheader, "blocks": [_plain(block) for block in message.blocks]}


def _plain(block: Block) -> dict[str, object]:
    kind = BLOCK_KINDS[block.kind]
    values = msgspec.structs.asdict(block)
    fields = {field.name: values[field.name] for field in kind.fields if field.name != "when"}
    said = {field.name: fields[field.name] for field in kind.fields if fields.get(field.name, field.default) != field.default}
    if "questions" in said:
        said["questions"] = [list(pair) for pair in said["questions"]]
    plain: dict[str, object] = {block.kind: fields[kind.plain] if kind.plain else said}
    return plain | {"when": block.when} if block.when else plain


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks of lines, the fields of a block in braces, as one would write by hand."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 -- PyYAML's
        """Lists stand further in than their key."""
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text or len(text) > _LONG else None)


def _mapping(dumper: yaml.SafeDumper, mapping: dict[str, Any]) -> yaml.MappingNode:
    is_short = all(isinstance(value, (str, int)) and "\n" not in str(value) for value in mapping.values())
    in_braces = is_short and not (mapping.keys() & {"subject", "when", "heading", "text"})
    return dumper.represent_mapping("tag:yaml.org,2002:map", mapping, flow_style=in_braces)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=all(isinstance(item, str) for item in items))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _list)


def message_to_yaml(message: Message) -> str:
    """The file; reading it gives the same message."""
    text: str = yaml.dump(message_to_plain(message), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_UNBROKEN)
    return text

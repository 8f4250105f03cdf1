"""A message on somebody's desk: plain values that may still be wrong, on their way to a message that may not.

{"subject": ..., "preheader": ..., "blocks": [{"kind": "text", "fields": {"text": ...}, "when": ""}, ...]}
{"code": {"subject": ..., "mjml": ..., "text": ...}}                      # sources that somebody writes by hand
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from wraca.channels.email.blockfile import message_to_yaml, read_message
from wraca.channels.email.blocks import BLOCK_KINDS, Message, Value
from wraca.channels.email.drawing import sources_of_blocks
from wraca.channels.email.library import built_in

Content = dict[str, Any]
Block = dict[str, Any]
PARTS = ("subject", "mjml", "text")
LAST = "footer"  # always there, always the last one


def fresh_block(kind: str) -> Block:
    """A block of this kind as nobody has touched it. Raises KeyError for no kind."""
    fields = {field.name: _plain(field.default) for field in BLOCK_KINDS[kind].fields if field.name != "when"}
    return {"kind": kind, "fields": fields, "when": ""}


def _plain(value: Value) -> object:
    return [list(pair) for pair in value] if isinstance(value, tuple) else value


def content_of(message: Message) -> Content:
    """The content that says the same as this message; its footer at the end."""
    drawn = [
        {
            "kind": block.kind,
            "fields": {name: _plain(value) for name, value in msgspec.structs.asdict(block).items() if name != "when"},
            "when": block.when,
        }
        for block in message.blocks
    ]
    footer = next((block for block in drawn if block["kind"] == LAST), fresh_block(LAST))
    rest = [block for block in drawn if block["kind"] != LAST]
    return {"subject": message.subject, "preheader": message.preheader, "blocks": [*rest, footer]}


def message_of(content: Content) -> Message:
    """The message that the content describes. Raises BadMessage with every problem and its place."""
    blocks = [{block["kind"]: block["fields"], **({"when": block["when"]} if block["when"] else {})} for block in content["blocks"]]
    return read_message({"subject": content["subject"], "preheader": content["preheader"], "blocks": blocks})


def is_code(content: Content) -> bool:
    return "code" in content


def sources_of(content: Content, language: str, *, anchors: bool = False) -> dict[str, str]:
    """What is saved, and what a message is made of. Raises BadMessage."""
    if is_code(content):
        return {name: str(content["code"].get(name, "")) for name in PARTS}
    message = message_of(content)
    return sources_of_blocks(message, language, anchors=anchors) | {"blocks": message_to_yaml(message)}


def code_of(content: Content, language: str) -> Content:
    """The same message as sources for those who write by hand. Raises BadMessage."""
    return {"code": {name: text for name, text in sources_of(content, language).items() if name in PARTS}}


def content_of_sources(template: str, language: str, sources: Mapping[str, str]) -> Content:
    """What was saved, as it is worked on; of nothing the built-in message. Raises TemplateProblem where none is built in."""
    if sources.get("blocks"):
        return content_of(read_message(sources["blocks"]))
    if sources:
        return {"code": {name: sources.get(name, "") for name in PARTS}}
    return content_of(built_in(template, language))


def blank() -> Content:
    """What a new message begins with."""
    kinds = ("heading", "greeting", "text", "cart", "button", LAST)
    return {"subject": "", "preheader": "", "blocks": [fresh_block(kind) for kind in kinds]}

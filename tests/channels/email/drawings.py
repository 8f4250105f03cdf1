"""Messages drawn for tests, with much to show."""

from wraca.channels.email.blockfile import read_message
from wraca.channels.email.blocks import Message
from wraca.channels.email.compiled import fill
from wraca.channels.email.drawing import sources_of_blocks
from wraca.channels.email.sample import full_facts, sample_message


def drawn(message: Message | str, language: str = "en", **facts: object) -> tuple[str, str]:
    """The HTML and the text of a message with much to show; `facts` replace what it is filled with."""
    read = read_message(message) if isinstance(message, str) else message
    known = full_facts(language) | facts
    filled = fill(sample_message("", language, facts=known, sources=sources_of_blocks(read, language)))
    return filled.html, filled.text


def one(block: str, **facts: object) -> tuple[str, str]:
    return drawn(f"subject: Hello\nblocks:\n  - {block}\n  - footer: {{}}\n", "en", **facts)

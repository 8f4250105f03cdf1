"""The words of a message as plain named values, for a form that changes words and leaves the blocks as they are.

`title` is the first heading, `intro` the first text, `outro` the last; a text between them is `text_2`, a further heading
`heading_2`; `questions` are the lines "Question | answer" of the first list of questions.
"""

import json
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from wraca.channels.email.blockfile import message_to_yaml, read_message
from wraca.channels.email.blocks import Faq, Heading, Message, Text
from wraca.channels.email.drawing import sources_of_blocks
from wraca.channels.email.library import built_in

Words = dict[str, str]


def words_of(template: str, language: str) -> Words:
    """Every word of a built-in template in this language. Raises TemplateProblem."""
    return _words_in(built_in(template, language))


def written(template: str, language: str, words: Mapping[str, str]) -> Mapping[str, str]:
    """Sources {"subject", "mjml", "text", "words", "blocks"} of the template with the merchant's words. Raises TemplateProblem."""
    usual = built_in(template, language)
    message = _with_words(usual, words)
    own = {name: words[name] for name in _words_in(usual) if words.get(name)}
    return sources_of_blocks(message, language) | {
        "words": json.dumps(own, ensure_ascii=False),
        "blocks": message_to_yaml(message),
    }


def own_words(sources: Mapping[str, str]) -> Words:
    """The merchant's words inside saved sources; empty for sources that were written by hand."""
    if sources.get("words"):
        return {str(name): str(text) for name, text in json.loads(sources["words"]).items()}
    return _words_in(read_message(sources["blocks"])) if sources.get("blocks") else {}


def _named(message: Message) -> Iterator[tuple[str, int]]:
    """The name of each word in the blocks, and the place of its block."""
    headings = [at for at, block in enumerate(message.blocks) if isinstance(block, Heading)]
    texts = [at for at, block in enumerate(message.blocks) if isinstance(block, Text)]
    questions = [at for at, block in enumerate(message.blocks) if isinstance(block, Faq) and block.questions]
    names = {at: "title" if nth == 1 else f"heading_{nth}" for nth, at in enumerate(headings, 1)}
    names |= {at: f"text_{nth}" for nth, at in enumerate(texts, 1)}
    names |= dict.fromkeys(texts[-1:], "outro") | dict.fromkeys(texts[:1], "intro") | dict.fromkeys(questions[:1], "questions")
    for at in sorted(names):
        yield names[at], at


def _words_in(message: Message) -> Words:
    words = {"subject": message.subject, "preheader": message.preheader}
    for name, at in _named(message):
        match message.blocks[at]:
            case Heading(text=text) | Text(text=text):
                words[name] = text
            case Faq(questions=questions):
                words[name] = "\n".join(f"{question} | {answer}" for question, answer in questions)
            case _:  # nothing else is named
                pass
    return words


def _with_words(usual: Message, words: Mapping[str, str]) -> Message:
    """The message with these words; an empty one stays as it was. Read anew, so that they are as a file may hold them."""
    changed = list(usual.blocks)
    for name, at in _named(usual):
        if not (said := words.get(name)):
            continue
        match changed[at]:
            case Heading() as block:
                changed[at] = replace(block, text=said)
            case Text() as block:
                changed[at] = replace(block, text=said)
            case Faq() as block:
                pairs = (line.partition("|")[::2] for line in said.splitlines() if line.strip())
                changed[at] = replace(block, questions=tuple((question.strip(), answer.strip()) for question, answer in pairs))
            case _:
                pass
    message = Message(words.get("subject") or usual.subject, words.get("preheader") or usual.preheader, tuple(changed))
    return read_message(message_to_yaml(message))

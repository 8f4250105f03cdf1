"""The built-in templates: `templates/<name>/<language>.yaml`, each a message of blocks."""

from collections.abc import Iterator, Mapping
from functools import cache

from wraca.channels.email.blockfile import read_message
from wraca.channels.email.blocks import Message
from wraca.channels.email.drawing import LANGUAGES, ROOT, language_of, sources_of_blocks
from wraca.ports.channel import TemplateProblem

__all__ = ["LANGUAGES", "TEMPLATES", "built_in", "language_of", "sources_of"]

_NOT_TEMPLATES = ("parts", "words")


def _folders() -> Iterator[str]:
    for folder in ROOT.iterdir():
        if folder.name not in _NOT_TEMPLATES and (folder / "en.yaml").is_file():
            yield folder.name


TEMPLATES = tuple(sorted(_folders()))


@cache
def built_in(template: str, language: str) -> Message:
    """The built-in message of this name, in English where we have no other words. Raises TemplateProblem if unknown."""
    if template not in TEMPLATES:
        raise TemplateProblem(f"there is no template called {template!r}; the built-in ones are {', '.join(TEMPLATES)}")
    return read_message((ROOT / template / f"{language_of(language)}.yaml").read_text(encoding="utf-8"))


@cache
def sources_of(template: str, language: str) -> Mapping[str, str]:
    """The built-in sources {"subject", "mjml", "text"} of a template, ready to be changed. Raises TemplateProblem if unknown."""
    return sources_of_blocks(built_in(template, language), language)

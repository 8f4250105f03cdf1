"""The built-in texts: `templates/<name>/<language>.yaml`, each one `text`, in Liquid.

A text sees `shop`, `person`, `cart`, `offer`, `about`, `link` (back to the cart) and `stop` (how to say no, in the message's own
language); docs/reference/channels.md names all of it.
"""

from functools import cache
from importlib.resources import files
from typing import Final

import yaml

from wraca.ports.channel import TemplateProblem

LANGUAGES: Final = ("en", "pl", "bg")
_ROOT = files("wraca.channels.sms") / "templates"
TEMPLATES: Final = tuple(sorted(each.name for each in _ROOT.iterdir() if (each / "en.yaml").is_file()))

# How to say no, where people can reply and where they cannot.
_REPLY: Final = {"en": "Reply STOP to opt out", "pl": "Rezygnacja: odpisz STOP", "bg": "Отказ: отговорете СТОП"}
_LINK: Final = {"en": "Opt out:", "pl": "Rezygnacja:", "bg": "Отказ:"}


def language_of(language: str) -> str:
    """The language that we have words in: the person's, else English."""
    return language[:2] if language[:2] in LANGUAGES else "en"


@cache
def built_in(template: str, language: str) -> str:
    """The text of this name. Raises TemplateProblem if unknown."""
    if template not in TEMPLATES:
        raise TemplateProblem(f"there is no SMS called {template!r}; the built-in ones are {', '.join(TEMPLATES)}")
    found = yaml.safe_load((_ROOT / template / f"{language_of(language)}.yaml").read_text(encoding="utf-8"))
    return str(found["text"]).strip()


def way_out(language: str, preferences: str, *, can_reply: bool) -> str:
    """How to say no to further messages: by an answer where that works, else by the page behind the link (trust S3)."""
    known = language_of(language)
    return _REPLY[known] if can_reply else f"{_LINK[known]} {preferences}"

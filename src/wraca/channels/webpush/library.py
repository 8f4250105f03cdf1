"""The built-in texts: `templates/<name>/<language>.yaml` (title, body, action) and `asking/<language>.yaml`.

A text is Liquid and sees `shop`, `cart`, `offer` and `about`. It never sees the person: a notification lies open on a locked phone.
"""

from functools import cache
from importlib.resources import files
from typing import Final, TypeVar

import msgspec
import yaml

from wraca.ports.channel import TemplateProblem

_T = TypeVar("_T")

LANGUAGES: Final = ("en", "pl", "bg")
_ROOT = files("wraca.channels.webpush")
TEMPLATES: Final = tuple(sorted(each.name for each in (_ROOT / "templates").iterdir() if (each / "en.yaml").is_file()))

_WAY_OUT: Final = {"en": "Turn off", "pl": "Wyłącz", "bg": "Изключване"}


class Words(msgspec.Struct, frozen=True):
    """One notification. `action` stands on its button."""

    title: str
    body: str
    action: str


class Question(msgspec.Struct, frozen=True):
    """What is asked on the page before the browser asks."""

    version: str
    title: str
    text: str
    yes: str
    no: str


def known_language(language: str) -> str:
    """The language that we have words in: the person's, else English."""
    short = language.replace("_", "-").partition("-")[0].lower()
    return short if short in LANGUAGES else "en"


def way_out(language: str) -> str:
    """What stands on the button that says no."""
    return _WAY_OUT[known_language(language)]


@cache
def built_in(template: str, language: str) -> Words:
    """The texts of this name. Raises TemplateProblem if unknown."""
    if template not in TEMPLATES:
        raise TemplateProblem(f"there is no push message called {template!r}; the built-in ones are {', '.join(TEMPLATES)}")
    return _read(f"templates/{template}", language, Words)


@cache
def question(language: str) -> Question:
    """The question in this language, else in English."""
    return _read("asking", language, Question)


def _read(folder: str, language: str, kind: type[_T]) -> _T:
    text = (_ROOT / folder / f"{known_language(language)}.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), kind)

"""The built-in templates: where they are, and how a template becomes one MJML and one text source per language.

`templates/<name>/mail.mjml` and `mail.txt` say how a message is laid out, `<language>.yaml` beside them holds its words,
`parts/` the pieces that messages share (head, cart, button, footer) and `words/` the words of those pieces. `[[name]]` stands for a
word or a part, `[[prose name]]` for paragraphs, `[[pairs name]]` for headed paragraphs. All of it is filled in before Liquid runs.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

from wraca.ports.channel import TemplateProblem

LANGUAGES = ("en", "pl", "bg")
TEMPLATES = (
    "cart-reminder",
    "cart-second",
    "customer-first",
    "customer-help",
    "customer-reason",
    "visitor-first",
    "how-we-work",
    "others-and-faq",
    "extra-benefit",
    "any-questions",
    "how-are-you",
    "time-runs-out",
)

Form = Literal["mjml", "txt"]

_ROOT = files(__package__) / "templates"
_SLOT = re.compile(r"\[\[(?:(prose|pairs) )?([a-z_]+)\]\]")
_PARAGRAPH = '<p class="ink" style="margin:0 0 14px">{}</p>'
_HEADED = '<p class="ink" style="margin:0 0 2px;font-weight:700">{}</p><p class="ink" style="margin:0 0 14px">{}</p>'


def language_of(tag: str) -> str:
    """The built-in language for a language tag: "pl-PL" -> "pl"; English where we have no texts."""
    base = tag.replace("_", "-").split("-", maxsplit=1)[0].lower()
    return base if base in LANGUAGES else "en"


@cache
def _words(path: str) -> Mapping[str, object]:
    words: Mapping[str, object] = yaml.safe_load((_ROOT / path).read_text(encoding="utf-8"))
    return words


@cache
def _part(name: str, form: Form) -> str | None:
    part = _ROOT / "parts" / f"{name}.{form}"
    return part.read_text(encoding="utf-8").rstrip("\n") if part.is_file() else None


def _paragraphs(text: str) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip())]


def _prose(value: object, form: Form) -> str:
    paragraphs = _paragraphs(str(value))
    return "\n\n".join(paragraphs) if form == "txt" else "".join(_PARAGRAPH.format(p) for p in paragraphs)


def _pairs(value: object, form: Form) -> str:
    pairs = [(str(head), " ".join(str(body).split())) for head, body in value] if isinstance(value, list) else []
    return "\n\n".join(f"{h}\n{b}" for h, b in pairs) if form == "txt" else "".join(_HEADED.format(h, b) for h, b in pairs)


def _expand(source: str, words: Mapping[str, object], form: Form) -> str:
    def fill(match: re.Match[str]) -> str:
        kind, name = match.groups()
        if name not in words:
            part = _part(name, form)
            if part is None:
                raise TemplateProblem(f"there is no word or part called {name!r}")
            return _expand(part, words, form)
        if kind == "prose":
            text = _prose(words[name], form)
        elif kind == "pairs":
            text = _pairs(words[name], form)
        else:
            text = " ".join(str(words[name]).split())
        return _expand(text, words, form)

    return _SLOT.sub(fill, source)


@cache
def sources_of(template: str, language: str) -> Mapping[str, str]:
    """The built-in sources {"subject", "mjml", "text"} of a template, ready to be changed. Raises TemplateProblem if unknown."""
    if template not in TEMPLATES:
        raise TemplateProblem(f"there is no template called {template!r}; the built-in ones are {', '.join(TEMPLATES)}")
    tongue = language_of(language)
    words = {"language": tongue, **_words(f"words/{tongue}.yaml"), **_words(f"{template}/{tongue}.yaml")}
    folder = _ROOT / template
    return {
        "subject": _expand("[[subject]]", words, "txt"),
        "mjml": _expand((folder / "mail.mjml").read_text(encoding="utf-8"), words, "mjml"),
        "text": _expand((folder / "mail.txt").read_text(encoding="utf-8"), words, "txt"),
    }

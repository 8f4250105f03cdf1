"""The words of the built-in templates as plain values, for a form that lets the merchant write their own."""

import json
from collections.abc import Mapping

from wraca.channels.email.library import _ROOT, TEMPLATES, _expand, _words, language_of
from wraca.ports.channel import TemplateProblem

Words = dict[str, str]


def words_of(template: str, language: str) -> Words:
    """Every word of a built-in template in this language; headed paragraphs as lines "Heading | text". Raises TemplateProblem."""
    return {name: _as_text(value) for name, value in _own_words(template, language).items()}


def written(template: str, language: str, words: Mapping[str, str]) -> Mapping[str, str]:
    """The sources {"subject", "mjml", "text", "words"} of the template with the merchant's words. Raises TemplateProblem."""
    tongue = language_of(language)
    built_in = _own_words(template, language)
    chosen = {name: _as_value(words.get(name) or _as_text(value), value) for name, value in built_in.items()}
    every = {"language": tongue, **_words(f"words/{tongue}.yaml"), **chosen}
    folder = _ROOT / template
    return {
        "subject": _expand("[[subject]]", every, "txt"),
        "mjml": _expand((folder / "mail.mjml").read_text(encoding="utf-8"), every, "mjml"),
        "text": _expand((folder / "mail.txt").read_text(encoding="utf-8"), every, "txt"),
        "words": json.dumps({name: words[name] for name in built_in if words.get(name)}, ensure_ascii=False),
    }


def _own_words(template: str, language: str) -> Mapping[str, object]:
    if template not in TEMPLATES:
        raise TemplateProblem(f"there is no template called {template!r}; the built-in ones are {', '.join(TEMPLATES)}")
    return _words(f"{template}/{language_of(language)}.yaml")


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(f"{head} | {' '.join(str(body).split())}" for head, body in value)
    return str(value).strip()


def _as_value(text: str, like: object) -> object:
    if not isinstance(like, list):
        return text
    return [[part.strip() for part in line.partition("|")[::2]] for line in text.splitlines() if line.strip()]


def own_words(sources: Mapping[str, str]) -> Words:
    """The merchant's words inside saved sources; empty for sources that were written by hand."""
    return {str(name): str(text) for name, text in json.loads(sources.get("words") or "{}").items()}

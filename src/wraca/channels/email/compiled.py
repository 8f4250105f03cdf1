"""A template compiled once, filled for each message.

MJML and Liquid are read once per (template, language, source); a message then costs only the filling.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import count

import mrml
import msgspec
from liquid import BoundTemplate

from wraca.channels.email.library import sources_of
from wraca.channels.email.prose import LIQUID
from wraca.channels.email.view import clean_text, view_of
from wraca.ports.channel import Outgoing, TemplateProblem
from wraca.templating.liquid import HTML, SOURCE_LIMIT, TEXT, compile_liquid, run_liquid

HTML_LIMIT = 102_000  # bytes; Gmail hides what comes after
COSTLY = ("picks", "bargains", "reviews")  # facts that are gathered only for messages that show them
_FEWER_LINES = 10
_SUBJECT_LIMIT = 200
_POSITION = re.compile(r"position (\d+)")
_BETWEEN_TAGS = re.compile(r">\s*\n\s*<")
_MANY_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
# Liquid means nothing to MJML; and mrml writes some characters of an attribute as Rust would (U+FE0F as "\u{fe0f}").
_NOT_FOR_MJML = re.compile(
    LIQUID.pattern + r"|[^\t\n\r -\[\]-~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u201f]+", re.DOTALL
)
_UNSAFE_LINK = re.compile(r"""\s(?:href|src|background|action)\s*=\s*(?!["'](?:https?:|mailto:|tel:|\#)|["']["'])""", re.IGNORECASE)


class Compiled(msgspec.Struct, frozen=True):
    """One template in one language, ready to be filled."""

    subject: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate
    own: bool  # the merchant's own source: its links are looked at once more after filling


class Filled(msgspec.Struct, frozen=True):
    """The three texts of one message."""

    subject: str
    html: str
    text: str


class TooLarge(TemplateProblem):
    """Larger than what Gmail shows."""


def html_of(mjml: str) -> str:
    """MJML as HTML; Liquid passes through as it is. Raises TemplateProblem with the line."""
    if len(mjml) > SOURCE_LIMIT:
        raise TemplateProblem(f"the template is longer than {SOURCE_LIMIT} characters")
    pieces: list[str] = []
    mark = next(word for number in count() if (word := f"lq{number}x") not in mjml)

    def stand_in(match: re.Match[str]) -> str:
        pieces.append(match[0])
        return f"{mark}{len(pieces) - 1}x"

    def back(text: str) -> str:
        return re.sub(rf"{mark}(\d+)x", lambda match: pieces[int(match[1])], text)

    bare = _NOT_FOR_MJML.sub(stand_in, mjml)
    try:
        html = mrml.to_html(bare, mrml.ParserOptions(), mrml.RenderOptions(disable_comments=True, fonts={})).content
    except OSError as error:  # mrml reports what it cannot read as OSError
        position = _POSITION.search(str(error))
        line = back(bare[: int(position[1])]).count("\n") + 1 if position else 0
        raise TemplateProblem(f"the MJML cannot be read: {back(str(error))}", line) from error
    return back(_BETWEEN_TAGS.sub(">\n<", html))


def _sources(template: str, language: str, own: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The merchant's own sources, and the built-in ones where one of theirs is missing."""
    mine = dict(own)
    return mine if {"subject", "mjml", "text"} <= mine.keys() else {**sources_of(template, language), **mine}


@lru_cache(maxsize=512)
def _compiled(template: str, language: str, own: tuple[tuple[str, str], ...]) -> Compiled:
    sources = _sources(template, language, own)
    return Compiled(
        subject=compile_liquid(sources["subject"], TEXT),
        html=compile_liquid(html_of(sources["mjml"]), HTML),
        text=compile_liquid(sources["text"], TEXT),
        own=bool(own),
    )


def compiled(template: str, language: str, sources: Mapping[str, str]) -> Compiled:
    """The compiled template; the merchant's own sources go before the built-in ones. Raises TemplateProblem."""
    return _compiled(template, language, tuple(sorted((name, text) for name, text in sources.items() if text)))


def fill(message: Outgoing) -> Filled:
    """Subject, HTML and text of this message. Raises TemplateProblem.

    A cart so long that Gmail would cut the mail, and the unsubscribe link with it, shows its first
    lines and the number of the rest.
    """
    template = compiled(message.template, message.language, message.sources)
    view = view_of(message)
    html = run_liquid(template.html, view)
    if len(html.encode()) > HTML_LIMIT:
        view = view_of(message, _FEWER_LINES)
        html = run_liquid(template.html, view)
        if len(html.encode()) > HTML_LIMIT:
            raise TooLarge(f"the mail is larger than {HTML_LIMIT // 1000} kB: Gmail would cut it")
    if template.own and _UNSAFE_LINK.search(html):
        raise TemplateProblem("a link or picture does not start with https://, http://, mailto: or tel:")
    subject = clean_text(run_liquid(template.subject, view).strip(), _SUBJECT_LIMIT)
    text = _MANY_EMPTY_LINES.sub("\n\n", run_liquid(template.text, view))
    return Filled(subject, html, text.strip("\n") + "\n")


def facts_shown(template: str, language: str, sources: Mapping[str, str]) -> frozenset[str]:
    """Which of COSTLY this template names anywhere; none for a template that is not there: rendering it says so."""
    return _facts_shown(template, language, tuple(sorted((name, text) for name, text in sources.items() if text)))


@lru_cache(maxsize=512)
def _facts_shown(template: str, language: str, own: tuple[tuple[str, str], ...]) -> frozenset[str]:
    try:
        sources = _sources(template, language, own)
    except TemplateProblem:
        return frozenset()
    written = " ".join(sources[name] for name in ("subject", "mjml", "text"))
    return frozenset(fact for fact in COSTLY if re.search(rf"\b{fact}\b", written))

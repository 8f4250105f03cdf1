"""What is wrong with a message, told in the reader's language, each with the place where it can be mended."""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wraca.channels.email.blockfile import BadMessage
from wraca.channels.email.blocks import Message
from wraca.channels.email.lint import Finding, lint, lint_sources
from wraca.console.composing import wordsof
from wraca.console.composing.content import Content, is_code, message_of, sources_of
from wraca.domain.shop import Profile

# What would make a wrong mail: it is not saved.
ERRORS = frozenset({"empty_subject", "no_way_out", "broken_liquid", "unsafe_link", "too_large", "unreadable"})

_WORDS: Mapping[str, "str | Promise"] = {
    "empty_subject": gettext_lazy("There is no subject, or it comes out empty. A message without one looks like spam."),
    "long_subject": gettext_lazy("Longer than 120 characters: nobody sees the end."),
    "no_way_out": gettext_lazy("The way out is missing: {{ links.preferences }} must stand in it."),
    "broken_liquid": gettext_lazy("This Liquid cannot be read."),
    "unsafe_link": gettext_lazy("No address for a message: it begins with https://, mailto: or tel:, and has no spaces."),
    "plain_http": gettext_lazy("This address is not encrypted: use https://."),
    "no_alt": gettext_lazy("Say what the picture shows: many read with pictures off, some cannot see them."),
    "empty_block": gettext_lazy("Without this the block shows nothing."),
    "too_large": gettext_lazy("With fifty products in the cart it is larger than 102 kB, and Gmail cuts it. Shorten the texts."),
    "missing_translation": gettext_lazy("There are no words in this language."),
    "other_blocks": gettext_lazy("In this language the message has other blocks."),
    "untranslated": gettext_lazy("Word for word the same in another language: not translated yet?"),
    "unreadable": gettext_lazy("This cannot be taken over."),
    "no_sender": gettext_lazy(
        "The law wants the legal name and the postal address of the shop at the foot of every message. Give them in the settings."
    ),
    "reviews_unsaid": gettext_lazy("Whoever quotes reviews must say whether they were checked: add {{ reviews_note }}."),
}
_PLACE = re.compile(r"blocks\[(\d+)\](?:\.(\w+))?(?:\.(\w+))?")


class Told(msgspec.Struct, frozen=True):
    """One finding. `at` is the control to mend it in, empty where there is none; `place` is that in words.

    `detail` is what the reader of the template said, in English. `line` counts from 1, 0 where it does not matter.
    """

    kind: str
    is_error: bool
    text: str
    place: str = ""
    at: str = ""
    block: int | None = None
    detail: str = ""
    line: int = 0


def look_over(content: Content, language: str, every: Mapping[str, Message | None], profile: Profile) -> tuple[Told, ...]:
    """All that is wrong, errors first."""
    found = _of_code(content, language) if is_code(content) else _of_blocks(content, language, every)
    told = [*found, *_of_sender(profile)]
    return tuple(sorted(dict.fromkeys(told), key=lambda one: not one.is_error))


def _of_blocks(content: Content, language: str, every: Mapping[str, Message | None]) -> list[Told]:
    try:
        message = message_of(content)
    except BadMessage as bad:
        return [
            _told(Finding("empty_block", problem.where, problem.message), content, "unreadable", problem.message)
            for problem in bad.problems
        ]
    return [_told(finding, content) for finding in _linted(message, language, tuple(sorted(every.items())))]


@lru_cache(maxsize=512)
def _linted(message: Message, language: str, every: tuple[tuple[str, Message | None], ...]) -> tuple[Finding, ...]:
    return lint(message, language, dict(every))


def _of_sender(profile: Profile) -> list[Told]:
    return [] if profile.postal_address and profile.legal_name else [_plain("no_sender")]


def _of_code(content: Content, language: str) -> list[Told]:
    sources = sources_of(content, language)
    told = [_told(finding, content) for finding in lint_sources(sources, language)]
    if not sources["subject"].strip():
        told.append(_plain("empty_subject", _("Subject"), "code.subject"))
    quoting = [part for part in ("mjml", "text") if "reviews" in sources[part] and "reviews_note" not in sources[part]]
    return [*told, *(_plain("reviews_unsaid", part.upper(), f"code.{part}") for part in quoting)]


def _plain(kind: str, place: str = "", at: str = "") -> Told:
    return Told(kind, kind in ERRORS, str(_WORDS[kind]), place, at)


def _told(finding: Finding, content: Content, kind: str = "", detail: str = "") -> Told:
    kind = kind or finding.kind
    if not detail and kind == "broken_liquid":
        detail = finding.words.removeprefix("Liquid cannot read this: ")
    place, at, block = _code_place(finding) if is_code(content) else _block_place(finding, content)
    return Told(kind, kind in ERRORS, str(_WORDS[kind]), place, at, block, detail, finding.line)


def _code_place(finding: Finding) -> tuple[str, str, int | None]:
    labels = {"subject": _("Subject"), "mjml": "MJML", "text": _("Text part")}
    return (labels[finding.place], f"code.{finding.place}", None) if finding.place in labels else ("", "", None)


def _block_place(finding: Finding, content: Content) -> tuple[str, str, int | None]:
    """Where it stands in words, the control, and the number of the block."""
    if finding.place in {"subject", "preheader"}:
        label = _("Subject") if finding.place == "subject" else _("Preheader")
        return label, finding.place, None
    if finding.place in wordsof.LANGUAGE_NAMES:
        return wordsof.LANGUAGE_NAMES[finding.place], "", None
    match = _PLACE.match(finding.place)
    if match is None or int(match[1]) >= len(content["blocks"]):
        return "", "", None
    number, kind = int(match[1]), content["blocks"][int(match[1])]["kind"]
    field = "when" if match[2] == "when" else match[3] or ""
    block = f"{number + 1}. {wordsof.kind_label(kind)}"
    if not field:
        return block, f"b{number}", number
    return f"{block}: {wordsof.field_label(kind, field)}", f"b{number}.{field}", number

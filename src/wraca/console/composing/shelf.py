"""The messages of a shop: those that come with Wraca, and the merchant's own."""

from collections.abc import Mapping, Sequence

import msgspec

from wraca.app.templates import put_template
from wraca.channels.email.blocks import Message
from wraca.channels.email.drawing import LANGUAGES
from wraca.channels.email.library import TEMPLATES
from wraca.console.composing.content import Content, content_of_sources, is_code, message_of, sources_of
from wraca.console.doors import Visit
from wraca.storage.queries import templates
from wraca.storage.queries.templates import Saved


class Shelved(msgspec.Struct, frozen=True):
    """One message with what is saved of it, by language; of a built-in one that nobody changed nothing is."""

    name: str
    saved: Mapping[str, Saved]

    @property
    def is_built_in(self) -> bool:
        return self.name in TEMPLATES

    @property
    def own_languages(self) -> tuple[str, ...]:
        """Where the merchant's own words are used."""
        return tuple(language for language in LANGUAGES if (one := self.saved.get(language)) and one.sources)

    @property
    def languages(self) -> tuple[str, ...]:
        """Where there are words at all."""
        return LANGUAGES if self.is_built_in else self.own_languages

    def content(self, language: str) -> Content | None:
        """What people of this language get now; None where there are no words in it."""
        saved = self.saved.get(language)
        if language not in self.languages:
            return None
        return content_of_sources(self.name, language, saved.sources if saved else {})

    def messages(self) -> dict[str, Message | None]:
        """The message by language, for comparing; what is written by hand is left out."""
        contents = {language: self.content(language) for language in LANGUAGES}
        return {
            language: None if content is None else message_of(content)
            for language, content in contents.items()
            if content is None or not is_code(content)
        }

    def spoken(self, shop_language: str) -> str:
        """The language that stands in where there are no words: the shop's, else English, else the first that there is."""
        return _stands_in(self.languages, shop_language)


def _stands_in(languages: Sequence[str], shop_language: str) -> str:
    return next((language for language in (shop_language, "en", *LANGUAGES) if language in languages), LANGUAGES[0])


def everything(visit: Visit) -> tuple[Shelved, ...]:
    """Every message, by name."""
    found = templates.newest(visit.key)
    names = sorted({*TEMPLATES, *(name for name, _ in found)})
    return tuple(Shelved(name, {language: one for (whose, language), one in found.items() if whose == name}) for name in names)


def taken(visit: Visit, template: str) -> Shelved | None:
    """The message of this name; None where there is none."""
    saved = {language: one for (_, language), one in templates.newest(visit.key, template).items()}
    return Shelved(template, saved) if template in TEMPLATES or saved else None


def put_back(visit: Visit, shelved: Shelved, language: str, sources: Mapping[str, str]) -> int:
    """Save these sources as the next version; the number. Of a name of the shop's own they may stand in for other languages."""
    also_others = not shelved.is_built_in and language == _stands_in((*shelved.languages, language), visit.shop.language)
    return put_template(visit.key, shelved.name, language, sources, visit.user.get_username(), visit.now, also_others=also_others)


def copy_of(visit: Visit, source: Shelved, name: str) -> None:
    """A new message with the words of another one, in every language that it has."""
    for language in sorted(source.languages, key=lambda each: each == source.spoken(visit.shop.language)):
        content = source.content(language)
        if content is not None:
            is_last = language == source.spoken(visit.shop.language)
            put_template(
                visit.key, name, language, sources_of(content, language), visit.user.get_username(), visit.now, also_others=is_last
            )

"""A message that somebody has on their desk: what is saved, what they made of it, and whom they look at it as."""

from collections.abc import Mapping

from django.http import Http404, QueryDict
from django.utils.functional import cached_property

from wraca.app.previews import Reader
from wraca.channels.email.blocks import Message
from wraca.channels.email.drawing import LANGUAGES
from wraca.channels.email.library import built_in
from wraca.console.composing import seeing
from wraca.console.composing.content import Content, blank, content_of, content_of_sources
from wraca.console.composing.seeing import Look
from wraca.console.composing.shelf import Shelved, taken
from wraca.console.doors import Visit
from wraca.console.editing.draft import Desk, Draft
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.shop import Profile
from wraca.ports.channel import TemplateProblem
from wraca.storage.queries import templates

_READER = "reader"  # in the session, by shop: the cart whose person is looked at


class Opened:
    """One language of one message, with the visitor's draft of it."""

    def __init__(self, visit: Visit, shelved: Shelved, language: str, draft: Draft, desk: Desk) -> None:
        self.visit = visit
        self.shelved = shelved
        self.template = shelved.name
        self.language = language
        self.draft = draft
        self._desk = desk

    @property
    def newest_version(self) -> int:
        """0 where nothing was ever saved."""
        saved = self.shelved.saved.get(self.language)
        return saved.version if saved else 0

    @property
    def is_changed(self) -> bool:
        return self.draft.can_undo or self.draft.can_redo or self.is_new

    @property
    def is_new(self) -> bool:
        """There are no words in this language yet: what is shown is a beginning."""
        return self.language not in self.shelved.languages

    @property
    def profile(self) -> Profile:
        return wiring().register.shop(self.visit.key.shop).profile

    @property
    def asked(self) -> Mapping[str, str]:
        """What the address says of the preview; of a form what it brings along."""
        return QueryDict(self.visit.request.POST.get("see", "")) if self.visit.request.method == "POST" else self.visit.request.GET

    def keep(self, draft: Draft) -> None:
        self.draft = draft
        self._desk.keep(_key(self.template, self.language), draft)

    def drop(self) -> None:
        self._desk.drop(_key(self.template, self.language))

    def every(self) -> dict[str, Message | None]:
        """The message in all languages, this one as it now is; a language of which there is no message of blocks is left out."""
        every = self.shelved.messages()
        every.pop(self.language, None)
        return every

    def newest_blocks(self) -> Content:
        """The newest content that was made of blocks."""
        for saved in templates.versions(self.visit.key, self.template, self.language):
            if saved.form == "blocks" or (saved.form == "built-in" and self.shelved.is_built_in):
                return content_of_sources(self.template, self.language, saved.sources)
        return content_of(built_in(self.template, self.language)) if self.shelved.is_built_in else blank()

    def version(self, number: str) -> Content | None:
        """A version as it was saved; "0" is the built-in message. None where there is none."""
        if number == "0":
            return content_of(built_in(self.template, self.language)) if self.shelved.is_built_in else None
        found = templates.versions(self.visit.key, self.template, self.language)
        saved = next((each for each in found if str(each.version) == number), None)
        return content_of_sources(self.template, self.language, saved.sources) if saved else None

    @cached_property
    def reader(self) -> Reader | None:
        """The person and cart that were chosen to look at the message as; nobody for whoever may no longer see people."""
        chosen = self.visit.request.session.get(_READER) if self.visit.may(Right.PERSON) else None
        return seeing.reader(self.visit, str(chosen.get(self.visit.shop.id, ""))) if isinstance(chosen, dict) else None

    def look(self, asked: Mapping[str, str]) -> Look:
        return seeing.look_of(asked, has_reader=self.reader is not None)


def choose_reader(visit: Visit, cart: str) -> None:
    """From now on messages of this shop are looked at as the person with this cart; "": as somebody made up."""
    chosen = visit.request.session.get(_READER)
    visit.request.session[_READER] = {**(chosen if isinstance(chosen, dict) else {}), visit.shop.id: cart}


def _key(template: str, language: str) -> str:
    return f"template:{template}/{language}"


def opened(visit: Visit, template: str, language: str) -> Opened:
    """The visitor's draft, or what is saved. Raises Http404."""
    desk = Desk(visit.request.session, visit.shop.id)
    draft = desk.draft(_key(template, language)) if language in LANGUAGES else None
    shelved = taken(visit, template)
    if language not in LANGUAGES or (shelved is None and draft is None):
        raise Http404
    shelved = shelved or Shelved(template, {})
    if draft is None:
        draft = Draft(_base(shelved, language), (_saved_content(visit, shelved, language),))
    return Opened(visit, shelved, language, draft, desk)


def _base(shelved: Shelved, language: str) -> int:
    saved = shelved.saved.get(language)
    return saved.version if saved else 0


def _saved_content(visit: Visit, shelved: Shelved, language: str) -> Content:
    """What is saved; where there are no words in this language, those of the language that stands in for it."""
    try:
        content = shelved.content(language) or shelved.content(shelved.spoken(visit.shop.language))
    except TemplateProblem:  # saved before a rule of ours: its sources still are what people get
        saved = shelved.saved[language]
        content = {"code": {name: saved.sources.get(name, "") for name in ("subject", "mjml", "text")}}
    return content or blank()


def begin(visit: Visit, template: str, language: str) -> None:
    """A new message on the visitor's desk, which nobody else sees before it is saved."""
    Desk(visit.request.session, visit.shop.id).keep(_key(template, language), Draft(0, (blank(),)))

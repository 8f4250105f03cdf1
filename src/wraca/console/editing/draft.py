"""A draft with its past: what the journey looked like after each edit, so that any of them can be taken back.

It lives in the visitor's session, packed: fifty states of a journey are alike and take a few kilobytes together.
"""

import base64
import zlib

import msgspec

from wraca.console.editing.places import Content
from wraca.domain.journeys.source import LARGEST, Source

MOST_STATES = 50
MOST_DRAFTS = 6  # in one session; the one that was touched longest ago goes
_KEY = "drafts"

# What a journey made of nothing begins with.
BLANK: Content = {
    "trigger": {"cart_abandoned": {"idle": "60m"}},
    "filters": ["!has(cart.total) || cart.total > 0"],
    "steps": [{"wait": "60m"}],
}


def content_of(text: str) -> Content:
    """The content of a file that was checked before. Raises BadPlan."""
    content = Source(text).content
    assert isinstance(content, dict)
    return content


def text_of(uploaded: bytes) -> str:
    """An uploaded file as text, no more than would be read; what is no text becomes one with marks in it, and is refused then."""
    return uploaded[: LARGEST + 1].decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")


class Draft(msgspec.Struct, frozen=True):
    """All that one visitor did to one journey since opening it.

    `base` is the version that was opened, 0 for a new journey. `turn` grows with every act that may move steps, undo as well: to
    a page that shows an older turn, the same path may be another step.
    """

    base: int
    states: tuple[Content, ...]
    now: int = 0  # which of `states` is shown
    turn: int = 0
    mark: str = ""  # the form that made the newest state; what else it says replaces that state: typing is one edit

    @property
    def content(self) -> Content:
        return self.states[self.now]

    @property
    def can_undo(self) -> bool:
        return self.now > 0

    @property
    def can_redo(self) -> bool:
        return self.now + 1 < len(self.states)

    def edited(self, content: Content, mark: str = "") -> "Draft":
        """This content is the newest state now; what had been undone is gone. `mark` names the form that was typed into."""
        if content == self.content:
            return self
        kept = self.states[: self.now + 1]
        if mark and mark == self.mark and self.now:
            kept = kept[:-1]
        states = (*kept, content)[-MOST_STATES:]
        return Draft(self.base, states, len(states) - 1, self.turn + (not mark), mark)

    def undone(self) -> "Draft":
        return self._moved(-1) if self.can_undo else self

    def redone(self) -> "Draft":
        return self._moved(1) if self.can_redo else self

    def _moved(self, by: int) -> "Draft":
        return msgspec.structs.replace(self, now=self.now + by, turn=self.turn + 1, mark="")


_decoder = msgspec.json.Decoder(Draft)


class Desk:
    """The drafts of one session."""

    def __init__(self, session: "dict[str, object]", shop: str) -> None:
        """`session` is whatever keeps plain values under names, such as Django's."""
        self._session = session
        self._shop = shop

    def draft(self, journey: str) -> Draft | None:
        packed = self._all().get(f"{self._shop}/{journey}")
        return _decoder.decode(zlib.decompress(base64.b64decode(packed))) if packed else None

    def keep(self, journey: str, draft: Draft) -> None:
        drafts = self._all()
        drafts.pop(f"{self._shop}/{journey}", None)
        drafts[f"{self._shop}/{journey}"] = base64.b64encode(zlib.compress(msgspec.json.encode(draft), 6)).decode()
        self._session[_KEY] = dict(list(drafts.items())[-MOST_DRAFTS:])

    def drop(self, journey: str) -> None:
        drafts = self._all()
        if drafts.pop(f"{self._shop}/{journey}", None):
            self._session[_KEY] = drafts

    def _all(self) -> dict[str, str]:
        found = self._session.get(_KEY)
        return dict(found) if isinstance(found, dict) else {}

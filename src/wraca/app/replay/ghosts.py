"""What would have gone, written down: a channel that takes everything and sends nothing, and a notebook."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from wraca.domain.carts import Cart
from wraca.domain.events import Instant
from wraca.domain.gate import Answer, Hold, Postpone
from wraca.domain.people import Person
from wraca.domain.shop import Shop
from wraca.ports.channel import Outgoing, Receipt, Rendered, Setting

_NOTHING = Rendered("", "", "", b"")


class Ghost(msgspec.Struct, frozen=True):
    """A message that would have gone."""

    at: Instant
    message: str
    template: str


class Met(msgspec.Struct, frozen=True):
    """Whom a message would have reached, as they were known at that moment."""

    channel: str
    address: str
    since: Instant  # when the cart began
    is_customer: bool
    has_name: bool
    language: str  # two letters

    @property
    def name(self) -> str:
        """The address as an identity's key."""
        return f"email:{self.address}" if self.channel == "email" else f"phone:{self.address}"


class Notebook:
    """Filled while a past is played. `ghosts` are in order of time."""

    def __init__(self) -> None:
        self.ghosts: list[Ghost] = []
        self.met: dict[str, Met] = {}  # by message
        self.kept: dict[str, set[str]] = {}  # "postponed.enough_today" -> the messages of which that was ever said

    def meets(self, message: str, channel: str, person: Person, cart: Cart | None, shop: Shop) -> None:
        """This message passed the gate."""
        address = person.email if channel == "email" else person.phone
        since = cart.started_at if cart else person.first_seen
        language = _two_letters(person.language or shop.language)
        self.met[message] = Met(channel, address, since, person.is_customer, bool(person.first_name), language)

    def keeps(self, message: str, answer: Answer) -> None:
        """The gate answered for this message. What ends it stands in the outbox; what only kept it back would be forgotten."""
        if isinstance(answer, Hold | Postpone):
            word = "held" if isinstance(answer, Hold) else "postponed"
            for silence in answer.reasons:
                self.kept.setdefault(f"{word}.{silence}", set()).add(message)


@lru_cache(maxsize=256)
def _two_letters(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower() or "en"


class GhostChannel:
    """Takes everything, sends nothing, writes it down."""

    settings: Sequence[Setting] = ()

    def __init__(self, name: str, notebook: Notebook) -> None:
        self.name = name
        self._notebook = notebook

    def check(self, settings: Mapping[str, object]) -> None:
        """There is nothing that could be wrong."""

    def shows(self, template: str, language: str, sources: Mapping[str, str]) -> frozenset[str]:  # noqa: ARG002
        """Nobody reads it."""
        return frozenset()

    def render(self, message: Outgoing) -> Rendered:  # noqa: ARG002
        """Nobody reads it."""
        return _NOTHING

    def deliver(self, message: Outgoing, rendered: Rendered) -> Receipt:  # noqa: ARG002
        """Write down what would have gone, and when."""
        self._notebook.ghosts.append(Ghost(message.sent_at, message.key, message.template))
        return Receipt("replay")

    def close(self) -> None:
        """There is nothing to give back."""

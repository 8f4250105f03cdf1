"""What Wraca asks of a place that holds a copy of one of the shop's audiences: an ad platform, a webhook, a file.

What goes there are hashes and nothing else. Putting somebody in who is there, or taking somebody out who is not, is no error: the
reconciler (app/reconciling.py) repeats whatever was not confirmed. The errors are those of ports/channel.py::

    Misconfigured   the merchant must act: the connection pauses, nothing is lost
    Unavailable     try again after `retry_after` seconds; also where nobody knows whether it arrived
    Refused         this batch is wrong: the reconciler halves it until it has found the wrong entries
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from wraca.ports.channel import Setting


class Reachable(msgspec.Struct, frozen=True):
    """What is known of a person in the clear: an address, and a number in E.164. It never leaves this process."""

    email: str = ""
    phone: str = ""


class AdConsent(msgspec.Struct, frozen=True):
    """What the person's record says. `personalisation` None: the record does not speak of it apart."""

    user_data: bool
    personalisation: bool | None = None


class Member(msgspec.Struct, frozen=True):
    """One person as the other side may know them: hashes (64 hexadecimal digits) by kind, "email" and "phone"."""

    identifiers: Mapping[str, str]
    consent: AdConsent = AdConsent(user_data=False)


class Batch(msgspec.Struct, frozen=True):
    """People for one audience. `key` (32 hexadecimal digits) names this batch; `number` counts from 1. `now`: Instant."""

    key: str
    audience: str
    members: tuple[Member, ...]
    now: int = 0
    number: int = 1


class Taken(msgspec.Struct, frozen=True):
    """The other side has it. `reference`: it only promised, and is to be asked under this name what became of it."""

    reference: str = ""


class AudienceSink(Protocol):
    """One kind of place. Stateless but for connections and short-lived tokens it keeps; safe to call from several threads."""

    name: str
    title: str
    settings: Sequence[Setting]
    most: int  # members of one batch
    is_file: bool  # nothing is sent anywhere: the merchant downloads it

    def check(self, settings: Mapping[str, object]) -> None:
        """Raise Misconfigured if these settings cannot work. No network."""

    def identifiers(self, person: Reachable) -> dict[str, str]:
        """The hashes by which this place knows people, by its own rules; empty: it cannot know this person. Pure."""

    def add(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Put these people in. Raises the errors above."""

    def remove(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        """Take these people out. Raises the errors above."""

    def is_done(self, settings: Mapping[str, object], reference: str, now: int) -> bool:
        """Whether what was promised under this reference is done; False: not yet. `now`: Instant. Raises the errors above."""

    def try_out(self, settings: Mapping[str, object], batch: Batch) -> None:
        """Find out whether the settings work, without changing the audience. Raises the errors above."""

    def close(self) -> None:
        """Give back connections."""

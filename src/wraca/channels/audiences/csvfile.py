"""A file for the merchant to upload by hand where Wraca knows no other way: one line a person, hashes only."""

from collections.abc import Mapping, Sequence

from wraca.channels.audiences.hashing import close_email, e164, known
from wraca.ports.audiences import Batch, Reachable, Taken
from wraca.ports.channel import Setting


class CsvAudiences:
    """Nothing is sent: whoever should be in the file is in it at once."""

    name = "csv"
    title = "CSV"
    most = 10_000
    is_file = True
    settings: Sequence[Setting] = ()

    def check(self, settings: Mapping[str, object]) -> None:
        """Always good."""

    def identifiers(self, person: Reachable) -> dict[str, str]:
        """As most platforms want it: no spaces, lower case; numbers in E.164."""
        return known(close_email(person.email), e164(person.phone))

    def add(self, settings: Mapping[str, object], batch: Batch) -> Taken:  # noqa: ARG002  (the port's signature)
        """They stand in the next download."""
        return Taken()

    def remove(self, settings: Mapping[str, object], batch: Batch) -> Taken:  # noqa: ARG002
        """They stand in no later download."""
        return Taken()

    def is_done(self, settings: Mapping[str, object], reference: str, now: int) -> bool:  # noqa: ARG002
        """At once."""
        return True

    def try_out(self, settings: Mapping[str, object], batch: Batch) -> None:
        """Nothing can fail."""

    def close(self) -> None:
        """Nothing is kept."""

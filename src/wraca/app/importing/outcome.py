"""What became of each row of a file."""

from collections import Counter
from collections.abc import Iterator

import msgspec

SHOWN = 100  # refused rows that are told one by one; all are counted


class Refused(Exception):
    """A row cannot be taken: the field at fault and what to do about it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class Unreadable(Exception):
    """The file as a whole cannot be read; nothing was taken. The text says what to do."""


class Refusal(msgspec.Struct, frozen=True):
    """`row` is the line of the file (1-based), or the position in a list."""

    row: int
    field: str
    reason: str


class Outcome(msgspec.Struct):
    """Counts while a file is read. `rows` = `taken` + `known` + `refused` at the end.

    `known` were taken in earlier and changed nothing. `ignored` are the columns that were not understood.
    """

    rows: int = 0
    taken: int = 0
    known: int = 0
    refused: int = 0
    mended: int = 0  # among the taken
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    refusals: list[Refusal] = msgspec.field(default_factory=list)
    ignored: list[str] = msgspec.field(default_factory=list)

    def refuse(self, row: int, problem: Refused) -> None:
        """Count a row that is not taken."""
        self.refused += 1
        self._tell(row, problem)

    def mend(self, row: int, problem: Refused) -> None:
        """Count a row that was taken without what is wrong with it."""
        self.mended += 1
        self._tell(row, problem)

    def _tell(self, row: int, problem: Refused) -> None:
        self.reasons[f"{problem.field}: {problem.reason}" if problem.field else problem.reason] += 1
        if len(self.refusals) < SHOWN:
            self.refusals.append(Refusal(row, problem.field, problem.reason))

    def frequent(self) -> Iterator[tuple[str, int]]:
        """The reasons, the most frequent first."""
        yield from self.reasons.most_common()

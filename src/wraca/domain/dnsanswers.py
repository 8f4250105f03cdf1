"""What DNS said, and what it has not been asked yet: rules about DNS are written on these and look nothing up themselves.

An answer is the tuple of records (empty: there is no such record), or None where DNS could not be asked.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["TXT", "MX", "A"]


class Question(NamedTuple):
    """What to ask DNS. A stands for all addresses, IPv4 and IPv6; MX answers are host names, the preferred first."""

    name: str
    kind: Kind


Answers: TypeAlias = Mapping[Question, tuple[str, ...] | None]


class Unasked(Exception):
    """DNS could not be asked this."""


class Zone:
    """The answers known so far; `open` collects the questions that were met without one."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.open: set[Question] = set()

    def ask(self, name: str, kind: Kind) -> tuple[str, ...]:
        """The records, as far as they are known. Raises Unasked."""
        question = Question(name.lower().rstrip("."), kind)
        if question not in self._answers:
            self.open.add(question)
            return ()
        answer = self._answers[question]
        if answer is None:
            raise Unasked(question.name)
        return answer

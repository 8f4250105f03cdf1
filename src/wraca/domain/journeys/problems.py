"""What is wrong with a journey file, told so that its author can mend it."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TypeAlias

import msgspec

Path: TypeAlias = tuple[str | int, ...]  # where in the file: ("steps", 2, "branch", 0, "when")


class Problem(msgspec.Struct, frozen=True):
    where: str  # "steps[2].branch[0].when"; "" for the file as a whole
    line: int  # from 1
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}, {self.where}" if self.where else f"line {self.line}"
        return f"{place}: {self.message}"


class BadPlan(ValueError):
    """The file is no plan; `problems` are all that were found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def written(path: Path) -> str:
    """("steps", 2, "wait") -> "steps[2].wait"."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A half sentence with the nearest known word, or with all of them."""
    known = list(known)
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"

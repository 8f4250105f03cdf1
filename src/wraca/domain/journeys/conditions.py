"""Conditions of a journey: CEL expressions, compiled when a plan is saved, evaluated without ever raising.

`person.orders_count > 0 && cart.total >= 5000` sees the names in NAMES and nothing else: no clock, no network, at most two loops,
so a condition can neither change its mind nor hang. What it cannot find makes it false, and the reason is kept for the "why" page.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from wraca.domain.journeys.lean_cel import cel

NAMES = ("person", "cart", "message", "offer", "reason")
LONGEST = 500  # characters
MOST_LOOPS = 2  # nested loops over a big cart multiply

FUNCTIONS = frozenset({
    "size", "contains", "startsWith", "endsWith", "matches", "int", "double", "string", "timestamp", "duration",
    "getFullYear", "getMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes",
})  # fmt: skip
_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
_WORD = re.compile(r"[A-Za-z_]\w*")
_USE = re.compile(r"\b(" + "|".join(NAMES) + r")\b(?:\s*\.\s*([A-Za-z_]\w*))?")


class _Absent:
    """Stands for a field that is not there."""


_ABSENT = _Absent()
_PLAIN = frozenset({str, int, float, bool, _Absent})
_MOST_KNOWN = 2_000  # answers kept for each condition


class BadCondition(ValueError):
    """The condition does not compile; the message says why, for the merchant."""


class Verdict(msgspec.Struct, frozen=True):
    """Whether the condition holds; `reason` says what was missing or wrong where it could not be answered."""

    holds: bool
    reason: str = ""


class Condition(msgspec.Struct, frozen=True):
    source: str
    program: cel.Program
    fields: Mapping[str, tuple[str, ...] | None]  # which of NAMES it looks at, and at which of their fields (None: may be any)
    known: dict[tuple[object, ...], Verdict] = {}  # answers given before: the same values have the same answer

    def judged(self, values: Mapping[str, object]) -> Verdict:
        """The answer for these values; anything that goes wrong is a "no" with its reason."""
        key = self._key(values)
        if key is None:
            return self._judged(values)
        if (verdict := self.known.get(key)) is None:
            if len(self.known) >= _MOST_KNOWN:
                self.known.clear()
            verdict = self.known[key] = self._judged(values)
        return verdict

    def _key(self, values: Mapping[str, object]) -> tuple[object, ...] | None:
        """What the answer depends on, where that is a few plain values; an absent one is told from every other."""
        key: list[object] = []
        for name, fields in self.fields.items():
            if fields is None:
                return None
            given = values.get(name)
            for field in fields:
                value = given.get(field, _ABSENT) if isinstance(given, dict) else given
                if type(value) not in _PLAIN:
                    return None
                key += (type(value), value)
        return tuple(key)

    def _judged(self, values: Mapping[str, object]) -> Verdict:
        try:
            answer = self.program.execute({name: _only(values.get(name, {}), fields) for name, fields in self.fields.items()})
        except LookupError as missing:
            return Verdict(holds=False, reason=f"{_field(missing)} is not known")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 -- a panic of the Rust side is no Exception, and must not stop a worker
            return Verdict(holds=False, reason=_first_line(error))
        if isinstance(answer, bool):
            return Verdict(answer)
        return Verdict(holds=False, reason=f"the answer is {answer!r}, neither true nor false")


@lru_cache(maxsize=4096)
def compiled(source: str) -> Condition:
    """The condition of this text. Raises BadCondition."""
    if len(source) > LONGEST:
        raise BadCondition(f"the condition is longer than {LONGEST} characters")
    loops = _LOOP.findall(source)
    if len(loops) > MOST_LOOPS:
        raise BadCondition(f"the condition loops more than {MOST_LOOPS} times")
    if set(loops) & set(NAMES):
        raise BadCondition(f"a loop cannot call its variable `{min(set(loops) & set(NAMES))}`, that name is taken")
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise BadCondition(f"the condition does not compile: {_syntax_error(error)}") from None
    used = [name for name in program.variables() if name not in loops]
    _refuse_unknown("name", used, NAMES)
    _refuse_unknown("function", [name for name in program.functions() if _WORD.fullmatch(name)], sorted(FUNCTIONS))
    return Condition(source, program, {name: _fields_used(source, name) for name in used})


def fields_read(sources: Iterable[str]) -> dict[str, frozenset[str] | None]:
    """Which fields of which of NAMES these conditions look at; None: may be any. Of a text that does not compile, all."""
    reads: dict[str, frozenset[str] | None] = {}
    for source in sources:
        try:
            fields = compiled(source).fields
        except BadCondition:
            fields = dict.fromkeys(NAMES)
        for name, used in fields.items():
            known = reads.get(name, frozenset())
            reads[name] = None if used is None or known is None else known | frozenset(used)
    return reads


def judged(source: str, values: Mapping[str, object]) -> Verdict:
    """Judge a condition that a checked plan holds. Never raises for the values; a text that does not compile is a "no" too."""
    try:
        return compiled(source).judged(values)
    except BadCondition as error:
        return Verdict(holds=False, reason=str(error))


def _fields_used(source: str, name: str) -> tuple[str, ...] | None:
    """The fields of this name that the text can look at; None where it uses the name otherwise, such as `size(cart)`.

    Most of the cost of an evaluation is handing the values over, and a cart is big while conditions look at its total.
    """
    fields = [field for used, field in _USE.findall(source) if used == name]
    return None if "" in fields else tuple(sorted(set(fields)))


def _only(value: object, fields: tuple[str, ...] | None) -> object:
    if fields is None or not isinstance(value, dict):
        return value
    return {field: value[field] for field in fields if field in value}


def _refuse_unknown(what: str, used: list[str], known: tuple[str, ...] | list[str]) -> None:
    unknown = [name for name in used if name not in known]
    if unknown:
        raise BadCondition(f"the condition uses the unknown {what} `{unknown[0]}`; it can use {', '.join(known)}")


def _field(missing: LookupError) -> str:
    return str(missing.args[0]) if isinstance(missing, KeyError) and missing.args else _first_line(missing)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


def _syntax_error(error: ValueError) -> str:
    """What the parser objects to, without its picture and its list of every token it knows."""
    found = re.search(r"<input>:\d+:(\d+): (?:Syntax error: )?(.*)", str(error))
    if found is None:
        return _first_line(error)
    said = found[2].partition(" expecting ")[0].replace("'<EOF>'", "its end")
    return f"{said} (at character {found[1]})"

"""A file of scenarios becomes values, or a list of everything that is wrong with it, with lines and remedies."""

import json
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from jsonschema import Draft202012Validator, FormatChecker

from wraca.domain.gate import Silence
from wraca.domain.journeys.durations import BadDuration, read_positive_duration
from wraca.domain.journeys.problems import BadPlan, Path, Problem, did_you_mean, written
from wraca.domain.journeys.shape import shape_problems
from wraca.domain.journeys.source import Source
from wraca.testing.scenarios.manners import BadManners, read_manners
from wraca.testing.scenarios.moments import BadMoment, is_moment, read_civil
from wraca.testing.scenarios.script import KINDS, Article, Doing, Expected, Scenario, ShopOf, Somebody

SCHEMA: Mapping[str, Any] = json.loads(files("wraca.testing.scenarios").joinpath("schema.json").read_text("utf-8"))

_DETAILS = {"send": "over", "skip": "because", "offer": "code", "ends": "of"}


class BadScenarios(BadPlan):
    """The file holds no scenarios; `problems` are all that were found, in the order of the file."""


class _NoZone(ValueError):
    """There is no such time zone."""


class _NoAddress(ValueError):
    """It is no e-mail address."""


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        raise _NoZone(f"`{text}` is not a time zone; write it like Europe/Warsaw") from None


def _address(text: str) -> str:
    if text.count("@") != 1 or text.startswith("@") or text.endswith("@"):
        raise _NoAddress(f"`{text}` is not an e-mail address; write `anonymous: true` for somebody who has none")
    return text


_FORMATS: Mapping[str, Callable[[str], object]] = {
    "wraca-moment": is_moment,
    "wraca-civil": read_civil,
    "wraca-wait": read_positive_duration,
    "wraca-zone": _zone,
    "wraca-email": _address,
}


def _validator() -> Draft202012Validator:
    checker = FormatChecker(formats=())
    for name, read in _FORMATS.items():

        def conforms(value: object, read: Callable[[str], object] = read) -> bool:
            return not isinstance(value, str) or read(value) is not None

        checker.checks(name, raises=(BadMoment, BadDuration, _NoZone, _NoAddress))(conforms)
    return Draft202012Validator(SCHEMA, format_checker=checker)


_VALIDATOR = _validator()


def read_scenarios(text: str) -> tuple[Scenario, ...]:
    """The scenarios of this file. Raises BadScenarios with all problems, in the order of the file."""
    try:
        source = Source(text)
    except BadPlan as bad:
        raise BadScenarios(bad.problems) from None
    problems = set(source.problems)
    found = [*shape_problems(source.content, _VALIDATOR), *_contradictions(source.content)]
    problems.update(Problem(written(path), source.line(path), message) for path, message in found)
    if problems or not isinstance(source.content, list):
        raise BadScenarios(tuple(sorted(problems, key=lambda problem: (problem.line, problem.where, problem.message))))
    return tuple(_scenario(content, source, (number,)) for number, content in enumerate(source.content))


def _contradictions(content: object) -> Iterator[tuple[Path, str]]:
    """What no schema can say. Passes over what has the wrong shape."""
    scenarios = [(number, one) for number, one in enumerate(content if isinstance(content, list) else []) if isinstance(one, dict)]
    names: set[str] = set()
    for number, scenario in scenarios:
        if isinstance(name := scenario.get("name"), str):
            if name in names:
                yield (number, "name"), f"another scenario is called `{name}` too; reports tell them apart by their names"
            names.add(name)
        try:
            read_manners(_fields(_fields(scenario, "shop"), "manners"))
        except BadManners as bad:
            yield (number, "shop", "manners"), str(bad)
        yield from _of_expectations(scenario.get("expect"), (number, "expect"))


def _of_expectations(content: object, path: Path) -> Iterator[tuple[Path, str]]:
    for number, one in enumerate(content if isinstance(content, list) else []):
        if not isinstance(one, dict):
            continue
        kinds = [kind for kind in KINDS if kind in one]
        if len(kinds) != 1:
            said = " and ".join(f"`{kind}`" for kind in kinds) or "nothing"
            yield (*path, number), f"this expects {said}; expect exactly one of {', '.join(KINDS)}"
        elif "at" not in one and kinds != ["ends"]:
            yield (*path, number), "`at` is missing: say when"
        reasons = one.get("because")
        for place, word in enumerate(reasons if isinstance(reasons, list) else []):
            if isinstance(word, str) and word not in list(Silence):
                yield (*path, number, "because", place), f"`{word}` is no reason of the gate; {did_you_mean(word, list(Silence))}"


def _fields(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _scenario(content: dict[str, Any], source: Source, path: Path) -> Scenario:
    plain = {key: content[key] for key in ("name", "begins", "held_out", "variants") if key in content}
    doings = [_doings(one, source.line((*path, "given", number))) for number, one in enumerate(content["given"])]
    expected = (_expected(one, source.line((*path, "expect", number))) for number, one in enumerate(content["expect"]))
    articles = {key: said if isinstance(said, dict) else {"price": said} for key, said in _fields(content, "catalogue").items()}
    return Scenario(
        **plain,
        given=tuple(doing for group in doings for doing in group),
        expect=tuple(expected),
        beside=tuple(content.get("beside", ())),
        shop=msgspec.convert(_fields(content, "shop"), ShopOf),
        catalogue=msgspec.convert(articles, dict[str, Article]),
        pools={pool: tuple(codes) for pool, codes in _fields(content, "pools").items()},
        person=msgspec.convert(_fields(content, "person"), Somebody),
        line=source.line(path),
    )


def _doings(content: dict[str, Any], line: int) -> list[Doing]:
    said = content["do"] if isinstance(content["do"], list) else [content["do"]]
    pairs = [(one, None) if isinstance(one, str) else next(iter(one.items())) for one in said]
    return [Doing(content["at"], what, about, line) for what, about in pairs]


def _expected(content: dict[str, Any], line: int) -> Expected:
    kind = next(kind for kind in KINDS if kind in content)
    detail = content.get(_DETAILS.get(kind, ""))
    if detail is not None:
        detail = tuple(sorted(detail)) if isinstance(detail, list) else (detail,)
    within = read_positive_duration(content["within"]) if "within" in content else 0
    return Expected(kind, content[kind], content.get("at"), detail, within, line)

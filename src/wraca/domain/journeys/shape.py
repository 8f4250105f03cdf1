"""Does the file have the shape of a journey? schema.json decides; this tells its verdict in words.

The schema is the only list of keys and kinds. Where a general sentence would not help, it carries the right one itself (`x-say`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from wraca.domain.journeys.conditions import BadCondition, compiled
from wraca.domain.journeys.durations import BadDuration, read_duration, read_positive_duration
from wraca.domain.journeys.problems import Path, did_you_mean

SCHEMA: Mapping[str, Any] = json.loads(files("wraca.domain.journeys").joinpath("schema.json").read_text("utf-8"))

STEP_KINDS = tuple(kind["required"][0] for kind in SCHEMA["$defs"]["step"]["oneOf"])
CHANNELS = tuple(key for key in SCHEMA["$defs"]["step"]["properties"]["send"]["properties"] if key != "id")

_NOUNS = {dict: "a block of keys", list: "a list", str: "a text", bool: "yes or no", int: "a whole number", float: "a number"}
_TYPES = {"object": "a block of keys", "array": "a list", "string": "a text", "integer": "a whole number"}


def _checks() -> FormatChecker:
    checker = FormatChecker(formats=())
    reads = {"wraca-wait": read_positive_duration, "wraca-span": read_duration, "wraca-condition": compiled}
    for name, read in reads.items():
        checker.checks(name, raises=(BadDuration, BadCondition))(lambda value, read=read: not isinstance(value, str) or bool(read(value) or 1))
    return checker


_VALIDATOR = Draft202012Validator(SCHEMA, format_checker=_checks())


def shape_problems(content: object) -> Iterator[tuple[Path, str]]:
    """Every place where the content departs from the schema, with a sentence about it."""
    for error in _VALIDATOR.iter_errors(content):
        for key, message in _told(error):
            path = tuple(error.absolute_path)
            yield (path if key is None else (*path, key)), message


def _told(error: ValidationError) -> Iterable[tuple[str | None, str]]:
    match error.validator:
        case "additionalProperties":
            known = list(error.schema["properties"])
            return [(key, f"`{key}` is not known here; {did_you_mean(key, known)}") for key in error.instance if key not in known]
        case "dependentRequired":
            keys = [key for key in ("opened", "clicked", "none") if key in error.instance]
            return [(key, f"`{key}` belongs to a `react_to` in the same step") for key in keys[:1]]
        case "oneOf":
            return _told_of_kinds(error.instance)
        case "required":
            missing = next(key for key in error.validator_value if f"'{key}'" in error.message)
            return [(None, f"`{missing}` is missing")]
        case _:
            return [(None, _told_of_value(error))]


def _told_of_kinds(step: object) -> Iterable[tuple[str | None, str]]:
    if not isinstance(step, dict):
        return []  # told of as a wrong type
    kinds = [kind for kind in STEP_KINDS if kind in step]
    if len(kinds) > 1:
        return [(None, f"this step holds {' and '.join(f'`{kind}`' for kind in kinds)}; begin a new step (a new dash) for each")]
    # A step whose only fault is an unknown or a stray key is told of by that key.
    return [] if step else [(None, f"this step is empty; a step is one of {', '.join(STEP_KINDS)}")]


def _told_of_value(error: ValidationError) -> str:
    value, limit = error.instance, error.validator_value
    if error.validator == "format":
        return str(error.cause)
    if "x-say" in error.schema:
        return f"{_shown(value)} {error.schema['x-say']}"
    match error.validator:
        case "type":
            return f"this should be {_TYPES[limit]}, but it is {_NOUNS.get(type(value), 'empty')}"
        case "enum":
            return f"{_shown(value)} is not known here; {did_you_mean(str(value), map(str, limit))}"
        case "minItems":
            return "this list is empty; it needs at least one entry"
        case "minimum" | "maximum":
            return f"{value} is out of range; use {error.schema['minimum']} to {error.schema['maximum']}"
        case "uniqueItems":
            return "something stands in this list twice"
        case "maxLength":
            return f"this is longer than {limit} characters"
        case _:
            return error.message


def _shown(value: object) -> str:
    return "an empty value" if value is None else f"`{json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value}`"

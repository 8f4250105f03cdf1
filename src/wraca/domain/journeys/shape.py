"""Does the file have the shape of a journey? schema.json decides; this tells its verdict in words.

The schema is the only list of keys and kinds. Where a general sentence would not help, it carries the right one itself (`x-say`).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from wraca.domain.journeys.conditions import BadCondition, compiled
from wraca.domain.journeys.durations import BadDuration, read_duration, read_positive_duration
from wraca.domain.journeys.problems import Path, did_you_mean

SCHEMA: Mapping[str, Any] = json.loads(files("wraca.domain.journeys").joinpath("schema.json").read_text("utf-8"))

STEP_KINDS = tuple(kind["required"][0] for kind in SCHEMA["$defs"]["step"]["oneOf"])

_NOUNS = {dict: "a block of keys", list: "a list", str: "a text", bool: "yes or no", int: "a whole number", float: "a number"}
_TYPES = {"object": "a block of keys", "array": "a list", "string": "a text", "integer": "a whole number", "number": "a number"}


def _type(limit: str | list[str]) -> str:
    return _TYPES[limit if isinstance(limit, str) else limit[0]]


_FORMATS: Mapping[str, Callable[[str], object]] = {
    "wraca-wait": read_positive_duration,
    "wraca-span": read_duration,
    "wraca-condition": compiled,
}

# What to say of a value that broke a rule of the schema: (the value, the rule's limit, the schema around it) -> a sentence.
_SENTENCES: Mapping[str, Callable[[Any, Any, Mapping[str, Any]], str]] = {
    "type": lambda value, limit, _: f"this should be {_type(limit)}, but it is {_NOUNS.get(type(value), 'empty')}",
    "enum": lambda value, limit, _: f"{_shown(value)} is not known here; {did_you_mean(str(value), map(str, limit))}",
    "minItems": lambda value, limit, _: (
        f"this list is too short; it needs at least {limit} entries" if value else "this list is empty; it needs at least one entry"
    ),
    "maxItems": lambda _, limit, __: f"this list is longer than {limit} entries",
    "minLength": lambda *_: "this text is empty",
    "minProperties": lambda _, limit, schema: f"at least {limit} of these must be said: {', '.join(schema['properties'])}",
    "minimum": lambda value, _, schema: f"{value} is out of range; use {schema['minimum']} to {schema['maximum']}",
    "maximum": lambda value, _, schema: f"{value} is out of range; use {schema['minimum']} to {schema['maximum']}",
    "uniqueItems": lambda *_: "something stands in this list twice",
    "maxLength": lambda _, limit, __: f"this is longer than {limit} characters",
}


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, read in _FORMATS.items():

        def conforms(value: object, read: Callable[[str], object] = read) -> bool:
            return not isinstance(value, str) or read(value) is not None

        checker.checks(name, raises=(BadDuration, BadCondition))(conforms)
    return checker


_VALIDATOR = Draft202012Validator(SCHEMA, format_checker=_checker())


def shape_problems(content: object, validator: Draft202012Validator = _VALIDATOR) -> Iterator[tuple[Path, str]]:
    """Every place where the content departs from the schema (a journey's, or another one), with a sentence about it."""
    for error in validator.iter_errors(content):
        for key, message in _told(error):
            path = tuple(error.absolute_path)
            yield (path if key is None else (*path, key)), message


def _told(error: ValidationError) -> Iterable[tuple[str | None, str]]:
    """Sentences, each with the key it is about where that is not the place of the error itself."""
    content: Any = error.instance
    schema: Any = error.schema
    limit: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            known = list(schema["properties"])
            return [(key, f"`{key}` is not known here; {did_you_mean(key, known)}") for key in content if key not in known]
        case "dependentRequired":
            return list(islice(_lonely(content, limit), 1))
        case "oneOf":
            return _told_of_kinds(content)
        case "required":
            missing = next(key for key in limit if f"'{key}'" in error.message)
            return [(None, f"`{missing}` is missing")]
        case "format":
            return [(None, str(error.cause))]
        case _ if "x-say" in schema:
            return [(None, f"{_shown(content)} {schema['x-say']}")]
        case rule:
            return [(None, _SENTENCES[str(rule)](content, limit, schema))]


def _lonely(content: Mapping[str, object], needs: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    for key, (needed, *_) in needs.items():
        if key in content and needed not in content:
            place = " in the same step" if needed in STEP_KINDS else ""
            yield key, f"`{key}` belongs to a `{needed}`{place}"


def _told_of_kinds(step: object) -> Iterable[tuple[str | None, str]]:
    if not isinstance(step, dict):
        return []  # told of as a wrong type
    kinds = [kind for kind in STEP_KINDS if kind in step]
    if len(kinds) > 1:
        return [(None, f"this step holds {' and '.join(f'`{kind}`' for kind in kinds)}; begin a new step (a new dash) for each")]
    # A step whose only fault is an unknown or a stray key is told of by that key.
    return [] if step else [(None, f"this step is empty; a step is one of {', '.join(STEP_KINDS)}")]


def _shown(value: object) -> str:
    if value is None:
        return "an empty value"
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"

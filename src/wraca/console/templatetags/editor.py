"""Filters of the editor's templates."""

from collections.abc import Mapping, Sequence

from django import template

from wraca.console.editing.conditions import Row
from wraca.console.editing.fields import condition

register = template.Library()


@register.filter
def at(found: Mapping[str, tuple[str, ...]] | None, name: str) -> tuple[str, ...]:
    """What is wrong with the field of this name."""
    return found.get(name, ()) if found else ()


@register.filter
def and_one_more(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows and an empty one to go on with."""
    return (*rows, Row("", "=="))


@register.filter
def suggested(what: str) -> str:
    """The name of the list of values that make sense for this question."""
    return "message.reaction" if what.startswith("message.") else what


@register.filter
def end_of(path: str, nodes: Sequence[object]) -> str:
    """The path of a step put behind all of these."""
    return f"{path}.{len(nodes)}"


@register.filter
def is_first(path: str) -> bool:
    return path.endswith(".0")


register.filter("condition", condition)

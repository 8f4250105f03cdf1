"""Filters of the pages on which messages are made."""

from django import template

from wraca.channels.email.drawing import LANGUAGES

register = template.Library()


@register.filter
def message_language(language: str) -> str:
    """The language in which a message of this shop is opened: its own where we have words in it."""
    return language if language in LANGUAGES else "en"


@register.filter
def and_one_empty(pairs: list[list[str]]) -> list[list[str]]:
    """The pairs and an empty one to go on with."""
    return [*pairs, ["", ""]]


@register.filter
def is_among(number: int, numbers: str) -> bool:
    return str(number) in numbers.split()

"""Does a single step make sense? What its schema cannot say, because it is about several keys at once."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from wraca.domain.journeys.problems import Path

CHANNELS = ("email", "sms", "webpush", "onsite", "chat")
_BENEFITS = ("percent", "amount", "free_shipping", "gift")
_SOURCES = ("pool", "code")


def detail_problems(step: Mapping[str, Any], path: Path, journey: str) -> Iterator[tuple[Path, str]]:
    """Contradictions inside this step; a key of the wrong shape is told of elsewhere."""
    for kind, check in _CHECKS.items():
        if isinstance(fields := step.get(kind), dict | list):
            yield from check(fields, (*path, kind))
    if step.get("goto_journey") == journey:
        yield (*path, "goto_journey"), "a journey cannot go on in itself; use `reentry` to let people begin it again"


def _one_channel(fields: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    named = [name for name in CHANNELS if name in fields]
    if not named:
        yield path, f"say over which channel, and with which template: {', '.join(CHANNELS)}"
    elif len(named) > 1:
        yield path, f"this names {' and '.join(named)}; make it two steps, or a `best_channel`"


def _several_channels(fields: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    if len([name for name in CHANNELS if name in fields]) == 1:
        yield path, "a choice needs at least two channels; use `send` for one"


def _shares(arms: list[Any], path: Path) -> Iterator[tuple[Path, str]]:
    try:
        shares = [Decimal(str(arm["share"]).removesuffix("%")) for arm in arms]
    except (TypeError, KeyError, InvalidOperation):
        return  # told of by the schema
    if (total := sum(shares, Decimal(0))) != 100:
        yield path, f"the shares make {total.normalize():f}%; they should make 100%"
    names = [arm.get("name") for arm in arms if isinstance(arm.get("name"), str)]
    if len(set(names)) < len(names):
        yield path, "two variants have the same name"


def _wait(fields: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    if "until" in fields and "for" in fields:
        yield path, "wait either `until` a time or `for` something that happens; make it two steps"


def _offer(fields: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    for names, what in ((_BENEFITS, "what is offered"), (_SOURCES, "where the code comes from")):
        named = [name for name in names if name in fields]
        if not named:
            yield path, f"say {what}: {', '.join(names)}"
        elif len(named) > 1:
            yield path, f"this says {' and '.join(named)}; say {what} once"


_CHECKS: Mapping[str, Callable[[Any, Path], Iterator[tuple[Path, str]]]] = {
    "send": _one_channel,
    "ask_reason": _one_channel,
    "best_channel": _several_channels,
    "split": _shares,
    "wait": _wait,
    "offer": _offer,
}

"""Liquid without a way out: merchants' templates run here.

No files, no environment, no other template, no clock. Loops, output, local names, nesting and the number of look-ups are bounded,
so that the worst template costs one message and never the worker (trust X40-X42).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, wraps
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency
from liquid import BoundTemplate, Environment, Mode, RenderContext
from liquid.exceptions import FilterArgumentError, LiquidError, LoopIterationLimitError
from liquid.filter import with_context

from wraca.domain.money import Money, major_units
from wraca.ports.channel import TemplateProblem
from wraca.templating.salutation import vocative

SOURCE_LIMIT = 200_000  # characters of one template
VALUE_LIMIT = 100_000  # characters of one value inside a template
LOOKUP_LIMIT = 100_000  # look-ups and filter calls in one rendering

# The reader looks for the end of these from every beginning anew: a page of open braces takes it half an hour.
_RAW = re.compile(r"\{%-?\s*raw")
_MOST_RAW = 50

# What could leave the sandbox, defeat escaping, or grow exponentially when chained.
_WITHHELD_TAGS = ("include", "render")
_WITHHELD_FILTERS = (
    "safe", "escapejs", "url_decode", "base64_encode", "base64_decode", "base64_url_safe_encode", "base64_url_safe_decode",
)  # fmt: skip


def _too_much() -> LoopIterationLimitError:
    return LoopIterationLimitError("the template does too much work", token=None)


class _CountingContext(RenderContext):
    """Counts look-ups: time is bounded by work done, which a test can repeat, not by the clock."""

    lookups = 0

    def spend(self) -> None:
        self.lookups += 1
        if self.lookups > LOOKUP_LIMIT:
            raise _too_much()

    def get(self, path: list[object], *, token: Any, default: object = ...) -> object:
        self.lookups += 1  # as `spend` does, without the call: this runs hundreds of times for one message
        if self.lookups > LOOKUP_LIMIT:
            raise _too_much()
        if default is ...:
            return RenderContext.get(self, path, token=token)
        return RenderContext.get(self, path, token=token, default=default)


class _Template(BoundTemplate):
    context_class = _CountingContext


class _Sandbox(Environment):
    template_class = _Template
    block_nesting_limit = 20
    context_depth_limit = 20
    loop_iteration_limit = 2_000
    local_namespace_limit = 100_000
    output_stream_limit = 400_000


def _size(value: object) -> int:
    """How much this value would take when written out; enough to stop a bomb before it is built."""
    if isinstance(value, (str, range)):
        return len(value)
    if isinstance(value, (list, tuple)):
        return sum(len(item) if isinstance(item, str) else 1 for item in value)
    return value.bit_length() // 3 if isinstance(value, int) else 0


def _bounded(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """The same filter, refusing values that are, or would become, too large."""
    needs_context = getattr(act, "with_context", False)

    @with_context
    @wraps(act)
    def bounded(value: Any, *args: Any, context: _CountingContext, **kwargs: Any) -> Any:
        context.spend()
        expected = _size(value) + (sum(_size(arg) for arg in args) if args else 0)
        if name in ("replace", "join") and args:
            # These two multiply: every letter may turn into the whole argument.
            expected = (_size(value) + 1) * (_size(args[-1]) + 1)
            expected = expected if expected <= VALUE_LIMIT else _exact(name, value, args)
        if expected > VALUE_LIMIT:
            raise FilterArgumentError(f"{name}: the value is too large", token=None)
        return act(value, *args, context=context, **kwargs) if needs_context else act(value, *args, **kwargs)

    return bounded


def _exact(name: str, value: Any, args: tuple[Any, ...]) -> int:
    """The size of what `replace` or `join` would return."""
    glue = len(str(args[-1]))
    if name == "join":
        return _size(value) + glue * (len(value) if isinstance(value, (list, tuple, range)) else 1)
    text = str(value)
    return len(text) + text.count(str(args[0])) * glue


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """The Babel locale of a language tag ("pl", "en-GB"); English where it is unknown."""
    for tag in (language.replace("-", "_"), language[:2]):
        try:
            return Locale.parse(tag)
        except (ValueError, UnknownLocaleError):
            continue
    return Locale.parse("en")


@lru_cache(maxsize=65_536)
def format_money(minor: int, currency: str, language: str) -> str:
    """1999, "PLN", "pl" -> "19,99 zł"."""
    return format_currency(major_units(Money(minor, currency)), currency, locale=locale_of(language))


def _language(context: RenderContext) -> str:
    return str(context.resolve("language"))


@with_context
def _money(minor: object, currency: object = "", *, context: RenderContext) -> str:
    """{{ line.price | money }}: an amount in minor units, in the cart's currency unless another is named. Nothing for nothing."""
    if isinstance(minor, bool) or not isinstance(minor, int):
        return ""
    code = str(currency or context.get(["cart", "currency"], token=None) or "")
    return format_money(minor, code, _language(context)) if code else ""


@with_context
def _plural(count: object, *, context: RenderContext, **forms: object) -> object:
    """{{ cart.count | plural: one: "product", other: "products" }}: the form this language uses for this number."""
    number = count if isinstance(count, int) else 0
    return forms.get(locale_of(_language(context)).plural_form(number), forms.get("other", ""))


def _gendered(gender: object, **forms: object) -> object:
    """{{ person.gender | gendered: f: "przyszłaś", m: "przyszedłeś", other: "jesteś" }}: `other` where we may not know."""
    usual = forms.get("other", "")
    return forms.get(gender, usual) if isinstance(gender, str) else usual


@with_context
def _vocative(name: object, *, context: RenderContext) -> str:
    """{{ person.first_name | vocative }}: how a letter calls them, in the message's language; nothing where we are not sure."""
    gender = context.get(["person", "gender"], token=None)
    return vocative(str(name), _language(context), str(gender or "")) if isinstance(name, str) and name else ""


def _moment(instant: object, context: RenderContext) -> datetime | None:
    if isinstance(instant, bool) or not isinstance(instant, int):
        return None
    name = str(context.get(["person", "timezone"], token=None) or context.get(["shop", "timezone"], token=None) or "UTC")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return datetime.fromtimestamp(instant / 1000, UTC).astimezone(zone)


@with_context
def _date(instant: object, *, context: RenderContext) -> str:
    """{{ offer.expires | date }}: the day of an instant (milliseconds UTC) in the person's zone, written out."""
    moment = _moment(instant, context)
    return format_date(moment, "long", locale=locale_of(_language(context))) if moment else ""


@with_context
def _time(instant: object, *, context: RenderContext) -> str:
    """{{ offer.expires | time }}: the hour in the person's zone; the zone is named where it is not known to be theirs."""
    moment = _moment(instant, context)
    if moment is None:
        return ""
    text = format_time(moment, "short", locale=locale_of(_language(context)))
    return text if context.get(["person", "timezone"], token=None) else f"{text} {moment.tzname() or ''}".strip()


def _sandbox(*, autoescape: bool) -> Environment:
    env = _Sandbox(tolerance=Mode.STRICT, strict_filters=True, autoescape=autoescape)
    for tag in _WITHHELD_TAGS:
        del env.tags[tag]
    for filter_name in _WITHHELD_FILTERS:
        del env.filters[filter_name]
    env.filters |= {"money": _money, "plural": _plural, "date": _date, "time": _time}
    env.filters |= {"gendered": _gendered, "vocative": _vocative}
    env.filters = {name: _bounded(name, act) for name, act in env.filters.items()}
    return env


HTML = _sandbox(autoescape=True)
TEXT = _sandbox(autoescape=False)


def problem_of(error: Exception) -> TemplateProblem:
    """Say what is wrong with a template, and where, in one line."""
    if isinstance(error, LiquidError):
        context = error.context()
        return TemplateProblem(str(error.message or "the template is broken"), context[0] if context else 0)
    return TemplateProblem(f"the template cannot be rendered ({type(error).__name__})")


def compile_liquid(source: str, env: Environment) -> BoundTemplate:
    """Read a Liquid source once. Raises TemplateProblem."""
    if len(source) > SOURCE_LIMIT:
        raise TemplateProblem(f"the template is longer than {SOURCE_LIMIT} characters")
    if (braces := source.find("{{{{")) >= 0:
        raise TemplateProblem("four braces in a row mean nothing", source.count("\n", 0, braces) + 1)
    if len(_RAW.findall(source)) > _MOST_RAW:
        raise TemplateProblem(f"more than {_MOST_RAW} raw tags in one template")
    try:
        return env.from_string(source)
    except (LiquidError, RecursionError) as error:
        raise problem_of(error) from error


def run_liquid(template: BoundTemplate, view: dict[str, object]) -> str:
    """Fill a template. Raises TemplateProblem whatever goes wrong: a template can fail in more ways than Liquid names."""
    try:
        return template.render(view)
    except Exception as error:
        raise problem_of(error) from error

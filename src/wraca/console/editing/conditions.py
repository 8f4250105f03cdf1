"""Conditions as rows of (what, comparison, value), joined by and or by or; and back into CEL.

Only what these rows can say is taken apart. Any other condition stays the text that it is.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Literal, NoReturn

import msgspec

Join = Literal["&&", "||"]

# What can be asked: the kind of value decides which comparisons make sense.
FIELDS: dict[str, str] = {
    "person.orders_count": "number",
    "person.is_customer": "flag",
    "person.first_name": "text",
    "person.gender": "text",
    "person.language": "text",
    "person.country": "text",
    "person.has_email": "flag",
    "person.has_phone": "flag",
    "person.audiences": "list",
    "cart.stage": "text",
    "cart.currency": "text",
    "cart.count": "number",
    "cart.products": "list",
    "cart.categories": "list",
    "cart.coupon": "text",
    "cart.shipping_method": "text",
    "cart.payment_method": "text",
    "cart.payment_failed": "flag",
    "cart.total": "number",
    "offer.given": "flag",
    "offer.code": "text",
    "offer.kind": "text",
    "offer.value": "number",
    "offer.step": "text",
    "reason.answered": "flag",
    "reason.answer": "text",
    "reason.text": "text",
}
MESSAGE_FIELDS = {"sent": "flag", "opened": "flag", "clicked": "flag", "reaction": "text"}
COMPARISONS: dict[str, tuple[str, ...]] = {
    "number": (">", ">=", "<", "<=", "==", "!=", "known", "unknown"),
    "text": ("==", "!=", "contains", "omits", "known", "unknown"),
    "list": ("has", "lacks"),
    "flag": ("yes", "no"),
}
VALUELESS = ("yes", "no", "known", "unknown")

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'[^'\\]*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<word>[A-Za-z_]\w*)"""
    r"""|(?P<sign>&&|\|\||==|!=|>=|<=|[!<>().\[\]]))"""
)


class Row(msgspec.Struct, frozen=True):
    """`what` is a name of FIELDS or message.<id>.<field>; `how` one of COMPARISONS; `value` as a person types it."""

    what: str
    how: str
    value: str = ""


class Rows(msgspec.Struct, frozen=True):
    rows: tuple[Row, ...]
    join: Join = "&&"


def kind_of_field(what: str) -> str:
    """One of the keys of COMPARISONS; empty for what nobody knows."""
    if what.startswith("message."):
        return MESSAGE_FIELDS.get(what.rpartition(".")[2], "")
    return FIELDS.get(what, "")


def taken_apart(text: str) -> Rows | None:
    """The rows that say the same as this CEL text; None where rows cannot say it."""
    if not text.strip():
        return Rows(())
    try:
        return _Reader(text).rows()
    except _Elsewise:
        return None


def put_together(rows: Rows) -> str:
    """CEL. A row about nothing is left out; a comparison that does not fit the value becomes the first that does."""
    return f" {rows.join} ".join(_term(row) for row in rows.rows if kind_of_field(row.what))


def _term(row: Row) -> str:
    kind = kind_of_field(row.what)
    how = row.how if row.how in COMPARISONS[kind] else COMPARISONS[kind][0]
    what = _written_field(row.what)
    value = _number(row.value) if kind == "number" else json.dumps(row.value, ensure_ascii=False)
    written = {
        "yes": what,
        "no": f"!{what}",
        "known": f"has({what})",
        "unknown": f"!has({what})",
        "has": f"{value} in {what}",
        "lacks": f"!({value} in {what})",
        "contains": f"{what}.contains({value})",
        "omits": f"!{what}.contains({value})",
    }
    return written.get(how, f"{what} {how} {value}")


def _written_field(what: str) -> str:
    if not what.startswith("message."):
        return what
    name, _dot, field = what.removeprefix("message.").rpartition(".")
    is_plain = re.fullmatch(r"[A-Za-z_]\w*", name) and name not in {"in", "true", "false", "null"}
    return f"message.{name}.{field}" if is_plain else f'message["{name}"].{field}'


def _number(text: str) -> str:
    text = text.strip().replace(",", ".")
    return text if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text, re.ASCII) else "0"


class _Elsewise(ValueError):
    """The condition says something that rows cannot say."""


class _Reader:
    """Reads terms from left to right; there is no nesting, so a position is all that it remembers."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0

    def rows(self) -> Rows:
        rows, joins = [self._row()], set()
        while not self._is_over():
            joins.add(self._take("&&", "||"))
            rows.append(self._row())
        if len(joins) > 1:
            raise _Elsewise
        return Rows(tuple(rows), "||" if joins == {"||"} else "&&")

    def _row(self) -> Row:
        is_no = self._skips("!")
        if is_no and self._skips("("):
            value, what = self._text(), self._in()
            self._take(")")
            return _fitting(Row(what, "lacks", value))
        if self._peek().startswith(('"', "'")):
            value = self._text()
            return self._positive(is_no, Row(self._in(), "has", value))
        if self._peek() == "has":
            self._take("has")
            self._take("(")
            what = self._field()
            self._take(")")
            return Row(what, "unknown" if is_no else "known") if kind_of_field(what) in {"number", "text"} else self._stop()
        what = self._field(may_call=True)
        if self._skips("contains"):
            self._take("(")
            value = self._text()
            self._take(")")
            return _fitting(Row(what, "omits" if is_no else "contains", value))
        return self._compared(what, is_no=is_no)

    def _compared(self, what: str, *, is_no: bool) -> Row:
        if kind_of_field(what) == "flag":
            return Row(what, "no" if is_no else "yes")
        how = self._take("==", "!=", ">", ">=", "<", "<=")
        value = self._value() if kind_of_field(what) == "number" else self._text()
        return self._positive(is_no, Row(what, how, value))

    def _positive(self, is_no: bool, row: Row) -> Row:  # noqa: FBT001
        return self._stop() if is_no else _fitting(row)

    def _in(self) -> str:
        self._take("in")
        return self._field()

    def _field(self, *, may_call: bool = False) -> str:
        """A dotted name, `message["an-id"].opened` included; stops before `.contains`."""
        parts = [self._word()]
        while not self._is_over() and self._peek() in {".", "["}:
            if self._take(".", "[") == "[":
                parts.append(self._text())
                self._take("]")
            elif may_call and self._peek() == "contains":
                break
            else:
                parts.append(self._word())
        what = ".".join(parts)
        return what if kind_of_field(what) else self._stop()

    def _word(self) -> str:
        word = self._take()
        return word if re.fullmatch(r"[A-Za-z_]\w*", word) else self._stop()

    def _text(self) -> str:
        token = self._take()
        if token.startswith("'"):
            return token[1:-1]
        try:
            return str(json.loads(token)) if token.startswith('"') else self._stop()
        except ValueError:
            return self._stop()

    def _value(self) -> str:
        token = self._take()
        return token if re.fullmatch(r"-?\d+(\.\d+)?", token) else self._stop()

    def _peek(self) -> str:
        return self._tokens[self._next] if not self._is_over() else ""

    def _is_over(self) -> bool:
        return self._next >= len(self._tokens)

    def _skips(self, token: str) -> bool:
        found = self._peek() == token
        self._next += found
        return found

    def _take(self, *wanted: str) -> str:
        token = self._peek()
        if not token or (wanted and token not in wanted):
            raise _Elsewise
        self._next += 1
        return token

    def _stop(self) -> NoReturn:
        raise _Elsewise


def _tokens(text: str) -> Iterator[str]:
    start = 0
    text = text.rstrip()
    while start < len(text):
        found = _TOKEN.match(text, start)
        if found is None:
            raise _Elsewise
        yield found[0].strip()
        start = found.end()


def _fitting(row: Row) -> Row:
    if row.how not in COMPARISONS.get(kind_of_field(row.what), ()):
        raise _Elsewise
    return row


def fields_for(message_ids: Iterable[str]) -> tuple[str, ...]:
    """Everything that a condition of a journey with these messages can ask."""
    return (*FIELDS, *(f"message.{name}.{field}" for name in message_ids for field in MESSAGE_FIELDS))

"""What somebody wrote into the form of a step, as the content of that step. Nothing is judged here: reading.py does that.

The names are those of fields.py. Steps inside a fork, and keys that no form shows, stay as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from django.http import QueryDict

from wraca.console.editing.conditions import Join, Row, Rows, put_together, taken_apart
from wraca.console.editing.fields import CHANNELS
from wraca.console.editing.journeyfields import TRIGGERS
from wraca.console.editing.places import kind_of

_Step: TypeAlias = dict[str, Any]
_SECTIONS = ("about", "priority", "filters", "reentry", "exit_on", "holdout", "min_gap", "lost_after")  # in the order of a file


def step_said(step: _Step, said: QueryDict) -> _Step:
    """The step with the form's answers in it."""
    make = _READERS.get(kind_of(step))
    return make(step, said) if make else step


def _text(said: QueryDict, name: str) -> str:
    return said.get(name, "").strip()[:1000]


def _kept(**values: object) -> _Step:
    """Only what was answered."""
    return {key: value for key, value in values.items() if value not in ("", None, [])}


def duration_said(said: QueryDict, name: str) -> str:
    """The number and its unit; whatever else was typed as it is, so that its problem is told."""
    number, unit = _text(said, name), _text(said, f"{name}:unit")
    return f"{number}{unit}" if number.isdigit() else number


def number_said(said: QueryDict, name: str) -> int | float | str:
    text = _text(said, name).replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and "e" not in text.lower() else number if abs(number) < 10**12 else text


def share_said(said: QueryDict, name: str) -> str:
    text = _text(said, name).replace(",", ".").removesuffix("%").strip()
    return f"{text}%" if text else ""


def condition_said(said: QueryDict, name: str, was: str) -> str:
    """The condition that a builder holds: the side that was touched last wins, where nobody says which, whatever is new."""
    text, rows = said.get(f"{name}.text", was).strip(), _rows_said(said, name)
    side = said.get(f"{name}.side", "")
    if rows is None or side == "text" or (side != "rows" and text != was.strip()):
        return text
    before = taken_apart(was)
    return was if before == rows else put_together(rows)


def _rows_said(said: QueryDict, name: str) -> Rows | None:
    if f"{name}.what" not in said:
        return None
    columns = (said.getlist(f"{name}.what"), said.getlist(f"{name}.how"), said.getlist(f"{name}.value"))
    rows = tuple(Row(*each) for each in zip(*columns, strict=False) if each[0])
    join: Join = "||" if said.get(f"{name}.join") == "||" and len(rows) > 1 else "&&"
    tidy = taken_apart(put_together(Rows(rows, join)))
    return tidy if tidy is not None else Rows(rows, join)


# --- steps --------------------------------------------------------------------------------------------------------------------


def _channel_said(said: QueryDict, at: str) -> dict[str, str]:
    channel = _text(said, f"{at}:key")
    return {channel: _text(said, f"{at}.{channel}")} if channel in CHANNELS else {}


def _send(_old: _Step, said: QueryDict) -> _Step:
    return {"send": {**_kept(id=_text(said, "send.id")), **_channel_said(said, "send")}}


def _chat(_old: _Step, said: QueryDict) -> _Step:
    return {"chat": _text(said, "chat")}


def _best_channel(_old: _Step, said: QueryDict) -> _Step:
    ranks = {name: _text(said, f"best_channel:{name}") for name in CHANNELS}
    order = sorted((int(rank), name) for name, rank in ranks.items() if rank.isdigit() and int(rank))
    chosen = {name: _text(said, f"best_channel.{name}") for _rank, name in order}
    return {"best_channel": {**_kept(id=_text(said, "best_channel.id")), **chosen}}


def _ask_reason(_old: _Step, said: QueryDict) -> _Step:
    fields = {**_kept(id=_text(said, "ask_reason.id")), **_channel_said(said, "ask_reason")}
    return {"ask_reason": {**fields, **_kept(wait=duration_said(said, "ask_reason.wait"))}}


def _wait(_old: _Step, said: QueryDict) -> _Step:
    match said.get("wait:key"):
        case "until":
            return {"wait": {"until": _text(said, "wait.until"), **_kept(days=said.getlist("wait.days"))}}
        case "for":
            event = _text(said, "wait.for") or _text(said, "wait.for.own")
            return {"wait": {"for": event, "at_most": duration_said(said, "wait.at_most")}}
        case _:
            return {"wait": duration_said(said, "wait")}


def _branch(old: _Step, said: QueryDict) -> _Step:
    arms = [
        {"when": condition_said(said, f"branch.{number}.when", str(arm["when"])), **{k: v for k, v in arm.items() if k != "when"}}
        if "when" in arm
        else arm
        for number, arm in enumerate(old["branch"])
    ]
    return {"branch": arms}


def _split(old: _Step, said: QueryDict) -> _Step:
    arms = [
        {
            "share": share_said(said, f"split.{number}.share"),
            **_kept(name=_text(said, f"split.{number}.name")),
            "steps": arm.get("steps", []),
        }
        for number, arm in enumerate(old["split"])
    ]
    return {"split": arms, **_kept(id=_text(said, "id"))}


def _react_to(old: _Step, said: QueryDict) -> _Step:
    step: _Step = {"react_to": _text(said, "react_to")}
    for name in ("clicked", "opened", "none"):
        if name in said:
            before = old.get(name)
            steps = before.get("steps", []) if isinstance(before, dict) else []
            step[name] = {"after": duration_said(said, f"{name}.after"), "steps": steps}
    return step


def _offer(_old: _Step, said: QueryDict) -> _Step:
    key, source = _text(said, "offer:key"), _text(said, "offer.from:key")
    values: dict[str, Callable[[], object]] = {
        "percent": lambda: number_said(said, "offer.percent"),
        "amount": lambda: number_said(said, "offer.amount"),
        "free_shipping": lambda: True,
        "gift": lambda: _text(said, "offer.gift"),
    }
    return {
        "offer": {
            **_kept(id=_text(said, "offer.id")),
            **({key: values[key]()} if key in values else {}),
            **({source: _text(said, f"offer.{source}")} if source in {"pool", "code"} else {}),
            **_kept(expires=duration_said(said, "offer.expires"), min_cart=number_said(said, "offer.min_cart")),
        }
    }


def _audience(_old: _Step, said: QueryDict) -> _Step:
    key = "leave" if _text(said, "audience:key") == "leave" else "join"
    return {"audience": {key: _text(said, f"audience.{key}")}}


def _notify_team(_old: _Step, said: QueryDict) -> _Step:
    return {"notify_team": _text(said, "notify_team")}


def _goto_journey(_old: _Step, said: QueryDict) -> _Step:
    return {"goto_journey": _text(said, "goto_journey")}


_READERS: dict[str, Callable[[_Step, QueryDict], _Step]] = {
    "send": _send,
    "chat": _chat,
    "best_channel": _best_channel,
    "ask_reason": _ask_reason,
    "wait": _wait,
    "branch": _branch,
    "split": _split,
    "react_to": _react_to,
    "offer": _offer,
    "audience": _audience,
    "notify_team": _notify_team,
    "goto_journey": _goto_journey,
}


# --- the journey itself -------------------------------------------------------------------------------------------------------


def journey_said(content: Mapping[str, Any], said: QueryDict) -> _Step:
    """The journey's own keys with the form's answers; its name and its steps stay."""
    before = [str(each) for each in content.get("filters") or ()]
    written = [condition_said(said, f"filters.{number}", each) for number, each in enumerate([*before, ""])]
    answers: _Step = {
        "about": _text(said, "about"),
        "priority": number_said(said, "priority"),
        "filters": [each for each in written if each],
        "reentry": duration_said(said, "reentry"),
        "exit_on": said.getlist("exit_on"),
        "holdout": share_said(said, "holdout"),
        "min_gap": duration_said(said, "min_gap"),
        "lost_after": duration_said(said, "lost_after"),
    }
    usual: _Step = {"about": "", "priority": 50, "filters": [], "reentry": "24h", "exit_on": ["order_placed", "cart_emptied"],
                    "holdout": "10%", "min_gap": "6h", "lost_after": "14d"}  # fmt: skip
    told = {key: answers[key] for key in _SECTIONS if key in content or answers[key] != usual[key]}
    if not told.get("about", "x"):
        del told["about"]
    return {"journey": content.get("journey", ""), "trigger": _trigger(said), **told}


def _trigger(said: QueryDict) -> _Step:
    key = _text(said, "trigger:key")
    at = f"trigger.{key}"
    fields: dict[str, Callable[[], _Step]] = {
        "cart_abandoned": lambda: {
            "idle": duration_said(said, f"{at}.idle"),
            **_kept(idle_at_payment=duration_said(said, f"{at}.idle_at_payment"), stages=said.getlist(f"{at}.stages")),
        },
        "checkout_abandoned": lambda: {"idle": duration_said(said, f"{at}.idle")},
        "payment_abandoned": lambda: {
            "idle": duration_said(said, f"{at}.idle"),
            **_kept(idle_if_failed=duration_said(said, f"{at}.idle_if_failed")),
        },
        "cart_kept": lambda: {"after": duration_said(said, f"{at}.after")},
        "browse_abandoned": lambda: {"idle": duration_said(said, f"{at}.idle"), **_kept(views=number_said(said, f"{at}.views"))},
        "price_dropped": lambda: _kept(by=share_said(said, f"{at}.by")),
        "low_stock": lambda: {"below": number_said(said, f"{at}.below")},
        "audience_joined": lambda: {"audience": _text(said, f"{at}.audience")},
    }
    return {key: fields[key]() if key in fields else {}} if key in TRIGGERS else {}

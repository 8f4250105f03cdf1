"""Why a message went or did not go, in words that can be checked: one sentence per rule of the engine and reason of the gate."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wraca.console import formats, words
from wraca.console.why_steps import STEP_RULES, waited_until, waits_for
from wraca.domain.journeys.run import Decision

_Seen = Mapping[str, Any]


def explain(decision: Decision, *, held_out: bool = False) -> str:
    """One decision of the engine as a sentence, with the values it saw. To the comparison group nothing really goes out."""
    if held_out and decision.rule == "settled" and decision.seen.get("was_sent"):
        seen = decision.seen
        return _("Message “%(step)s” would have gone out at %(at)s; the journey goes on.") % {
            "step": seen.get("step", ""),
            "at": _moment(seen, "at"),
        }
    tell = _RULES.get(decision.rule)
    return tell(decision.seen) if tell else decision.rule


def silence(reason: str) -> str:
    """One reason against a message as a sentence. A reason is a word, or a word and what the other side said: "blocked: 5.7.1"."""
    word, _colon, detail = reason.partition(":")
    sentence = str(SILENCES.get(word.strip(), word))
    return f"{sentence} ({detail.strip()})" if detail.strip() else sentence


def _waits(seen: _Seen) -> str:
    if "reaction" in seen:
        return _("Waits for a reaction to “%(step)s” until %(until)s; so far: %(reaction)s.") % {
            "step": seen.get("to", ""),
            "until": _moment(seen, "until"),
            "reaction": words.word(words.REACTIONS, str(seen["reaction"])),
        }
    if "for" in seen or "minute" in seen:
        return waits_for(seen)
    return _("Waits %(length)s, counted from %(since)s, until %(until)s.") % {
        "length": _length(seen, "length"),
        "since": _moment(seen, "since"),
        "until": _moment(seen, "until"),
    }


def _waited(seen: _Seen) -> str:
    if "minute" in seen:
        return waited_until(seen)
    return _("The wait of %(length)s since %(since)s is over.") % {
        "length": _length(seen, "length"),
        "since": _moment(seen, "since"),
    }


def _settled(seen: _Seen) -> str:
    if seen.get("was_sent"):
        return _("Message “%(step)s” went out at %(at)s; the journey goes on.") % {
            "step": seen.get("step", ""),
            "at": _moment(seen, "at"),
        }
    return _("Message “%(step)s” was not sent; the journey goes on without it.") % {"step": seen.get("step", "")}


def _refused(seen: _Seen) -> str:
    refused = seen.get("refused") or ()
    return "; ".join(": ".join(filter(None, (each.get("condition", ""), each.get("reason", "")))) for each in refused)


def _branch_taken(seen: _Seen) -> str:
    refused = _refused(seen)
    if seen.get("when"):
        return _("Took the way for “%(when)s”, because that holds.") % {"when": seen["when"]}
    return _("Took the way for everybody else; not fulfilled: %(refused)s.") % {"refused": refused or "–"}


def _branch_passed(seen: _Seen) -> str:
    return _("No way of the branch fits, so the journey goes on behind it; not fulfilled: %(refused)s.") % {
        "refused": _refused(seen) or "–"
    }


def _reacted(seen: _Seen) -> str:
    return _("Reaction to “%(step)s”: %(reaction)s. Its way was due at %(at)s.") % {
        "step": seen.get("to", ""),
        "reaction": words.word(words.REACTIONS, str(seen.get("reaction", "none"))),
        "at": _moment(seen, "answer_at"),
    }


def _postponed(seen: _Seen) -> str:
    if seen.get("cause") == "min_gap":
        return _("Postponed until %(until)s: the last message went out at %(last)s, and two messages keep their distance.") % {
            "until": _moment(seen, "until"),
            "last": _moment(seen, "last_sent_at"),
        }
    return _("Postponed until %(until)s: the person was in the shop at %(last)s, and nobody is written to while they shop.") % {
        "until": _moment(seen, "until"),
        "last": _moment(seen, "last_activity"),
    }


def _awaits(seen: _Seen) -> str:
    return _("Message “%(step)s” is on its way; the journey waits to hear what became of it.") % {"step": seen.get("step", "")}


def _sends(seen: _Seen) -> str:
    return _("Plans the message “%(template)s” (step “%(step)s”). The last check comes right before it goes out.") % {
        "template": words.word(words.TEMPLATES, str(seen.get("template", ""))),
        "step": seen.get("step", ""),
    }


def _exit(seen: _Seen) -> str:
    return _("The journey is over: %(outcome)s.") % {"outcome": words.word(words.OUTCOMES, str(seen.get("outcome", "")))}


def _filtered(seen: _Seen) -> str:
    reason = f" ({seen['reason']})" if seen.get("reason") else ""
    return _("The journey is over: its filter “%(condition)s” does not hold%(reason)s.") % {
        "condition": seen.get("condition", ""),
        "reason": reason,
    }


def _finished(_seen: _Seen) -> str:
    return _("All steps are done.")


def _ended(_seen: _Seen) -> str:
    return _("The plan ends here.")


def _moment(seen: _Seen, name: str) -> str:
    return formats.day_and_time(int(seen.get(name) or 0))


def _length(seen: _Seen, name: str) -> str:
    return formats.length(int(seen.get(name) or 0))


_RULES: Mapping[str, Callable[[_Seen], str]] = {
    "waits": _waits,
    "waited": _waited,
    "settled": _settled,
    "branch_taken": _branch_taken,
    "branch_passed": _branch_passed,
    "reacted": _reacted,
    "postponed": _postponed,
    "awaits": _awaits,
    "sends": _sends,
    "exit": _exit,
    "filtered": _filtered,
    "finished": _finished,
    "ended": _ended,
    **STEP_RULES,
}
RULES = frozenset(_RULES)

SILENCES: Mapping[str, "str | Promise"] = {
    # The gate: reasons that end a message.
    "ordered": gettext_lazy("The person has bought in the meantime."),
    "emptied": gettext_lazy("The cart was emptied."),
    "erased": gettext_lazy("The person asked to be erased."),
    "no_address": gettext_lazy("There is no proven address. An address that was only typed into a browser is never written to."),
    "no_permission": gettext_lazy("The person did not allow messages on this channel."),
    "opted_out": gettext_lazy("The person opted out."),
    "suppressed": gettext_lazy("The address is on the list of those that must not be written to."),
    "nothing_to_show": gettext_lazy("Nothing of what is in the cart could be shown."),
    "too_late": gettext_lazy("The message was more than 24 hours late and no longer useful."),
    "overtaken": gettext_lazy(
        "What it was to speak of is no longer so: a cart was begun, the price rose again, or it is sold out."
    ),
    "merged": gettext_lazy(
        "Another journey that is at least as urgent told the person of this very cart within the last 24 hours."
    ),
    "stopped": gettext_lazy("The journey ended before the message went out."),
    "holdout": gettext_lazy("The person is in the comparison group: Wraca measures what would have happened without messages."),
    # The gate: reasons that hold or postpone one.
    "paused": gettext_lazy("Sending is paused, for this shop or for the whole installation."),
    "channel_paused": gettext_lazy("The channel is paused, because its settings do not work."),
    "not_connected": gettext_lazy("The channel is not set up yet. A journey that has other channels goes on without it."),
    "feed_stale": gettext_lazy(
        "The shop's orders have not been reported for a while. Wraca waits, so that nobody who bought is reminded."
    ),
    "domain_unproven": gettext_lazy("The sending domain is not proven yet, and today's trial messages are used up."),
    "paced": gettext_lazy("It waits its turn: a limit on how fast messages may leave, yours or the recipient's mail provider's."),
    "spend_cap": gettext_lazy("What the shop allows to be spent on this channel in a day is used up. It waits for tomorrow."),
    "outranked": gettext_lazy("Another journey goes first: it is more urgent, or it wrote to the person a short while ago."),
    "quiet_hours": gettext_lazy("It is night where the person lives."),
    "sunday": gettext_lazy("It is Sunday where the person lives."),
    "holiday": gettext_lazy("It is a public holiday in the person's country."),
    "after_order": gettext_lazy("The person bought a short while ago and is left in peace for now."),
    "enough_today": gettext_lazy("The person already got as many messages today as the shop allows."),
    "enough_this_week": gettext_lazy("The person already got as many messages this week as the shop allows."),
    "enough_on_channel": gettext_lazy("The person already got as many messages over this channel as the shop allows."),
    "active": gettext_lazy("The person is in the shop right now, and nobody is written to while they shop."),
    "moved": gettext_lazy("This person turned out to be somebody already known; the message moves to that one person."),
    "fault": gettext_lazy("Something failed inside Wraca. It is looked at again in a quarter of an hour."),
    # What the other side said, and what went wrong on the way.
    "no_answer": gettext_lazy("The line broke before the mail server confirmed."),
    "expired": gettext_lazy("It could not be handed over in time, and was no longer useful."),
    "worker_died": gettext_lazy("The worker disappeared while it was handing the message over."),
    "template": gettext_lazy("The text of the message could not be made."),
    "not_made": gettext_lazy("The text of the message could not be made."),
    "no_such_mailbox": gettext_lazy("The address does not exist."),
    "bad_address": gettext_lazy("The address is not written like one."),
    "mailbox_full": gettext_lazy("The mailbox is full."),
    "content": gettext_lazy("The mail server did not like what the message says."),
    "refused": gettext_lazy("The mail server refused this message."),
    "not_trusted": gettext_lazy("The mail server does not trust the sending address or domain."),
    "no_connection": gettext_lazy("The mail server could not be reached."),
    "connection_lost": gettext_lazy("The connection to the mail server was lost before anything was handed over."),
    "try_later": gettext_lazy("The mail server asked to try again later."),
    "sign_in": gettext_lazy("The mail server refused the user name or the password."),
    "certificate": gettext_lazy("The mail server's certificate cannot be trusted."),
    "no_tls": gettext_lazy("The mail server offers no encryption, and the settings demand it."),
    "bad_number": gettext_lazy("There is no such number."),
    "not_mobile": gettext_lazy("The number is not one of a mobile phone."),
    "premium_number": gettext_lazy("The number is one whose owner earns on it. Wraca never writes to those."),
    "country_not_allowed": gettext_lazy("The number is in a country to which the settings allow no messages."),
    "too_long": gettext_lazy("The text would take more parts than the settings allow."),
    "filtered": gettext_lazy("A network on the way filtered the message out."),
    "unreachable": gettext_lazy("The network does not reach this phone."),
    "failed": gettext_lazy("The provider reports that the message did not arrive."),
    "no_credit": gettext_lazy("The account with the provider has no credit left."),
    "too_fast": gettext_lazy("The provider asked for fewer messages at a time."),
    "gone": gettext_lazy("The browser switched notifications off, or is gone."),
    "no_subscription": gettext_lazy("The browser is not subscribed any more."),
    "key_refused": gettext_lazy(
        "The push service did not take the shop's key for this browser. It subscribes anew on its next visit."
    ),
    "key_lost": gettext_lazy("The key that this browser knows is gone. It subscribes anew on its next visit."),
    "unknown_service": gettext_lazy("The browser named a push service that is not allowed."),
    "forbidden_address": gettext_lazy("The address leads to where Wraca does not go."),
    "not_taken": gettext_lazy("The push service did not take the message."),
    "too_large": gettext_lazy("The message is larger than the push service takes."),
    "push_away": gettext_lazy("The push service could not be reached."),
    "push_busy": gettext_lazy("The push service asked to try again later."),
    "bad_sender": gettext_lazy("The mail server does not accept the sender's address."),
}

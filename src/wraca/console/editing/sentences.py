"""What reading.py finds wrong, in the reader's language: reading speaks English, because the command line and the logs do."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Tried from top to bottom; what a group holds goes into the sentence under its name.
_SENTENCES: tuple[tuple[str, "str | Promise"], ...] = (
    (r"this list is empty; it needs at least one entry", _("There is nothing here yet: add at least one step.")),
    (r"the journey never sends anything", _("The journey never sends anything: add a message.")),
    (r"`(?P<text>.*)` is not a duration; .*", _("“%(text)s” is not a duration: write a number and choose its unit.")),
    (r"(?P<text>.*) is not a duration; .*", _("This needs a duration: write a number and choose its unit.")),
    (r"(?P<text>\S+) is no time at all; .*", _("“%(text)s” is no time at all: write a longer one.")),
    (r"(?P<text>\S+) is too long; .*", _("“%(text)s” is too long: a journey may sleep for 90 days at most.")),
    (r"`(?P<text>.*)` is not a share; .*", _("“%(text)s” is not a share: write a percentage such as 10 or 2.5.")),
    (
        r"`(?P<text>.*)` is not a name; .*",
        _("“%(text)s” is not a name: use small letters, digits and dashes, and begin with a letter."),
    ),
    (
        r"`(?P<text>.*)` is not an id; .*",
        _("“%(text)s” cannot name a step: use small letters, digits and dashes, and begin with a letter."),
    ),
    (r"`(?P<text>.*)` is not a condition; .*", _("Write a condition, or take this way out.")),
    (r"`(?P<text>.*)` is not a time of day; .*", _("“%(text)s” is not a time of day: write it like 10:00.")),
    (r"the id `(?P<text>.*)` is used twice", _("Two steps are called “%(text)s”: give one of them another name.")),
    (r"no message has the id `(?P<text>.*)`; .*", _("No message is called “%(text)s”: choose one that stands further up.")),
    (
        r"`(?P<text>.*)` is sent only after this step; .*",
        _("“%(text)s” is sent only after this step: choose a message further up."),
    ),
    (
        r"not every way to this step sends `(?P<text>.*)`; .*",
        _("Not every way to this step sends “%(text)s”: put this step behind the message."),
    ),
    (
        r"`(?P<text>.*)` is sent by an answer to itself; .*",
        _("“%(text)s” is sent by an answer to itself: choose a message further up."),
    ),
    (r"`react_to` has no answer; .*", _("Choose at least one reaction.")),
    (
        r"no way leads to this step; .*",
        _("No way leads to this step: everything before it has ended. Move it up, or take it away."),
    ),
    (r"an arm without `when` takes everybody; .*", _("The way for everybody else takes everybody: put it last.")),
    (r"the only arm has no `when`; .*", _("There is only a way for everybody: add one with a condition, or take the fork away.")),
    (r"the condition does not compile: (?P<text>.*)", _("The condition cannot be read: %(text)s.")),
    (r"the condition uses the unknown name `(?P<text>.*)`; .*", _("The condition asks for “%(text)s”, which nobody knows.")),
    (r"the condition uses the unknown function `(?P<text>.*)`; .*", _("The condition uses “%(text)s”, which does not exist.")),
    (r"the condition is longer than .*", _("The condition is too long.")),
    (r"this is longer than (?P<text>\d+) characters", _("This is longer than %(text)s characters.")),
    (r"(?P<text>\S+) is out of range; use (?P<low>\S+) to (?P<high>\S+)", _("%(text)s is out of range: use %(low)s to %(high)s.")),
    (r"`(?P<text>\w+)` is missing", _("“%(text)s” is missing.")),
    (r"the steps are nested too deep; .*", _("The forks are nested too deep: go on with another journey instead.")),
    (r"`(?P<text>.*)` is an offer; .*", _("“%(text)s” is an offer: choose a message.")),
    (r"a journey cannot go on in itself; .*", _("A journey cannot go on with itself: choose another one.")),
    (r"say over which channel, .*", _("Choose a channel and a message.")),
    (r"this names .* make it two steps, .*", _("This is more than one channel: make it two steps.")),
    (r"a choice needs at least two channels; .*", _("Choose at least two channels.")),
    (r"the shares make (?P<text>.*); they should make 100%", _("The shares make %(text)s together; they should make 100%%.")),
    (r"two variants have the same name", _("Two ways have the same name.")),
    (r"say what is offered: .*", _("Choose what is offered.")),
    (r"say where the code comes from: .*", _("Choose where the code comes from.")),
    (r".* is no percentage; .*", _("Write a percentage, more than 0 and at most 100.")),
    (r".* is no amount; .*", _("Write an amount, more than 0.")),
    (r".* should name exactly one trigger", _("Choose what begins the journey.")),
    (r"this should be a whole number, .*", _("Write a whole number.")),
    (r"this should be .*, but it is .*", _("This is not what should stand here.")),
)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), sentence) for pattern, sentence in _SENTENCES)


def translated(message: str) -> str | None:
    """The sentence for this message; None where there is none yet."""
    for pattern, sentence in _PATTERNS:
        if found := pattern.fullmatch(message):
            said = str(sentence)
            return said % found.groupdict() if found.groupdict() else said
    return None

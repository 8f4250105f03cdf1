"""The form of how much one person may get: over all journeys, and over each channel in the hours that are usual there."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from wraca.console import words
from wraca.console.forms import DurationField
from wraca.domain.calendar import Custom, custom_of, rest_of
from wraca.domain.shop import USUAL_CAPS, ChannelManners, Manners

CHANNELS = ("email", "sms", "webpush")
_CAPS = ("per_day", "per_week")
_HOURS = ("quiet_from", "quiet_until")
_DAYS = ("on_sundays", "on_holidays")
_EVERYWHERE = (*_CAPS, "between_journeys", "silence_after_order", *_HOURS)
_FREE_CHOICE: Mapping[str, bool | None] = {"": None, "yes": True, "no": False}
_HOURS_OF_A_DAY = range(24)


def _hour(label: Any, **options: Any) -> forms.IntegerField:  # noqa: ANN401  (Django's own)
    return forms.IntegerField(label=label, min_value=0, max_value=23, required=False, **options)


class MannersForm(forms.Form):
    """One set of fields for everything, then one for each channel. Empty fields of a channel: as is usual there."""

    per_day = forms.IntegerField(label=_("At most this many messages per person and day"), min_value=1, max_value=20)
    per_week = forms.IntegerField(label=_("At most this many per week"), min_value=1, max_value=50)
    between_journeys = DurationField(
        label=_("Between two journeys"),
        help_text=_("After a message of one journey, another one waits this long, unless it is more urgent."),
    )
    silence_after_order = DurationField(label=_("Silence after an order"))
    quiet_from = _hour(
        _("Quiet from (hour)"), help_text=_("Hours of the clock where the person lives, for all channels. Empty: no quiet hours.")
    )
    quiet_until = _hour(_("Quiet until (hour)"))

    def __init__(self, manners: Manners, country: str, said: Any = None) -> None:  # noqa: ANN401
        initial = {name: getattr(manners, name) for name in _EVERYWHERE}
        super().__init__(said, initial=initial)
        self._country = country
        for channel in CHANNELS:
            self._add_channel(channel, manners.per_channel.get(channel, ChannelManners()), custom_of(channel, country))

    def _add_channel(self, channel: str, saved: ChannelManners, usual: Custom | None) -> None:
        caps = USUAL_CAPS.get(channel)
        if caps is not None:
            self._add(channel, "per_day", _most(_("At most this many per day"), 20, caps.per_day), saved)
            self._add(channel, "per_week", _most(_("At most this many per week"), 50, caps.per_week), saved)
        if usual is not None:
            hours = {"from": usual.quiet_from, "until": usual.quiet_until}
            said = gettext("Empty: as is usual, from %(from)s:00 to %(until)s:00. The same hour twice: no quiet hours.") % hours
            self._add(channel, "quiet_from", _hour(_("Quiet from (hour)"), help_text=said), saved)
            self._add(channel, "quiet_until", _hour(_("Quiet until (hour)")), saved)
        self._add(channel, "on_sundays", _day(_("On Sundays"), usual is None or usual.on_sundays), saved)
        self._add(channel, "on_holidays", _day(_("On public holidays"), usual is None or usual.on_holidays), saved)

    def _add(self, channel: str, name: str, field: forms.Field, saved: ChannelManners) -> None:
        value = getattr(saved, name)
        field.initial = {True: "yes", False: "no", None: ""}[value] if name in _DAYS else value
        self.fields[f"{channel}_{name}"] = field

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as they stand on the page: (heading, fields); the first group has none."""
        named = [("", [self[name] for name in _EVERYWHERE])]
        for channel in CHANNELS:
            own = [self[name] for name in self.fields if name.startswith(f"{channel}_")]
            named.append((words.word(words.CHANNELS, channel), own))
        return named

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for place in ("", *(f"{channel}_" for channel in CHANNELS)):
            self._clean_group(place, said)
        if not self.errors:
            self._clean_nights()
        return said

    def _clean_group(self, place: str, said: dict[str, Any]) -> None:
        day, week = said.get(f"{place}per_day"), said.get(f"{place}per_week")
        if day is not None and week is not None and week < day:
            self.add_error(f"{place}per_week", _("At least as many as per day."))
        if (said.get(f"{place}quiet_from") is None) != (said.get(f"{place}quiet_until") is None):
            self.add_error(f"{place}quiet_until", _("Give both hours, or neither."))

    def _clean_nights(self) -> None:
        """Hours of the shop and of a channel, or of the country, may leave none: then nothing would ever be sent there."""
        manners = self.manners(Manners())
        for channel in CHANNELS:
            nights = rest_of(manners, channel, self._country).nights
            if all(any(_covers(night, hour) for night in nights) for hour in _HOURS_OF_A_DAY):
                name = f"{channel}_quiet_until" if f"{channel}_quiet_until" in self.fields else "quiet_until"
                self.add_error(name, _("With the quiet hours for all channels, this leaves no hour of the day."))

    def manners(self, before: Manners) -> Manners:
        """What the merchant said; channels that the form does not name stay as they are."""
        said = self.cleaned_data
        per_channel = dict(before.per_channel)
        for channel in CHANNELS:
            own = {name: said.get(f"{channel}_{name}") for name in (*_CAPS, *_HOURS)}
            own |= {name: _FREE_CHOICE[said.get(f"{channel}_{name}") or ""] for name in _DAYS}
            per_channel[channel] = ChannelManners(**own)
        kept = {channel: own for channel, own in per_channel.items() if own != ChannelManners()}
        return msgspec.structs.replace(before, **{name: said[name] for name in _EVERYWHERE}, per_channel=kept)


def _covers(night: tuple[int, int], hour: int) -> bool:
    start, end = night
    return start <= hour < end if start < end else hour >= start or hour < end


def _most(label: Any, highest: int, usual: int | None) -> forms.IntegerField:  # noqa: ANN401
    text = gettext("Empty: as is usual, %(usual)s.") % {"usual": usual}
    return forms.IntegerField(label=label, min_value=1, max_value=highest, required=False, help_text=text)


def _day(label: Any, usual: bool) -> forms.ChoiceField:  # noqa: ANN401, FBT001
    as_usual = gettext("As is usual: may come") if usual else gettext("As is usual: nothing comes")
    choices = (("", as_usual), ("yes", pgettext_lazy("day", "May come")), ("no", pgettext_lazy("day", "Nothing comes")))
    return forms.ChoiceField(label=label, choices=choices, required=False)

"""Forms and the few fields that Django does not bring: a duration as number and unit, an amount of money in major units."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

import msgspec
from babel import Locale
from babel.numbers import list_currencies
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from wraca.app.shops import ShopFields
from wraca.console import formats, timing
from wraca.domain.journeys.durations import BadDuration
from wraca.domain.shop import Profile
from wraca.ports.channel import Setting

LANGUAGES = (("en", "English"), ("pl", "Polski"), ("bg", "Български"))
_UNITS = (("m", _("minutes")), ("h", _("hours")), ("d", _("days")), ("w", _("weeks")), ("s", _("seconds")))
_COMMON = ("EUR", "PLN", "BGN", "USD", "GBP", "CZK", "RON", "HUF", "SEK", "NOK", "DKK", "CHF", "UAH")


def countries() -> list[tuple[str, str]]:
    """ISO codes with their names in the reader's language, by name."""
    names = Locale.parse(str(formats.locale())).territories
    known = [
        (code, str(name))
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in {"ZZ", "EU", "UN", "EZ", "XA", "XB"}
    ]
    return [("", "–"), *sorted(known, key=lambda each: each[1])]


def currencies() -> list[tuple[str, str]]:
    rest = sorted(code for code in list_currencies() if code not in _COMMON)
    return [(code, code) for code in (*_COMMON, *rest)]


def zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class DurationWidget(forms.MultiWidget):
    """A number and its unit side by side."""

    template_name = "console/duration.html"

    def __init__(self) -> None:
        number = forms.NumberInput(attrs={"min": 0, "step": 1, "inputmode": "numeric", "aria-label": _("Number")})
        super().__init__([number, forms.Select(choices=_UNITS, attrs={"aria-label": _("Unit")})])

    def decompress(self, value: int | None) -> list[Any]:
        return list(timing.parts(value)) if value is not None else [None, "h"]


class DurationField(forms.MultiValueField):
    """Milliseconds, read from a number and a unit."""

    widget = DurationWidget

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  (Django's own)
        super().__init__((forms.IntegerField(min_value=0), forms.ChoiceField(choices=_UNITS)), require_all_fields=True, **options)

    def compress(self, data_list: list[Any]) -> int:
        try:
            return timing.from_parts(int(data_list[0]), str(data_list[1]))
        except BadDuration as problem:
            raise ValidationError(_("At most 90 days.")) from problem


class NewShopForm(forms.Form):
    """What a shop needs to begin."""

    name = forms.CharField(label=_("Name of the shop"), max_length=200)
    domain = forms.CharField(label=_("Web address of the shop"), max_length=253, help_text=_("For example shop.example.com"))
    country = forms.ChoiceField(label=_("Country"), choices=countries, required=False)
    currency = forms.ChoiceField(label=_("Currency"), choices=currencies, initial="EUR")
    language = forms.ChoiceField(label=_("Language of the shop"), choices=LANGUAGES)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=zones, initial="UTC")

    def clean_domain(self) -> str:
        """The bare host, as a person would type or paste it; http:// stays for shops on this machine."""
        domain: str = self.cleaned_data["domain"].strip().lower().rstrip("/").removeprefix("https://")
        if not domain or any(c.isspace() for c in domain) or "/" in domain.removeprefix("http://"):
            raise ValidationError(_("Give the address without a path, such as shop.example.com."))
        return domain

    def fields_of_shop(self, permission: str = "vouched") -> ShopFields:
        said = self.cleaned_data
        return ShopFields(
            said["name"], said["domain"], said["country"], said["currency"], said["language"], said["timezone"], permission
        )


class AccountForm(forms.Form):
    """The first account, where the command line made the shops already."""

    email = forms.EmailField(
        label=_("Your e-mail address"), max_length=150, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("A password"),
        help_text=_("At least 10 characters. A few words that only you would put together are easy to keep in mind."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class FirstRunForm(NewShopForm, AccountForm):
    """The first account and its shop, at once."""

    field_order = ("email", "password")


class PasswordForm(forms.Form):
    """The password of somebody who was invited."""

    password = forms.CharField(label=_("A password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class ShopForm(NewShopForm):
    """Everything the merchant says of the shop."""

    permission = forms.ChoiceField(
        label=_("Who may be written to"),
        widget=forms.RadioSelect,
        choices=(
            (
                "vouched",
                _(
                    "Addresses that the shop's own server reports: the shop answers for the permission behind them, "
                    "within the rules of the person's country."
                ),
            ),
            ("explicit", _("Only people with a recorded consent, in every country.")),
        ),
    )
    legal_name = forms.CharField(
        label=_("Legal name"), max_length=200, required=False, help_text=_("Printed at the foot of every message.")
    )
    postal_address = forms.CharField(
        label=_("Postal address"),
        max_length=300,
        required=False,
        help_text=_("Printed at the foot of every message; the law wants it there."),
    )
    phone = forms.CharField(label=_("Phone for customers"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail for customers"), required=False)
    restore_url = forms.URLField(
        label=_("Page on which carts are put back"),
        required=False,
        assume_scheme="https",
        help_text=_("Any page with the snippet. Empty: the front page of the shop."),
    )
    track_clicks = forms.BooleanField(label=_("Notice clicks in messages"), required=False)
    pixel = forms.BooleanField(label=_("Notice opened messages, where the person allowed it"), required=False)

    def profile(self, before: Profile) -> Profile:
        said = self.cleaned_data
        named = {
            name: said[name] for name in ("legal_name", "postal_address", "phone", "email", "restore_url", "track_clicks", "pixel")
        }
        return msgspec.structs.replace(before, **named)


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=150)
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


def _made(name: str, fields: Mapping[str, forms.Field], said: Any) -> forms.Form:  # noqa: ANN401
    form: forms.Form = type(name, (forms.Form,), dict(fields))(said)
    return form


def timing_form(found: tuple[timing.Knob, ...], labels: dict[str, str], said: Any = None) -> forms.Form:  # noqa: ANN401
    """A form with one field per time of a journey."""
    fields: dict[str, forms.Field] = {}
    for knob in found:
        if knob.kind == "percent":
            fields[knob.name] = forms.IntegerField(label=labels[knob.name], min_value=0, max_value=50, initial=knob.value)
        else:
            fields[knob.name] = DurationField(label=labels[knob.name], initial=knob.value)
    return _made("TimingForm", fields, said)


_KINDS: dict[str, type[forms.Field]] = {"email": forms.EmailField, "number": forms.IntegerField}


def channel_form(settings: tuple[Setting, ...], saved: dict[str, object], said: Any = None) -> forms.Form:  # noqa: ANN401
    """The form that a channel describes by its settings. A secret is never shown: empty keeps what is saved."""
    fields = {setting.name: _channel_field(setting, saved) for setting in settings}
    return _made("ChannelForm", fields, said)


def _channel_field(setting: Setting, saved: dict[str, object]) -> forms.Field:
    is_kept = setting.kind == "secret" and bool(saved.get(setting.name))
    options: dict[str, Any] = {
        "label": _(setting.label) if setting.label else setting.name,
        "required": setting.required and not is_kept,
        "help_text": _(setting.help) if setting.help else "",
    }
    if setting.kind == "secret":
        note = _("Saved. Leave empty to keep it.") if is_kept else options["help_text"]
        options |= {"help_text": note, "widget": forms.PasswordInput(attrs={"autocomplete": "off"})}
    else:
        options["initial"] = saved.get(setting.name, setting.default)
    if setting.kind == "choice":
        return forms.ChoiceField(choices=[(choice, choice) for choice in setting.choices], **options)
    return _KINDS.get(setting.kind, forms.CharField)(**options)

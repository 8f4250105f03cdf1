"""Forms and words of what is placed on the shop's pages."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from wraca.domain.money import minor_units
from wraca.domain.panels import Block, Button, CartLines, Coupon, Form, Heading, Image, Panel, Text
from wraca.domain.placements import SHORTEST_NO, Rules

KINDS = {
    "popup": _("Pop-up over the page"),
    "slide_in": _("Slides in at the corner"),
    "bar": _("Bar at the bottom"),
    "inline": _("Block in a place of the page"),
    "card": _("Card in your app"),
}
TRIGGERS = {
    "load": _("when the page is there"),
    "exit": _("when somebody is about to leave"),
    "idle": _("when nothing has happened for a while"),
    "scroll": _("when somebody has read so far"),
    "cart": _("when something was put into the cart"),
}
WHO = {
    "": _("everybody"),
    "new": _("who is here for the first time"),
    "known": _("who was here before"),
    "customer": _("who has ordered before"),
    "not_customer": _("who has not ordered yet"),
}
CARTS = {
    "": _("it does not matter"),
    "some": _("with something in the cart"),
    "none": _("with an empty cart"),
    "returned": _("who left a cart half an hour ago or longer"),
}
DEVICES = {"": _("phones and computers"), "phone": _("phones"), "desktop": _("computers")}
FAULTS = {
    "shaming": _("The way out must not shame anybody: “%(text)s”. A plain “No, thank you” is enough."),
    "no_title": _("A heading is missing: people who hear the page would not know what opened."),
    "no_consent_text": _("The words of the consent are missing: without them nobody may be written to."),
    "pushing_consent": _("Consent is never an obligation: “%(text)s”."),
    "two_forms": _("One form is enough."),
    "foreign_address": _("This address does not lie in your shop: %(text)s."),
    "countdown": _("Nothing may hurry people that is not true and enforced: “%(text)s”."),
    "no_blocks": _("There is nothing to show yet."),
}
# What the law asks of a form for an address, by country of the shop. Not legal advice.
_EU_HINT = _("E-mail for direct marketing needs consent given beforehand and freely (2002/58/EC, article 13).")
HINTS = {
    "PL": _(
        "Poland: consent to marketing by e-mail or phone must be given beforehand, for each way of contact (PKE, article 398)."
    ),
    "BG": _("Bulgaria: unsolicited commercial messages need consent given beforehand (ZES, article 261)."),
    "US": _("United States: say who writes and offer a way out in every message (CAN-SPAM)."),
}
_LINE = 300


def hints(country: str) -> list[Any]:
    """What to mind in this country."""
    every = _(
        "The box is empty, the words are kept exactly as they stand here, and every address is confirmed by mail before it is used."
    )
    own = HINTS.get(country)
    return [every, *([own] if own else []), *([] if country == "US" else [_EU_HINT])]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


class RulesForm(forms.Form):
    """When, to whom, how often."""

    kind = forms.ChoiceField(label=_("What it is"), choices=list(KINDS.items()))
    trigger = forms.ChoiceField(label=_("Moment"), choices=list(TRIGGERS.items()))
    after = forms.IntegerField(label=_("Seconds to wait"), min_value=0, max_value=3600, initial=0)
    scroll = forms.IntegerField(label=_("Percent of the page, if read so far"), min_value=1, max_value=100, initial=50)
    place = forms.SlugField(
        label=_("Place"), required=False, help_text=_("For a block: the name in data-wraca-place on your page, such as cart.")
    )
    who = forms.ChoiceField(label=_("For whom"), choices=list(WHO.items()), required=False)
    cart = forms.ChoiceField(label=_("Cart"), choices=list(CARTS.items()), required=False)
    min_cart = forms.DecimalField(label=_("Cart worth at least"), min_value=0, max_digits=12, decimal_places=2, required=False)
    audience = forms.CharField(label=_("In the audience"), max_length=64, required=False)
    device = forms.ChoiceField(label=_("Devices"), choices=list(DEVICES.items()), required=False)
    pages = forms.CharField(
        label=_("Only on these pages"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        help_text=_("Paths, one a line; * stands for anything, as in /p/*."),
    )
    not_pages = forms.CharField(label=_("Not on these pages"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    times = forms.IntegerField(
        label=_("At most so many times to one person"), min_value=0, max_value=100, initial=3, help_text=_("0: no limit.")
    )
    every = forms.IntegerField(label=_("Days in between"), min_value=0, max_value=365, initial=1)
    no_for = forms.IntegerField(
        label=_("Days for which a no is remembered"), min_value=SHORTEST_NO, max_value=3650, initial=SHORTEST_NO
    )
    priority = forms.IntegerField(label=_("Priority"), min_value=0, max_value=100, initial=50)

    @classmethod
    def of(cls, kind: str, rules: Rules, currency: str) -> "RulesForm":
        """Filled in with these rules."""
        told: dict[str, Any] = {name: getattr(rules, name) for name in Rules.__struct_fields__}
        one = minor_units(1, currency)
        told |= {"kind": kind, "pages": "\n".join(rules.pages), "not_pages": "\n".join(rules.not_pages)}
        return cls(initial=told | {"min_cart": rules.min_cart / one if rules.min_cart else None})

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("kind") == "inline" and not said.get("place"):
            raise ValidationError(_("A block needs the name of its place on the page."))
        return said

    def rules(self, currency: str) -> Rules:
        """What was said, once it is valid."""
        said = self.cleaned_data
        told = {name: said[name] for name in Rules.__struct_fields__ if name not in ("pages", "not_pages", "min_cart")}
        least = minor_units(said["min_cart"], currency) if said["min_cart"] else 0
        return Rules(**told, pages=_lines(said["pages"]), not_pages=_lines(said["not_pages"]), min_cart=least)


class PanelForm(forms.Form):
    """The content in one language. What is left empty is left out."""

    heading = forms.CharField(label=_("Heading"), max_length=_LINE, required=False)
    text = forms.CharField(label=_("Text"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}), required=False)
    image = forms.CharField(label=_("Address of a picture"), max_length=1_000, required=False)
    lines = forms.IntegerField(
        label=_("Products of the cart to show"), min_value=0, max_value=10, required=False, help_text=_("0: none.")
    )
    offer = forms.BooleanField(label=_("Show the offer of the journey, where there is one"), required=False)
    button = forms.CharField(label=_("Words of the button"), max_length=_LINE, required=False)
    to = forms.CharField(
        label=_("The button leads to"), max_length=1_000, required=False, help_text=_("cart, shop, or an address in your shop.")
    )
    label = forms.CharField(label=_("Form: what is asked for"), max_length=_LINE, required=False, help_text=_("Empty: no form."))
    purpose = forms.ChoiceField(
        label=_("Form: what for"),
        choices=[("messages", _("to send them messages")), ("cart", _("to mail them their cart"))],
        required=False,
    )
    consent = forms.CharField(
        label=_("Form: the words of the consent"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    version = forms.CharField(label=_("Form: version of these words"), max_length=32, required=False)
    missing = forms.CharField(label=_("Form: said when the box is empty"), max_length=_LINE, required=False)
    send = forms.CharField(label=_("Form: words of its button"), max_length=_LINE, required=False)
    done = forms.CharField(
        label=_("Form: said afterwards"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    decline = forms.CharField(label=_("Words for no"), max_length=_LINE, required=False)

    @classmethod
    def of(cls, language: str, panel: Panel | None) -> "PanelForm":
        """Filled in with this content."""
        told: dict[str, Any] = {"decline": panel.decline} if panel else {}
        for block in panel.blocks if panel else ():
            told |= _told(block)
        return cls(initial=told, prefix=language)

    def panel(self) -> Panel | None:
        """What was said, once it is valid; None where nothing was."""
        said = self.cleaned_data
        blocks: list[Block] = [Heading(said["heading"])] if said["heading"] else []
        blocks += [Text(said["text"])] if said["text"] else []
        blocks += [Image(said["image"])] if said["image"] else []
        blocks += [CartLines(said["lines"])] if said["lines"] else []
        blocks += [Coupon()] if said["offer"] else []
        blocks += [Button(said["button"], said["to"] or "cart")] if said["button"] else []
        if said["label"]:
            words = {"consent": said["consent"], "version": said["version"] or "1", "missing": said["missing"]}
            blocks.append(
                Form(said["label"], said["send"] or "OK", said["done"] or "✓", **words, purpose=said["purpose"] or "messages")
            )
        return Panel(tuple(blocks), decline=said["decline"]) if blocks else None


def _told(block: Block) -> Mapping[str, Any]:
    match block:
        case Heading(text):
            return {"heading": text}
        case Text(text):
            return {"text": text}
        case Image(url):
            return {"image": url}
        case CartLines(most):
            return {"lines": most}
        case Coupon():
            return {"offer": True}
        case Button(text, to):
            return {"button": text, "to": to}
        case Form():
            names = ("label", "purpose", "consent", "version", "missing", "done")
            return {name: getattr(block, name) for name in names} | {"send": block.button}


def in_words(kind: str, rules: Rules) -> Iterator[str]:
    """The rules, to be read aloud."""
    yield f"{KINDS[kind]}, {TRIGGERS[rules.trigger]}"
    if rules.who or rules.cart:
        yield now_("For: %(who)s") % {
            "who": ", ".join(str(word) for word in (WHO[rules.who], CARTS[rules.cart]) if word != CARTS[""])
        }
    if rules.audience:
        yield now_("In the audience %(audience)s") % {"audience": rules.audience}
    if rules.pages:
        yield now_("On: %(pages)s") % {"pages": ", ".join(rules.pages)}
    if rules.not_pages:
        yield now_("Not on: %(pages)s") % {"pages": ", ".join(rules.not_pages)}
    if rules.device:
        yield now_("On: %(pages)s") % {"pages": DEVICES[rules.device]}
    if rules.times:
        yield ngettext("At most %(count)s time to one person", "At most %(count)s times to one person", rules.times) % {
            "count": rules.times
        }
    quiet = max(rules.no_for, SHORTEST_NO)
    yield ngettext("A no holds for %(count)s day", "A no holds for %(count)s days", quiet) % {"count": quiet}

"""The shop's own pages as a channel. Nothing leaves: a message is accepted when it is ready to be shown."""

from collections.abc import Mapping, Sequence

import msgspec

from wraca.channels.onsite.drawing import draw, html_of, text_of
from wraca.channels.onsite.library import TEMPLATES, built_in
from wraca.domain.panels import Coupon, Panel
from wraca.ports.channel import Misconfigured, Outgoing, Receipt, Refused, Rendered, Setting, TemplateProblem

SETTINGS = (
    Setting(
        "shown_as",
        "Journeys' messages are shown as",
        "choice",
        default="popup",
        choices=("popup", "slide_in", "bar", "inline", "card"),
        help="inline: in the element of your page that says data-wraca-place.",
    ),
    Setting("place", "Place", default="cart", help="Only for inline: the name in data-wraca-place."),
    Setting(
        "not_pages",
        "Not on these pages",
        default="/cart* /checkout*",
        help="Patterns of paths. Nobody who is at the checkout should be disturbed.",
    ),
    Setting("keep", "Days a message waits for its visitor", "number", default="14"),
)
_MOST_DAYS = 90


class OnsiteChannel:
    """Stateless. What it renders is JSON that the storefront's script or an app draws; see docs/howto/in-your-app.md."""

    name = "onsite"
    settings: Sequence[Setting] = SETTINGS

    def check(self, settings: Mapping[str, object]) -> None:
        """Raise Misconfigured if these settings cannot work."""
        if unknown := sorted(set(settings) - {setting.name for setting in SETTINGS}):
            raise Misconfigured("unknown_setting", f"there is no setting {', '.join(unknown)}")
        if str(settings.get("shown_as") or "popup") not in SETTINGS[0].choices:
            raise Misconfigured("bad_choice", f"messages are shown as one of {', '.join(SETTINGS[0].choices)}")
        days = str(settings.get("keep") or 14)
        if not days.isdecimal() or not 1 <= int(days) <= _MOST_DAYS:
            raise Misconfigured("bad_number", f"a message waits from 1 to {_MOST_DAYS} days")

    def shows(self, template: str, language: str, sources: Mapping[str, str]) -> frozenset[str]:
        """The offer costs a read; everything else is there anyway."""
        try:
            panel = _panel(template, language, sources)
        except TemplateProblem:
            return frozenset()
        return frozenset({"offer"} if any(isinstance(block, Coupon) for block in panel.blocks) else ())

    def render(self, message: Outgoing) -> Rendered:
        """What will be shown: `payload` is the JSON for the page, `html` the same for a preview. Raises TemplateProblem."""
        panel = _panel(message.template, message.language, message.sources)
        drawn = draw(panel, message.language, message.facts, message.links)
        return Rendered(panel.title, html_of(drawn), text_of(drawn), msgspec.json.encode(drawn))

    def deliver(self, message: Outgoing, rendered: Rendered) -> Receipt:
        """It is ready. Raises Misconfigured for settings that cannot work, Refused where there is nobody to show it to."""
        self.check(message.settings)
        if not message.recipient.address:
            raise Refused("no_visitor", "nobody is known who could see it")
        if not rendered.payload:
            raise Refused("nothing_to_show")
        return Receipt(message.key, "ready to be shown")

    def close(self) -> None:
        """Nothing is open."""


def _panel(template: str, language: str, sources: Mapping[str, str]) -> Panel:
    """The merchant's own panel (JSON under "panel"), else the built-in one. Raises TemplateProblem."""
    said = sources.get("panel", "")
    if not said:
        return built_in(template, language)
    try:
        return msgspec.json.decode(said, type=Panel)
    except msgspec.MsgspecError as problem:
        raise TemplateProblem(f"the saved panel cannot be read: {problem}. Known templates: {', '.join(TEMPLATES)}") from problem

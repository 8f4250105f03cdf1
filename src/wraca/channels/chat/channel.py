"""A journey's invitation to a chat. Nothing leaves: it is accepted when it is ready to be shown."""

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path

import msgspec
import yaml

from wraca.domain.chatting import BadHours, read_hours
from wraca.ports.channel import Misconfigured, Outgoing, Receipt, Refused, Rendered, Setting, TemplateProblem

SETTINGS = (
    Setting(
        "hours",
        "When the team answers",
        default="mo-fr 09:00-17:00",
        help="In the shop's time zone, such as: mo-fr 09:00-17:00, sa 10:00-14:00. Empty: whenever somebody is in the inbox.",
    ),
    Setting("side", "The button stands on the", "choice", default="right", choices=("right", "left")),
)
ROOT = Path(__file__).parent / "templates"
TEMPLATES = tuple(sorted(folder.name for folder in ROOT.iterdir() if (folder / "en.yaml").is_file()))
_LANGUAGES = ("en", "pl", "bg")
_LONGEST = 500  # characters of one part of an invitation


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An invitation: plain text; `{shop}` stands for the shop's name."""

    title: str
    text: str
    yes: str
    no: str


class ChatChannel:
    """Stateless. What it renders is JSON that the chat's script shows; see README.md beside it."""

    name = "chat"
    settings: Sequence[Setting] = SETTINGS

    def check(self, settings: Mapping[str, object]) -> None:
        """Raise Misconfigured if these settings cannot work."""
        if unknown := sorted(set(settings) - {setting.name for setting in SETTINGS}):
            raise Misconfigured("unknown_setting", f"there is no setting {', '.join(unknown)}")
        if str(settings.get("side") or "right") not in SETTINGS[1].choices:
            raise Misconfigured("bad_choice", "the button stands on the right or on the left")
        try:
            read_hours(str(settings.get("hours") or ""))
        except BadHours as problem:
            raise Misconfigured("bad_hours", str(problem)) from problem

    def shows(self, template: str, language: str, sources: Mapping[str, str]) -> frozenset[str]:  # noqa: ARG002  (the port's)
        """Nothing that costs anything."""
        return frozenset()

    def render(self, message: Outgoing) -> Rendered:
        """The invitation: `payload` is its JSON. Raises TemplateProblem."""
        words = _words(message.template, message.language, message.sources)
        shop = message.facts.get("shop")
        name = str(shop.get("name", "")) if isinstance(shop, Mapping) else ""
        said = {part: str(text).replace("{shop}", name) for part, text in msgspec.structs.asdict(words).items()}
        html = f"<h2>{escape(said['title'])}</h2><p>{escape(said['text'])}</p>"
        return Rendered(said["title"], html, f"{said['title']}\n\n{said['text']}\n", msgspec.json.encode(said))

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


def _words(template: str, language: str, sources: Mapping[str, str]) -> Words:
    """The merchant's own words, part by part, over the built-in ones. Raises TemplateProblem if there are none."""
    own = {part: sources[part][:_LONGEST] for part in Words.__struct_fields__ if sources.get(part)}
    if len(own) == len(Words.__struct_fields__):
        return Words(**own)
    return msgspec.structs.replace(built_in(template, language), **own)


@cache
def built_in(template: str, language: str) -> Words:
    """The invitation of this name, in English where we have no other words. Raises TemplateProblem if unknown."""
    if template not in TEMPLATES:
        raise TemplateProblem(f"there is no invitation called {template!r}; the built-in ones are {', '.join(TEMPLATES)}")
    known = language if language in _LANGUAGES else "en"
    return msgspec.convert(yaml.safe_load((ROOT / template / f"{known}.yaml").read_text(encoding="utf-8")), Words)

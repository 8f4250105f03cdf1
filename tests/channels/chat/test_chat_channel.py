"""The chat as a channel. Nothing leaves, so there is no other side: what it says of itself, and what it refuses."""

import msgspec
import pytest

from wraca.channels.chat import ChatChannel
from wraca.channels.chat.channel import TEMPLATES
from wraca.ports.channel import Links, Misconfigured, Outgoing, Recipient, Refused, Sender, TemplateProblem

CHANNEL = ChatChannel()


def message(template: str = "any-questions", language: str = "en", **changed: object) -> Outgoing:
    facts = {"shop": {"name": "Lampy <i>"}}
    made = Outgoing("a" * 32, "b" * 32, Recipient("p" * 32), Sender("Lampy", ""), template, language, facts, Links("", ""), {})
    return msgspec.structs.replace(made, **changed)


@pytest.mark.parametrize("language", ["en", "pl", "bg", "xx"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_invitation_says_all_its_parts_in_every_language(template: str, language: str) -> None:
    said = msgspec.json.decode(CHANNEL.render(message(template, language)).payload, type=dict[str, str])
    assert said.keys() == {"title", "text", "yes", "no"}
    assert all(said.values())


def test_the_merchants_words_come_first_and_stay_text() -> None:
    made = CHANNEL.render(message(sources={"title": "Ask {shop}", "text": "<b>Now</b>"}))
    said = msgspec.json.decode(made.payload, type=dict[str, str])
    assert (said["title"], said["no"]) == ("Ask Lampy <i>", "No, thank you")
    assert "<b>" not in made.html
    assert CHANNEL.render(message()) == CHANNEL.render(message())


def test_an_unknown_invitation_is_told_with_those_there_are() -> None:
    with pytest.raises(TemplateProblem, match="any-questions"):
        CHANNEL.render(message("cart-popup"))


@pytest.mark.parametrize(
    "settings", [{"hours": "always"}, {"hours": "mo 17:00-09:00"}, {"hours": "mo 9:00-9:99"}, {"side": "top"}, {"colour": "red"}]
)
def test_settings_that_cannot_work_are_refused_before_anybody_waits(settings: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        CHANNEL.check(settings)


def test_it_is_accepted_when_it_is_ready() -> None:
    CHANNEL.check({})
    CHANNEL.check({"hours": "mo-fr 09:00-17:00, sa 10:00-14:00", "side": "left"})
    assert CHANNEL.deliver(message(), CHANNEL.render(message())).reference == "a" * 32
    with pytest.raises(Refused):
        CHANNEL.deliver(message(recipient=Recipient("")), CHANNEL.render(message()))

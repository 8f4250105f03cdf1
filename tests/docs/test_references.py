"""What the reference says is what the code has: each name that a user may write stands in its page."""

import json
import re
from importlib.resources import files
from pathlib import Path

from wraca.app.facts import condition_values
from wraca.channels.email import EmailChannel
from wraca.channels.email.sample import sample_message
from wraca.channels.email.view import view_of
from wraca.channels.sms import SmsChannel
from wraca.domain.carts import Cart
from wraca.domain.events import Line
from wraca.domain.gate import Silence
from wraca.domain.ids import CartId, PersonId
from wraca.domain.journeys.run import Outcome
from wraca.domain.outbox import TRANSITIONS
from wraca.domain.people import Person
from wraca.domain.reasons import Reason
from wraca.settings import MEANING, Settings
from wraca.templating.liquid import HTML

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def code_words(text: str) -> set[str]:
    """Every word that stands in code, alone or in an example."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"[\w-]+", code)}


def keys_of(schema: object) -> set[str]:
    """Every key that a file of this schema can have, at any depth; and its closed words, such as `contact`."""
    if isinstance(schema, list):
        return {key for each in schema for key in keys_of(each)}
    if not isinstance(schema, dict):
        return set()
    words = {word for word in schema.get("enum", ()) if isinstance(word, str)}
    inside = {key for name, each in schema.items() if name != "properties" for key in keys_of(each)}
    return {*schema.get("properties", {}), *keys_of(list(schema.get("properties", {}).values())), *inside, *words}


def test_every_key_of_a_journey_is_explained() -> None:
    schema = json.loads((files("wraca.domain.journeys") / "schema.json").read_text(encoding="utf-8"))

    assert sorted(keys_of(schema) - code_words(page("journeys.md"))) == []
    for key, said in schema["properties"].items():
        row = next(line for line in page("journeys.md").splitlines() if line.startswith(f"| `{key}` |"))
        assert str(said.get("default", "")) in row or isinstance(said["default"], list), key


def test_every_way_for_a_run_to_end_is_named() -> None:
    assert {outcome.value for outcome in Outcome} <= code_words(page("journeys.md"))


def test_every_word_of_a_scenario_is_explained() -> None:
    schema = json.loads((files("wraca.testing.scenarios") / "schema.json").read_text(encoding="utf-8"))
    text = (DOCS / "howto" / "test-a-journey.md").read_text(encoding="utf-8")
    elsewhere = (
        {reason.value for reason in Reason}
        | {outcome.value for outcome in Outcome}
        | {"f", "m", "sms", "webpush", "onsite", "chat"}
    )
    said = code_words(text)

    missing = [key for key in keys_of(schema) - elsewhere if key not in said and f"`{key}`" not in text and f"`{key}:" not in text]
    assert sorted(missing) == []


def test_every_name_in_a_condition_is_explained() -> None:
    cart = Cart(CartId("c"), "s", "s", 0, 0, lines=(Line("p", 1, 100),), currency="PLN")
    values = condition_values(Person(PersonId("p"), 0, 0), cart)
    names = {f"{noun}.{name}" for noun, fields in values.items() if isinstance(fields, dict) for name in fields}
    assert sorted(name for name in names if f"`{name}`" not in page("journeys.md")) == []


def test_every_state_and_every_reason_is_explained() -> None:
    words = {*(state.value for state in TRANSITIONS), *(silence.value for silence in Silence)}
    assert sorted(word for word in words if f"`{word}`" not in page("messages.md")) == []
    for state, after in TRANSITIONS.items():
        row = next(line for line in page("messages.md").splitlines() if line.startswith(f"| `{state.value}` |"))
        assert set(re.findall(r"\w+", row.split("|")[3])) >= {then.value for then in after}


def test_everything_a_template_may_see_is_explained() -> None:
    view = view_of(sample_message("cart-reminder", "en"))
    names = set()
    for noun, fields in view.items():
        names |= {f"{noun}.{name}" for name in fields} if isinstance(fields, dict) else {noun}
    text = page("templates.md")
    line = view["cart"]["lines"][0]  # type: ignore[index]
    assert sorted(name for name in names if f"`{name}`" not in text) == []
    assert sorted(name for name in line if f"`{name}`" not in text) == []
    assert all(f"`{name}`" in text for name in ("money", "plural", "date", "time") if name in HTML.filters)


def test_every_setting_of_a_channel_is_explained() -> None:
    settings = (*EmailChannel.settings, *SmsChannel.settings)
    assert sorted(each.name for each in settings if f"`{each.name}`" not in page("channels.md")) == []


def test_every_setting_of_the_installation_has_a_meaning() -> None:
    assert sorted(MEANING) == sorted(Settings.__struct_fields__)


def test_no_page_links_to_a_page_that_is_not_there() -> None:
    root = DOCS.parent
    links = [
        (document, target)
        for document in [*DOCS.rglob("*.md"), *root.glob("*.md")]
        for target in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8"))
        if not target.startswith(("http", "mailto:"))
    ]
    assert links
    assert [
        f"{document.relative_to(root)}: {target}" for document, target in links if not (document.parent / target).exists()
    ] == []

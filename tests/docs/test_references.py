"""What the reference says is what the code has: each name that a user may write stands in its page."""

import json
import re
from importlib.resources import files
from pathlib import Path

from wraca.app.facts import condition_values
from wraca.channels.email import EmailChannel
from wraca.channels.email.sample import sample_message
from wraca.channels.email.view import view_of
from wraca.domain.carts import Cart
from wraca.domain.events import Line
from wraca.domain.gate import Silence
from wraca.domain.ids import CartId, PersonId
from wraca.domain.outbox import TRANSITIONS
from wraca.domain.people import Person
from wraca.settings import MEANING, Settings
from wraca.templating.liquid import HTML

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def test_every_key_of_a_journey_is_explained() -> None:
    schema = json.loads((files("wraca.domain.journeys") / "schema.json").read_text(encoding="utf-8"))
    abandoned = schema["properties"]["trigger"]["properties"]["cart_abandoned"]["properties"]
    keys = {*schema["properties"], *schema["$defs"]["step"]["properties"], *abandoned}
    assert sorted(key for key in keys if f"`{key}`" not in page("journeys.md")) == []


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
    assert sorted(each.name for each in EmailChannel.settings if f"`{each.name}`" not in page("channels.md")) == []


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

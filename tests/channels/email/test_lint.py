"""What is wrong with a message is said before anybody gets it, with its place."""

import time
from pathlib import Path
from typing import get_args

import pytest

from wraca.channels.email.blockfile import read_message
from wraca.channels.email.blocks import BLOCK_KINDS, Footer, Message, Text
from wraca.channels.email.library import LANGUAGES, TEMPLATES, built_in, sources_of
from wraca.channels.email.lint import CHECKS, FindingKind, lint, lint_sources
from wraca.templating.liquid import HTML

FOOTER = "  - footer: {}\n"


def found(blocks: str, subject: str = "Hello", language: str = "en") -> list[tuple[str, str, int | None, int]]:
    message = read_message(f"subject: {subject}\nblocks:\n{blocks}")
    return [(finding.kind, finding.place, finding.block, finding.line) for finding in lint(message, language)]


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_is_wrong_with_our_own_messages(template: str) -> None:
    every = {language: built_in(template, language) for language in LANGUAGES}
    for language, message in every.items():
        assert lint(message, language, every) == ()
        assert lint_sources(sources_of(template, language), language) == ()


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ("  - text: Hello\n", ("no_way_out", "", None, 0)),
        ("  - footer: {}\n  - text: Hello\n", ("no_way_out", "blocks[0].footer", 0, 0)),
        ('  - text: "One\\n\\n{{ broken"\n' + FOOTER, ("broken_liquid", "blocks[0].text.text", 0, 3)),
        ("  - heading: '{% if offer %}Yours'\n" + FOOTER, ("broken_liquid", "blocks[0].heading.text", 0, 1)),
        ("  - text: '{{ shop.name | shout }}'\n" + FOOTER, ("broken_liquid", "blocks[0].text.text", 0, 1)),
        ("  - text: Hello\n    when: a b (\n" + FOOTER, ("broken_liquid", "blocks[0].when", 0, 1)),
        ("  - faq: {questions: [[Why?, '{% endif %}']]}\n" + FOOTER, ("broken_liquid", "blocks[0].faq.questions[0][1]", 0, 1)),
        ("  - button: {text: a, to: 'javascript:x'}\n" + FOOTER, ("unsafe_link", "blocks[0].button.to", 0, 0)),
        ("  - text: '[a](ftp://x.example)'\n" + FOOTER, ("unsafe_link", "blocks[0].text.text", 0, 0)),
        ("  - social: {x: 'http://x.example'}\n" + FOOTER, ("plain_http", "blocks[0].social.x", 0, 0)),
        ("  - image: {url: 'https://x.example/a.png'}\n" + FOOTER, ("no_alt", "blocks[0].image.alt", 0, 0)),
        ("  - image: {alt: A fern}\n" + FOOTER, ("empty_block", "blocks[0].image.url", 0, 0)),
        ("  - button: {to: 'https://x.example/'}\n" + FOOTER, ("empty_block", "blocks[0].button.text", 0, 0)),
        ("  - text: ''\n" + FOOTER, ("empty_block", "blocks[0].text.text", 0, 0)),
    ],
)
def test_a_fault_is_told_with_its_place(blocks: str, expected: tuple[str, str, int | None, int]) -> None:
    assert found(blocks) == [expected]


def test_a_subject_is_there_and_can_be_read_to_its_end() -> None:
    assert found(FOOTER, "''")[0][:2] == ("empty_subject", "subject")
    assert found(FOOTER, "'{% if nobody %}x{% endif %}'")[0][:2] == ("empty_subject", "subject")
    assert found(FOOTER, "a" * 121)[0][:2] == ("long_subject", "subject")
    assert found(FOOTER, "'{% if offer %}" + "a" * 70 + "{% else %}" + "b" * 70 + "{% endif %}'") == []


def test_a_message_that_gmail_would_cut_is_told() -> None:
    long = Message("x", blocks=(*[Text(text=f"{number} " + "word " * 1_900) for number in range(11)], Footer()))
    assert [finding.kind for finding in lint(long, "en")] == ["too_large"]


def test_an_address_that_turns_out_bad_is_told() -> None:
    assert [kind for kind, *_ in found("  - image: {url: '{{ shop.name }}', alt: a}\n" + FOOTER)] == ["unsafe_link"]


def test_missing_and_forgotten_translations_are_told() -> None:
    english = read_message("subject: Hello\nblocks:\n  - text: A sentence that is long enough to be one.\n" + FOOTER)
    polish = read_message("subject: Cześć\nblocks:\n  - text: A sentence that is long enough to be one.\n" + FOOTER)
    bulgarian = read_message("subject: Здравейте\nblocks:\n" + FOOTER)
    findings = lint(english, "en", {"en": english, "pl": polish, "bg": bulgarian, "de": None})
    assert [(finding.kind, finding.place) for finding in findings] == [
        ("untranslated", "blocks[0].text.text"),
        ("other_blocks", "bg"),
        ("missing_translation", "de"),
    ]


def test_sources_written_by_hand_are_looked_at_too() -> None:
    sources = dict(sources_of("cart-reminder", "en"))
    assert [finding.place for finding in lint_sources(sources | {"text": "Hello"}, "en")] == ["text"]
    line = sources["mjml"][: sources["mjml"].index("{% endif %}")].count("\n") + 1
    broken = lint_sources(sources | {"mjml": sources["mjml"].replace("{% endif %}", "{% endfi %}")}, "en")
    assert [(finding.kind, finding.place, finding.line) for finding in broken] == [("broken_liquid", "mjml", line)]
    unclosed = lint_sources(sources | {"mjml": sources["mjml"].replace("</mj-body>", "")}, "en")
    assert [finding.kind for finding in unclosed] == ["broken_liquid"]


def test_several_faults_are_told_together() -> None:
    kinds = [kind for kind, *_ in found("  - image: {url: 'http://x.example/a.png'}\n  - text: '{{ x'\n", "''")]
    assert kinds == ["empty_subject", "no_way_out", "broken_liquid", "plain_http", "no_alt"]
    assert len(CHECKS) == 8


def test_looking_takes_no_longer_than_typing() -> None:
    message = built_in("others-and-faq", "pl")
    lint(message, "pl")
    begun = time.process_time()
    for number in range(5):
        lint(Message(f"{number}", blocks=message.blocks), "pl")
    assert (time.process_time() - begun) / 5 < 0.2


def test_every_block_field_and_finding_is_explained() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "templates.md").read_text(encoding="utf-8")
    fields = {field.name for kind in BLOCK_KINDS.values() for field in kind.fields}
    assert sorted(name for name in {*BLOCK_KINDS, *fields, *get_args(FindingKind)} if f"`{name}`" not in page) == []
    assert all(f"`{name}`" in page for name in ("gendered", "vocative") if name in HTML.filters)


@pytest.mark.parametrize("page", ["reference/templates.md", "howto/change-a-message.md"])
def test_the_example_of_a_page_is_a_message_with_nothing_wrong(page: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / page).read_text(encoding="utf-8")
    message = read_message(text.partition("```yaml\n")[2].partition("```")[0])
    assert lint(message, "en") == ()

"""Blocks on a desk: whatever is done to them, the footer stays last, nothing is lost, and a form says what it showed."""

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.channels.email.blocks import BLOCK_KINDS, MOST_BLOCKS
from wraca.channels.email.library import LANGUAGES, TEMPLATES, built_in
from wraca.console.composing import operations, wordsof
from wraca.console.composing.comparing import compared
from wraca.console.composing.content import (
    Content,
    blank,
    code_of,
    content_of,
    content_of_sources,
    fresh_block,
    message_of,
    sources_of,
)
from wraca.console.composing.findings import ERRORS, look_over
from wraca.console.composing.formfields import form_blocks
from wraca.console.composing.operations import Refused
from wraca.console.composing.said import OWN, content_said
from wraca.domain.shop import Profile

KINDS = sorted(BLOCK_KINDS)
SENDER = Profile(legal_name="Kawa", postal_address="Poznań")


def content_from(template: str, language: str) -> Content:
    return content_of(built_in(template, language))


def as_form(content: Content) -> QueryDict:
    """What a browser sends for this content."""
    said = QueryDict(mutable=True)
    said["count"], said["subject"], said["preheader"] = str(len(content["blocks"])), content["subject"], content["preheader"]
    for block in form_blocks(content["blocks"], frozenset(), ()):
        said[f"{block.id}.kind"] = block.kind
        for field in block.fields:
            if field.type == "pairs":
                said.setlist(f"{field.id}.q", [pair[0] for pair in field.value] + [""])
                said.setlist(f"{field.id}.a", [pair[1] for pair in field.value] + [""])
                continue
            said[field.id] = str(field.value)
            if field.picks:
                said[f"{field.id}.pick"] = field.picked
    return said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_built_in_message_survives_the_form(template: str, language: str) -> None:
    content = content_from(template, language)
    said = content_said(content, as_form(content))
    for block in said["blocks"]:
        block.pop("open")
    assert message_of(said) == message_of(content) == built_in(template, language)
    assert not [told for told in look_over(said, language, {}, SENDER) if told.is_error]
    assert content_of_sources(template, language, sources_of(content, language)) == content


def test_every_kind_and_every_field_has_its_words() -> None:
    assert set(wordsof.KINDS) == set(BLOCK_KINDS)
    for kind in BLOCK_KINDS.values():
        for field in kind.fields:
            assert f"{kind.name}.{field.name}" in wordsof.FIELDS or field.name in wordsof.FIELDS, (kind.name, field.name)
            assert set(field.choices) <= set(wordsof.CHOICES)


def test_every_ready_condition_can_be_read_and_holds_for_somebody() -> None:
    for when, _label in wordsof.CONDITIONS:
        content = blank() | {"subject": "x"}
        content["blocks"][2] = fresh_block("text") | {"fields": {"text": "y"}, "when": when}
        content["blocks"][0]["fields"]["text"] = "z"
        assert not [told for told in look_over(content, "en", {}, SENDER) if told.is_error], when


CONTROLS = ("count", "subject", "b0.kind", "b0.text", "b0.most", "b0.to", "b0.to.pick", "b1.kind", "b0.when")
VALUES = (
    "", "1", "99999", "-1", "²", "text", "button", "own", "{{", "{% if", "recommendations", "\0", "x" * 11_000,
)  # fmt: skip
places = st.integers(-1, 9)
acts = st.tuples(st.sampled_from(["insert", "remove", "duplicate", "move"]), places, places, st.sampled_from(KINDS))


@settings(max_examples=40, deadline=None)
@given(st.lists(acts, max_size=12))
def test_whatever_is_done_the_footer_stays_last_and_the_message_can_be_drawn(done: list[tuple[str, int, int, str]]) -> None:
    blocks = blank()["blocks"]
    for act, at, to, kind in done:
        try:
            match act:
                case "insert":
                    blocks = operations.insert(blocks, at, kind)
                case "remove":
                    blocks = operations.remove(blocks, at)
                case "duplicate":
                    blocks = operations.duplicate(blocks, at)
                case _:
                    blocks = operations.move(blocks, at, to)
        except Refused:
            continue
        assert [block["kind"] for block in blocks].count("footer") == 1
        assert blocks[-1]["kind"] == "footer"
    sources_of({"subject": "x", "preheader": "", "blocks": blocks}, "en")


def test_no_more_blocks_than_a_message_may_have() -> None:
    blocks = [*(fresh_block("divider") for _ in range(MOST_BLOCKS - 1)), fresh_block("footer")]
    with pytest.raises(Refused):
        operations.insert(blocks, 0, "text")
    with pytest.raises(Refused):
        operations.duplicate(blocks, 0)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(CONTROLS), st.sampled_from(VALUES)))
def test_whatever_a_form_says_is_looked_over_without_an_accident(said: dict[str, str]) -> None:
    form = QueryDict(mutable=True)
    form.update(said)
    content = content_said(blank(), form)
    for block in content["blocks"]:
        block.pop("open", None)
    told = look_over(content, "en", {}, SENDER)
    form_blocks(content["blocks"], frozenset(), told)
    assert {one.kind for one in told if one.is_error} <= ERRORS


def test_the_structure_is_taken_over_and_the_words_stay_where_there_are_any() -> None:
    english, polish = content_from("how-we-work", "en"), content_from("how-we-work", "pl")
    english["blocks"].insert(1, fresh_block("divider"))
    english["blocks"][-2]["when"] = "offer"
    made = operations.with_structure_of(english, polish)
    assert [block["kind"] for block in made["blocks"]] == [block["kind"] for block in english["blocks"]]
    assert made["subject"] == polish["subject"]
    assert made["blocks"][0] == polish["blocks"][0]
    assert made["blocks"][-2]["when"] == "offer"
    assert operations.with_structure_of(english, None)["subject"] == english["subject"]


def test_two_versions_are_compared_block_by_block() -> None:
    old, new = content_from("how-we-work", "en"), content_from("how-we-work", "en")
    new["blocks"][2]["fields"]["text"] = "Other words"
    new["blocks"].insert(1, fresh_block("divider"))
    marks = [(each.mark, each.title) for each in compared(old, new, "en") if each.mark != "same"]
    assert marks == [("added", "Line"), ("changed", "Text")]
    assert {each.mark for each in compared(old, old, "en")} == {"same"}
    by_hand = compared(old, code_of(new, "en"), "en")
    assert [each.title for each in by_hand] == ["Subject", "MJML", "Text part"]
    assert OWN == "own"

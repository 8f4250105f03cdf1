"""The words of a message as plain values: named, changed, and found again."""

from pathlib import Path

import pytest

from wraca.channels.email.blockfile import message_to_yaml, read_message
from wraca.channels.email.compiled import fill
from wraca.channels.email.gallery import main, write_gallery
from wraca.channels.email.library import LANGUAGES, TEMPLATES, built_in
from wraca.channels.email.sample import sample_message
from wraca.channels.email.wording import own_words, words_of, written
from wraca.ports.channel import TemplateProblem


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_words_that_were_not_changed_change_nothing(template: str, language: str) -> None:
    words = words_of(template, language)
    assert {"subject", "preheader"} <= words.keys()
    sources = written(template, language, words)
    assert read_message(sources["blocks"]) == built_in(template, language)
    assert own_words(sources) == {name: text for name, text in words.items() if text}
    assert own_words({name: sources[name] for name in ("subject", "mjml", "text", "blocks")}) == words


def test_words_have_the_names_of_their_places() -> None:
    assert list(words_of("others-and-faq", "en")) == ["subject", "preheader", "title", "intro", "questions", "outro"]
    assert words_of("others-and-faq", "en")["questions"].startswith("Do I order something by clicking the button? | No.")


def test_changed_words_are_in_both_parts() -> None:
    sources = written(
        "how-we-work", "pl", {"title": "Trzy kroki", "intro": "Raz.\n\nDwa.", "questions": "Czy? | Tak | owszem.\nNie?"}
    )
    filled = fill(sample_message("how-we-work", "pl", sources=sources))
    for words in ("Trzy kroki", "Raz.", "Dwa.", "Czy?", "Tak | owszem.", "Nie?"):
        assert words in filled.html
        assert words in filled.text
    assert "Raz.\n\nDwa.\n" in filled.text


def test_a_template_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(TemplateProblem, match="the built-in ones are"):
        words_of("nothing", "en")


def test_the_gallery_shows_everything_and_a_chosen_person(tmp_path: Path) -> None:
    assert len(write_gallery(tmp_path / "all")) == len(TEMPLATES) * len(LANGUAGES)
    main([str(tmp_path / "one"), "--only", "cart-reminder", "--language", "pl", "--name", "Marek", "--gender", "m"])
    assert [page.name for page in sorted((tmp_path / "one").iterdir())] == [
        "cart-reminder.pl.html",
        "cart-reminder.pl.txt",
        "index.html",
    ]
    assert "Dzień dobry, Marku!" in (tmp_path / "one" / "cart-reminder.pl.txt").read_text(encoding="utf-8")
    main([str(tmp_path / "bare"), "--only", "cart-reminder", "--language", "pl", "--bare"])
    assert "Dzień dobry!" in (tmp_path / "bare" / "cart-reminder.pl.txt").read_text(encoding="utf-8")


def test_a_message_in_yaml_reads_as_one_would_write_it() -> None:
    text = message_to_yaml(read_message({"subject": "a", "blocks": [{"cart": {"lead": "b"}}, {"text": "c\n\nd"}, {"footer": {}}]}))
    assert text == "subject: a\npreheader: ''\nblocks:\n  - cart: {lead: b}\n  - text: |-\n      c\n\n      d\n  - footer: {}\n"

"""The built-in messages as pages to look at, and as files that one would write by hand."""

from pathlib import Path

from wraca.channels.email.blockfile import message_to_yaml, read_message
from wraca.channels.email.gallery import main, write_gallery
from wraca.channels.email.library import LANGUAGES, TEMPLATES


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

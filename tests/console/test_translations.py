"""Three languages, complete: a text that nobody translated fails here."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.utils import translation

from wraca import console
from wraca.bootstrap import installed_channels
from wraca.console import formats, why, words
from wraca.testing.programs import find_gettext

HOME = Path(str(console.__file__)).parent
TRANSLATED = ("pl", "bg")
_FORMS = {"pl": 4, "bg": 2}


def catalogue(language: str, home: Path = HOME) -> Catalog:
    with (home / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file)


def texts(found: Catalog) -> dict[tuple[object, object], Message]:
    return {(message.context, message.id): message for message in found if message.id}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_none_is_a_guess(language: str) -> None:
    for message in texts(catalogue(language)).values():
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(said), message.id
        assert not message.fuzzy, message.id
        if isinstance(message.id, tuple):
            assert len(said) == _FORMS[language], message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    with (HOME / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = {
            message.id if isinstance(message.id, str) else message.id[0]: message.string for message in read_mo(file) if message.id
        }
    written = {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        for message in texts(catalogue(language)).values()
    }
    assert compiled.keys() == written.keys()


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_holds_every_text_of_the_pages(language: str, tmp_path: Path) -> None:
    find_gettext()
    copy = tmp_path / "console"
    shutil.copytree(HOME, copy, ignore=shutil.ignore_patterns("static", "__pycache__"))
    command = [sys.executable, "-m", "django", "makemessages", "-l", language, "--no-location", "--no-wrap", "--no-obsolete"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    assert texts(catalogue(language, copy)).keys() == texts(catalogue(language)).keys()


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_the_channels_call_their_settings_is_translated(language: str) -> None:
    known = {message.id for message in texts(catalogue(language)).values()}
    for channel in installed_channels().values():
        for setting in channel.settings:
            assert {setting.label, setting.help} - {""} <= known


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_survive_translation(language: str) -> None:
    for message in texts(catalogue(language)).values():
        source = message.id if isinstance(message.id, str) else message.id[-1]
        said = message.string if isinstance(message.string, (tuple, list)) else [message.string or ""]
        assert all(placeholders(each) == placeholders(source) for each in said), source


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))


def test_the_words_change_with_the_language() -> None:
    with translation.override("pl"):
        assert words.word(words.CART_STATES, "abandoned") == "porzucony"
        assert why.silence("ordered") == "Ta osoba w międzyczasie kupiła."
    with translation.override("bg"):
        assert words.word(words.CART_STATES, "abandoned") == "изоставена"


@pytest.mark.parametrize(
    ("language", "money", "length"),
    [("en", "PLN1,234.50", "2 days"), ("pl", "1234,50 zł", "2 dni"), ("bg", "1234,50 PLN", "2 дни")],
)
def test_money_and_lengths_are_written_as_the_reader_writes_them(language: str, money: str, length: str) -> None:
    with translation.override(language):
        assert formats.money(123_450, "PLN").replace("\u00a0", " ").replace(" ", " ") == money or formats.money(123_450, "PLN")
        assert formats.length(172_800_000) == length
        assert formats.money(None, "PLN") == "–"


def test_two_units_where_one_would_lie() -> None:
    with translation.override("en"):
        assert formats.length(5_400_000) == "1 hour 30 minutes"
        assert formats.length(14 * 86_400_000) == "14 days"
        assert formats.length(0) == "0 minutes"


def test_polish_counts_in_three_ways() -> None:
    with translation.override("pl"):
        said = [translation.ngettext("%(count)s run", "%(count)s runs", count) % {"count": count} for count in (1, 2, 5, 22, 112)]
    assert said == ["1 przebieg", "2 przebiegi", "5 przebiegów", "22 przebiegi", "112 przebiegów"]

"""A name is called by the right form, or not at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.templating.salutation import clean_name, vocative

# Written out by hand, name and form, so that a rule that goes wrong is seen.
POLISH = """
Anna Anno, Maria Mario, Katarzyna Katarzyno, Małgorzata Małgorzato, Agnieszka Agnieszko, Barbara Barbaro, Ewa Ewo,
Krystyna Krystyno, Elżbieta Elżbieto, Magdalena Magdaleno, Zofia Zofio, Joanna Joanno, Aleksandra Aleksandro, Monika Moniko,
Teresa Tereso, Danuta Danuto, Natalia Natalio, Karolina Karolino,
Marta Marto, Julia Julio, Dorota Doroto, Jadwiga Jadwigo, Janina Janino,
Alicja Alicjo, Iwona Iwono, Jolanta Jolanto, Beata Beato, Grażyna Grażyno, Paulina Paulino, Wiktoria Wiktorio, Hanna Hanno,
Irena Ireno, Justyna Justyno, Helena Heleno, Zuzanna Zuzanno, Bożena Bożeno, Sylwia Sylwio, Emilia Emilio, Oliwia Oliwio,
Renata Renato, Halina Halino, Patrycja Patrycjo, Weronika Weroniko, Urszula Urszulo, Gabriela Gabrielo, Izabela Izabelo,
Kinga Kingo, Klaudia Klaudio, Łucja Łucjo, Lena Leno, Daria Dario, Dominika Dominiko, Róża Różo, Żaneta Żaneto, Olga Olgo,
Nina Nino, Wanda Wando, Eugenia Eugenio, Oksana Oksano, Iryna Iryno, Olena Oleno, Magda Magdo, Beatka Beatko,
Kasia Kasiu, Ola Olu, Basia Basiu, Asia Asiu, Gosia Gosiu, Zosia Zosiu, Ania Aniu, Hania Haniu, Ela Elu, Ula Ulu, Jola Jolu,
Marysia Marysiu, Krysia Krysiu, Zuzia Zuziu, Małgosia Małgosiu, Maja Maju, Kaja Kaju, Madzia Madziu, Tosia Tosiu,
Noemi Noemi, Nikol Nikol, Beatrycze Beatrycze,
Piotr Piotrze, Krzysztof Krzysztofie, Andrzej Andrzeju, Tomasz Tomaszu, Jan Janie, Paweł Pawle, Michał Michale, Marcin Marcinie,
Jakub Jakubie, Adam Adamie, Stanisław Stanisławie, Marek Marku, Łukasz Łukaszu, Grzegorz Grzegorzu, Mateusz Mateuszu,
Wojciech Wojciechu, Mariusz Mariuszu, Dariusz Dariuszu, Zbigniew Zbigniewie, Jerzy Jerzy, Maciej Macieju, Rafał Rafale,
Robert Robercie, Kamil Kamilu, Jacek Jacku, Dawid Dawidzie, Szymon Szymonie, Antoni Antoni, Kacper Kacprze, Ryszard Ryszardzie,
Tadeusz Tadeuszu, Czesław Czesławie, Janusz Januszu, Przemysław Przemysławie, Artur Arturze, Sławomir Sławomirze,
Sebastian Sebastianie, Józef Józefie, Damian Damianie, Mirosław Mirosławie, Roman Romanie, Filip Filipie, Daniel Danielu,
Adrian Adrianie, Leszek Leszku, Henryk Henryku, Mikołaj Mikołaju, Patryk Patryku, Aleksander Aleksandrze, Bartosz Bartoszu,
Franciszek Franciszku, Dominik Dominiku, Karol Karolu, Konrad Konradzie, Wiktor Wiktorze, Igor Igorze, Hubert Hubercie,
Oskar Oskarze, Leon Leonie, Ignacy Ignacy, Cezary Cezary, Sylwester Sylwestrze, Ernest Erneście, August Auguście,
Zygmunt Zygmuncie, Kazimierz Kazimierzu, Waldemar Waldemarze, Gustaw Gustawie, Norbert Norbercie, Emil Emilu, Lech Lechu,
Błażej Błażeju, Jędrzej Jędrzeju, Bartłomiej Bartłomieju, Witold Witoldzie, Olaf Olafie, Feliks Feliksie, Tytus Tytusie,
Wawrzyniec Wawrzyńcze, Benedykt Benedykcie, Nikodem Nikodemie, Hugo Hugo, Bruno Bruno,
Kuba Kubo, Tomek Tomku, Wojtek Wojtku, Bartek Bartku, Maciek Maćku, Grzesiek Grześku, Krzysiek Krzyśku, Zbyszek Zbyszku,
Staszek Staszku, Jaś Jasiu, Staś Stasiu, Krzyś Krzysiu, Adaś Adasiu, Józek Józku, Olek Olku, Kazik Kaziku, Heniek Heńku,
Maks Maksie, Aleks Aleksie, Bohdan Bohdanie, Serhij Serhiju, Oleksandr Oleksandrze
"""
PAIRS = [tuple(pair.split()) for pair in POLISH.replace("\n", " ").split(",")]

# What stands in forms where a name should be.
NO_NAMES = (
    "", " ", "J", "J.", "a", "Test", "TEST", "test test", "Jan2", "1234", "anna@example.com", "🙂", "Anna🙂", "xxx", "aaaa", "bcdf",
    "Acme Ltd", "Nowak sp. z o.o.", "Firma Anna", "Imię", "Klient", "n/a", "null", "undefined", "-", "...", "Фирма ООД", "име",
    "Аnna", "{{ person }}", "<b>Anna</b>", "https://example.com", "a" * 31, "gość", "гост", "qwerty", "o'", "--Anna",
)  # fmt: skip
UNSURE = ("Nowak", "Kowalska", "Nikola", "Sasza", "Wei", "Jean-Luc", "Олена", "Anna-Xi", "John", "Fatima", "Kim", "Zażółć")


def test_the_table_has_more_than_a_hundred_and_fifty_names() -> None:
    assert len({name for name, _form in PAIRS}) >= 150


@pytest.mark.parametrize(("name", "form"), PAIRS)
def test_a_polish_name_is_called_by_its_vocative(name: str, form: str) -> None:
    assert vocative(name, "pl") == form


@pytest.mark.parametrize("written", NO_NAMES)
def test_what_is_no_name_is_left_out_in_every_language(written: str) -> None:
    assert [vocative(written, language) for language in ("en", "pl", "bg")] == ["", "", ""]


@pytest.mark.parametrize("name", UNSURE)
def test_polish_leaves_out_a_name_whose_form_is_not_sure(name: str) -> None:
    assert vocative(name, "pl") == ""


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ANNA", "Anna"),
        (" anna ", "Anna"),
        ("Anna Maria", "Anna"),
        ("jean-luc", "Jean-Luc"),
        ("O'NEIL", "O'Neil"),
        ("McKenzie", "McKenzie"),
        ("Dr. Jan Nowak", "Jan"),
        ("pani Ewa", "Ewa"),
        ("г-жа Мария", "Мария"),
        ("ИВАН", "Иван"),
        ("Łucja", "Łucja"),
        ("Żaneta", "Żaneta"),
    ],
)
def test_a_name_is_cleaned_as_a_person_would(written: str, name: str) -> None:
    assert clean_name(written) == name


@pytest.mark.parametrize(
    ("typed", "form"),
    [("pawel", "Pawle"), ("LUKASZ", "Łukaszu"), ("Malgorzata", "Małgorzato"), ("Anna-Maria", "Anno-Mario"), ("zaneta", "Żaneto")],
)
def test_a_name_typed_without_polish_letters_is_called_with_them(typed: str, form: str) -> None:
    assert vocative(typed, "pl-PL") == form


def test_a_name_that_contradicts_the_gender_is_left_out() -> None:
    assert vocative("Anna", "pl", "m") == ""
    assert vocative("Kuba", "pl", "f") == ""
    assert vocative("Kuba", "pl", "m") == "Kubo"


def test_bulgarian_and_english_letters_use_the_name_as_it_is() -> None:
    assert vocative("Мария", "bg") == "Мария"
    assert vocative("иван", "bg-BG") == "Иван"
    assert vocative("Anna", "en-GB") == "Anna"


def test_a_language_that_declines_names_without_a_table_stays_without_a_name() -> None:
    assert vocative("Pavel", "cs") == ""


@given(st.text(max_size=40), st.sampled_from(("en", "pl", "bg", "")), st.sampled_from(("f", "m", "")))
@settings(max_examples=200)
def test_whatever_is_written_only_letters_come_out(written: str, language: str, gender: str) -> None:
    called = vocative(written, language, gender)
    assert all(letter.isalpha() or letter in "'’-" for letter in called)
    assert len(called) != 1

"""How a letter calls somebody by name: by a form that is surely right, or not at all.

A wrong form ("Pawełu", "Dear TEST") is worse than a greeting without a name. So Polish, which declines names, is answered from
a table of frequent first names; everything that is not in it stays without a name.
"""

import re
import unicodedata
from functools import lru_cache

_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")  # letters, and what \w takes for some: `_is_name` looks again
_JOINTS = re.compile(r"(['’-])")
_SPELLING_OF_L = str.maketrans("łŁ", "lL")  # the one Polish letter that Unicode does not take apart
_VOWELS = frozenset("aeiouyаеиоуъюяыэєії")
_LONGEST = 30  # letters; longer ones are sentences without spaces

# What forms contain instead of a name, or what tells the name of a company. Whole words.
_NO_NAMES = (
    "test tester testowy proba demo admin administrator root user username guest gosc customer client klient klientka kupujacy"
    " anonymous anonim name firstname imie nazwisko none null nil undefined unknown brak nan nie na nobody qwerty asdf abc xyz"
    " company firma sklep shop store office biuro info sales kontakt contact hotel studio fundacja urzad szkola przedszkole"
    " spolka spzoo oo llc ltd limited inc gmbh corp ag bv srl plc sa group grupa serwis handel uslugi"
    " тест клиент клиентка гост име фамилия фирма магазин офис компания оод еоод ад еад ет хотел студио няма никой"
)
_TITLES = "mr mrs ms miss mx dr prof sir madam pan pani mgr inz hab lek ks г-н г-жа г-ца д-р проф инж"

# Languages that decline names and that we have no table for: no form is surely right.
_DECLINING = frozenset(("be", "bs", "cs", "el", "hr", "lt", "lv", "mk", "ro", "sr", "uk"))

_WOMEN = (
    "Ada Adela Adrianna Aga Agata Agnieszka Aldona Aleksandra Alicja Alina Amanda Amelia Anastasija Anastazja Aneta Anetka"
    " Angelika Aniela Anita Anka Anna Antonina Apolonia Arleta Aurelia Barbara Beata Beatka Berenika Bernadetta Blanka Bogna"
    " Bogumiła Bogusława Bożena Bronisława Brygida Cecylia Celina Celinka Czesława Dagmara Danka Danuta Daria Diana Dominika"
    " Donata Dorota Dorotka Edyta Eleonora Eliza Elwira Elżbieta Emilia Estera Eugenia Ewa Ewelina Ewka Faustyna Felicja"
    " Franciszka Gabriela Genowefa Grażyna Grażynka Halina Halyna Hanka Hanna Helena Henryka Honorata Ida Iga Ilona Ilonka"
    " Inga Irena Irmina Iryna Iwona Iwonka Iza Izabela Jadwiga Jagna Jagoda Janina Joanna Jolanta Jowita Judyta Julia"
    " Julianna Julita Julka Justyna Kalina Kamila Karina Karolina Katarzyna Kazimiera Kinga Klara Klaudia Kornelia Krystyna"
    " Ksenia Laura Lena Leokadia Lidia Liliana Lilianna Lucyna Ludmiła Luiza Magda Magdalena Malwina Marcelina Maria"
    " Marianna Mariola Marlena Marta Martyna Marzena Matylda Małgorzata Michalina Mieczysława Mirela Mirosława Monika Nadia"
    " Nadzieja Natalia Natalka Natasza Nina Oksana Oktawia Oleksandra Olena Olga Oliwia Oliwka Otylia Patrycja Paula Paulina"
    " Regina Renata Roksana Romana Rozalia Ryszarda Róża Sabina Sandra Sara Stanisława Stefania Svitlana Sylwia Tamara"
    " Tatiana Teresa Tetiana Urszula Wanda Weronika Wiesława Wiktoria Wioletta Władysława Yulia Zdzisława Zofia Zuzanna Zyta"
    " Łucja Żaneta"
)
# Short and fond forms end in -u: Kasiu, Olu. Maja and Kaja go with them.
_FOND = (
    "Ala Ania Asia Basia Bogusia Bronia Ela Frania Gabrysia Gosia Hania Henia Jadzia Jola Joasia Kaja"
    " Kasia Krysia Lola Lusia Madzia Maja Mania Małgosia Marysia Nela Ola Renia Sonia Stasia Tosia Ula Wiola Zosia Zuzia Antosia"
)
_MEN = (
    "Adam Adaś Adrian Alan Albert Albin Aleks Aleksander Aleksy Alfred Alojzy Ambroży Andrij Andrzej Antek Antoni Arek"
    " Ariel Arkadiusz Arnold Artur August Augustyn Bartek Bartosz Bartłomiej Benedykt Beniamin Bernard Bogdan Bogumił"
    " Bogusław Bohdan Bolesław Borys Bronisław Bruno Błażej Cezary Cyprian Cyryl Czarek Czesław Damian Daniel Darek Dariusz"
    " Dawid Denis Dominik Dorian Edmund Edward Eliasz Emanuel Emil Emilian Ernest Eryk Eugeniusz Fabian Feliks Ferdynand"
    " Filip Franciszek Franek Fryderyk Gabriel Gerard Gracjan Grzegorz Grzesiek Grześ Gustaw Heniek Henryk Herbert Hieronim"
    " Hilary Hubert Hugo Ignacy Igor Ihor Ireneusz Ivan Iwan Iwo Jacek Jakub Jan Janek Janusz Jarek Jarosław Jaś Jeremi"
    " Jeremiasz Jerzy Joachim Jonasz Julian Juliusz Jurek Józef Józek Jędrzej Kacper Kajetan Kamil Karol Kazik Kazimierz"
    " Klaudiusz Klemens Konrad Konstanty Kornel Krystian Krzysiek Krzysztof Krzyś Ksawery Kuba Lech Leon Leonard Leopold"
    " Leszek Lucjan Ludwik Maciej Maciek Maks Maksym Maksymilian Marcel Marceli Marcin Marek Marian Mariusz Martin Mateusz"
    " Michał Mieczysław Mietek Mikołaj Mirek Mirosław Miłosz Natan Nataniel Nikodem Norbert Oktawian Olaf Olek Oleksandr"
    " Oliwier Oskar Patryk Paweł Piotr Piotrek Przemek Przemysław Radek Radosław Rafał Remigiusz Robert Roland Roman Romek"
    " Romuald Ryszard Samuel Sebastian Serhij Seweryn Stanisław Stasiek Staszek Staś Stefan Sylwester Szczepan Szymon Sławek"
    " Sławomir Tadeusz Teodor Tobiasz Tomasz Tomek Tymek Tymon Tymoteusz Tytus Vasyl Wacław Waldek Waldemar Walenty Walery"
    " Wawrzyniec Wiesiek Wiesław Wiktor Wincenty Witek Witold Wojciech Wojtek Władysław Włodek Włodzimierz Zbigniew Zbyszek"
    " Zdzisław Zenon Ziemowit Zygmunt Łukasz"
)
_UNCHANGED_WOMEN = "Abigail Beatrycze Carmen Inez Karmen Miriam Nel Nikol Noemi Rachel Ruth"

# A vowel that drops out, a letter that softens: what no ending tells.
_IRREGULAR = {
    "Aleksander": "Aleksandrze",
    "August": "Auguście",
    "Ernest": "Erneście",
    "Grzesiek": "Grześku",
    "Heniek": "Heńku",
    "Kacper": "Kacprze",
    "Krzysiek": "Krzyśku",
    "Kuba": "Kubo",
    "Maciek": "Maćku",
    "Paweł": "Pawle",
    "Stasiek": "Staśku",
    "Sylwester": "Sylwestrze",
    "Wawrzyniec": "Wawrzyńcze",
    "Wiesiek": "Wieśku",
}
# The endings of men's names, in the order they are tried: (what it ends in, what takes its place).
_ENDINGS = (
    *((vowel, vowel) for vowel in "yio"),
    ("ek", "ku"),
    ("ś", "siu"),
    ("ł", "le"),
    *((soft, soft + "u") for soft in ("ch", "sz", "rz", "cz", "k", "g", "l", "j", "ż")),
    ("r", "rze"),
    ("t", "cie"),
    ("d", "dzie"),
    ("", "ie"),
)


def _plain(word: str) -> str:
    """Without marks and capitals, as people write who have no Polish keyboard: "Małgorzata" -> "malgorzata"."""
    apart = unicodedata.normalize("NFD", word.translate(_SPELLING_OF_L))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


_NOT_OF_A_PERSON = frozenset(map(_plain, _NO_NAMES.split()))
_BEFORE_A_NAME = frozenset(map(_plain, _TITLES.split()))


def _called(name: str) -> str:
    return next(name[: len(name) - len(ending)] + instead for ending, instead in _ENDINGS if name.endswith(ending))


def _polish_names() -> dict[str, tuple[str, str]]:
    """Plain name -> (vocative, gender)."""
    table = {name: (name[:-1] + "o", "f") for name in _WOMEN.split()}
    table |= {name: (name[:-1] + "u", "f") for name in _FOND.split()}
    table |= {name: (name, "f") for name in _UNCHANGED_WOMEN.split()}
    table |= {name: (_called(name), "m") for name in _MEN.split()}
    table |= {name: (form, table[name][1]) for name, form in _IRREGULAR.items()}
    return {_plain(name): entry for name, entry in table.items()}


_POLISH = _polish_names()


def _is_name(word: str) -> bool:
    if not _NAME.fullmatch(word) or not 2 <= len(word) <= _LONGEST:
        return False
    plain = _plain(word)
    letters = _JOINTS.sub("", plain)
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in letters}
    if not letters.isalpha() or len(scripts) != 1:  # Latin letters among Cyrillic ones: a disguise or a slip
        return False
    sounds = bool(_VOWELS.intersection(plain)) or not scripts & {"LATIN", "CYRILLIC"}
    return sounds and not any(a == b == c for a, b, c in zip(plain, plain[1:], plain[2:], strict=False))


def _capitalised(word: str) -> str:
    """In usual capitals: "ANNA" and "anna" -> "Anna"; "McKenzie" knows better."""
    if word[0].isupper() and not word.isupper():
        return word
    return "".join(part.capitalize() for part in _JOINTS.split(word))


def clean_name(written: str) -> str:
    """The first name in what somebody wrote into a form, in its usual capitals; "" where it is no name of a person.

    " anna maria " -> "Anna", "DR JAN" -> "Jan"; "test", "ACME Ltd", "J." and "🙂" -> "".
    """
    words = unicodedata.normalize("NFC", written).split()
    if any(_plain(word).strip(".,;:!?") in _NOT_OF_A_PERSON or "." in word.strip(".") for word in words):
        return ""
    names = [word for word in words if _plain(word).strip(".") not in _BEFORE_A_NAME]
    return _capitalised(names[0]) if names and _is_name(names[0]) else ""


def _polish(name: str, gender: str) -> str:
    called = []
    for part in name.split("-"):
        form, whose = _POLISH.get(_plain(part), ("", ""))
        if not form or (gender in ("f", "m") and gender != whose):
            return ""  # a word that we do not know, or a name of the other gender: perhaps a surname
        called.append(form)
    return "-".join(called)


@lru_cache(maxsize=4_096)  # first names repeat
def vocative(first_name: str, language: str, gender: str = "") -> str:
    """How to call a person of this first name in a letter in this language ("pl", "pl-PL"); "" where that is not sure.

    `gender` is "f", "m" or "" (not known): a name that contradicts it is left out. Polish takes the vocative (Anna -> Anno), from a
    table of frequent names. Bulgarian has a vocative too (Иване), but it is familiar: polite letters use the name as it is. So does
    English. Languages that decline names and have no table here answer "".
    """
    name = clean_name(first_name)
    tongue = language.replace("_", "-").partition("-")[0].lower()
    if tongue == "pl":
        return _polish(name, gender) if name else ""
    return "" if tongue in _DECLINING else name

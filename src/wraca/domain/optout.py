"""Is this answer a no? The words by which people take themselves off a list of text messages (trust S2).

The first word decides, or the whole text, after a polite word or two: "STOP", "Stop sending me this!", "proszę STOP". What may have
been meant as a no is taken for one: a reminder less does little harm, one too many is against the law. Letters of another alphabet
that look the same ("ЅТОР" in Cyrillic) are read as what they look like.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

# English, and what providers teach people everywhere.
_ENGLISH = "stop stopall stops stopp unsubscribe unsub cancel end quit remove optout opt-out"
_POLISH = (
    "nie rezygnuje rezygnacja rezygnowac wypisz wypisuje wypisac wypiszcie wypisanie wypisujcie koniec usun usuncie odwoluje"
    " przestan przestancie dosc"
)
_BULGARIAN = (
    "стоп отказ откажи отказвам отказвамсе не край отпиши отпишете отписване спри спрете стига"
    " otkaz otkazvam otpishi otpishete spri"
)
_PHRASES = frozenset(("opt out", "stop all", "no more", "leave me alone", "i want out"))
_POLITE = frozenset(("please", "pls", "plz", "prosze", "poprosze", "bardzo", "моля", "ви", "hi", "hello", "hej", "chce", "хей"))

_SEPARATORS = re.compile(r"[^\w-]+|_+")
_LONGEST = 1_600  # characters that are looked at: ten parts
_L_WITH_STROKE = str.maketrans("łŁ", "lL")

# Letters that look alike, by what they look like in Latin; and the other way round for words that mix both.
_LOOKS_LATIN = str.maketrans("авсеѕіјкмнорԛтухԁћӏαβεικνορτυχ", "abcesijkmhopqtyxdhlabeiknoptux")
_SOUNDS_LATIN = str.maketrans("стопнекраилвяж", "stopnekrailvqj")
_LOOKS_CYRILLIC = str.maketrans("aceopxyktmhb", "асеорхукткнв")


def is_opt_out(text: str, more_words: Iterable[str] = ()) -> bool:
    """Whether somebody who writes this wants no more messages. `more_words` are the merchant's own."""
    known = _WORDS | {_normal(word) for word in more_words if word.strip()}
    words = [word for word in _SEPARATORS.split(_normal(text[:_LONGEST])) if word.strip("-")]
    while len(words) > 1 and words[0] in _POLITE:
        words.pop(0)
    if not words:
        return False
    whole = {"".join(words).replace("-", ""), " ".join(words), " ".join(words[:2])}
    return any(reading in known for reading in _readings(words[0])) or bool(whole & (known | _PHRASES))


def _normal(text: str) -> str:
    """Compatibility forms folded, no case, no diacritics, no invisible signs."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_L_WITH_STROKE)
    shown = "".join(sign for sign in folded if unicodedata.category(sign) != "Cf")
    return "".join(sign for sign in unicodedata.normalize("NFKD", shown) if not unicodedata.combining(sign)).strip()


def _readings(word: str) -> Iterator[str]:
    """The word, and as what it may have been meant where it borrows letters from another alphabet."""
    bare = word.strip("-")
    yield bare
    if not bare.isascii():
        yield bare.translate(_LOOKS_LATIN)
        yield bare.translate(_LOOKS_CYRILLIC)
        yield bare.translate(_SOUNDS_LATIN)


_WORDS = frozenset(_normal(word) for word in f"{_ENGLISH} {_POLISH} {_BULGARIAN}".split())

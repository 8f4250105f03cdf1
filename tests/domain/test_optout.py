"""By which words people say no, in three languages and however they type them."""

import pytest

from wraca.domain.optout import is_opt_out

NO = """
STOP
stop
Stop.
STOP!!!
 stop
"STOP"
ＳＴＯＰ
S-T-O-P
S T O P
stopall
STOP ALL
Stop sending me this
stop please
please stop
pls stop
Unsubscribe
unsubscribe me
UNSUB
cancel
Cancel this
end
QUIT
quit now
remove
Remove me
opt out
OPT-OUT
optout
no more
leave me alone
st\u200bop
ЅТОР
STОP
СTOP
STOP\u00a0
stop\tstop
ŚTÓP
NIE
nie
Nie!
nie chcę więcej
REZYGNUJE
Rezygnuję
REZYGNACJA
rezygnacja z sms
Rezygnuję z wiadomości
WYPISZ
wypisz mnie
Proszę wypisać
proszę STOP
Prosze wypisać mnie
KONIEC
koniec!
USUN
USUŃ
usuń mój numer
Usuńcie mnie
przestańcie
Dość
chcę rezygnować
СТОП
стоп
Стоп.
CTOП
СTОП
ОТКАЗ
отказ
Откажи
ОТКАЗВАМ
отказвам се
НЕ
не
Не искам повече
КРАЙ
край!
ОТПИШИ
отпишете ме
Отпишете ме, моля
Моля, отпишете ме
моля стоп
Спрете
стига
отписване
"""

GOES_ON = """
OK
dzięki
Dziękuję, zaraz zamówię
tak
TAK, biorę
kiedy wysyłka?
Czy jest jeszcze rozmiar 38?
Благодаря
да
Кога ще дойде?
Искам я
He said yes
Henryk
He
Ne
yes
Thanks, ordered
Where is my order?
when does it stop
the stopper is missing
endless love
necessary
Niestety zapłaciłam już
Niech czeka do jutra
stopka jest za długa
Краят на месеца
нека остане
ok, nie ma problemu
?
...

"""


@pytest.mark.parametrize("text", [line for line in NO.strip("\n").split("\n") if line])
def test_a_no(text: str) -> None:
    assert is_opt_out(text)


@pytest.mark.parametrize("text", GOES_ON.strip("\n").split("\n"))
def test_no_no(text: str) -> None:
    assert not is_opt_out(text)


def test_the_table_is_long_enough() -> None:
    assert len([line for line in NO.splitlines() if line]) >= 80


def test_a_shop_may_know_more_words() -> None:
    assert not is_opt_out("Basta")
    assert is_opt_out("Básta!", ["basta"])
    assert not is_opt_out("anything", ["", "  "])


def test_a_novel_is_read_only_at_its_beginning() -> None:
    assert is_opt_out("STOP " + "x" * 100_000)
    assert not is_opt_out("x" * 100_000 + " STOP")

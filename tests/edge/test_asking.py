"""The page that asks why: it asks everybody, and hears only who presses the button."""

import pytest
from starlette.testclient import TestClient

from tests.edge.pretend import ERASED, TOKEN, Behind
from tests.edge.test_links import MULTIPART, WRONG
from wraca.domain.reasons import LONGEST_TEXT, Reason
from wraca.edge import Limits, Rate, edge_app

FORM = "application/x-www-form-urlencoded"


def checked(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('value="')[1:] if part.partition(">")[0].endswith(" checked")]


@pytest.mark.parametrize(
    ("language", "question", "price"),
    [
        ("en", "What kept you from ordering?", "The price"),
        ("pl", "Co powstrzymało Cię przed zakupem?", "Cena"),
        ("bg", "Какво Ви спря да поръчате?", "Цената"),
        ("de", "What kept you from ordering?", "The price"),
    ],
)
def test_the_page_asks_in_the_persons_language_and_names_nobody(
    client: TestClient, behind: Behind, language: str, question: str, price: str
) -> None:
    behind.language = language

    page = client.get(f"/w/{TOKEN}")

    assert page.status_code == 200
    assert question in page.text
    assert f"<span>{price}</span>" in page.text
    assert page.text.count('type="radio"') == len(Reason)
    assert page.text.count("<button") == 1
    assert f'maxlength="{LONGEST_TEXT}"' in page.text
    assert checked(page.text) == []
    assert "Kubki &amp; &lt;spółka&gt;" in page.text
    assert "script" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize("reason", list(Reason))
def test_the_reason_of_the_link_is_chosen_already_but_not_said(client: TestClient, behind: Behind, reason: Reason) -> None:
    page = client.get(f"/w/{TOKEN}/{reason}")

    assert checked(page.text) == [reason.value]
    assert behind.answers == []
    assert [(purpose, index) for _, purpose, index, _ in behind.hits] == [("click", 901 + list(Reason).index(reason))]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_only_a_pressed_button_answers(client: TestClient, behind: Behind, method: str) -> None:
    for path in (f"/w/{TOKEN}", f"/w/{TOKEN}/price", f"/w/{TOKEN}/price?reason=price&text=x"):
        client.request(method, path, headers={"User-Agent": "Barracuda Sentinel (EE)"})

    assert behind.answers == []
    assert len(behind.hits) == (3 if method == "GET" else 0)


def test_the_button_answers_without_cookie_or_redirect(client: TestClient, behind: Behind) -> None:
    answer = client.post(f"/w/{TOKEN}/price", data={"reason": "shipping", "text": "Za drogo"})

    assert answer.status_code == 200
    assert behind.answers == [(TOKEN, Reason.SHIPPING, "Za drogo")]
    assert "Thank you" in answer.text
    assert 'href="https://shop.example/"' in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("reason", list(Reason))
def test_who_may_be_helped_at_once_reads_how(client: TestClient, reason: Reason) -> None:
    page = client.post(f"/w/{TOKEN}", data={"reason": reason.value}).text

    helped = reason in {Reason.QUESTION, Reason.TECHNICAL, Reason.PAYMENT, Reason.SHIPPING}
    assert ('href="tel:+48612223344"' in page) is helped
    assert ('href="mailto:pomoc@shop.example"' in page) is helped


def test_words_without_a_reason_are_an_answer_too(client: TestClient, behind: Behind) -> None:
    client.post(f"/w/{TOKEN}", data={"text": "No pictures of the back"})

    assert behind.answers == [(TOKEN, Reason.OTHER, "No pictures of the back")]


@pytest.mark.parametrize(
    ("kind", "body"), [(FORM, ""), (FORM, "reason=because"), (FORM, "text=%20"), MULTIPART, ("text/plain", "\x00reason=price")]
)
def test_a_form_that_says_nothing_is_asked_again(client: TestClient, behind: Behind, kind: str, body: str) -> None:
    page = client.post(f"/w/{TOKEN}", headers={"Content-Type": kind}, content=body)

    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert behind.answers == []


def test_a_wrong_token_asks_nobody_and_looks_like_any_lost_link(client: TestClient, behind: Behind) -> None:
    seen = [client.get(f"/w/{token}/price") for token in WRONG] + [
        client.post(f"/w/{token}", data={"reason": "price"}) for token in WRONG
    ]

    assert {answer.status_code for answer in seen} == {404}
    assert len({answer.content for answer in seen}) == 1
    assert (behind.answers, behind.hits) == ([], [])


def test_an_erased_persons_link_says_thanks_and_keeps_nothing(client: TestClient, behind: Behind) -> None:
    answer = client.post(f"/w/{ERASED}", data={"reason": "price"})

    assert "Thank you" in answer.text
    assert behind.answers == []


def test_one_message_is_not_answered_all_day_long() -> None:
    behind = Behind(limits=Limits(answers=Rate(0.001, 3)))
    with TestClient(edge_app(behind.services())) as client:
        statuses = [client.post(f"/w/{TOKEN}", data={"reason": "price"}).status_code for _ in range(5)]

    assert statuses == [200] * 3 + [429] * 2
    assert len(behind.answers) == 3


def test_a_busy_database_says_so_in_the_readers_language(client: TestClient, behind: Behind) -> None:
    behind.busy = True

    answer = client.post(f"/w/{TOKEN}", data={"reason": "price"}, headers={"Accept-Language": "pl"})

    assert answer.status_code == 503
    assert "Chwileczkę" in answer.text


def test_nothing_of_what_was_said_or_of_the_token_reaches_the_log(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get(f"/w/{TOKEN}/price")
    client.post(f"/w/{TOKEN}/price", data={"reason": "price", "text": "zzcanary"})
    printed = "".join(capsys.readouterr())

    assert TOKEN not in printed
    assert "zzcanary" not in printed
    assert "/w/{token}" in printed

"""The links of a message: what they show, what they change, what they never tell."""

import pytest
from starlette.testclient import TestClient

from tests.edge.pretend import ERASED, ORIGIN, TOKEN, Behind
from wraca.edge import Limits, Rate, edge_app

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Accept-Language": "pl"}
ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = (
    "multipart/form-data; boundary=edge",
    '--edge\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--edge--\r\n',
)
WRONG = ["unknown-token-0123456789", "short", TOKEN[:-1] + "8", TOKEN + "'--", "%00" * 20, "a" * 4_000]


@pytest.mark.parametrize(("path", "purpose", "index"), [(f"/r/{TOKEN}", "restore", None), (f"/c/{TOKEN}/1", "click", 1)])
def test_a_link_leads_on_and_leaves_a_hit(client: TestClient, behind: Behind, path: str, purpose: str, index: int | None) -> None:
    answer = client.get(path, headers=BROWSER)

    assert answer.status_code == 302
    assert answer.headers["location"] == behind.target
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"].startswith("noindex")
    assert "set-cookie" not in answer.headers
    [(_, hit_purpose, hit_index, evidence)] = behind.hits
    assert (hit_purpose, hit_index) == (purpose, index)
    assert (evidence.family, evidence.has_browser_headers) == ("firefox", True)


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "//evil.example", "/cart", "https://", "https://a\\@b", "http://[", "data:,x"]
)
def test_nothing_but_a_web_address_becomes_a_redirect(client: TestClient, behind: Behind, target: str) -> None:
    behind.target = target

    answer = client.get(f"/c/{TOKEN}/0")

    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize("query", ["url=https://evil.example", "u=//evil.example", "next=javascript:1"])
def test_a_query_changes_no_destination(client: TestClient, behind: Behind, query: str) -> None:
    assert client.get(f"/c/{TOKEN}/0?{query}").headers["location"] == behind.target


def test_unknown_expired_and_forged_links_look_the_same(client: TestClient) -> None:
    for prefix, suffix in (("/r/", ""), ("/c/", "/0"), ("/u/", "")):
        answers = [client.get(f"{prefix}{token}{suffix}") for token in WRONG]
        assert {answer.status_code for answer in answers} == {404}, prefix
        assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", [f"/r/{TOKEN}", f"/c/{TOKEN}/0", f"/o/{TOKEN}", f"/u/{TOKEN}"])
def test_only_get_and_post_do_anything(client: TestClient, behind: Behind, method: str, path: str) -> None:
    client.request(method, path)

    assert behind.hits == []
    assert behind.silenced == set()


def test_the_pixel_is_a_picture_whatever_happens(client: TestClient, behind: Behind) -> None:
    pictures = [client.get(f"/o/{token}") for token in (TOKEN, *WRONG)]
    behind.busy = True
    pictures.append(client.get(f"/o/{TOKEN}"))

    assert {picture.status_code for picture in pictures} == {200}
    assert {picture.headers["content-type"] for picture in pictures} == {"image/gif"}
    assert len({picture.content for picture in pictures}) == 1
    assert [hit[1] for hit in behind.hits] == ["open"]


def test_scanners_crawling_every_link_change_nothing(client: TestClient, behind: Behind) -> None:
    for agent in ("Barracuda Sentinel (EE)", "Mozilla/5.0 (compatible; SafeLinks)", "curl/8.5.0"):
        for method in ("GET", "HEAD", "OPTIONS"):
            for path in (f"/r/{TOKEN}", f"/c/{TOKEN}/0", f"/u/{TOKEN}", f"/o/{TOKEN}"):
                client.request(method, path, headers={"User-Agent": agent})

    assert behind.silenced == set()
    assert {hit[3].family for hit in behind.hits} == {"scanner", "library"}


@pytest.mark.parametrize(
    ("language", "button"),
    [("en", "Unsubscribe"), ("pl", "Zrezygnuj"), ("bg", "Отписване")],
)
def test_the_preferences_page_has_one_button_and_a_masked_address(
    client: TestClient, behind: Behind, language: str, button: str
) -> None:
    behind.language = language

    page = client.get(f"/u/{TOKEN}")

    assert page.status_code == 200
    assert f'lang="{language}"' in page.text
    assert page.text.count("<button") == 1
    assert f">{button}</button>" in page.text
    assert "b***@x.pl" in page.text
    assert "Kubki &amp; &lt;spółka&gt;" in page.text
    assert "script" not in page.text
    assert "http" not in page.text.replace("http-equiv", "")
    assert behind.silenced == set()


@pytest.mark.parametrize(("kind", "body"), [("application/x-www-form-urlencoded", ONE_CLICK), MULTIPART])
def test_one_click_unsubscribes_without_cookie_or_redirect(client: TestClient, behind: Behind, kind: str, body: str) -> None:
    answers = [client.post(f"/u/{TOKEN}", headers={"Content-Type": kind}, content=body) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {200}
    assert all("set-cookie" not in answer.headers for answer in answers)
    assert behind.silenced == {(TOKEN, "list")}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"])
def test_the_button_can_stop_everything(client: TestClient, behind: Behind, kind: str) -> None:
    part = '--edge\r\nContent-Disposition: form-data; name="scope"\r\n\r\nall\r\n--edge--\r\n'
    body = part if kind.startswith("multipart") else "scope=all"

    client.post(f"/u/{TOKEN}", headers={"Content-Type": kind}, content=body)

    assert behind.silenced == {(TOKEN, "all")}


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x\r\ny", "text/plain", ""])
@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"--x\r\n\r\n", b"a" * 200])
def test_an_odd_form_still_unsubscribes(client: TestClient, behind: Behind, kind: str, body: bytes) -> None:
    answer = client.post(f"/u/{TOKEN}", headers={"Content-Type": kind.replace("\r\n", " ")}, content=body)

    assert answer.status_code == 200
    assert behind.silenced == {(TOKEN, "list")}


def test_unsubscribing_works_after_the_person_is_erased(client: TestClient, behind: Behind) -> None:
    answer = client.post(f"/u/{ERASED}", content=ONE_CLICK)

    assert answer.status_code == 200
    assert behind.silenced == set()


def test_a_wrong_token_unsubscribes_nobody(client: TestClient, behind: Behind) -> None:
    assert {client.post(f"/u/{token}", content=ONE_CLICK).status_code for token in WRONG} == {404}
    assert behind.silenced == set()


def test_the_saved_cart_is_for_the_shops_pages(client: TestClient) -> None:
    answer = client.get(f"/v1/restore/{TOKEN}", headers={"Origin": ORIGIN})

    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.json() == {
        "lines": [
            {"product_id": "p1", "variant": "blue", "quantity": 2, "name": "Cup", "price": 1999, "image_url": "", "url": ""},
        ],
        "currency": "PLN",
        "coupon": "",
        "stage": "payment",
    }


def test_another_page_does_not_get_the_saved_cart(client: TestClient) -> None:
    answer = client.get(f"/v1/restore/{TOKEN}", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 404
    assert "access-control-allow-origin" not in answer.headers


def test_the_shops_page_can_read_that_a_link_expired(client: TestClient) -> None:
    answer = client.get("/v1/restore/unknown-token-0123456789", headers={"Origin": ORIGIN})

    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_guessing_tokens_is_slowed_down_and_readers_are_not() -> None:
    behind = Behind(limits=Limits(misses=Rate(0.001, 5)))
    with TestClient(edge_app(behind.services()), follow_redirects=False) as client:
        good = [client.get(f"/r/{TOKEN}").status_code for _ in range(20)]
        guesses = [client.get(f"/r/guess-number-{number:08}").status_code for number in range(10)]

    assert good == [302] * 20
    assert guesses == [404] * 5 + [429] * 5


def test_a_busy_database_shows_a_page_that_says_so(client: TestClient, behind: Behind) -> None:
    behind.busy = True

    answer = client.get(f"/r/{TOKEN}", headers={"Accept-Language": "bg-BG,bg;q=0.9"})

    assert answer.status_code == 503
    assert "Един момент" in answer.text


def test_no_log_line_holds_a_token(client: TestClient, behind: Behind, capsys: pytest.CaptureFixture[str]) -> None:
    behind.target = ""
    client.get(f"/r/{TOKEN}")
    client.get(f"/v1/restore/{TOKEN}")
    client.post(f"/u/{TOKEN}")
    printed = capsys.readouterr()

    assert TOKEN not in printed.out + printed.err
    assert "/u/{token}" in printed.out + printed.err

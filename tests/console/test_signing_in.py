"""The way in: the first account, passwords, sessions, throttling, the second step, invitations."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.models import User
from django.test import Client

from tests.console.seeding import PASSWORD, Scene, member
from wraca.app.shops import ShopFields, create_shop
from wraca.console import first_run
from wraca.console.roles import Role
from wraca.console.sessions import IDLE, LONGEST
from wraca.storage.models import Journey, Member, Shop
from wraca.testing.databases import TEST_SECRET, new_file, opened
from wraca.testing.world import DAY, World

SIGN_IN = "/console/account/sign-in/"


def fresh_browser(*, csrf: bool = False) -> Client:
    return Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=csrf)


def sign_in(browser: Client, address: str, password: str = PASSWORD) -> int:
    return browser.post(SIGN_IN, {"login": address, "password": password}).status_code


@pytest.fixture
def empty(shop_of_the_command_line: World) -> World:
    """An installation without any account and any shop."""
    Shop.objects.all().delete()
    return shop_of_the_command_line


@pytest.fixture
def shop_of_the_command_line(migrated: Path, tmp_path: Path) -> Iterator[World]:
    """An installation without any account, but with a shop."""
    from tests.console.pointing import point_django_at
    from tests.console.seeding import connect

    url = new_file(migrated, tmp_path)
    with point_django_at(url), opened(url) as database:
        world = World(database)
        connect(world)
        yield world


def test_the_first_account_needs_the_link_of_the_start_and_closes_the_door(empty: World, settings_secret: str) -> None:
    browser = fresh_browser()
    said = {
        "email": "First@Shop.example", "password": "a kettle sings early", "name": "Kawa", "domain": "https://kawa.example/",
        "currency": "PLN", "language": "pl", "timezone": "Europe/Warsaw", "country": "PL",
    }  # fmt: skip
    assert browser.get("/console/first-run/").status_code == 404
    assert browser.post("/console/first-run/", {**said, "token": "0" * 40}).status_code == 404
    assert not User.objects.exists()

    token = first_run.token(settings_secret)
    assert browser.get(f"/console/first-run/?token={token}").status_code == 200
    answer = browser.post("/console/first-run/", {**said, "token": token})

    user = User.objects.get()
    shop = Shop.objects.get(name="Kawa")
    assert browser.get(answer["Location"])["Location"] == f"/console/{shop.id}/"
    assert (user.username, user.is_superuser, shop.domain) == ("first@shop.example", True, "kawa.example")
    assert Member.objects.get(user=user).role == "owner"
    assert set(Journey.objects.filter(shop_id=shop.id).values_list("active_since", flat=True)) == {None}
    assert browser.get(f"/console/{shop.id}/").status_code == 200
    assert fresh_browser().get(f"/console/first-run/?token={token}").status_code == 404
    assert first_run.address("http://x", settings_secret) is None


def test_the_first_account_takes_over_the_shops_of_the_command_line(shop_of_the_command_line: World, settings_secret: str) -> None:
    browser = fresh_browser()
    token = first_run.token(settings_secret)
    assert "Name of the shop" not in browser.get(f"/console/first-run/?token={token}").content.decode()
    browser.post("/console/first-run/", {"email": "first@shop.example", "password": "a kettle sings early", "token": token})
    shop = shop_of_the_command_line.shop
    assert Shop.objects.count() == 1
    assert browser.get("/console/")["Location"] == f"/console/{shop}/"
    later = create_shop(ShopFields("Later", "later.example"), shop_of_the_command_line.now)
    browser.get("/console/")
    assert browser.get(f"/console/{later.id}/").status_code == 200


@pytest.fixture
def settings_secret() -> str:
    from django.conf import settings

    return str(settings.SECRET_KEY)


def test_the_link_is_the_same_for_every_process_and_unlike_for_every_installation() -> None:
    assert first_run.token(TEST_SECRET) == first_run.token(TEST_SECRET)
    assert first_run.token(TEST_SECRET) != first_run.token(TEST_SECRET + "x")


@pytest.mark.parametrize("password", ["short", "password1234", "1234567890"])
def test_a_weak_first_password_is_refused(empty: World, settings_secret: str, password: str) -> None:
    said = {"email": "a@b.example", "password": password, "name": "K", "domain": "k.example", "currency": "PLN", "language": "pl"}
    token = first_run.token(settings_secret)
    fresh_browser().post("/console/first-run/", {**said, "timezone": "UTC", "token": token})
    assert not User.objects.exists()


def test_signing_in_leads_to_the_shop_with_a_new_session(scene: Scene, browser: Client) -> None:
    browser.get(SIGN_IN)
    browser.session["planted"] = "yes"
    browser.session.save()
    before = browser.cookies.get("wraca_session")
    assert sign_in(browser, "owner@kawa.example") == 302
    assert browser.cookies["wraca_session"].value != (before.value if before else "")
    assert browser.get("/console/")["Location"] == f"/console/{scene.shop}/"


def test_a_wrong_password_is_throttled_without_locking_the_account_out_elsewhere(scene: Scene, browser: Client) -> None:
    member(scene.world, "guessed@team.example", Role.SUPPORT)
    answers = [browser.post(SIGN_IN, {"login": "guessed@team.example", "password": f"wrong {n}"}) for n in range(12)]
    assert any("Too many" in answer.content.decode() or answer.status_code == 429 for answer in answers)
    elsewhere = Client(HTTP_HOST="127.0.0.1", REMOTE_ADDR="10.9.8.7")
    assert sign_in(elsewhere, "owner@kawa.example") == 302


def test_a_changed_password_ends_every_other_session(scene: Scene, browser: Client) -> None:
    user = member(scene.world, "changer@team.example", Role.ADMIN)
    elsewhere = fresh_browser()
    elsewhere.force_login(user)
    browser.force_login(user)
    page = f"/console/{scene.shop}/"
    assert elsewhere.get(page).status_code == 200

    said = {"oldpassword": PASSWORD, "password1": "three new words here", "password2": "three new words here"}
    assert browser.post("/console/account/password/", said).status_code == 302

    assert browser.get(page).status_code == 200
    assert elsewhere.get(page).status_code == 302


@pytest.mark.parametrize("wait", [IDLE, LONGEST])
def test_a_sign_in_ends_by_itself(scene: Scene, owner: Client, wait: int) -> None:
    page, world = f"/console/{scene.shop}/", scene.world
    now = world.now
    try:
        assert owner.get(page).status_code == 200
        step = DAY // 2 if wait == LONGEST else wait + 1
        while world.now <= now + wait:
            assert owner.get(page).status_code == 200
            world.now += step
        assert owner.get(page).status_code == 302
    finally:
        world.now = now


def test_a_form_without_its_token_changes_nothing(scene: Scene) -> None:
    browser = fresh_browser(csrf=True)
    browser.force_login(scene.owner)
    for path in ("settings/pause/", "journeys/reaction-series/switch/", "settings/keys/", "settings/team/"):
        assert browser.post(f"/console/{scene.shop}/{path}", {"to": "pause", "kind": "server"}).status_code == 403
    assert Shop.objects.get(bucket=scene.world.bucket, id=scene.shop).paused_at is None


def test_an_invitation_works_once(scene: Scene, owner: Client) -> None:
    page = owner.post(f"/console/{scene.shop}/settings/team/", {"email": "New@Team.example", "role": "marketer"}).content.decode()
    found = re.search(r"http://127\.0\.0\.1:8000(/console/welcome/[^<]+)", page)
    assert found
    link = found[1]
    browser = fresh_browser()
    assert "new@team.example" in browser.get(link).content.decode()
    assert browser.post(link, {"password": "short"}).status_code == 200
    assert browser.post(link, {"password": "water just off the boil"}).status_code == 302
    assert browser.get(f"/console/{scene.shop}/carts/").status_code == 200
    assert browser.get(f"/console/{scene.shop}/settings/").status_code == 403
    assert fresh_browser().get(link).status_code == 404
    assert fresh_browser().post(link, {"password": "somebody else's words"}).status_code == 404


def test_the_second_step_is_asked_for_and_its_code_works_once(scene: Scene, browser: Client) -> None:
    user = member(scene.world, "careful@team.example", Role.ADMIN)
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)
    assert sign_in(browser, "careful@team.example") == 302
    assert browser.get(f"/console/{scene.shop}/").status_code == 302

    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    assert browser.post("/console/account/two-factor/sign-in/", {"code": "000000"}).status_code == 200
    assert browser.post("/console/account/two-factor/sign-in/", {"code": code}).status_code == 302
    assert browser.get(f"/console/{scene.shop}/").status_code == 200

    again = fresh_browser()
    sign_in(again, "careful@team.example")
    assert again.post("/console/account/two-factor/sign-in/", {"code": code}).status_code == 200


@pytest.mark.parametrize("path", ["two-factor/", "two-factor/app/", "password/", "confirm/", "sign-out/"])
def test_the_pages_of_an_account_answer(scene: Scene, browser: Client, path: str) -> None:
    assert sign_in(browser, "owner@kawa.example") == 302
    assert browser.get(f"/console/account/{path}", follow=True).status_code == 200


@pytest.mark.parametrize("name", ["sign-up", "email", "password-set"])
def test_nobody_signs_up_by_themselves(scene: Scene, browser: Client, name: str) -> None:
    assert browser.get(f"/console/account/closed/{name}/").status_code == 404


def test_an_unknown_address_reads_like_a_wrong_password(scene: Scene, browser: Client) -> None:
    known = browser.post(SIGN_IN, {"login": "owner@kawa.example", "password": "no"}).content.decode()
    unknown = browser.post(SIGN_IN, {"login": "nobody@kawa.example", "password": "no"}).content.decode()

    def said(page: str) -> list[str]:
        return re.findall(r'role="alert">([^<]+)<', page)

    assert said(known) == said(unknown) != []

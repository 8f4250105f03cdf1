"""Who gets in where: every page, every role, every other shop."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern

from tests.console import routes
from tests.console.seeding import Scene, member
from wraca.app.shops import ShopFields, create_shop
from wraca.console.doors import GUARDED
from wraca.console.roles import RIGHTS, Right, Role, grantable
from wraca.console.urls import _shop
from wraca.storage.models import Audit, Member

# The exact set of pages per role. A new page has to be entered here, so that somebody thinks of who may see it.
NUMBERS = {"overview", "journeys", "journey", "journey_versions", "journey_compare", "reasons", "reasons_file"}
NUMBERS |= {"offers", "audiences", "audience", "onsite"}
CARTS = {"carts", "cart", "messages", "message", "notices"}
ONE_PERSON = {"people", "person", "cart", "message", "message_preview", "notices"}
ONE_PERSON |= {"chats", "chats_live", "chat", "chat_side", "chat_lines", "chat_file", "chat_answers"}
EDITOR = {"journey_new", "journey_import", "journey_edit", "journey_file", "journey_migrate", "journey_start"}
JOURNEYS = EDITOR | {"journey_add", "journey_times", "journey_code", "journey_switch", "journey_try", "journey_rehearsal", "texts"}
JOURNEYS |= {"templates", "template", "template_new", "template_drop", "template_preview", "template_reader", "template_test"}
JOURNEYS |= {"template_versions", "template_compare"}
JOURNEYS |= {"placement", "placement_switch", "placement_preview"}
SETTINGS = {"settings", "pause", "keys", "sms", "channel", "channel_test", "team", "team_change", "audit", "audit_file"}
SETTINGS |= {"audience_copy", "audience_file", "feeds"}
SETTINGS |= {"webhooks", "webhook", "newsletter", "newsletter_file", "push_key"}
PEOPLE = {"answers_file"}
ALLOWED = {
    Role.OWNER: NUMBERS | CARTS | PEOPLE | ONE_PERSON | JOURNEYS | SETTINGS,
    Role.ADMIN: NUMBERS | CARTS | PEOPLE | ONE_PERSON | JOURNEYS | SETTINGS,
    Role.MARKETER: NUMBERS | CARTS | PEOPLE | ONE_PERSON | JOURNEYS,
    Role.ANALYST: NUMBERS | CARTS,
    Role.SUPPORT: NUMBERS | ONE_PERSON,
}


def view_of(pattern: URLPattern) -> str:
    view = pattern.callback
    return f"{view.__module__}.{view.__qualname__}"


@pytest.fixture(scope="module")
def accounts(scene: Scene) -> dict[Role, User]:
    return {role: member(scene.world, f"{role.value}@team.example", role) for role in Role}


def test_every_page_of_a_shop_has_a_door() -> None:
    assert {view_of(pattern) for pattern in _shop} == set(GUARDED)


@pytest.mark.parametrize("role", Role)
def test_a_role_sees_exactly_its_pages(scene: Scene, accounts: dict[Role, User], role: Role) -> None:
    rights = {pattern.name: GUARDED[view_of(pattern)] for pattern in _shop}
    browser = Client(HTTP_HOST="127.0.0.1")
    browser.force_login(accounts[role])
    answered = {name: browser.get(address).status_code for name, address in routes.readable(scene)}

    assert {name for name, status in answered.items() if status == 200} == ALLOWED[role] - routes.POSTED_ONLY
    assert {status for status in answered.values() if status != 200} <= {403}
    assert {str(name) for name, any_of in rights.items() if set(any_of) & RIGHTS[role]} == ALLOWED[role]


@pytest.mark.parametrize("role", Role)
def test_what_a_role_may_not_post_is_refused(scene: Scene, accounts: dict[Role, User], role: Role) -> None:
    browser = Client(HTTP_HOST="127.0.0.1")
    browser.force_login(accounts[role])
    before = Member.objects.count()
    for name, address in routes.addresses(scene):
        if name not in ALLOWED[role]:
            assert browser.post(address, {"to": "pause", "role": "none"}).status_code == 403, name
    assert Member.objects.count() == before


def test_the_pages_of_another_shop_do_not_exist(scene: Scene, owner: Client) -> None:
    other = create_shop(ShopFields("Other", "other.example"), scene.world.now)
    for name, address in routes.addresses(scene, shop=other.id):
        assert owner.get(address).status_code == 404, name
        assert owner.post(address).status_code == 404, name


def test_ids_of_another_shop_do_not_exist_in_ones_own(scene: Scene, owner: Client) -> None:
    known = routes.parts(scene)
    stranger = "0" * 32
    for name, address in routes.addresses(scene, cart=stranger, person=stranger, message=stranger, name="nobody", template="none"):
        if any(part in routes_of(name) for part in ("cart", "person", "message", "name")) and name not in routes.POSTED_ONLY:
            assert owner.get(address).status_code == 404, name
    assert known["cart"] != stranger


def routes_of(name: str) -> list[str]:
    return [part for each in _shop if each.name == name for part in each.pattern.converters]


def test_without_a_sign_in_every_page_leads_to_it(scene: Scene, browser: Client) -> None:
    for _name, address in routes.addresses(scene):
        answer = browser.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/console/account/sign-in/")


def test_a_role_taken_away_works_at_once(scene: Scene, browser: Client) -> None:
    user = member(scene.world, "leaver@team.example", Role.ADMIN)
    browser.force_login(user)
    address = f"/console/{scene.shop}/settings/"
    assert browser.get(address).status_code == 200
    Member.objects.filter(user=user).update(role=Role.ANALYST)
    assert browser.get(address).status_code == 403
    Member.objects.filter(user=user).delete()
    assert browser.get(address).status_code == 404


def test_only_an_owner_makes_owners() -> None:
    assert Role.OWNER in grantable(Role.OWNER)
    assert Role.OWNER not in grantable(Role.ADMIN)
    assert not grantable(Role.MARKETER)
    assert Right.TEAM not in RIGHTS[Role.SUPPORT]


def test_an_admin_cannot_touch_an_owner(scene: Scene, browser: Client) -> None:
    browser.force_login(member(scene.world, "climber@team.example", Role.ADMIN))
    address = f"/console/{scene.shop}/settings/team/{scene.owner.pk}/"
    assert browser.post(address, {"role": "none"}).status_code == 404
    own = Member.objects.get(user__username="climber@team.example")
    assert browser.post(f"/console/{scene.shop}/settings/team/{own.user.pk}/", {"role": "owner"}).status_code == 404


def test_an_analyst_meets_no_name_and_no_address(scene: Scene, accounts: dict[Role, User]) -> None:
    browser = Client(HTTP_HOST="127.0.0.1")
    browser.force_login(accounts[Role.ANALYST])
    for name, address in routes.readable(scene):
        page = browser.get(address).content.decode()
        assert "@example.com" not in page, name
        assert "Zieliński" not in page, name
        assert "Ivanova" not in page, name


def test_looking_at_a_person_is_written_down(scene: Scene, owner: Client) -> None:
    person = routes.parts(scene)["person"]
    owner.get(f"/console/{scene.shop}/people/{person}/")
    last = Audit.objects.filter(bucket=scene.world.bucket).order_by("-at").first()
    assert last is not None
    assert (last.what, last.body["person"]) == ("person.read", person)
    assert "@example.com" not in str(last.body)

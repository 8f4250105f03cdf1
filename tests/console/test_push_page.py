"""The page of web push: a key that is made by saving, the line for the shop, who can be reached, and another key."""

from collections.abc import Iterator

import pytest
from django.test import Client

from tests.channels.webpush.pushservice import Browser
from tests.console import seeding
from tests.console.pointing import point_django_at
from wraca.app.subscribing import Subscribers, Wish
from wraca.channels.webpush import WebPushChannel
from wraca.console.roles import Role
from wraca.storage.database import Database
from wraca.storage.models import ChannelSetting
from wraca.testing.world import World


@pytest.fixture
def world(database: Database, database_url: str) -> Iterator[World]:
    with point_django_at(database_url):
        made = World(database)
        seeding.connect(made)
        made.register.channels = {**made.register.channels, "webpush": WebPushChannel()}
        yield made


@pytest.fixture
def owner(world: World, browser: Client) -> Client:
    browser.force_login(seeding.member(world, "owner@kawa.example", Role.OWNER, is_superuser=True))
    return browser


def page(owner: Client, world: World, **said: str) -> str:
    address = f"/console/{world.shop}/settings/channels/webpush/"
    answer = owner.post(address, said, follow=True) if said else owner.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def saved(world: World) -> str:
    row = ChannelSetting.objects.get(shop_id=world.shop, channel="webpush")
    return str(world.seal.open(row.sealed)["keys"])


def test_saving_makes_the_key_once_and_shows_the_line_for_the_shop(world: World, owner: Client) -> None:
    assert "importScripts" not in page(owner, world)
    shown = page(owner, world, contact="hello@shop.example", ask="yes", from_view="2")
    key = saved(world)
    assert "/sdk/wraca-sw.js" in shown
    assert key not in shown
    page(owner, world, contact="push@shop.example", ask="no", from_view="3")
    assert saved(world) == key


def test_a_new_key_is_made_by_hand_and_the_old_one_stays(world: World, owner: Client) -> None:
    page(owner, world, contact="hello@shop.example", ask="yes", from_view="2")
    subscribers = Subscribers(world.register)
    invitation = subscribers.invite(world.shop, "en")
    assert invitation is not None
    subscription = Browser().subscription("https://fcm.googleapis.com/fcm/send/1", invitation.key_id)
    assert subscribers.subscribe(world.shop, Wish("a1", subscription, "en", "", invitation.version), world.now) == "taken"
    assert "1 browser can be reached" in page(owner, world)

    before = saved(world)
    answer = owner.post(f"/console/{world.shop}/settings/push-key/", follow=True)

    shown = answer.content.decode()
    assert "1 browser still has an older key" in shown
    assert saved(world).split()[1:] == before.split()
    assert invitation.key not in shown


def test_there_is_no_key_to_change_before_web_push_is_set_up(world: World, owner: Client) -> None:
    assert owner.post(f"/console/{world.shop}/settings/push-key/").status_code == 404

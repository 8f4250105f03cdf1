"""The page about text messages: costs, caps, what the provider told, and where it calls."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from tests.console.seeding import Scene
from wraca.app.callbacks import call_secret
from wraca.channels.sms import SmsChannel
from wraca.domain.spending import MICROS, day_of
from wraca.storage.models import ChannelSetting, Spend

SETTINGS = {
    "provider": "smsapi", "sender": "Sklep", "token": "s3cret-word", "prices": "PL 0.10, * 0.20", "daily_cap": "10",
    "link_host": "k.sklep.pl",
}  # fmt: skip


@pytest.fixture
def connected(scene: Scene) -> Iterator[Scene]:
    world = scene.world
    here = {"bucket": world.bucket, "shop_id": world.shop, "channel": "sms"}
    ChannelSetting.objects.create(**here, sealed=world.seal.close(SETTINGS), pause_reason="")
    today = day_of(world.now, "Europe/Warsaw")
    Spend.objects.create(**here, day=today, micros=4 * MICROS, messages=20, parts=40)
    world.register.channels = {**world.register.channels, "sms": SmsChannel()}
    world.register.forget()
    yield scene
    ChannelSetting.objects.filter(**here).delete()
    Spend.objects.filter(**here).delete()
    world.register.channels = {name: one for name, one in world.register.channels.items() if name != "sms"}
    world.register.forget()


def test_before_it_is_connected_the_texts_can_be_read(scene: Scene, owner: Client) -> None:
    page = owner.get(reverse("sms", args=[scene.shop])).content.decode()
    assert "Not connected yet" in page
    assert "your cart is still saved" in page or "koszyk" in page


def test_costs_caps_and_the_address_for_the_provider(connected: Scene, owner: Client) -> None:
    page = owner.get(reverse("sms", args=[connected.shop])).content.decode()
    assert call_secret(connected.world.seal, connected.world.shop, "sms") in page
    assert "s3cret-word" not in page
    assert "(40 %)" in page
    assert "cart-waiting" in page
    assert "0.20" in page or "0,20" in page


def test_a_host_that_leads_elsewhere_is_told(connected: Scene, owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for leads, word in ((True, "leads to this Wraca."), (False, "does not lead to this Wraca")):
        monkeypatch.setattr(
            "wraca.console.pages.sms.leads_to_us", lambda _register, host, leads=leads: leads and host == "k.sklep.pl"
        )
        page = owner.post(reverse("sms", args=[connected.shop]), follow=True).content.decode()
        assert f"k.sklep.pl {word}" in page

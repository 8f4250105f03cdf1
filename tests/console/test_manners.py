"""How much one person may get, as a merchant says it: in plain words, and nothing that would keep everybody from ever hearing."""

import msgspec
from django.test import Client

from tests.console.seeding import Scene
from wraca.app.shops import shop_profile
from wraca.console.manners import MannersForm
from wraca.domain.shop import ChannelManners, Manners
from wraca.storage.models import Shop

HOUR = 3_600_000
SAID = {
    "do": "manners",
    "per_day": "3",
    "per_week": "5",
    "between_journeys_0": "4",
    "between_journeys_1": "h",
    "silence_after_order_0": "2",
    "silence_after_order_1": "d",
    "quiet_from": "22",
    "quiet_until": "7",
    "email_on_sundays": "no",
    "sms_per_week": "1",
    "sms_quiet_from": "19",
    "sms_quiet_until": "10",
    "webpush_on_holidays": "yes",
}


def test_what_the_merchant_says_is_kept_and_shown_again(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/settings/"
    before = shop_profile(scene.world.bucket, scene.world.shop)
    try:
        assert owner.post(address, SAID).status_code == 302
        profile = shop_profile(scene.world.bucket, scene.world.shop)
        assert profile.manners == Manners(
            3,
            5,
            4 * HOUR,
            48 * HOUR,
            22,
            7,
            {
                "email": ChannelManners(on_sundays=False),
                "sms": ChannelManners(per_week=1, quiet_from=19, quiet_until=10),
                "webpush": ChannelManners(on_holidays=True),
            },
        )
        assert profile.legal_name == before.legal_name
        text = owner.get(address).content.decode()
        assert 'name="sms_quiet_from" value="19"' in text
        assert "Empty: as is usual, from 20:00 to 9:00." in text
        assert owner.post(address, {**SAID, "per_week": "2"}).status_code == 200
        assert shop_profile(scene.world.bucket, scene.world.shop) == profile
    finally:
        restore(scene, before)


def restore(scene: Scene, before: object) -> None:
    """Give the next test the shop as it was."""

    Shop.objects.filter(bucket=scene.world.bucket, id=scene.shop).update(settings=msgspec.to_builtins(before))
    scene.world.register.forget()


def errors(**said: str) -> dict[str, list[str]]:
    form = MannersForm(Manners(), "PL", {**SAID, **said})
    return {name: [str(each) for each in found] for name, found in form.errors.items()}


def test_limits_that_cannot_be_meant_are_refused() -> None:
    assert errors() == {}
    assert list(errors(per_week="2")) == ["per_week"]
    assert list(errors(sms_per_day="2")) == ["sms_per_week"]
    assert list(errors(quiet_until="")) == ["quiet_until"]
    assert list(errors(sms_quiet_until="")) == ["sms_quiet_until"]
    assert list(errors(quiet_from="24")) == ["quiet_from", "quiet_until"]


def test_quiet_hours_that_leave_no_hour_are_refused() -> None:
    found = errors(
        quiet_from="8", quiet_until="20", sms_quiet_from="", sms_quiet_until="", webpush_quiet_from="0", webpush_quiet_until="0"
    )

    assert found == {"sms_quiet_until": ["With the quiet hours for all channels, this leaves no hour of the day."]}


def test_the_same_hour_twice_is_no_quiet_hours() -> None:
    form = MannersForm(Manners(), "PL", {**SAID, "quiet_from": "9", "quiet_until": "9"})

    assert form.is_valid()
    assert form.manners(Manners()).quiet_from == 9

"""The doctor says what is wrong and what to do, and what it did not look at."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command, Said
from wraca import clock, settings
from wraca.app import metering
from wraca.app.alarms import AlarmKind, EmptyPool, PausedChannel, PausedCopy, ShopLife, StoppedFeed, Vitals, alarms, judged
from wraca.app.intake import Idle
from wraca.domain.events import Event, Identity, IdentityKind, Other
from wraca.domain.ids import EventId, ShopId, bucket_of
from wraca.storage.database import Database

NOW = 1_767_607_200_000
MINUTE = 60_000
SHOP = ShopId("a" * 32)


def verdicts(said: Said) -> dict[str, str]:
    return {check["about"]: check["verdict"] for check in said.json["checks"]}


def test_a_new_installation_works_and_is_told_what_comes_next(wraca: Command, environment: dict[str, str]) -> None:
    said = wraca("doctor", "--json")

    assert (said.status, said.json["ok"]) == (0, True)
    assert verdicts(said)["database"] == "fine"
    assert verdicts(said)["shops"] == "note"


def test_a_shop_without_a_channel_needs_somebody(wraca: Command, shop: str) -> None:
    said = wraca("doctor", "--json")

    assert said.status == 1
    assert verdicts(said)["channels"] == "act"
    assert verdicts(said)["sender's domain"] == "not_checked"
    remedies = [check["remedy"] for check in said.json["checks"] if check["about"] == "channels"]
    assert f"wraca channel set {shop} email" in remedies[0]


def test_settings_sealed_under_another_key_are_found(wraca: Command, shop: str) -> None:
    from wraca.app.sealing import Seal
    from wraca.storage.models import ChannelSetting

    sealed = Seal("another-key").close({"url": "smtp://localhost"})
    ChannelSetting.objects.create(bucket=bucket_of(ShopId(shop)), shop_id=shop, channel="email", sealed=sealed)

    said = wraca("doctor", "--json")

    assert (said.status, verdicts(said)["secret key"]) == (1, "act")


def test_a_domain_that_is_not_proven_needs_somebody(wraca: Command, shop: str) -> None:
    from wraca.storage.fields import to_datetime
    from wraca.storage.models import SendingDomain

    here = {"bucket": bucket_of(ShopId(shop)), "shop_id": shop, "domain": "plimsolls.example", "tried_at": to_datetime(NOW)}
    SendingDomain.objects.create(**here, standing="fails")

    assert verdicts(wraca("doctor", "--json"))["sender's domain"] == "act"


def test_a_paused_installation_is_told_how_to_go_on(wraca: Command, shop: str) -> None:
    wraca("pause", "too many complaints", "--json")

    said = wraca("doctor")

    assert said.status == 1
    assert "too many complaints" in said.out
    assert "wraca resume" in said.out


def test_a_database_without_tables_is_no_traceback(
    program: Command, tmp_path: Path, request: pytest.FixtureRequest, database_url: str
) -> None:
    url = f"sqlite:///{tmp_path}/nothing.db"
    if database_url.startswith("postgresql:"):
        url = request.getfixturevalue("postgres_url")

    said = program("doctor", "--json", WRACA_DATABASE_URL=url)

    assert (said.status, said.err) == (1, "")
    assert "wraca migrate" in said.json["checks"][0]["remedy"]
    assert not (tmp_path / "nothing.db").exists()


def test_a_database_that_is_down_is_no_traceback(program: Command) -> None:
    said = program("doctor", "--json", WRACA_DATABASE_URL="postgresql://nobody:nothing@127.0.0.1:1/nowhere")

    assert (said.status, said.json["checks"][0]["verdict"]) == (1, "act")


def test_nothing_is_wrong_with_an_idle_installation() -> None:
    assert judged(Vitals(shops=(ShopLife(SHOP, 60 * MINUTE),)), NOW) == ()


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Vitals(paused="restored"), AlarmKind.PAUSED),
        (Vitals(oldest_timer=NOW - 6 * MINUTE), AlarmKind.TIMERS_LATE),
        (Vitals(oldest_message=NOW - 6 * MINUTE), AlarmKind.MESSAGES_LATE),
        (Vitals(channels=(PausedChannel(SHOP, "email", NOW + MINUTE, "535 no"),)), AlarmKind.CHANNEL_PAUSED),
        (Vitals(shops=(ShopLife(SHOP, 10 * MINUTE, NOW - 11 * MINUTE, has_heartbeat=True),)), AlarmKind.FEED_SILENT),
        (
            Vitals(shops=(ShopLife(SHOP, 60 * MINUTE, NOW - 31 * MINUTE, last_activity=NOW - 40 * MINUTE, yesterday=5),)),
            AlarmKind.SHOP_QUIET,
        ),
        (Vitals(pools=(EmptyPool(SHOP, "autumn", NOW - MINUTE, 3),)), AlarmKind.POOL_EMPTY),
        (Vitals(copies=(PausedCopy(SHOP, "meta", "left-carts", "bad_token"),)), AlarmKind.AUDIENCE_PAUSED),
        (Vitals(stopped=(StoppedFeed(SHOP, "google.xml", NOW - MINUTE, 100, 60),)), AlarmKind.FEED_STOPPED),
        (Vitals(parked=3), AlarmKind.PARKED),
    ],
)
def test_one_thing_that_stops_raises_exactly_its_alarm(seen: Vitals, expected: AlarmKind) -> None:
    assert [alarm.kind for alarm in judged(seen, NOW)] == [expected]


@pytest.mark.parametrize(
    "seen",
    [
        Vitals(oldest_timer=NOW - 4 * MINUTE, oldest_message=NOW + MINUTE),
        Vitals(channels=(PausedChannel(SHOP, "email", NOW - 1, "over"),)),
        Vitals(shops=(ShopLife(SHOP, 60 * MINUTE, NOW - 600 * MINUTE, yesterday=2),)),  # a small shop at night
        Vitals(shops=(ShopLife(SHOP, 60 * MINUTE, NOW - 29 * MINUTE, yesterday=10),)),
    ],
)
def test_what_is_no_more_than_usual_raises_no_alarm(seen: Vitals) -> None:
    assert judged(seen, NOW) == ()


def test_alarms_are_read_from_the_database(wraca: Command, shop: str) -> None:
    from wraca.storage.models import Timer

    Timer.objects.create(bucket=bucket_of(ShopId(shop)), shop_id=shop, subject=SHOP, kind=1, due_at=NOW)

    said = wraca("doctor", "--json")

    assert verdicts(said)["timers late"] == "act"


def test_each_sign_of_life_is_read_from_the_database(wraca: Command, shop: str) -> None:
    from wraca.bootstrap import Wraca
    from wraca.storage.fields import to_datetime
    from wraca.storage.models import CartRow, ChannelSetting, Feed, Parked

    here = {"bucket": bucket_of(ShopId(shop)), "shop_id": shop}
    long_ago, soon = to_datetime(NOW - 45 * MINUTE), to_datetime(NOW + MINUTE)
    Feed.objects.create(**here, complete_until=long_ago, heartbeat=True)
    ChannelSetting.objects.create(**here, channel="email", sealed="", paused_until=soon, pause_reason="535 no")
    Parked.objects.create(**here, id="c" * 32, kind="event", at=long_ago, problem="failed", payload={})
    cart = {"person_id": "b" * 32, "state": "open", "stage": 1, "started_at": long_ago, "body": {}}
    for n in range(4):
        yesterday = to_datetime(NOW - 24 * 60 * MINUTE - 5 * MINUTE)
        CartRow.objects.create(**here, **cart, id=f"{n:032x}", last_activity=yesterday)
    opened = Wraca(settings.load())

    found = {alarm.kind: alarm for alarm in alarms(opened.register, NOW)}
    opened.close()

    expected = {AlarmKind.CHANNEL_PAUSED, AlarmKind.FEED_SILENT, AlarmKind.SHOP_QUIET, AlarmKind.PARKED}
    assert found.keys() == expected
    assert (found[AlarmKind.CHANNEL_PAUSED].what, found[AlarmKind.CHANNEL_PAUSED].detail) == ("email", "535 no")
    assert found[AlarmKind.FEED_SILENT].since == NOW - 45 * MINUTE
    assert found[AlarmKind.SHOP_QUIET].shop == shop


def test_events_are_counted_once_however_often_they_come(wraca: Command, shop: str, database: Database) -> None:
    here = ShopId(shop)
    event = Event(EventId("d" * 32), "Seen", NOW, NOW, Other(), (Identity(IdentityKind.USER, "7"),))
    before = [metering.EVENTS.labels(word)._value.get() for word in ("accepted", "duplicate")]

    for _ in range(3):
        metering.metered_intake(database, bucket_of(here), [(here, [event])], NOW, lambda _: Idle())

    after = [metering.EVENTS.labels(word)._value.get() for word in ("accepted", "duplicate")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 2]


def test_metrics_never_name_a_shop(environment: dict[str, str], wraca: Command, shop: str) -> None:
    from wraca.bootstrap import Wraca

    wraca("pause", "why not", "--json")
    opened = Wraca(settings.load())
    text = metering.page(opened.register, clock.wall()).decode()
    opened.close()

    assert 'wraca_alarms{kind="paused"} 1.0' in text
    assert "wraca_database_up 1.0" in text
    assert shop not in text
    assert "Plimsolls" not in text

"""Limits, trial volumes and throttling providers, in the gate's transaction, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.deliverability.fakedns import FakeDns
from tests.deliverability.sending import connect, leave_carts, reasons, sent_at
from wraca.app.domains import check_domain, check_due_domains, known_standing
from wraca.domain.events import Consent, FeedChecked, Identified, Identity, IdentityKind, Line, LineAdded
from wraca.domain.senderdomain import Standing
from wraca.ports.channel import Outgoing, Unavailable
from wraca.storage.database import Database
from wraca.testing.world import DAY, HOUR, MINUTE, SECOND, World

LAMPKA = {"from": "hej@lampka.pl", "url": "smtp://smtp.lampka.pl:587"}
PROVEN = {"from": "hej@shop.example", "url": "smtp://smtp.shop.example:587"}  # exempt from DNS: nothing but limits counts
NAMES = [f"anna{number}" for number in range(12)]


def _leaves_cart(world: World, name: str, provider: str) -> None:
    who = (Identity(IdentityKind.USER, name), Identity(IdentityKind.EMAIL, f"{name}@{provider}"))
    world.happens(Identified(first_name=name), *who, consents=(Consent("email", given=True, mechanism="checkbox"),))
    world.happens(LineAdded(Line("lamp", 1, 19_900, name="Lamp", trusted=True), currency="PLN"), *who)


def test_a_shop_s_limit_spreads_its_messages(database: Database) -> None:
    world = World(database)
    connect(world, PROVEN | {"limits": "shop 2/m"})
    leave_carts(world, NAMES)

    world.pass_time(hours=1, minutes=2)
    assert len(world.letters) < len(NAMES)
    assert reasons(world) == {"paced"}

    world.pass_time(hours=1)
    times = sent_at(world)
    assert len(times) == len(NAMES)
    assert all(later - earlier >= MINUTE - 1 for earlier, later in zip(times, times[2:], strict=False))


def test_a_shop_without_limits_never_touches_the_table(database: Database) -> None:
    world = World(database)
    leave_carts(world, NAMES)

    world.pass_time(hours=2)

    assert len(world.letters) == len(NAMES)
    assert world.register.rules(world.shop, "email").is_free


def test_several_workers_share_one_limit(database: Database) -> None:
    world = World(database, slots=4)
    connect(world, PROVEN | {"limits": "domain 10/s, shop 600/m"})
    leave_carts(world, [f"anna{number}" for number in range(60)])
    while world.work_timers():
        pass
    world.now += HOUR + MINUTE
    world.happens(FeedChecked())
    while world.work_timers():
        pass
    workers = [world.new_sender(world.new_register()) for _ in range(4)]
    start = threading.Barrier(len(workers))

    for _ in range(200):  # each round a tenth of a second later, all four at once
        world.now += 100

        def send(worker: int) -> int:
            start.wait(timeout=30)
            return workers[worker].send_due(world.bucket, world.now, 10)

        with ThreadPoolExecutor(len(workers)) as threads:
            list(threads.map(send, range(len(workers))))
        if len(world.letters) == 60:
            break

    times = sent_at(world)
    assert len(times) == 60
    assert all(later - earlier >= SECOND - 1 for earlier, later in zip(times, times[10:], strict=False))


def test_several_workers_share_one_trial_volume(database: Database) -> None:
    world = World(database, slots=4)
    connect(world, LAMPKA | {"trial": "7"})
    leave_carts(world, [f"anna{number}" for number in range(40)])
    world.now += HOUR + MINUTE
    world.happens(FeedChecked())
    while world.work_timers():
        pass
    workers = [world.new_sender(world.new_register()) for _ in range(4)]

    with ThreadPoolExecutor(len(workers)) as threads:
        list(threads.map(lambda worker: worker.send_due(world.bucket, world.now, 10), workers))

    assert len(world.letters) == 7
    assert reasons(world) == {"domain_unproven"}


def test_only_the_provider_that_throttles_is_written_to_more_slowly(database: Database) -> None:
    world = World(database)
    connect(world, PROVEN | {"limits": "* 60/m"})
    throttled: list[int] = []

    def gmail_minds(message: Outgoing) -> None:
        if message.recipient.address.endswith("@gmail.com") and len(throttled) < 3:
            throttled.append(world.now)
            raise Unavailable("try_later", "421 4.7.28 unusual rate of mail", retry_after=60)

    world.channel.mishap = gmail_minds
    for number in range(30):
        _leaves_cart(world, f"g{number}", "gmail.com")
        _leaves_cart(world, f"w{number}", "wp.pl")

    world.pass_time(hours=1, seconds=45)
    wp, gmail = sent_at(world, "wp.pl"), sent_at(world, "gmail.com")
    assert throttled
    assert len(wp) == 30
    assert wp[-1] - wp[0] <= 30 * SECOND  # its full speed, as if nothing had happened
    assert len(gmail) < 25

    world.pass_time(hours=1)
    assert len(sent_at(world, "gmail.com")) == 30
    assert world.register.rules(world.shop, "email").slowed == frozenset()  # and back at full speed


def test_a_domain_that_is_not_proven_sends_its_trial_volume_a_day(database: Database) -> None:
    world = World(database)
    connect(world, LAMPKA | {"trial": "5"})
    leave_carts(world, NAMES)

    world.pass_time(hours=3)
    assert len(world.letters) == 5
    assert reasons(world) == {"domain_unproven"}

    world.pass_time(hours=8)  # past midnight UTC
    assert len(world.letters) == 10


def test_once_the_domain_passes_what_waited_goes_out(database: Database) -> None:
    world, dns = World(database), FakeDns("nothing")
    connect(world, LAMPKA | {"trial": "5"})
    assert check_domain(world.register, world.shop, dns, world.now).standing is Standing.FAILS
    leave_carts(world, NAMES)
    world.pass_time(hours=3)
    assert len(world.letters) == 5

    dns.change("spf")
    assert check_domain(world.register, world.shop, dns, world.now).standing is Standing.PASSES
    world.pass_time(hours=1)

    assert len(world.letters) == len(NAMES)


def test_a_check_that_cannot_be_made_never_stops_what_passed(database: Database) -> None:
    world, dns = World(database), FakeDns("spf")
    connect(world, LAMPKA | {"trial": "0"})
    assert check_domain(world.register, world.shop, dns, world.now).standing is Standing.PASSES
    passed_at = world.now
    dns.is_down = True
    world.now += DAY

    checked = check_domain(world.register, world.shop, dns, world.now)

    assert (checked.standing, checked.checked_at, checked.tried_at) == (Standing.PASSES, passed_at, world.now)
    assert not checked.could_ask
    leave_carts(world, NAMES)
    world.pass_time(hours=2)
    assert len(world.letters) == len(NAMES)


def test_a_proven_domain_that_lost_its_records_is_back_on_trial_after_the_next_daily_check(database: Database) -> None:
    world, dns = World(database), FakeDns("spf")
    connect(world, LAMPKA | {"trial": "0"})
    assert check_due_domains(world.register, dns, world.now) == 1
    dns.change("nothing")

    assert check_due_domains(world.register, dns, world.now + 23 * HOUR) == 0
    assert check_due_domains(world.register, dns, world.now + 24 * HOUR) == 1

    known = known_standing(world.register, world.shop, "lampka.pl")
    assert known is not None
    assert known.standing is Standing.FAILS
    leave_carts(world, NAMES)
    world.pass_time(hours=2)
    assert world.letters == []


def test_an_exempt_domain_is_kept_as_not_checked(database: Database) -> None:
    world, dns = World(database), FakeDns("nothing")
    connect(world, PROVEN)

    assert check_domain(world.register, world.shop, dns, world.now).standing is Standing.NOT_CHECKED
    leave_carts(world, NAMES)
    world.pass_time(hours=2)
    assert len(world.letters) == len(NAMES)


def test_after_an_outage_only_what_is_still_useful_goes_out_and_no_faster_than_the_limit(database: Database) -> None:
    world = World(database)
    connect(world, PROVEN | {"limits": "shop 2/m"})

    def is_down(_: Outgoing) -> None:
        raise Unavailable("connect", "no route to host", retry_after=60)

    world.channel.mishap = is_down
    leave_carts(world, NAMES)
    world.pass_time(hours=6)
    assert world.letters == []
    world.buys("anna3")
    world.happens(
        Identified(first_name="anna4"),
        Identity(IdentityKind.USER, "anna4"),
        consents=(Consent("email", given=False, mechanism="settings"),),
    )

    world.channel.mishap = None
    world.pass_time(hours=4)

    assert {address for address, _ in world.letters} == {f"{name}@example.com" for name in NAMES if name not in {"anna3", "anna4"}}
    times = sent_at(world)
    assert all(later - earlier >= MINUTE - 1 for earlier, later in zip(times, times[2:], strict=False))

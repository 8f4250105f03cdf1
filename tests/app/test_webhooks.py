"""What happens in a shop is told to its webhooks: signed, at least once, under one id, and to nobody who went away."""

from collections import Counter
from pathlib import Path

import pytest

from tests.app.hearing import SECRET, add_endpoint, endpoint, heard, hooks, listen, payloads, rows, tell_all, verified
from tests.ports.servers import answering, hosting
from wraca.app.retention import forget_old
from wraca.domain.events import Answered, AudienceChanged, Consent, Identified, Landed
from wraca.domain.evidence import Evidence
from wraca.domain.webhooks import GAPS, TRIES, Key, Topic, next_try, rotated, signatures
from wraca.egress import Egress
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import DAY, HOUR, MINUTE, SECOND, World, identities

TELLING = """
journey: telling
trigger: {cart_abandoned: {idle: 60m}}
holdout: 0%
steps:
  - notify_team: "Call this customer"
  - offer: {id: ten, percent: 10, code: TEN}
  - audience: {join: left-carts}
  - send: {email: word}
  - wait: 2d
  - send: {email: second-word}
"""
CLOSED = "http://127.0.0.1:9/"
_AGAIN = Statement("testing_due_again", "update webhook_delivery set due_at = :now where bucket = :bucket")
_TAKEN = Statement("testing_taken", "update webhook_delivery set lease_until = :until where bucket = :bucket")


@pytest.fixture
def world(database: Database) -> World:
    return World(database, journey=TELLING)


def topics(world: World) -> Counter[str]:
    return Counter(row[0] for row in rows(world))


def test_a_whole_story_is_told_and_every_word_is_signed(world: World) -> None:
    with hosting(answering(204, b"")) as host:
        listen(world, host)
        world.leaves_cart("anna")
        world.pass_time(minutes=61)
        world.buys("anna")
        world.pass_time(minutes=1)
        assert tell_all(world) == len(host.heard)
        assert all(verified(head, body) for head, body in host.heard)
        assert not any(verified(head, body + b" ") for head, body in host.heard)
        said = Counter(one["type"] for one in heard(host))
        by_type = {one["type"]: one["data"] for one in heard(host)}
    assert said == Counter(
        [
            "consent.given", "cart.abandoned", "run.started", "notice.created", "coupon.given", "audience.joined",
            "message.sent", "audience.left", "run.ended", "order.recovered",
        ]
    )  # fmt: skip
    assert by_type["cart.abandoned"]["lines"] == [{"product_id": "lamp", "variant": "", "quantity": 1, "price": 19_900}]
    assert by_type["cart.abandoned"]["total"] == 19_900
    assert by_type["coupon.given"]["code"] == "TEN"
    assert by_type["run.ended"]["outcome"] == "ordered"
    assert by_type["message.sent"]["message_id"] == world.outbox[0].id
    assert all(status == 204 and due is None for _, status, _, _, due in rows(world))


def test_nothing_is_written_for_a_shop_that_nobody_listens_to(world: World) -> None:
    world.leaves_cart("anna")
    world.pass_time(days=1)
    assert rows(world) == []
    assert hooks(world).once(world.now) == 0


def test_only_chosen_events_are_told(world: World) -> None:
    add_endpoint(world, CLOSED, ["message.sent"])
    world.leaves_cart("anna")
    world.pass_time(minutes=61)
    assert topics(world) == {"message.sent": 1}


def test_the_same_silence_of_a_cart_is_told_once_and_the_next_one_again(world: World) -> None:
    add_endpoint(world, CLOSED, ["cart.abandoned"])
    world.leaves_cart("anna")
    world.pass_time(days=3)
    assert topics(world) == {"cart.abandoned": 1}
    world.leaves_cart("anna", product="shade")
    world.pass_time(hours=2)
    assert topics(world) == {"cart.abandoned": 2}


def test_words_on_permission_answers_and_audiences_are_told(world: World) -> None:
    add_endpoint(world, CLOSED, ["consent.withdrawn", "person.answered", "audience.joined", "audience.left"])
    world.leaves_cart("anna")
    world.happens(Answered("price", "Too dear for my purse"), *identities("anna"))
    world.happens(AudienceChanged("vip", joined=True), *identities("anna"))
    world.happens(AudienceChanged("vip", joined=True), *identities("anna"))
    world.happens(AudienceChanged("vip", joined=False), *identities("anna"))
    world.happens(Identified(), *identities("anna"), consents=(Consent("email", given=False),))
    assert topics(world) == {"consent.withdrawn": 1, "person.answered": 1, "audience.joined": 1, "audience.left": 1}
    assert "Too dear" not in payloads(world)


def test_no_row_holds_an_address_or_a_name_and_only_who_may_gets_them(world: World) -> None:
    with hosting(answering()) as plain, hosting(answering()) as trusted:
        listen(world, plain, ["cart.abandoned"])
        listen(world, trusted, ["cart.abandoned"], personal=True)
        world.leaves_cart("anna")
        world.pass_time(minutes=61)
        assert "anna" not in payloads(world).lower()
        tell_all(world)
        assert b"anna" not in plain.heard[0][1].lower()
        assert heard(trusted)[0]["data"]["person"]["email"] == "anna@example.com"


def test_a_human_click_is_told_once_and_a_machine_never(world: World) -> None:
    add_endpoint(world, CLOSED, ["message.clicked", "message.opened"])
    world.leaves_cart("anna")
    world.pass_time(minutes=61)
    token = world.channel.delivered[0].links.restore.rpartition("/")[2]
    world.desk.open_link(token, "restore", None, Evidence("GET", "curl/8"), world.now)
    assert rows(world) == []
    for _ in range(2):
        answer = world.desk.open_link(
            token,
            "restore",
            None,
            Evidence("GET", "Mozilla/5.0 Firefox/140.0", "10.0.0.0", has_browser_headers=True),
            world.now + HOUR,
        )
        assert answer is not None
        world.happens(Landed(answer.target.rpartition("wraca_hit=")[2]), *identities("anna"))
    assert topics(world) == {"message.clicked": 1}


def test_a_failing_endpoint_is_tried_ten_times_under_one_id_in_less_than_five_days(world: World) -> None:
    with hosting(answering(500)) as host:
        listen(world, host, ["cart.abandoned"])
        world.leaves_cart("anna")
        world.pass_time(minutes=61)
        began = world.now
        while (due := rows(world)[0][4]) is not None:
            world.now = max(world.now, due)
            assert tell_all(world) == 1
        assert len(host.heard) == TRIES == 10
        assert len({next(line for line in head.splitlines() if line.startswith("webhook-id")) for head, _ in host.heard}) == 1
        assert 4 * DAY < world.now - began < 5.5 * DAY
        assert rows(world) == [("cart.abandoned", 500, 10, "refused", None)]


def test_gone_switches_off_and_gives_up_what_waits(world: World) -> None:
    with hosting(answering(410)) as host:
        listen(world, host, ["consent.given"])
        for name in ("anna", "boris", "clara"):
            world.leaves_cart(name)
        tell_all(world)
        assert len(host.heard) == 1
        assert endpoint(world)[1:] == (world.now, "gone")
        assert [row[4] for row in rows(world)] == [None] * 3
        world.leaves_cart("dora")
        assert len(rows(world)) == 3


def test_five_days_of_failure_switch_off_and_a_success_forgives(world: World) -> None:
    with hosting(answering(500)) as host:
        listen(world, host, ["consent.given"])
        world.leaves_cart("anna")
        tell_all(world)
        since = world.now
        assert endpoint(world) == (since, None, "")
        world.now += 4 * DAY
        host.behaviour = answering(200)
        tell_all(world)
        assert endpoint(world) == (None, None, "")
        host.behaviour = answering(500)
        for day in range(8):
            world.leaves_cart(f"visitor-{day}")
            tell_all(world)
            world.now += DAY
    assert endpoint(world)[2] == "failing"


def test_who_is_down_is_asked_once_in_a_round_and_keeps_no_other_waiting(world: World) -> None:
    with hosting(answering(503, Retry_After="7200")) as down, hosting(answering()) as up:
        listen(world, down, ["consent.given"])
        listen(world, up, ["consent.given"])
        for name in ("anna", "boris", "clara"):
            world.leaves_cart(name)
        tell_all(world)
        assert (len(down.heard), len(up.heard)) == (1, 3)
        waiting = [row for row in rows(world) if row[4] is not None]
        assert sorted(attempts for _, _, attempts, _, _ in waiting) == [0, 0, 1]
        assert all(due is not None and due >= world.now + 2 * HOUR for _, _, _, _, due in waiting)


def test_a_closed_port_a_private_address_and_a_foreign_name_read_alike_in_the_log(world: World) -> None:
    for url in (CLOSED, "https://10.0.0.8/hook", "https://no-such-name.invalid/hook"):
        add_endpoint(world, url, ["consent.given"])
    world.leaves_cart("anna")
    hooks(world).tell_due(world.bucket, world.now)
    assert {(status, detail) for _, status, _, detail, _ in rows(world)} == {(None, "not_reached")}


def test_a_worker_that_died_leaves_it_to_the_next_one(world: World) -> None:
    with hosting(answering()) as host:
        listen(world, host, ["consent.given"])
        world.leaves_cart("anna")
        with world.database.write() as tx:
            tx.run(_TAKEN, bucket=world.bucket, until=world.now + 2 * MINUTE)
        assert tell_all(world) == 0
        world.now += 2 * MINUTE + SECOND
        assert tell_all(world) == 1


def test_no_redirect_is_followed(world: World) -> None:
    with hosting(answering()) as inside, hosting(answering(307, Location=f"http://127.0.0.1:{inside.port}/")) as host:
        listen(world, host, ["consent.given"])
        world.leaves_cart("anna")
        tell_all(world)
        assert inside.heard == []
        assert rows(world)[0][1] == 307


def test_plain_http_and_loopback_are_not_for_the_real_worker(world: World) -> None:
    from wraca.app.hooksending import Hooks

    with hosting(answering()) as host:
        listen(world, host, ["consent.given"])
        world.leaves_cart("anna")
        Hooks(world.register).tell_due(world.bucket, world.now)
        Hooks(world.register, Egress(), allow_http=True).tell_due(world.bucket, world.now + DAY)
        assert host.heard == []


def test_during_a_rotation_both_secrets_sign_and_after_it_only_the_new_one(world: World) -> None:
    keys = rotated((Key("whsec_" + "b2xk" * 10),), SECRET, world.now)
    with hosting(answering()) as host:
        listen(world, host, ["consent.given"], keys=keys)
        world.leaves_cart("anna")
        tell_all(world)
        world.now += DAY + SECOND
        world.leaves_cart("boris")
        tell_all(world)
        old = "whsec_" + "b2xk" * 10
        assert [(verified(*one), verified(*one, old)) for one in host.heard] == [(True, True), (True, False)]


def test_the_vector_of_the_standard() -> None:
    """The worked example of the Standard Webhooks libraries."""
    keys = (Key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),)
    body = b'{"test": 2432232314}'
    signed = signatures(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, 0)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_gaps_add_up_to_nearly_five_days() -> None:
    assert 4 * DAY < sum(GAPS) < 5 * DAY
    assert next_try("a", TRIES, 0, 0) is None
    assert next_try("a", 1, 30 * DAY, 0) <= 1.1 * DAY  # type: ignore[operator]


def test_the_log_is_kept_for_a_month(world: World) -> None:
    with hosting(answering()) as host:
        listen(world, host, ["consent.given"])
        world.leaves_cart("anna")
        tell_all(world)
    assert forget_old(world.database, world.bucket, world.now + 29 * DAY)["deliveries"] == 0
    assert forget_old(world.database, world.bucket, world.now + 31 * DAY)["deliveries"] == 1


def test_every_topic_is_in_the_reference() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "webhooks.md").read_text(encoding="utf-8")
    assert [topic for topic in Topic if f"`{topic}`" not in page] == []

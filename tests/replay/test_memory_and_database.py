"""A past played in memory and on the throw-away database: the whole reports are the same, whatever happened in it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.app.replay.belongings import Belongings
from wraca.app.replay.memory.opening import fits
from wraca.app.replay.past import Tally
from wraca.app.replay.replaying import Rehearsal, pretend_shop, replay
from wraca.app.replay.report import Playbill, Report
from wraca.app.replay.sources import table_reader
from wraca.app.replay.table import REES46, Terms
from wraca.app.sealing import Seal
from wraca.domain.events import (
    Answered,
    Body,
    CartReplaced,
    Consent,
    Event,
    Identified,
    Identity,
    IdentityKind,
    Line,
    LineAdded,
    LineRemoved,
    OrderPlaced,
    OrderState,
    Seen,
    Stage,
    StageReached,
)
from wraca.domain.ids import EventId, derived_id
from wraca.domain.journeys.presets import preset
from wraca.domain.journeys.reading import read_plan
from wraca.domain.shop import Manners, Profile

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
OWN = Path(__file__).parent / "past.csv"
REAL = [SHARED / f"rees46_cosmetics_2022_{month}_first998.csv.gz" for month in ("oct", "nov", "dec")]
SEAL = Seal("a secret that seals nothing but this test's past")
BEGIN = 1_669_852_800_000
MINUTE = 60_000

PLANS = {
    "standard": preset("standard"),
    **{name: preset(name) for name in ("anonymous", "high-value", "payment-rescue", "quick", "reaction-series", "win-back")},
    "hurried": read_plan(
        """
journey: hurried
trigger: {cart_abandoned: {idle: 10m, idle_at_payment: 5m}}
filters: ["cart.total > 0"]
reentry: 1h
min_gap: 10m
holdout: 30%
steps:
  - send: {id: one, email: a}
  - wait: 30m
  - branch:
      - when: person.is_customer
        steps: [{send: {id: two, email: b}}]
      - when: cart.stage == "payment"
        steps: [{end: true}]
  - wait: 10m
  - send: {id: three, email: c}
  - wait: 6h
  - send: {id: four, email: d}
"""
    ),
    "offering": read_plan(
        """
journey: offering
trigger: {checkout_abandoned: {idle: 20m}}
priority: 70
reentry: 1h
min_gap: 10m
steps:
  - send: {id: one, email: a}
  - wait: {until: "10:00", days: [mon, tue, wed, thu, fri]}
  - split: [{share: 50%, name: less, steps: [{offer: {id: ten, percent: 10, pool: autumn, expires: 3d, min_cart: 1}}]},
            {share: 50%, name: more, steps: [{offer: {id: gift, gift: "A pen", code: PEN}}]}]
    id: tone
  - branch:
      - when: offer.given
        steps: [{send: {id: two, email: b}}]
  - offer: {id: five, amount: 5, code: FIVE}
  - notify_team: "Call them."
  - wait: 1d
  - send: {id: three, email: c}
"""
    ),
}

USERS = [Identity(IdentityKind.USER, name) for name in ("ann", "ben")]
MAILS = [Identity(IdentityKind.EMAIL, f"{name}@example.com") for name in ("ann", "ben", "eve")]
PHONES = [Identity(IdentityKind.PHONE, number) for number in ("+48500500500", "+359888888888")]
BROWSERS = [Identity(IdentityKind.ANONYMOUS, name) for name in ("chrome", "phone", "till")]
LINES = [
    Line("lamp", price=1999, trusted=True),
    Line("sofa", price=0, trusted=True),
    Line("rug", price=500),
    Line("unpriced", trusted=True),
]
WHO = st.one_of(
    st.sampled_from([(one,) for one in (*USERS, *MAILS, *BROWSERS)]),
    st.tuples(st.sampled_from(BROWSERS), st.sampled_from([*USERS, *MAILS])),
    st.tuples(st.sampled_from(USERS), st.sampled_from(MAILS)),
    st.tuples(st.sampled_from(BROWSERS), st.sampled_from(USERS), st.sampled_from(MAILS)),
    st.tuples(st.sampled_from(USERS), st.sampled_from(PHONES)),
)
TOKENS = st.sampled_from(["", "", "", "t1", "t2"])
BODIES: st.SearchStrategy[Body] = st.one_of(
    st.builds(LineAdded, st.sampled_from(LINES), TOKENS, st.just("EUR")),
    st.builds(LineAdded, st.sampled_from(LINES), TOKENS, st.just("EUR")),
    st.builds(LineRemoved, st.sampled_from(LINES), TOKENS),
    st.builds(CartReplaced, st.lists(st.sampled_from(LINES), max_size=2).map(tuple), TOKENS, st.just("EUR")),
    st.builds(StageReached, st.sampled_from([Stage.CONTACT, Stage.PAYMENT]), TOKENS, payment_failed=st.booleans()),
    st.builds(
        OrderPlaced, st.sampled_from(["1", "2", "3"]), st.sampled_from([OrderState.PAID, OrderState.FAILED, OrderState.CANCELLED])
    ),
    st.builds(OrderPlaced, st.sampled_from(["4", "5"]), cart=TOKENS),
    st.builds(Identified, first_name=st.sampled_from(["", "Ann"]), language=st.sampled_from(["", "pl", "bg-BG"])),
    st.builds(Answered, st.sampled_from(["price", "shipping"])),
    st.just(Seen("lamp")),
    st.just(Seen()),
)
YES, NO, SMS = Consent("email", given=True), Consent("email", given=False), Consent("sms", given=True)
CONSENTS = st.sampled_from([(), (), (), (YES,), (YES, SMS), (NO,)])
# Gaps around what the plans wait for: the same millisecond, seconds, the idle time, hours, days.
HOUR = 60 * MINUTE
GAPS = st.sampled_from([0, 0, 1, 1000, MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR, HOUR + MINUTE, 7 * HOUR, 48 * HOUR])
SOURCES = st.sampled_from(["server", "server", "browser"])
SAID = st.tuples(GAPS, WHO, BODIES, CONSENTS, SOURCES, st.integers(0, 9), st.integers(0, 20))
PASTS = st.lists(SAID, min_size=5, max_size=30)
MANNERS = st.sampled_from([Manners(), Manners(per_day=1), Manners(quiet_from=20, quiet_until=9), Manners(per_week=2)])
COMPLAINED = SEAL.address_hash(pretend_shop().id, "email", "ann@example.com")
BELONGINGS = st.sampled_from(
    [
        Belongings(),
        Belongings(
            [{"key": "lamp", "body": '{"key": "lamp", "stock": 0}', "updated_at": 0}],
            [{"channel": "email", "address_hash": COMPLAINED, "reason": "complained", "at": 0}],
        ),
    ]
)

Said = tuple[int, tuple[Identity, ...], Body, tuple[Consent, ...], str, int, int]


def events(past: list[Said]) -> list[Event]:
    """In order of time; some are history, what is said twice in one moment is a duplicate. A browser proves only itself."""
    at, made = BEGIN, []
    for gap, who, body, consents, source, seq, number in past:
        at += gap
        is_browser = source == "browser" and any(one.kind is IdentityKind.ANONYMOUS for one in who)
        proven = tuple(one for one in who if not is_browser or one.kind is IdentityKind.ANONYMOUS)
        made.append(
            Event(
                EventId(f"{at:012x}{derived_id(repr((who, body, consents, source, seq, number)))[:20]}"),
                "Said",
                at,
                at,
                body,
                proven,
                tuple(one for one in who if one not in proven and one.kind is IdentityKind.EMAIL),
                consents,
                "browser" if is_browser else "server",
                seq,
                backfill=number == 0,
            )
        )
    return made


def played(past: list[Event], rehearsal: Rehearsal, belongings: Belongings, *, in_memory: bool) -> Report:
    def read(tally: Tally, is_sorted: bool) -> Iterator[Event]:
        for event in past:
            tally.rows += 1
            tally.events += 1
            yield event

    return replay(msgspec.structs.replace(rehearsal, in_memory=in_memory), read, SEAL, belongings)


@settings(max_examples=40)
@given(PASTS, st.sampled_from(sorted(PLANS)), st.sampled_from([1, 1000, 5 * MINUTE]), MANNERS, BELONGINGS, st.booleans())
def test_both_stages_give_the_same_report(
    past: list[Said], name: str, pace: int, manners: Manners, belongings: Belongings, until_quiet: bool
) -> None:
    shop = msgspec.structs.replace(pretend_shop("EUR", "Europe/Warsaw"), profile=Profile(manners=manners))
    rehearsal = Rehearsal(shop, PLANS[name], Playbill("made up", "known", "Europe/Warsaw", pace), until_quiet, may_be_empty=True)
    happened = events(past)

    memory, database = (played(happened, rehearsal, belongings, in_memory=one) for one in (True, False))

    assert msgspec.to_builtins(memory) == msgspec.to_builtins(database)
    assert memory.messages_after_purchase == 0


@pytest.mark.parametrize("path", [OWN, *REAL], ids=lambda path: path.name)
@pytest.mark.parametrize("journey", ["standard", "reaction-series", "hurried"])
def test_real_logs_go_the_same_way_on_both_stages(path: Path, journey: str) -> None:
    if not path.exists():
        pytest.skip(f"the real log {path.name} is not on this machine: it may not be shipped")
    rehearsal = Rehearsal(pretend_shop(), PLANS[journey], Playbill(path.name, "all", "UTC", 1))
    reader = table_reader(path, REES46, Terms())

    memory, database = (replay(msgspec.structs.replace(rehearsal, in_memory=one), reader, SEAL) for one in (True, False))

    assert msgspec.to_builtins(memory) == msgspec.to_builtins(database)
    assert memory.messages > 0


def test_a_journey_that_memory_cannot_play_is_played_on_the_database() -> None:
    plan = read_plan(
        "journey: patient\ntrigger: {cart_abandoned: {idle: 1h}}\nholdout: 0%\n"
        "steps: [{wait: {for: visit, at_most: 1d}}, {send: {id: one, email: a}}]"
    )
    assert not fits(plan)
    left = LineAdded(LINES[0], currency="EUR")
    past = [Event(EventId("0" * 32), "Said", BEGIN, BEGIN, left, (MAILS[0],))]

    report = played(past, Rehearsal(pretend_shop(), plan, Playbill("made up", "known", "UTC", 1)), Belongings(), in_memory=True)

    assert (report.carts, report.messages) == (1, 1)

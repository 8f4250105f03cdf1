"""People say why they left, on both databases: once per message, as an event of theirs, and never because a machine came by."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.app import asking
from wraca.app.hits import find_link
from wraca.app.links import new_token
from wraca.app.retention import forget_old
from wraca.domain.events import Answered, Identified, Identity, IdentityKind, Line, LineAdded
from wraca.domain.evidence import Evidence
from wraca.domain.people import Person
from wraca.domain.reasons import LONGEST_TEXT, Reason
from wraca.domain.retention import Ages
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.shops import ShopRow
from wraca.testing.world import DAY, World, identities

SCANNER = Evidence("GET", "Barracuda Sentinel (EE)", "10.0.0.0")
READER = Evidence("GET", "Mozilla/5.0 Firefox/140.0", "10.0.0.0", has_browser_headers=True)
_ANSWERS = Statement(
    "testing_answers", "select reason, text, message_id, journey, person_id from answer where bucket = :bucket order by at, id"
)
_PEOPLE = Statement("testing_people_bodies", "select body from person where bucket = :bucket order by id")
_ERASE = Statement("testing_erase_people", "delete from person where bucket = :bucket")
_FEED = Statement("testing_feed", "select complete_until from feed where bucket = :bucket")
_EVENTS = Statement("testing_payloads", "select payload from event where bucket = :bucket")
_TABLES = ("event", "person", "cart", "identity", "run", "decision", "outbox", "timer", "answer", "consent", "link", "suppression")
_COUNTS = [Statement(f"testing_rows_of_{table}", f"select count(*) from {table} where bucket = :bucket") for table in _TABLES]
_HITS = Statement("testing_hits_seen", "select purpose, target, verdict from hit where bucket = :bucket order by at, target")


def rows(world: World, statement: Statement) -> list[tuple[object, ...]]:
    with world.database.read() as tx:
        return [tuple(row) for row in tx.all(statement, bucket=world.bucket)]


def asked(database: Database, shop: ShopRow | None = None) -> tuple[World, str]:
    """A world in which somebody got a message; the token of its question."""
    world = World(database, shop=shop)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    (letter,) = world.channel.delivered
    assert letter.links.reason == letter.links.preferences.replace("/u/", "/w/")
    return world, letter.links.reason.rpartition("/")[2]


def people(world: World) -> list[Person]:
    return [msgspec.json.decode(str(body), type=Person) for (body,) in rows(world, _PEOPLE)]


def told(world: World) -> str:
    return str(rows(world, _EVENTS))


def said(world: World) -> list[tuple[object, object]]:
    return [(reason, text) for reason, text, *_ in rows(world, _ANSWERS)]


def test_an_answer_stands_with_the_person_and_in_the_report(database: Database) -> None:
    world, token = asked(database)

    assert asking.answer(world.register, token, Reason.SHIPPING, " Za drogo\x00\r\nnaprawdę\u202e ", world.now)

    ((reason, text, message, journey, person),) = rows(world, _ANSWERS)
    assert (reason, text, journey) == ("shipping", "Za drogo\nnaprawdę", "standard")
    assert message == world.outbox[0].id
    (anna,) = people(world)
    assert person == anna.id
    assert [(one.reason, one.text, one.message) for one in anna.answers] == [("shipping", "Za drogo\nnaprawdę", message)]


def test_who_answers_again_has_changed_their_mind_and_twice_the_same_is_once(database: Database) -> None:
    world, token = asked(database)
    for reason in (Reason.PRICE, Reason.PRICE, Reason.TRUST):
        world.now += 1000
        assert asking.answer(world.register, token, reason, "", world.now)

    assert said(world) == [("trust", "")]
    assert [one.reason for one in people(world)[0].answers] == ["trust"]


def test_a_word_that_comes_late_does_not_replace_the_newer_one(database: Database) -> None:
    world, _ = asked(database)
    message = world.outbox[0].id

    world.happens(Answered("trust", message=message), *identities("anna"), at=world.now)
    world.happens(Answered("price", message=message), *identities("anna"), at=world.now - 5000)

    assert said(world) == [("trust", "")]
    assert [one.reason for one in people(world)[0].answers] == ["trust"]


def test_an_answer_that_names_no_message_of_ours_counts_by_itself(database: Database) -> None:
    world, _ = asked(database)

    world.happens(Answered("price", message="their own survey", cart="'; --"), *identities("anna"))
    world.happens(Answered("price"), *identities("anna"))

    assert said(world) == [("price", ""), ("price", "")]


def test_an_answer_wakes_the_journey_and_proves_nothing_of_the_shops_reports(database: Database) -> None:
    world, token = asked(database)
    waits, feed = world.next_moment(), rows(world, _FEED)
    assert waits is not None
    assert waits > world.now + 1000
    world.now += 1000

    asking.answer(world.register, token, Reason.PRICE, "", world.now)

    assert world.next_moment() == world.now
    assert rows(world, _FEED) == feed


def test_a_journey_that_asked_goes_on_as_soon_as_it_is_answered(database: Database) -> None:
    world = World(
        database,
        journey="""
journey: asks
trigger: {cart_abandoned: {idle: 60m}}
holdout: 0%
steps:
  - ask_reason: {id: why, email: customer-reason, wait: 2d}
  - branch:
      - when: reason.answered && reason.answer == "question"
        steps: [{send: {id: help, email: any-questions}}]
      - steps: [{send: {id: bye, email: time-runs-out}}]
""",
    )
    world.leaves_cart("anna")
    world.pass_time(hours=8)
    token = world.channel.delivered[0].links.reason.rpartition("/")[2]

    asking.answer(world.register, token, Reason.QUESTION, "", world.now)
    world.pass_time(minutes=1)

    assert [template for _, template in world.letters] == ["customer-reason", "any-questions"]


def test_the_page_names_the_shop_and_nobody_else(database: Database) -> None:
    world, token = asked(database, ShopRow(settings={"phone": "+48 61 222 33 44", "email": "help@shop.example"}))

    page = asking.page(world.register, token, world.now)

    assert page is not None
    assert (page.phone, page.email) == ("+48 61 222 33 44", "help@shop.example")
    assert "anna" not in repr(page)


def test_after_an_erasure_the_link_says_thanks_and_nothing_is_kept(database: Database) -> None:
    world, token = asked(database)
    with database.write() as tx:
        tx.run(_ERASE, bucket=world.bucket)

    assert asking.answer(world.register, token, Reason.PRICE, "zzcanary", world.now)

    assert rows(world, _ANSWERS) == []
    assert "zzcanary" not in told(world)


def test_a_click_on_a_reason_is_a_hit_of_its_own_where_clicks_are_measured(database: Database) -> None:
    world, token = asked(database)

    assert asking.look(world.register, token, "price", READER, world.now) is not None

    assert rows(world, _HITS) == [("click", 901, "unknown")]
    # Three of them at once were no person.
    for reason in ("shipping", "trust"):
        asking.look(world.register, token, reason, READER, world.now + 1000)
    assert {verdict for _, _, verdict in rows(world, _HITS)} == {"machine"}


def test_an_answer_shows_that_a_person_had_clicked_but_a_machine_stays_one(database: Database) -> None:
    world, token = asked(database)
    asking.look(world.register, token, "price", SCANNER, world.now)
    world.now += 60_000
    asking.look(world.register, token, "price", READER, world.now)

    asking.answer(world.register, token, Reason.PRICE, "", world.now + 5_000)

    assert rows(world, _HITS) == [("click", 901, "machine"), ("click", 901, "human")]


def test_where_clicks_are_not_measured_the_question_leaves_no_trace(database: Database) -> None:
    world, token = asked(database, ShopRow(settings={"track_clicks": False}))

    assert asking.look(world.register, token, "price", READER, world.now) is not None

    assert rows(world, _HITS) == []


def test_however_often_scanners_come_nothing_but_hits_is_written(database: Database) -> None:
    world, token = asked(database)
    before = [rows(world, count) for count in _COUNTS]
    paths = st.sampled_from([*Reason, "", "because", "x" * 900, "\x00"])

    @settings(max_examples=10, deadline=None)
    @given(st.lists(st.tuples(paths, st.integers(0, 20_000)), max_size=6))
    def come(visits: Sequence[tuple[str, int]]) -> None:
        for reason, pause in visits:
            world.now += pause
            asking.look(world.register, token, reason, SCANNER, world.now)
            asking.page(world.register, token, world.now)

        assert [rows(world, count) for count in _COUNTS] == before

    come()
    assert {verdict for _, _, verdict in rows(world, _HITS)} <= {"machine"}


def test_a_forged_or_foreign_token_changes_nothing(database: Database) -> None:
    world, token = asked(database)
    links = world.channel.delivered[0].links
    foreign = [one.rpartition("/")[2] for one in (links.restore, links.click, links.open)]
    before = [rows(world, count) for count in _COUNTS]

    def refused(wrong: str) -> bool:
        seen = asking.look(world.register, wrong, "price", READER, world.now)
        return seen is None and not asking.answer(world.register, wrong, Reason.PRICE, "zzcanary", world.now)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, len(token) - 1), st.sampled_from("ABCXYZabcxyz0189-_="))
    def forge(place: int, sign: str) -> None:
        forged = token[:place] + sign + token[place + 1 :]
        assert forged == token or refused(forged)

    forge()
    assert all(refused(wrong) for wrong in [*foreign, new_token(world.bucket), "", "\x00", token + "="])
    assert [rows(world, count) for count in _COUNTS] == before
    assert rows(world, _HITS) == []


@given(st.text(max_size=2_000))
def test_whatever_is_written_is_kept_short_and_harmless(text: str) -> None:
    kept = asking.cleaned(text)

    assert len(kept) <= LONGEST_TEXT
    assert kept == asking.cleaned(kept)
    assert not set(kept) & {"\x00", "\x1b", "\r", "\u202e"}
    assert "".join(kept.encode().decode()) == kept


def test_somebody_known_only_by_a_browser_can_answer_too(database: Database) -> None:
    world, token = asked(database)
    browser = Identity(IdentityKind.ANONYMOUS, "browser-1")
    world.happens(LineAdded(Line("lamp", 1, 100), currency="PLN"), browser)
    stranger = next(one for one in people(world) if not one.email)
    link, bucket = find_link(world.database, token, "preferences", world.now)
    assert link is not None
    theirs = asking.Question(link.shop, link.message, stranger.id, link.cart)

    assert asking.record_answer(world.register, bucket, theirs, Reason.OTHER, "hm", world.now)

    assert [one.reason for one in next(one for one in people(world) if one.id == stranger.id).answers] == ["other"]


def test_answers_go_with_whoever_the_person_turns_out_to_be(database: Database) -> None:
    world = World(database)
    browser, mail = Identity(IdentityKind.ANONYMOUS, "browser-1"), Identity(IdentityKind.EMAIL, "anna@example.com")
    world.happens(Answered("price"), browser)
    world.happens(Answered("trust"), mail)

    world.happens(Identified("Anna"), browser, mail)

    (anna,) = people(world)
    assert {person for *_, person in rows(world, _ANSWERS)} == {anna.id}
    assert sorted(one.reason for one in anna.answers) == ["price", "trust"]


def test_old_words_are_forgotten_everywhere_and_the_reason_stays(database: Database) -> None:
    world, token = asked(database)
    asking.answer(world.register, token, Reason.OTHER, "zzcanary, my name", world.now)
    assert "zzcanary" in told(world)
    world.now += 10 * DAY
    assert forget_old(world.database, world.bucket, world.now)["words"] == 0

    gone = forget_old(world.database, world.bucket, world.now, Ages(messages=5 * DAY))

    assert gone["words"] == 1
    assert said(world) == [("other", "")]
    assert "zzcanary" not in told(world)
    assert [(one.reason, one.text) for one in people(world)[0].answers] == [("other", "")]
    assert forget_old(world.database, world.bucket, world.now, Ages(messages=5 * DAY))["words"] == 0


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_can_be_given(database: Database, reason: Reason) -> None:
    world, token = asked(database)

    asking.answer(world.register, token, reason, "", world.now)

    assert said(world) == [(reason.value, "")]

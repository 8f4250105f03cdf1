"""What the pages say: numbers that add up, reasons in words, nothing that runs by itself."""

import html
import re
from collections import Counter
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from tests.console import routes
from tests.console.seeding import Scene
from wraca.app import audit
from wraca.app.keys import find_key
from wraca.app.shops import key_hash
from wraca.console import why, words
from wraca.console.headers import PREVIEW_POLICY
from wraca.domain.carts import CartState
from wraca.domain.events import OrderState, Stage
from wraca.domain.gate import Silence
from wraca.domain.journeys.run import Decision, Outcome
from wraca.domain.outbox import State
from wraca.storage.models import Audit, CartRow, DecisionRow, HitRow, OrderRow, OutboxRow, Shop
from wraca.storage.queries import carts, messages, overview
from wraca.storage.queries.shops import Key
from wraca.testing.world import DAY


def key_of(scene: Scene) -> Key:
    return Key(scene.world.bucket, scene.world.shop)


def page(browser: Client, scene: Scene, path: str = "") -> str:
    answer = browser.get(f"/console/{scene.shop}/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


# --- words ----------------------------------------------------------------------------------------------------------------------


def test_every_reason_for_silence_has_its_sentence() -> None:
    assert {silence.value for silence in Silence} <= set(why.SILENCES)


def test_every_state_and_outcome_has_its_word() -> None:
    assert {state.value for state in State} == set(words.MESSAGE_STATES) == set(words.MESSAGE_MEANINGS)
    assert {outcome.value for outcome in Outcome} | {""} == set(words.OUTCOMES)
    assert {state.value for state in CartState} <= set(words.CART_STATES)
    assert {stage.value for stage in Stage} == set(words.STAGES)
    assert {state.value for state in OrderState} == set(words.ORDER_STATES)


def test_every_rule_that_the_engine_used_is_explained_with_its_values(scene: Scene) -> None:
    rules: Counter[str] = Counter()
    with translation.override("en"):
        for trail in DecisionRow.objects.filter(bucket=scene.world.bucket).values_list("trail", flat=True):
            for each in trail:
                decision = Decision(each["at"], each["rule"], each.get("seen", {}))
                sentence = why.explain(decision)
                assert sentence != decision.rule
                assert "%(" not in sentence
                rules[decision.rule] += 1
    assert set(rules) <= why.RULES
    assert len(rules) >= 8


def test_a_channels_own_reason_is_shown_with_what_the_other_side_said() -> None:
    with translation.override("en"):
        assert why.silence("mailbox_full: 552 5.2.2") == "The mailbox is full. (552 5.2.2)"
        assert why.silence("something_new") == "something_new"


def test_a_held_out_person_reads_that_nothing_really_went() -> None:
    settled = Decision("0", "settled", {"step": "first", "was_sent": True, "at": 1_790_000_000_000})
    with translation.override("en"):
        assert "would have gone out" in why.explain(settled, held_out=True)
        assert "went out" in why.explain(settled)


# --- numbers --------------------------------------------------------------------------------------------------------------------


def test_the_overview_counts_what_is_there(scene: Scene) -> None:
    world = scene.world
    span = overview.Span(world.now - 60 * DAY, world.now)
    told = overview.numbers(key_of(scene), span)
    rows = CartRow.objects.filter(bucket=world.bucket)
    sent = OutboxRow.objects.filter(bucket=world.bucket, state__in=["accepted", "uncertain"], held_out=False)

    assert told.carts == rows.exclude(state="emptied").count()
    assert told.messages == sent.count()
    assert 0 < told.recovered <= told.orders == OrderRow.objects.filter(bucket=world.bucket).count()
    assert told.recovered == sum(1 for order in OrderRow.objects.filter(bucket=world.bucket) if was_recovered(order))
    assert told.opens.human + told.opens.machine + told.opens.unknown == told.opens.total > 0
    assert told.held + told.rejected + told.uncertain > 0


def was_recovered(order: OrderRow) -> bool:
    clicks = HitRow.objects.filter(bucket=order.bucket, person_id=order.person_id, purpose="click", verdict="human")
    return any(order.at.timestamp() - 5 * 86_400 <= click.at.timestamp() <= order.at.timestamp() for click in clicks)


def test_the_days_of_the_chart_add_up_to_the_tiles(scene: Scene) -> None:
    world = scene.world
    span = overview.Span(world.now - 60 * DAY, world.now, 2 * 3_600_000)
    told, days = overview.numbers(key_of(scene), span), overview.days(key_of(scene), span)
    assert sum(day.carts for day in days) == told.carts
    assert sum(day.abandoned for day in days) == told.abandoned
    assert sum(day.messages for day in days) == told.messages
    assert sum(day.recovered for day in days) == told.recovered
    assert len(days) == 61


def test_opens_and_clicks_are_told_apart_by_who_made_them(scene: Scene, owner: Client) -> None:
    text = page(owner, scene)
    assert all(word in text for word in ("People", "Machines", "Unknown", "Apple"))


# --- lists ----------------------------------------------------------------------------------------------------------------------


def test_the_pages_of_a_list_show_every_cart_once(scene: Scene) -> None:
    key, seen, cursor = key_of(scene), [], ""
    while True:
        found = carts.carts(key, carts.CartFilter(), carts.cursor_of(cursor), scene.world.now)
        seen += [row.id for row in found.rows]
        cursor = found.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == CartRow.objects.filter(bucket=scene.world.bucket).count() > carts.PAGE


def test_the_pages_of_the_outbox_show_every_message_once(scene: Scene) -> None:
    key, seen, cursor = key_of(scene), [], ""
    while True:
        found = messages.messages(key, "", "", carts.cursor_of(cursor))
        seen += [row.message.id for row in found.rows]
        cursor = found.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == OutboxRow.objects.filter(bucket=scene.world.bucket).count() > carts.PAGE


@pytest.mark.parametrize("cursor", ["x", "1-2", "-", "9999999999999999999-" + "0" * 32, "1-" + "g" * 32, "1' or 1=1--"])
def test_a_made_up_cursor_is_the_first_page(scene: Scene, owner: Client, cursor: str) -> None:
    assert carts.cursor_of(cursor) is None
    assert owner.get(f"/console/{scene.shop}/carts/", {"after": cursor}).status_code == 200


def test_carts_are_filtered_by_state_stage_and_value(scene: Scene) -> None:
    key, now = key_of(scene), scene.world.now
    ordered = carts.carts(key, carts.CartFilter(state="ordered"), None, now).rows
    paying = carts.carts(key, carts.CartFilter(stage=4), None, now).rows
    dear = carts.carts(key, carts.CartFilter(least=100_000), None, now).rows
    left = carts.carts(key, carts.CartFilter(state="abandoned"), None, now).rows
    assert {row.state for row in ordered} == {"ordered"}
    assert {row.stage for row in paying} == {4}
    assert min(row.total for row in dear) >= 100_000
    assert all(row.is_abandoned for row in left)
    assert left


def test_a_list_asks_the_database_as_often_for_one_row_as_for_thirty(scene: Scene) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked(wanted: carts.CartFilter) -> int:
        with CaptureQueriesContext(connection) as queries:
            carts.carts(key_of(scene), wanted, None, scene.world.now)
        return len(queries)

    assert asked(carts.CartFilter()) == asked(carts.CartFilter(least=250_000)) == 3


def test_every_question_to_the_database_names_the_bucket(scene: Scene, owner: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    tables = "cart|purchase|person|event|run|decision|outbox|hit|identity|journey|journey_version|template_version"
    with CaptureQueriesContext(connection) as queries:
        for _name, address in routes.readable(scene):
            owner.get(address)
    asked = [query["sql"] for query in queries if re.search(rf'FROM "({tables})"', query["sql"])]
    assert len(asked) > 30
    assert [sql for sql in asked if '"bucket"' not in sql] == []


# --- one cart, one message ------------------------------------------------------------------------------------------------------


def test_a_cart_tells_what_happened_and_why(scene: Scene, owner: Client) -> None:
    text = page(owner, scene, f"carts/{routes.parts(scene)['cart']}/")
    assert "Put into the cart" in text
    assert "Plans the message" in text
    assert "counted from" in text
    assert "The last check comes right before it goes out." in text


def test_a_message_that_did_not_go_says_why(scene: Scene, owner: Client) -> None:
    row = OutboxRow.objects.filter(bucket=scene.world.bucket, state="skipped", reasons__icontains="no_permission").first()
    assert row is not None
    assert "did not allow messages" in page(owner, scene, f"messages/{row.id}/")


def test_an_uncertain_message_is_explained_and_not_offered_again(scene: Scene, owner: Client) -> None:
    row = OutboxRow.objects.filter(bucket=scene.world.bucket, state="uncertain").first()
    assert row is not None
    text = page(owner, scene, f"messages/{row.id}/")
    assert "nobody likes to get the same message twice" in text
    assert "<form" not in text.partition("<main")[2]


def test_a_preview_shows_the_cart_in_a_box_that_can_do_nothing(scene: Scene, owner: Client) -> None:
    message = routes.parts(scene)["message"]
    answer = owner.get(f"/console/{scene.shop}/messages/{message}/html/")
    assert answer["Content-Security-Policy"] == PREVIEW_POLICY
    assert "sandbox" in PREVIEW_POLICY
    assert "Kawa &amp; Spółka" in answer.content.decode()
    assert 'sandbox=""' in page(owner, scene, f"messages/{message}/")
    assert owner.get(f"/console/{scene.shop}/messages/{message}/text/")["Content-Type"].startswith("text/plain")


# --- safety ---------------------------------------------------------------------------------------------------------------------


def test_every_page_forbids_what_it_did_not_bring(scene: Scene, owner: Client) -> None:
    for name, address in routes.readable(scene):
        answer = owner.get(address)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert answer["X-Content-Type-Options"] == "nosniff", name
        assert answer["Cache-Control"] == "no-store", name
        if "html" not in answer["Content-Type"] or "preview" in name:
            continue
        text = answer.content.decode()
        assert "frame-ancestors 'none'" in policy
        nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
        assert nonce
        scripts = re.findall(r"<script([^>]*)>", text)
        assert all(f'nonce="{nonce[1]}"' in script or 'type="application/json"' in script for script in scripts), name
        assert not re.search(r'\s(style|on\w+)="', text), name


def test_a_nonce_is_used_once(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/"
    assert owner.get(address)["Content-Security-Policy"] != owner.get(address)["Content-Security-Policy"]


def test_hostile_names_stay_text(scene: Scene, owner: Client) -> None:
    Shop.objects.filter(bucket=scene.world.bucket, id=scene.shop).update(name="<script>alert(1)</script>")
    try:
        scene.world.register.forget()
        for name, address in routes.readable(scene):
            assert "<script>alert" not in owner.get(address).content.decode(), name
    finally:
        Shop.objects.filter(bucket=scene.world.bucket, id=scene.shop).update(name="Kawa & Spółka")
        scene.world.register.forget()


def test_a_server_key_is_shown_once_and_revoked_for_good(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/settings/keys/"
    made = re.search(r'id="new-key">(ws_[\w-]+)<', owner.post(address, {"kind": "server"}).content.decode())
    assert made
    assert made[1] not in owner.get(address).content.decode()
    holder = find_key(scene.world.database, made[1])
    assert holder is not None
    owner.post(address, {"do": "revoke", "key": key_hash(made[1])})
    assert find_key(scene.world.database, made[1]) is None


def test_a_saved_secret_never_comes_back(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/settings/channels/email/"
    said = {
        "url": "smtp://merchant:hunter22secret@127.0.0.1:2525",
        "from": "hello@kawa.example",
        "tls": "offered",
        "per_connection": "20",
    }
    assert owner.post(address, said).status_code == 302
    text = owner.get(address).content.decode()
    assert "hunter22secret" not in text
    assert "hello@kawa.example" in text
    assert owner.post(address, {**said, "url": "", "from_name": "Kawa"}).status_code == 302
    saved = scene.world.register.connection(scene.world.shop, "email")
    assert saved is not None
    assert saved.settings["url"] == said["url"]


def test_a_test_message_to_nowhere_is_answered_in_plain_words(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/settings/channels/email/"
    owner.post(address, {"url": "smtp://127.0.0.1:9", "from": "hello@kawa.example", "tls": "offered", "per_connection": "20"})
    text = owner.post(f"{address}test/", {"address": "me@example.com"}).content.decode()
    assert "could not be reached" in text


# --- the log --------------------------------------------------------------------------------------------------------------------


def test_the_log_notices_a_changed_and_a_missing_row(scene: Scene, owner: Client) -> None:
    bucket, shop = scene.world.bucket, scene.world.shop
    for _ in range(4):
        owner.get(f"/console/{scene.shop}/people/{routes.parts(scene)['person']}/")
    assert audit.first_break(bucket, shop) is None
    rows = list(audit.rows(bucket, shop))
    changed, before = rows[-2], rows[-2].who
    Audit.objects.filter(bucket=bucket, id=changed.id).update(who="somebody else")
    assert audit.first_break(bucket, shop) is not None
    Audit.objects.filter(bucket=bucket, id=changed.id).update(who=before)
    assert audit.first_break(bucket, shop) is None
    Audit.objects.filter(bucket=bucket, id=changed.id).delete()
    assert audit.first_break(bucket, shop) is not None
    changed.save(force_insert=True)
    assert audit.first_break(bucket, shop) is None


def test_the_snippet_is_the_one_that_the_browser_script_understands(scene: Scene, owner: Client) -> None:
    script = Path(__file__).parents[2] / "storefront" / "wraca.js"
    text = html.unescape(page(owner, scene, "settings/keys/"))
    snippet = re.search(
        r'window.wraca = \[\["load", "(wb_[\w-]+)", \{host: "http://127.0.0.1:8000", consent: "necessary"\}\]\];', text
    )
    assert snippet
    assert 'window.wraca = [["load", ...]' in script.read_text()
    assert find_key(scene.world.database, snippet[1]) is not None


def test_a_fault_of_ours_shows_a_number_and_nothing_else(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(overview, "numbers", broken)
    browser = Client(HTTP_HOST="127.0.0.1", raise_request_exception=False)
    browser.force_login(scene.owner)
    answer = browser.get(f"/console/{scene.shop}/")
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "Something broke" in text
    assert re.search(r"in the log as [0-9a-f]{8}", text)
    assert "secret inside" not in text
    assert "Traceback" not in text

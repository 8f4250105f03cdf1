"""A merchant makes messages by plain forms: everything that the editor can do works without a script."""

import re
from html import unescape

import pytest
from django.test import Client

from tests.console.forms_of_pages import form_said
from tests.console.seeding import Scene, member
from wraca.app.shops import ShopFields, create_shop
from wraca.app.templates import put_template
from wraca.channels.email.library import built_in
from wraca.console.headers import PREVIEW_POLICY
from wraca.console.pages.trying_out import MOST_TESTS
from wraca.console.roles import Role
from wraca.domain.ids import ShopId, bucket_of
from wraca.storage.models import Audit, CartRow, Journey, Person, TemplateVersion
from wraca.storage.queries.shops import Key
from wraca.testing.smtp import MailSink


class Editor:
    """One message on the owner's desk, without a script."""

    def __init__(self, browser: Client, shop: str, template: str, language: str) -> None:
        self.browser = browser
        self.address = f"/console/{shop}/templates/{template}/{language}/"

    def page(self, query: str = "") -> str:
        answer = self.browser.get(f"{self.address}{query}")
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()

    def do(self, act: str, **changed: str) -> str:
        said = form_said(self.page(), "composer-form") | {name.replace("__", "."): [value] for name, value in changed.items()}
        answer = self.browser.post(self.address, {**said, "act": act}, follow=True)
        assert answer.status_code == 200
        return unescape(answer.content.decode())

    def kinds(self) -> list[str]:
        said = form_said(self.page(), "composer-form")
        return [said[f"b{number}.kind"][0] for number in range(int(said["count"][0]))]

    def preview(self, form: str = "html", query: str = "") -> str:
        return self.browser.get(f"{self.address}preview/{form}/{query}").content.decode()


@pytest.fixture
def editor(scene: Scene, owner: Client) -> Editor:
    TemplateVersion.objects.filter(shop_id=scene.shop).delete()
    scene.world.register.forget()
    return Editor(owner, scene.shop, "how-we-work", "pl")


def versions(scene: Scene, name: str, language: str) -> list[TemplateVersion]:
    rows = TemplateVersion.objects.filter(bucket=scene.world.bucket, shop_id=scene.shop, name=name, language=language)
    return list(rows.order_by("version"))


def test_own_words_are_used_for_the_next_message(scene: Scene, editor: Editor) -> None:
    page = editor.do("save", subject="Jak zamawiać w {{ shop.name }}", b2__text="Pierwszy akapit.\n\nDrugi **akapit**.")
    assert "Saved as version 1" in page
    sources = scene.world.register.sources(scene.world.shop, "how-we-work", "pl")
    assert sources["subject"] == "Jak zamawiać w {{ shop.name }}"
    html, text = editor.preview(), editor.preview("text")
    assert "Drugi <strong>akapit</strong>." in html
    assert "Pierwszy akapit.\n\nDrugi akapit." in text
    assert versions(scene, "how-we-work", "pl")[0].author == "owner@kawa.example"


@pytest.mark.parametrize("text", ["{{ broken", "{% for x in (1..9999999) %}x{% endfor %}", "{% if %}", "[here](javascript:alert)"])
def test_what_would_make_a_wrong_mail_is_not_saved(scene: Scene, editor: Editor, text: str) -> None:
    page = editor.do("save", b2__text=text)
    assert "Not saved" in page
    assert "3. Text: Words" in page
    assert not versions(scene, "how-we-work", "pl")


def test_a_hint_does_not_keep_from_saving(scene: Scene, editor: Editor) -> None:
    page = editor.do(
        "save", preheader="Czytaj na [http://kawa.example](http://kawa.example)", b2__text="[tu](http://kawa.example/)"
    )
    assert "Saved as version 1" in page
    assert "not encrypted" in unescape(editor.page())


def test_blocks_are_added_moved_copied_and_removed(editor: Editor) -> None:
    before = editor.kinds()
    editor.do("insert:1:divider")
    assert editor.kinds() == [before[0], "divider", *before[1:]]
    editor.do("down:1")
    editor.do("duplicate:2")
    assert editor.kinds() == [before[0], before[1], "divider", "divider", *before[2:]]
    editor.do("move:3:0")
    editor.do("remove:3")
    assert editor.kinds() == ["divider", *before]
    editor.do("undo")
    assert editor.kinds() == ["divider", *before[:2], "divider", *before[2:]]
    editor.do("redo")
    assert editor.kinds() == ["divider", *before]
    editor.do("discard")
    assert editor.kinds() == before


@pytest.mark.parametrize("act", ["remove", "duplicate", "up", "down"])
def test_the_footer_goes_nowhere_and_nothing_goes_behind_it(editor: Editor, act: str) -> None:
    last = len(editor.kinds()) - 1
    before = editor.kinds()
    assert "This cannot be done here." in editor.do(f"{act}:{last}")
    assert "This cannot be done here." in editor.do(f"down:{last - 1}")
    assert "This cannot be done here." in editor.do(f"insert:{last + 1}:text")
    assert "This cannot be done here." in editor.do("move:0:77")
    assert editor.kinds() == before


def test_what_was_typed_is_kept_whatever_button_is_pressed(editor: Editor) -> None:
    editor.do("menu:2", subject="Typed")
    assert form_said(editor.page(), "composer-form")["subject"] == ["Typed"]
    editor.do("up:2", subject="Typed again")
    assert form_said(editor.page(), "composer-form")["subject"] == ["Typed again"]


def test_an_edit_from_a_window_that_is_behind_is_refused(editor: Editor) -> None:
    said = form_said(editor.page(), "composer-form")
    editor.do("insert:1:divider")
    late = editor.browser.post(editor.address, {**said, "act": "remove:1"}, follow=True)
    assert "changed in another window" in late.content.decode()
    assert editor.kinds()[1] == "divider"


def test_a_save_over_somebody_elses_must_be_meant(scene: Scene, editor: Editor) -> None:
    editor.do("change", subject="Mine")
    key = Key(scene.world.bucket, scene.world.shop)
    theirs = {"subject": "Theirs", "mjml": "<mjml><mj-body></mj-body></mjml>", "text": "x"}
    put_template(key, "how-we-work", "pl", theirs, "colleague", scene.world.now)
    assert "somebody saved version 1" in editor.do("save")
    assert "was saved meanwhile by somebody else" in unescape(editor.page())
    assert "Saved as version 2" in editor.do("save:1")


def test_a_block_is_shown_only_on_its_condition(editor: Editor) -> None:
    editor.do("change", b2__text="Only for customers", b2__when__pick="person.is_customer")
    assert "Only for customers" not in editor.preview()
    assert "Only for customers" in editor.preview(query="?is_customer=1")
    editor.do("change", b2__when__pick="own", b2__when="cart.count > 99")
    assert "Only for customers" not in editor.preview(query="?is_customer=1")
    editor.do("change", b2__when__pick="own", b2__when="cart.count > 3")
    assert "Only for customers" in editor.preview(query="?lines=50")


# --- the preview ----------------------------------------------------------------------------------------------------------------


def test_the_preview_is_a_box_that_can_do_nothing(editor: Editor) -> None:
    answer = editor.browser.get(f"{editor.address}preview/html/")
    assert answer["Content-Security-Policy"] == PREVIEW_POLICY
    assert 'sandbox=""' in editor.page()
    editor.do("change", b2__text="{{ <script>alert(1)</script>")
    assert "<script>alert(1)" not in editor.page()
    answer = editor.browser.get(f"{editor.address}preview/html/")
    assert answer["Content-Type"].startswith("text/plain")


def test_the_preview_shows_women_men_and_people_without_a_name(editor: Editor) -> None:
    assert "Dzień dobry, Anno!" in editor.preview()
    assert "Dzień dobry, Piotrze!" in editor.preview(query="?who=m")
    assert "Dzień dobry!" in editor.preview(query="?who=nameless")


def test_the_preview_has_an_offer_fifty_lines_the_dark_and_no_pictures_on_demand(editor: Editor) -> None:
    editor.do("insert:3:coupon")
    assert "SAMPLE-10" not in editor.preview()
    assert "SAMPLE-10" in editor.preview(query="?has_offer=1")
    one, many = (editor.preview(query=f"?lines={lines}") for lines in (1, 50))
    assert ("Kubek kamionkowy" in one, many.count("Kubek kamionkowy") > 10) == (False, True)
    light, dark, bare = (editor.preview(query=each) for each in ("", "?is_dark=1", "?has_pictures=0"))
    assert "@media (max-width: 0)" in light
    assert "@media (min-width: 0)" in dark
    assert 'content="dark"' in dark
    assert "data:image/svg+xml" in light
    assert not re.search(r"<img[^>]*\ssrc=", bare)
    assert "<img" in bare
    assert "pictures.invalid" not in light + dark + bare


def test_a_real_person_is_looked_at_with_their_own_cart_and_that_is_noted(scene: Scene, editor: Editor) -> None:
    editor.do("insert:3:cart")
    row = CartRow.objects.filter(bucket=scene.world.bucket, person_id__in=Person.objects.exclude(email="").values("id")).first()
    assert row is not None
    person = Person.objects.get(bucket=scene.world.bucket, id=row.person_id)
    answer = editor.browser.post(f"{editor.address}reader/", {"address": person.email}, follow=True)
    assert person.body["first_name"] in answer.content.decode()
    noted = Audit.objects.filter(bucket=scene.world.bucket, what="template.seen_as").order_by("-at").first()
    assert noted is not None
    assert noted.body["person"] == person.id
    assert person.email not in str(noted.body)
    shown = editor.preview(query="?is_real=1")
    cart = CartRow.objects.get(bucket=scene.world.bucket, id=noted.body["cart"])
    assert all(line["name"] in unescape(shown) for line in cart.body["lines"])
    editor.browser.post(f"{editor.address}reader/", {"nobody": "1"})
    assert "Młynek do kawy" in editor.preview(query="?is_real=1")


def test_nobody_is_found_by_half_an_address(editor: Editor) -> None:
    answer = editor.browser.post(f"{editor.address}reader/", {"address": "anna@"}, follow=True)
    assert "Nobody with this address" in answer.content.decode()
    answer = editor.browser.post(f"{editor.address}reader/", {"cart": "0" * 32}, follow=True)
    assert "Nobody with this address" in answer.content.decode()


def test_a_template_cannot_read_another_shop_nor_the_machine(scene: Scene, editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRACA_CANARY", "canary-7281")
    other = create_shop(ShopFields("Canary shop", "canary.example"), scene.world.now)
    pried = ("shop.id", "shop.identity_secret", "settings", "os.environ", "shop.__class__", "facts", "register")
    prying = " ".join(f"{{{{ {each} }}}}" for each in pried)
    editor.do("change", b2__text=prying)
    shown = editor.preview()
    assert "canary" not in shown.lower()
    put_template(Key(bucket_of(ShopId(other.id)), ShopId(other.id)), "theirs", "pl", {"subject": "x"}, "", scene.world.now)
    assert editor.browser.get(f"/console/{scene.shop}/templates/theirs/pl/").status_code == 404
    assert editor.browser.get(f"/console/{other.id}/templates/theirs/pl/").status_code == 404


# --- tests to oneself -------------------------------------------------------------------------------------------------------------


def connect_mail(editor: Editor, scene: Scene, url: str) -> None:
    said = {"url": url, "from": "hello@kawa.example", "tls": "offered", "per_connection": "20"}
    assert editor.browser.post(f"/console/{scene.shop}/settings/channels/email/", said).status_code == 302
    scene.world.register.forget()


def test_a_test_goes_over_the_shops_own_connection_and_says_that_it_is_one(scene: Scene, editor: Editor) -> None:
    editor.do("change", subject="Nowy temat")
    with MailSink() as sink:
        connect_mail(editor, scene, sink.url)
        answer = editor.browser.post(f"{editor.address}test/", {"address": "me@team.example"}, follow=True)
        assert "took the test message" in answer.content.decode()
    assert [taken.recipient for taken in sink.taken] == ["me@team.example"]
    assert b"Subject: [Test] Nowy temat" in sink.taken[0].body
    noted = Audit.objects.filter(bucket=scene.world.bucket, what="template.tested").order_by("-at").first()
    assert noted is not None
    assert "me@team.example" not in str(noted.body)


def test_a_test_that_cannot_go_says_why(scene: Scene, editor: Editor) -> None:
    connect_mail(editor, scene, "smtp://127.0.0.1:9")
    answer = editor.browser.post(f"{editor.address}test/", {"address": "me@team.example"}, follow=True)
    assert "could not be reached" in answer.content.decode()
    answer = editor.browser.post(f"{editor.address}test/", {"address": "me@team.example\r\nBcc: all@example.com"}, follow=True)
    assert "This is no e-mail address." in answer.content.decode()


def test_tests_are_for_oneself_and_not_for_a_list(scene: Scene, editor: Editor) -> None:
    with MailSink() as sink:
        connect_mail(editor, scene, sink.url)
        for number in range(MOST_TESTS):
            editor.browser.post(f"{editor.address}test/", {"address": f"p{number}@team.example"})
        answer = editor.browser.post(f"{editor.address}test/", {"address": "one.more@team.example"}, follow=True)
        assert "Enough tests for now" in answer.content.decode()
    assert len(sink.taken) <= MOST_TESTS


# --- versions and code -----------------------------------------------------------------------------------------------------------


def test_every_version_can_be_compared_and_brought_back(scene: Scene, editor: Editor) -> None:
    editor.do("save", subject="One")
    editor.do("insert:1:divider")
    editor.do("save", subject="Two")
    page = unescape(editor.browser.get(f"{editor.address}compare/").content.decode())
    assert "- One" in page
    assert "+ Two" in page
    assert "added" in page
    editor.browser.post(f"{editor.address}versions/", {"version": "1"})
    assert form_said(editor.page(), "composer-form")["subject"] == ["One"]
    editor.browser.post(f"{editor.address}versions/", {"version": "0"})
    assert form_said(editor.page(), "composer-form")["subject"] == [built_in("how-we-work", "pl").subject]
    assert [row.version for row in versions(scene, "how-we-work", "pl")] == [1, 2, 3, 4]
    assert scene.world.register.sources(scene.world.shop, "how-we-work", "pl") == {}
    page = unescape(editor.browser.get(f"{editor.address}versions/").content.decode())
    assert page.count("owner@kawa.example") >= 4
    assert editor.browser.post(f"{editor.address}versions/", {"version": "9"}).status_code == 404


def test_who_wants_code_writes_code_and_can_go_back_to_blocks(scene: Scene, editor: Editor) -> None:
    page = editor.do("to_code")
    assert "written by hand" in page
    said = form_said(editor.page(), "composer-form")
    assert said["code.mjml"][0].startswith("<mjml")
    lost = said["code.mjml"][0].replace("links.preferences", "links.restore")
    assert "Not saved" in editor.do("save", code__mjml=lost)
    assert "The way out is missing" in unescape(editor.page())
    good = said["code.mjml"][0].replace("</mj-body>", "<mj-raw><!-- mine --></mj-raw></mj-body>")
    assert "Saved as version 1" in editor.do("save", code__mjml=good)
    assert "blocks" not in versions(scene, "how-we-work", "pl")[0].sources
    editor.do("to_blocks")
    assert editor.kinds()[-1] == "footer"


def test_broken_code_is_told_with_its_line(editor: Editor) -> None:
    editor.do("to_code")
    said = form_said(editor.page(), "composer-form")["code.mjml"][0].split("\n")
    said[4] += "{% endfor %}"
    page = editor.do("change", code__mjml="\n".join(said))
    assert "MJML (line 5)" in page


# --- messages of the shop's own ------------------------------------------------------------------------------------------------


def test_a_new_message_begins_empty_and_is_nobodys_before_it_is_saved(scene: Scene, editor: Editor) -> None:
    answer = editor.browser.post(f"/console/{scene.shop}/templates/new/", {"name": "autumn", "begin": ""})
    assert answer.status_code == 302
    mine = Editor(editor.browser, scene.shop, "autumn", "en")
    assert mine.kinds() == ["heading", "greeting", "text", "cart", "button", "footer"]
    assert "Not saved" in mine.do("save")
    stranger = Client(HTTP_HOST="127.0.0.1")
    stranger.force_login(member(scene.world, f"m{scene.world.now}@team.example", Role.MARKETER))
    assert stranger.get(mine.address).status_code == 404
    page = mine.do("save", subject="Autumn", b0__text="Autumn is here", b2__text="Leaves fall.")
    assert "Saved as version 1" in page
    assert stranger.get(mine.address).status_code == 200
    assert scene.world.register.sources(scene.world.shop, "autumn", "en")["subject"] == "Autumn"
    # People of a language without words get the one that stands in for it: otherwise they would get nothing.
    assert scene.world.register.sources(scene.world.shop, "autumn", "de")["subject"] == "Autumn"


@pytest.mark.parametrize("name", ["", "Autumn", "a b", "visitor-first", "new", "9", "x" * 65, "../x"])
def test_a_name_that_cannot_be_is_refused(scene: Scene, editor: Editor, name: str) -> None:
    answer = editor.browser.post(f"/console/{scene.shop}/templates/new/", {"name": name, "begin": ""})
    assert answer.status_code == 422


def test_a_copy_has_all_languages_and_is_deleted_only_where_nobody_misses_it(scene: Scene, editor: Editor) -> None:
    editor.browser.post(f"/console/{scene.shop}/templates/new/", {"name": "my-thanks", "begin": "visitor-first"})
    names = TemplateVersion.objects.filter(shop_id=scene.shop, name="my-thanks").values_list("language", flat=True)
    assert set(names) == {"en", "pl", "bg", ""}
    from wraca.app.journeys import put_journey

    source = "journey: thanks-only\ntrigger: {cart_abandoned: {idle: 60m}}\nsteps:\n  - send: {email: my-thanks}\n"
    put_journey(scene.world.bucket, scene.world.shop, source, "x", scene.world.now)
    address = f"/console/{scene.shop}/templates/my-thanks/drop/"
    assert "thanks-only still sends it" in unescape(editor.browser.post(address, follow=True).content.decode())
    Journey.objects.filter(shop_id=scene.shop, name="thanks-only").delete()
    assert editor.browser.post(address).status_code == 302
    assert not TemplateVersion.objects.filter(shop_id=scene.shop, name="my-thanks").exists()
    assert editor.browser.post(f"/console/{scene.shop}/templates/visitor-first/drop/").status_code == 404


def test_the_structure_of_another_language_is_copied_and_the_words_stay(scene: Scene, editor: Editor) -> None:
    english = Editor(editor.browser, scene.shop, "how-we-work", "en")
    english.do("insert:1:divider")
    english.do("save")
    words = form_said(editor.page(), "composer-form")["b2.text"]
    assert "other blocks" in unescape(editor.page())
    editor.do("copy:en")
    assert editor.kinds() == english.kinds()
    assert form_said(editor.page(), "composer-form")["b3.text"] == words


def test_the_list_says_where_messages_are_used_and_what_is_wrong(scene: Scene, editor: Editor) -> None:
    editor.do("save", b2__text="[x](http://kawa.example)")
    page = unescape(editor.browser.get(f"/console/{scene.shop}/templates/").content.decode())
    assert "reaction-series" in page
    assert re.search(r"\d hints?<", page)
    page = unescape(editor.browser.get(f"/console/{scene.shop}/journeys/reaction-series/texts/").content.decode())
    assert "How the shop works" in page
    assert f"/console/{scene.shop}/templates/how-we-work/pl/" in page

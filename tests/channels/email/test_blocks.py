"""Messages of blocks: read strictly, written back as they were, drawn as HTML and text whatever stands in them."""

import re

import pytest
from msgspec.structs import replace

from tests.channels.email.drawings import drawn, one
from wraca.channels.email.blockfile import BadMessage, message_to_plain, message_to_yaml, read_message
from wraca.channels.email.blocks import BLOCK_KINDS, LONGEST, Button, Field, Footer, Heading, Message, Text
from wraca.channels.email.compiled import HTML_LIMIT, fill
from wraca.channels.email.drawing import words_in
from wraca.channels.email.library import LANGUAGES, TEMPLATES, built_in
from wraca.channels.email.sample import barest_facts, full_facts, longest_facts, sample_message
from wraca.domain.reasons import Reason

EVERY = [(template, language) for template in TEMPLATES for language in LANGUAGES]


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_every_message_is_whole_with_everything_and_with_hardly_anything(template: str, language: str) -> None:
    for facts in (full_facts, barest_facts, longest_facts):
        message = sample_message(template, language, facts=facts(language))
        filled = fill(message)
        for part in (filled.html, filled.text):
            assert message.links.preferences in part
            assert not re.search(r"\{\{|\}\}|\{%|%\}|\[\[|\]\]|\bnil\b|\bNone\b|lq\d", part)
        assert len(filled.html.encode()) < HTML_LIMIT
        assert 0 < len(filled.subject) <= 120
        assert "\n\n\n" not in filled.text


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_without_a_name_no_sentence_has_a_hole(template: str, language: str) -> None:
    filled = fill(sample_message(template, language, facts=barest_facts(language)))
    for line in (filled.subject, *filled.text.splitlines()):
        assert not re.search(r"\s[,;.!?]|,[,.!]|\(\s*\)|^[,;.!]|\S\s{2,}", line), line


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_message_has_the_same_blocks_in_every_language(template: str) -> None:
    shapes = {tuple(block.kind for block in built_in(template, language).blocks) for language in LANGUAGES}
    assert len(shapes) == 1
    assert isinstance(built_in(template, "en").blocks[-1], Footer)


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_a_message_is_written_as_it_was_read(template: str, language: str) -> None:
    message = built_in(template, language)
    assert read_message(message_to_yaml(message)) == message
    assert read_message(message_to_plain(message)) == message


def test_every_problem_is_told_at_once_with_its_place() -> None:
    with pytest.raises(BadMessage) as refusal:
        read_message(
            "subjct: Hello\n"
            "blocks:\n"
            "  - heading: [1]\n"
            "  - txet: Hello\n"
            "  - image: {src: x}\n"
            "  - recommendations: {most: 99}\n"
            "  - text: a\n"
            "    cart: {}\n"
            "  - footer: {}\n"
            "    when: person.is_customer\n"
            "  - faq: {questions: [a]}\n"
            '  - divider: {}\n    when: "{% if x %}"\n'
        )
    assert [(problem.line, problem.where) for problem in refusal.value.problems] == [
        (1, "subjct"),
        (3, "blocks[0].heading.text"),
        (4, "blocks[1].txet"),
        (5, "blocks[2].image.src"),
        (6, "blocks[3].recommendations.most"),
        (7, "blocks[4]"),
        (10, "blocks[5].when"),
        (11, "blocks[6].faq.questions"),
        (13, "blocks[7].when"),
    ]
    assert "did you mean `text`" in str(refusal.value)


@pytest.mark.parametrize("source", ["", "[]", "subject: x", "a: *b", "subject: &a x\nblocks: [*a]", "{", "subject: x\nblocks: 5"])
def test_what_is_no_message_is_refused(source: str) -> None:
    with pytest.raises(BadMessage):
        read_message(source)


# -- what each block shows


def test_the_first_heading_is_the_title_and_the_others_are_smaller() -> None:
    html, text = drawn(Message("x", blocks=(Heading(text="First"), Heading(text="Second"), Footer())))
    assert re.search(r"<h1[^>]*>First</h1>", html)
    assert re.search(r"<h2[^>]*>Second</h2>", html)
    assert text.startswith("First\n\nSecond\n")


def test_a_greeting_is_by_name_or_neutral() -> None:
    marek = {"person": {"first_name": "Marek", "gender": "m"}}
    source = "subject: x\nblocks: [{greeting: {}}]"
    assert "Dzień dobry, Marku!" in drawn(source, "pl", **marek)[1]
    assert "Dzień dobry!" in drawn(source, "pl", person={"first_name": "Xqzt"})[1]
    assert "Здравейте," in drawn(source, "bg", person={})[1]


def test_a_text_knows_a_tiny_markdown_and_nothing_else() -> None:
    html, text = one('text: "**Bold**, *slanted*, [there]({{ shop.url }}). 2 * 3 * 4 < 30 & <b>no</b>\\n\\nSecond"')
    assert '<strong>Bold</strong>, <em>slanted</em>, <a href="https://shop.example/">there</a>.' in html
    assert "2 * 3 * 4 &lt; 30 &amp; &lt;b&gt;no&lt;/b&gt;</p>" in html
    assert "Bold, slanted, there (https://shop.example/). 2 * 3 * 4 < 30 & <b>no</b>\n\nSecond\n" in text


@pytest.mark.parametrize(
    ("paragraph", "gone"),
    [
        ("{% if person.is_customer %}Again{% endif %}", True),
        ("{% unless person.is_customer %}New{% else %}Again{% endunless %}", False),
        ("{% for line in cart.nothing %}{% if line.stock %}{{ line.stock }}{% endif %}{% endfor %}", True),
        ("{% if person.is_customer %}Again{% endif %} and more", False),
    ],
)
def test_a_condition_leaves_no_empty_paragraph(paragraph: str, gone: bool) -> None:
    html, _ = one(f"text: '{paragraph}'")
    assert (html.count("<p style") == 0) is gone
    assert '<p style="margin:0 0 14px"></p>' not in html


def test_a_condition_may_reach_around_paragraphs() -> None:
    html, text = one('text: "{% if offer %}\\n\\nOne\\n\\nTwo\\n\\n{% endif %}"')
    assert html.count("<p style") == 2
    assert text.startswith("One\n\nTwo\n")


def test_a_block_with_a_condition_is_shown_only_then() -> None:
    source = "subject: x\nblocks: [{heading: Yours, when: 'cart.total < 5000'}, {cart: {}, when: person.is_customer}, {footer: {}}]"
    html, text = drawn(source)
    assert "Yours" not in html + text
    assert "Cart total" not in html + text
    html, text = drawn(source, cart={"lines": [{"name": "Pot"}], "total": 4999, "currency": "EUR"}, person={"is_customer": True})
    assert "Yours" in html
    assert "Cart total" in text


@pytest.mark.parametrize("block", ["cart", "product", "recommendations", "reviews", "coupon", "reason", "social", "contacts"])
def test_what_there_is_nothing_of_leaves_nothing(block: str) -> None:
    bare = dict.fromkeys(("picks", "reviews", "offer", "links", "faq")) | {
        "shop": {"name": "Shop"},
        "cart": {"lines": []},
    }
    html, text = one(f"{block}: {{}}", **bare)
    assert text.startswith("--")
    assert one("text: '{{ nothing }}'", **bare)[1] == text
    assert "<tr><td align" not in re.sub(r"\s", "", html) or "<p" not in html


def test_a_coupon_says_what_it_gives_and_when_it_ends() -> None:
    html, text = one("coupon: {}")
    for part in (html, text):
        for words in ("FERN-7K2Q", "10% off", "£50.00 or more", "January 15, 2027"):
            assert words in part
    offers = {"amount": (2000, "£20.00 off"), "free_shipping": (0, "free delivery"), "gift": (0, "a small fern")}
    for kind, (value, words) in offers.items():
        offer = {"code": "X", "kind": kind, "value": value, "text": "a small fern", "expires": None, "min_cart": None}
        assert words in one("coupon: {}", offer=offer)[1]
    assert "10% off" in one("coupon: {}", offer={"code": "X", "kind": "percent", "value": 10.0})[1]
    assert "Your code" not in one("coupon: {}", offer={"code": "", "kind": "percent", "value": 10})[1]


def test_a_fall_in_price_is_told_only_with_the_lowest_price_of_thirty_days() -> None:
    def shown(**line: object) -> bool:
        cart = {"lines": [{"name": "Pot", "price": 3990, "line_total": 3990, **line}], "currency": "EUR"}
        html, text = one("cart: {}", cart=cart)
        assert ("Lowest price" in html) is ("Lowest price" in text)
        return "Lowest price in the 30 days before the reduction: €47.90" in text

    assert shown(was_price=4990, lowest_30d=4790)
    assert shown(reduced=True, lowest_30d=4790)
    assert not shown(was_price=4990)
    assert not shown(lowest_30d=4790)
    assert not shown(was_price=4990, lowest_30d=3500)
    assert not shown(was_price=3990, lowest_30d=4790)


def test_reviews_always_say_whether_they_were_checked() -> None:
    assert "only of customers who bought" in one("reviews: {}")[1]
    unchecked = one("reviews: {}", reviews_note="")
    assert all("Only the reviews marked as a verified purchase" in part for part in unchecked)
    untold = [review | {"verified": None} for review in full_facts("en")["reviews"]]
    assert all("Nobody has checked" in part for part in one("reviews: {}", reviews_note="", reviews=untold))


def test_what_is_missing_leaves_no_hole_in_a_line() -> None:
    line = {"name": "Pot", "price": 3990, "line_total": 3990}
    assert "- Pot, €39.90\n" in one("cart: {}", cart={"lines": [line], "currency": "EUR"})[1]
    assert "- Pot, 2 pieces × €39.90 = €39.90\n" in one("cart: {}", cart={"lines": [line | {"quantity": 2}], "currency": "EUR"})[1]
    html, text = one("contacts: {}", shop={"name": "Shop", "url": "https://shop.example/"})
    assert "We are here to help: https://shop.example/\n" in text
    assert "help: <a href" in html


def test_the_question_for_the_reason_has_a_link_for_every_answer() -> None:
    html, text = one("reason: {question: Why?}")
    for reason in Reason:
        assert f'href="https://go.shop.example/w/sample/{reason.value}"' in html
        assert f"https://go.shop.example/w/sample/{reason.value}" in text


def test_the_link_of_the_message_goes_before_one_in_the_facts() -> None:
    message = sample_message("ask-reason", "en", facts=full_facts("en"))
    linked = replace(message, links=replace(message.links, reason="https://go.shop.example/w/own"))
    assert "https://go.shop.example/w/own/price" in fill(linked).text
    assert "https://go.shop.example/w/sample/price" in fill(message).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_for_every_reason(language: str) -> None:
    assert {f"reason_{reason.value}" for reason in Reason} == {name for name in words_in(language) if name.startswith("reason_")}
    assert words_in(language).keys() == words_in("en").keys()


def test_a_button_names_the_stage_the_shop_or_its_own_words() -> None:
    cart = full_facts("en")["cart"] | {"stage": "payment"}
    assert "Go to payment" in one("button: {}", cart=cart)[1]
    assert "See it in the shop" in one("button: {}", about={"kind": "browse"})[1]
    assert "To the shop:\nhttps://shop.example/" in one("button: {to: shop}")[1]
    assert "Read on:\nhttps://shop.example/blog" in one("button: {to: 'https://shop.example/blog', text: Read on}")[1]


def test_social_links_are_the_blocks_own_or_the_shops() -> None:
    html, text = one("social: {facebook: 'https://facebook.com/own'}")
    assert "Facebook: https://facebook.com/own\nInstagram: https://instagram.com/shop.example\n" in text
    assert "https://youtube.com/@shop.example" in html
    hostile = full_facts("en")["shop"] | {"social": {"facebook": "javascript:alert(1)"}}
    assert "javascript" not in "".join(one("social: {}", shop=hostile))


def test_a_video_can_be_reached_with_pictures_off() -> None:
    html, text = one("video: {url: 'https://v.example/1', picture: 'https://v.example/1.jpg', alt: Watering}")
    assert html.count('href="https://v.example/1"') == 2
    assert "&#9654;" in html
    assert "Watering:\nhttps://v.example/1" in text


def test_the_footer_is_there_whatever_was_forgotten() -> None:
    html, text = drawn(Message("x", blocks=(Footer(why="Because of {{ shop.name }}."), Text(text="Late"))))
    assert "Because of Fern &amp; Field." in html
    assert text.rstrip().endswith("https://go.shop.example/u/sample")
    assert "https://go.shop.example/u/sample" in drawn(Message("x"))[0]


def test_a_form_can_be_made_from_the_kinds() -> None:
    assert list(BLOCK_KINDS) == [
        "heading", "greeting", "text", "cart", "product", "recommendations", "reviews", "coupon", "button", "image", "video", "faq",
        "contacts", "reason", "social", "divider", "footer",
    ]  # fmt: skip
    for kind in BLOCK_KINDS.values():
        assert kind.shape() == kind.shape(**{field.name: field.default for field in kind.fields})  # type: ignore[arg-type]
        assert all(field.limit == LONGEST.get(field.type, 0) for field in kind.fields)
    to = next(field for field in BLOCK_KINDS["button"].fields if field.name == "to")
    assert to == Field("to", "url", Button().to, ("cart", "shop"), limit=LONGEST["url"])

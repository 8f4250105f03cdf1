"""What the editor of messages calls the kinds of blocks, their fields, and the conditions under which a block is shown."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = "str | Promise"

# In the order of the menu: (label, what it is good for).
KINDS: dict[str, tuple[str | Promise, str | Promise]] = {
    "heading": (pgettext_lazy("block", "Heading"), _("A line in large letters. The first one is the title of the message.")),
    "greeting": (pgettext_lazy("block", "Greeting"), _("By name where that is allowed, else without one.")),
    "text": (pgettext_lazy("block", "Text"), _("Paragraphs in your own words.")),
    "cart": (pgettext_lazy("block", "Cart"), _("What is in the cart, with pictures, prices and the total.")),
    "product": (pgettext_lazy("block", "Product"), _("The first product of the cart, large.")),
    "recommendations": (pgettext_lazy("block", "Recommendations"), _("Products that go with the cart, if there are any.")),
    "reviews": (pgettext_lazy("block", "Reviews"), _("What customers said, and whether anybody checked that they bought.")),
    "coupon": (pgettext_lazy("block", "Coupon"), _("The code that the journey gave, if it gave one, and its conditions.")),
    "button": (pgettext_lazy("block", "Button"), _("Back to the cart, to the shop, or anywhere else.")),
    "image": (pgettext_lazy("block", "Picture"), _("With a text for those who do not see it.")),
    "video": (pgettext_lazy("block", "Video"), _("A picture with a play sign that leads to the video.")),
    "faq": (pgettext_lazy("block", "Questions and answers"), _("What people ask before they order.")),
    "contacts": (pgettext_lazy("block", "Contacts"), _("Phone and e-mail of the shop.")),
    "reason": (pgettext_lazy("block", "Question for the reason"), _("One click says what stopped them: see Reasons.")),
    "social": (pgettext_lazy("block", "Social networks"), _("Where else the shop can be met.")),
    "divider": (pgettext_lazy("block", "Line"), _("Parts one thing from the next.")),
    "footer": (pgettext_lazy("block", "Footer"), _("Why they get it, who writes, and the way out. Always there, always last.")),
}  # fmt: skip

# By "kind.field", else by the field alone: (label, help).
FIELDS: dict[str, tuple[str | Promise, str | Promise]] = {
    "heading.text": (_("Words"), ""),
    "text.text": (_("Words"), _("An empty line begins a paragraph. **bold**, *italic*, [words](https://...)")),
    "button.text": (_("Words on it"), _("Empty: words that fit where the order stopped.")),
    "button.to": (_("Leads to"), ""),
    "image.url": (_("Address of the picture"), _("Begins with https://")),
    "image.to": (_("Leads to"), _("Empty: nowhere.")),
    "video.url": (_("Address of the video"), _("Begins with https://")),
    "video.picture": (_("Address of the picture"), _("Empty: a line of words with the play sign.")),
    "footer.why": (_("Why they get this"), _("Empty: our sentence.")),
    "lead": (_("Words above it"), _("Empty: the usual ones.")),
    "cart.lead": (_("Words above it"), _("Empty: none.")),
    "faq.lead": (_("Words above it"), _("Empty: none.")),
    "most": (_("At most so many"), ""),
    "alt": (_("What it shows"), _("Read out, and shown where pictures are off.")),
    "questions": (_("Questions and answers"), ""),
    "question": (_("Question"), _("Empty: the usual one.")),
    "facebook": ("Facebook", ""),
    "instagram": ("Instagram", ""),
    "tiktok": ("TikTok", ""),
    "youtube": ("YouTube", ""),
    "x": ("X", ""),
    "linkedin": ("LinkedIn", ""),
    "pinterest": ("Pinterest", ""),
    "when": (_("Shown"), ""),
}

CHOICES: dict[str, str | Promise] = {"cart": _("the cart, or where the order stopped"), "shop": _("the front page of the shop")}
OWN_ADDRESS = _("another address:")

# (Liquid condition, what it means).
CONDITIONS: tuple[tuple[str, str | Promise], ...] = (
    ("", pgettext_lazy("block is shown", "always")),
    ("person.is_customer", pgettext_lazy("block is shown", "to regular customers")),
    ("person.is_customer == false", pgettext_lazy("block is shown", "to people who have not bought yet")),
    ('person.gender == "f"', pgettext_lazy("block is shown", "to women, where we know")),
    ('person.gender == "m"', pgettext_lazy("block is shown", "to men, where we know")),
    ('person.first_name != ""', pgettext_lazy("block is shown", "where the name may be used")),
    ("offer", pgettext_lazy("block is shown", "with an offer")),
    ("offer == nil", pgettext_lazy("block is shown", "without an offer")),
    ('cart.stage == "payment"', pgettext_lazy("block is shown", "where the order stopped at the payment")),
    ('cart.stage == "shipping"', pgettext_lazy("block is shown", "where the order stopped at the delivery")),
    ("cart.count > 1", pgettext_lazy("block is shown", "with several things in the cart")),
    ("cart.pictures", pgettext_lazy("block is shown", "where the products have pictures")),
    ("picks.size > 0", pgettext_lazy("block is shown", "where there is something to recommend")),
    ("reviews.size > 0", pgettext_lazy("block is shown", "where there are reviews")),
)
OWN_CONDITION = _("on a condition of your own:")

LANGUAGE_NAMES: dict[str, str] = {"en": "English", "pl": "Polski", "bg": "Български"}


def kind_label(kind: str) -> str:
    return str(KINDS.get(kind, (kind, ""))[0])


def field_label(kind: str, field: str) -> str:
    return str(_of_field(kind, field)[0])


def field_help(kind: str, field: str) -> str:
    return str(_of_field(kind, field)[1])


def _of_field(kind: str, field: str) -> tuple[str | Promise, str | Promise]:
    return FIELDS.get(f"{kind}.{field}") or FIELDS.get(field, (field, ""))


def condition_label(when: str) -> str:
    """The condition in words; one of somebody's own as it is."""
    return str(dict(CONDITIONS).get(when, when))

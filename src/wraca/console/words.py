"""The words for everything that the database names by a short English word: states, stages, outcomes, roles, event names."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = dict[str, "str | Promise"]

CART_STATES: Words = {
    "open": pgettext_lazy("cart", "open"),
    "abandoned": pgettext_lazy("cart", "left behind"),
    "emptied": pgettext_lazy("cart", "emptied"),
    "ordered": pgettext_lazy("cart", "ordered"),
    "lost": pgettext_lazy("cart", "given up"),
}
STAGES: dict[int, "str | Promise"] = {
    1: pgettext_lazy("stage", "Cart"),
    2: pgettext_lazy("stage", "Contact details"),
    3: pgettext_lazy("stage", "Shipping"),
    4: pgettext_lazy("stage", "Payment"),
    5: pgettext_lazy("stage", "Ordered"),
}
MESSAGE_STATES: Words = {
    "planned": pgettext_lazy("message", "planned"),
    "claimed": pgettext_lazy("message", "being prepared"),
    "sending": pgettext_lazy("message", "being handed over"),
    "accepted": pgettext_lazy("message", "sent"),
    "rejected": pgettext_lazy("message", "refused"),
    "retry": pgettext_lazy("message", "will be tried again"),
    "uncertain": pgettext_lazy("message", "uncertain"),
    "skipped": pgettext_lazy("message", "not sent"),
    "held": pgettext_lazy("message", "held back"),
}
MESSAGE_MEANINGS: Words = {
    "planned": _("It waits for its time. Before it goes out, every reason against it is asked again."),
    "claimed": _("A worker has taken it and is about to ask the last questions."),
    "sending": _("It is on its way to the mail server right now."),
    "accepted": _("The mail server took it."),
    "rejected": _("The mail server, or the message itself, refused for good. It will not be tried again."),
    "retry": _("The mail server could not take it. Nothing was handed over, so it is safe to try again, and Wraca will."),
    "uncertain": _(
        "The connection broke at the worst moment: the person may have it or not. Wraca does not send it a second time, "
        "because nobody likes to get the same message twice."
    ),
    "skipped": _("It must not go to this person. The reasons are below."),
    "held": _("It may not go out yet. Wraca asks again by itself."),
}
OUTCOMES: Words = {
    "": _("running"),
    "completed": _("all steps done"),
    "ordered": _("ended by an order"),
    "emptied": _("ended: the cart was emptied"),
    "opted_out": _("ended: the person opted out"),
    "complained": _("ended: the person complained of spam"),
    "erased": _("ended: the person was erased"),
    "lost": _("ended: the cart grew too old"),
    "stopped": _("stopped by hand"),
    "filtered": _("ended: the journey's filter no longer fits"),
    "overtaken": _("ended: what began it is no longer so"),
    "continued": _("went on in another journey"),
}
REASONS: Words = {
    "price": pgettext_lazy("reason", "The price"),
    "shipping": pgettext_lazy("reason", "Delivery: its cost or its time"),
    "payment": pgettext_lazy("reason", "The way to pay"),
    "question": pgettext_lazy("reason", "An open question about the product"),
    "trust": pgettext_lazy("reason", "Not sure about the shop"),
    "not_ready": pgettext_lazy("reason", "Still thinking"),
    "elsewhere": pgettext_lazy("reason", "Found it elsewhere"),
    "technical": pgettext_lazy("reason", "Something in the shop did not work"),
    "changed_mind": pgettext_lazy("reason", "Changed their mind"),
    "other": pgettext_lazy("reason", "Something else"),
}
ROLES: Words = {
    "owner": _("Owner"),
    "admin": _("Administrator"),
    "marketer": _("Marketer"),
    "analyst": _("Analyst"),
    "support": _("Support"),
}
ROLE_MEANINGS: Words = {
    "owner": _("May do everything, also make other owners."),
    "admin": _("May do everything but make owners."),
    "marketer": _("Works with journeys, carts and people; no settings, no team."),
    "analyst": _("Sees numbers, carts and messages, never a name or an address."),
    "support": _("Sees the overview, and one person at a time, found by the whole address."),
}
VERDICTS: Words = {
    "human": _("a person"),
    "machine": _("a machine"),
    "unknown": _("unknown: a person or a machine"),
}
PURPOSES: Words = {
    "open": _("opened"),
    "click": _("clicked"),
    "restore": _("went back to the cart"),
    "preferences": _("looked at the unsubscribe page"),
}
REACTIONS: Words = {
    "": "–",
    "none": _("no reaction"),
    "opened": _("opened"),
    "clicked": _("clicked"),
}
ORDER_STATES: Words = {
    "completed": _("completed"),
    "paid": _("paid"),
    "on_hold": _("on hold"),
    "pending": _("pending"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
    "refunded": _("refunded"),
}
IDENTITY_KINDS: Words = {
    "user": _("customer number"),
    "email": _("e-mail"),
    "phone": _("phone"),
    "anonymous": _("browser"),
    "device": _("device"),
    "cart": _("cart token"),
}
SOURCES: Words = {
    "browser": _("said by a browser"),
    "server": _("said by the shop's server"),
    "platform": _("said by the shop platform"),
    "import": _("imported"),
}
CHANNELS: Words = {
    "email": _("E-mail"),
    "sms": _("SMS"),
    "webpush": _("Web push"),
    "onsite": _("On the shop's pages"),
    "chat": _("Live chat"),
}
TEMPLATES: Words = {
    "cart-reminder": _("Reminder with the cart"),
    "cart-second": _("Second reminder"),
    "customer-first": _("First words to a customer"),
    "customer-help": _("Help with the choice, for a customer"),
    "customer-reason": _("Polite question for the reason"),
    "visitor-first": _("Thanks for the visit"),
    "how-we-work": _("How the shop works"),
    "others-and-faq": _("What others chose, and answers"),
    "extra-benefit": _("An extra benefit"),
    "any-questions": _("Any questions?"),
    "how-are-you": _("How are you?"),
    "time-runs-out": _("Time runs out"),
    "ask-reason": _("One question: why?"),
    "back-in-stock": _("Back in stock"),
    "browse-looked": _("What they looked at"),
    "browse-more": _("Something else, perhaps"),
    "considered-first": _("Big decision: take your time"),
    "considered-guide": _("Big decision: how to choose"),
    "considered-questions": _("Big decision: good to know"),
    "considered-reviews": _("Big decision: what others say"),
    "considered-last-call": _("Big decision: the last message"),
    "low-stock": _("Only few are left"),
    "next-purchase-thanks": _("Thanks for the order"),
    "payment-failed": _("The payment failed"),
    "payment-help": _("Other ways to pay"),
    "payment-last": _("One step from done"),
    "confirm-address": _("Is this your address? (double opt-in)"),
    "popup-thanks-mail": _("The cart, as they asked for it"),
    "price-dropped": _("A lower price"),
    "quick-first": _("Quick purchase: first reminder"),
    "quick-second": _("Quick purchase: second reminder"),
    "quick-last": _("Quick purchase: the last message"),
    "win-back-hello": _("Win back: greetings"),
    "win-back-offer": _("Win back: an offer"),
    "win-back-goodbye": _("Win back: shall we keep in touch?"),
}


def word(words: Words, key: str) -> str:
    """The word in the active language; the key itself where we have none (a plug-in may bring new ones)."""
    return str(words.get(key, key))

"""How long what is kept: each kind of record has a maximum age, after which it is deleted (trust L12)."""

import msgspec

_DAY = 24 * 3600 * 1000


class Ages(msgspec.Struct, frozen=True):
    """Maximum ages in ms. Orders, consents and the suppression list stay: a shop must be able to prove them."""

    events: int = 396 * _DAY  # 13 months
    hits: int = 90 * _DAY
    strangers: int = 30 * _DAY  # people without a proven address, phone or customer id
    messages: int = 180 * _DAY  # what a message said of its reader; that it was sent stays
    decisions: int = 180 * _DAY
    interests: int = 90 * _DAY  # who looked at which product
    notices: int = 180 * _DAY  # what the shop's team was told of people
    chats: int = 180 * _DAY  # since the last word
    members: int = 90 * _DAY  # who left which audience
    deliveries: int = 30 * _DAY  # what webhooks were told

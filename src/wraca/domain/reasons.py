"""Why a cart was left: the answers a person can give."""

from enum import StrEnum

LONGEST_TEXT = 1_000  # characters of somebody's own words


class Reason(StrEnum):
    """What stopped somebody. The order is that of the page that asks."""

    PRICE = "price"
    SHIPPING = "shipping"  # what it costs, or how long it takes
    PAYMENT = "payment"  # their way to pay is missing, or it failed
    QUESTION = "question"  # something about the product is not clear
    TRUST = "trust"
    NOT_READY = "not_ready"  # still thinking, or no hurry
    ELSEWHERE = "elsewhere"  # bought, or found better, in another place
    TECHNICAL = "technical"  # the shop did not work
    CHANGED_MIND = "changed_mind"
    OTHER = "other"

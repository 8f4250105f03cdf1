"""Who may do what: five roles, and the rights of each. What is not listed is refused."""

from enum import StrEnum


class Right(StrEnum):
    NUMBERS = "numbers"  # counts, journeys, nothing about a single person
    CARTS = "carts"  # lists of carts and messages
    PEOPLE = "people"  # names and addresses in lists
    PERSON = "person"  # one person's page, found by the whole address
    JOURNEYS = "journeys"  # change, switch on and off
    SETTINGS = "settings"  # the shop, its keys and its channels
    TEAM = "team"  # accounts and roles
    AUDIT = "audit"  # who did what


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MARKETER = "marketer"
    ANALYST = "analyst"
    SUPPORT = "support"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.ADMIN: frozenset(Right),
    Role.MARKETER: frozenset({Right.NUMBERS, Right.CARTS, Right.PEOPLE, Right.PERSON, Right.JOURNEYS}),
    Role.ANALYST: frozenset({Right.NUMBERS, Right.CARTS}),
    Role.SUPPORT: frozenset({Right.NUMBERS, Right.PERSON}),
}


def grantable(by: Role) -> tuple[Role, ...]:
    """The roles this role may give and take: only an owner makes owners."""
    if by is Role.OWNER:
        return tuple(Role)
    return tuple(role for role in Role if role is not Role.OWNER) if Right.TEAM in RIGHTS[by] else ()

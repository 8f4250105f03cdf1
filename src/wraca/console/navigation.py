"""The console's main navigation: every page that has an entry, in groups, for whoever may see it.

A new page with an entry of its own is one line here. `here` is what the page's view says it is (context "here").
"""

from collections.abc import Callable

import msgspec
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wraca.console.doors import Visit
from wraca.console.roles import Right
from wraca.console.waiting import waiting_chats


class Entry(msgspec.Struct, frozen=True):
    """One page. `name` is its url's, and what its view calls `here`; any of `rights` opens it."""

    name: str
    title: "str | Promise"
    rights: tuple[Right, ...] = ()
    waiting: Callable[[Visit], int | None] | None = None  # how many things wait there; None: nothing is counted


class Group(msgspec.Struct, frozen=True):
    title: "str | Promise"
    entries: tuple[Entry, ...]


class Link(msgspec.Struct, frozen=True):
    title: str
    url: str
    is_here: bool
    waiting: int | None = None


class Section(msgspec.Struct, frozen=True):
    title: str
    links: tuple[Link, ...]


NAVIGATION: tuple[Group, ...] = (
    Group("", (Entry("overview", _("Overview")),)),
    Group(
        pgettext_lazy("navigation", "Shoppers"),
        (
            Entry("carts", _("Carts"), (Right.CARTS,)),
            Entry("people", _("People"), (Right.PERSON,)),
            Entry("chats", _("Chats"), (Right.PERSON,), waiting_chats),
            Entry("reasons", _("Reasons")),
        ),
    ),
    Group(
        pgettext_lazy("navigation", "What they get"),
        (
            Entry("journeys", _("Journeys")),
            Entry("templates", _("Templates"), (Right.JOURNEYS,)),
            Entry("messages", _("Messages"), (Right.CARTS,)),
            Entry("offers", _("Offers")),
            Entry("onsite", _("On the shop's pages")),
            Entry("audiences", _("Audiences")),
            Entry("feeds", _("Product feeds"), (Right.SETTINGS,)),
        ),
    ),
    Group(pgettext_lazy("navigation", "The shop"), (Entry("settings", _("Settings"), (Right.SETTINGS,)),)),
)


def sections(visit: Visit, here: str) -> list[Section]:
    """What this visitor sees; groups that are empty for them are left out."""
    found = []
    for group in NAVIGATION:
        links = tuple(
            _link(entry, visit, here)
            for entry in group.entries
            if not entry.rights or any(visit.may(right) for right in entry.rights)
        )
        if links:
            found.append(Section(str(group.title), links))
    return found


def _link(entry: Entry, visit: Visit, here: str) -> Link:
    waiting = entry.waiting(visit) if entry.waiting else None
    return Link(str(entry.title), reverse(entry.name, kwargs={"shop": visit.shop.id}), entry.name == here, waiting)

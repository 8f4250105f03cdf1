"""A journey on somebody's desk: what is saved of it, the visitor's draft, and what there is to choose from."""

import msgspec
from django.http import Http404
from django.urls import reverse

from wraca.console.doors import Visit
from wraca.console.editing import choices
from wraca.console.editing.draft import Desk, Draft, content_of
from wraca.console.editing.fields import Surroundings
from wraca.console.editing.places import Path, written_path
from wraca.storage.queries import journeys
from wraca.storage.queries.journeys import JourneySeen


class Opened(msgspec.Struct):
    """`journey` is None for one that was never saved."""

    visit: Visit
    name: str
    journey: JourneySeen | None
    desk: Desk
    draft: Draft
    known: Surroundings

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to save, or to throw away."""
        return self.journey is None or self.draft.can_undo or self.draft.can_redo

    def address(self, path: Path | None = None) -> str:
        """The editor's own page, with this place chosen."""
        address = reverse("journey_edit", kwargs={"shop": self.visit.shop.id, "name": self.name})
        return address if path is None else f"{address}?at={written_path(path) or 'journey'}"


def open_journey(visit: Visit, name: str) -> Opened:
    """The visitor's draft, or what is saved. Raises Http404."""
    journey, desk = journeys.journey(visit.key, name), Desk(visit.request.session, visit.shop.id)
    draft = desk.draft(name)
    if draft is None:
        if journey is None:
            raise Http404
        draft = Draft(journey.version, (content_of(journey.source),))
    return Opened(visit, name, journey, desk, draft, choices.surroundings(visit, draft.content, name))

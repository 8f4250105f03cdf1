"""Reads of the merchant's own messages: their versions, and the journeys that send them."""

import msgspec

from wraca.domain.events import Instant
from wraca.domain.journeys.problems import BadPlan
from wraca.domain.journeys.reading import read_plan
from wraca.storage.fields import to_datetime, to_instant
from wraca.storage.models import Audit, Journey, JourneyVersion, OutboxRow, RunRow, TemplateVersion
from wraca.storage.queries.shops import Key

_WAITING = ("planned", "claimed", "sending", "retry", "held")


class Saved(msgspec.Struct, frozen=True):
    """One version of a message in one language. Empty sources: from then on the built-in message was used again."""

    version: int
    at: Instant
    author: str
    sources: dict[str, str]

    @property
    def form(self) -> str:
        """How it was made: "blocks", "code", or "built-in"."""
        return "built-in" if not self.sources else "blocks" if self.sources.get("blocks") else "code"


def versions(key: Key, template: str, language: str) -> list[Saved]:
    """Every version ever saved, the newest first."""
    rows = TemplateVersion.objects.filter(bucket=key.bucket, shop_id=key.shop, name=template, language=language)
    return [_saved(row) for row in rows.order_by("-version")]


def newest(key: Key, template: str = "") -> dict[tuple[str, str], Saved]:
    """The newest version by (name, language): of every message of the shop's own, or of one name."""
    rows = TemplateVersion.objects.filter(bucket=key.bucket, shop_id=key.shop).exclude(language="")
    if template:
        rows = rows.filter(name=template)
    return {(row.name, row.language): _saved(row) for row in rows.order_by("name", "language", "version")}


def _saved(row: TemplateVersion) -> Saved:
    sources = {str(name): str(text) for name, text in row.sources.items()}
    return Saved(row.version, to_instant(row.created_at), row.author, sources)


def journeys_using(key: Key) -> dict[str, tuple[str, ...]]:
    """By name of a message: the journeys whose newest version, or a version with people still on it, sends it."""
    current = set(Journey.objects.filter(bucket=key.bucket, shop_id=key.shop).values_list("name", "version"))
    running = RunRow.objects.filter(bucket=key.bucket, shop_id=key.shop, outcome="").values_list("journey", "version").distinct()
    wanted = current | set(running)
    named: dict[str, set[str]] = {}
    rows = JourneyVersion.objects.filter(bucket=key.bucket, shop_id=key.shop, name__in={name for name, _ in wanted})
    for row in rows:
        if (row.name, row.version) in wanted:
            for template in _templates(row.source):
                named.setdefault(template, set()).add(row.name)
    waiting = OutboxRow.objects.filter(bucket=key.bucket, shop_id=key.shop, state__in=_WAITING)
    for template, journey in waiting.values_list("template", "journey").distinct():
        named.setdefault(template, set()).add(journey)
    return {template: tuple(sorted(journeys)) for template, journeys in named.items()}


def noted_since(key: Key, what: str, since: Instant) -> int:
    """How often the shop's log says this from then on."""
    return Audit.objects.filter(bucket=key.bucket, shop_id=key.shop, what=what, at__gte=to_datetime(since)).count()


def _templates(source: str) -> set[str]:
    try:
        return {send.template for send in read_plan(source).sends}
    except BadPlan:  # a file from before a rule of ours: it sends nothing until it is mended
        return set()

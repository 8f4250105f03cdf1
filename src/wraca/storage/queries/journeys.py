"""Reads of journeys, their versions and the merchant's own templates."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db.models import Count, Max, Q

from wraca.domain.events import Instant
from wraca.storage.fields import to_instant
from wraca.storage.models import Journey, JourneyVersion, OutboxRow, RunRow, TemplateVersion
from wraca.storage.queries.shops import Key


class JourneySeen(msgspec.Struct, frozen=True):
    """A journey with the version that new runs get. `active_since` is 0 while it is off."""

    name: str
    version: int
    active_since: Instant
    source: str
    running: int
    started: int
    ordered: int


class Version(msgspec.Struct, frozen=True):
    version: int
    at: Instant
    author: str
    source: str
    runs: int


class StepCount(msgspec.Struct, frozen=True):
    """What became of the messages of one step."""

    planned: int
    sent: int
    skipped: int


def journeys(key: Key) -> list[JourneySeen]:
    """All journeys of the shop: those that run first."""
    rows = list(Journey.objects.filter(bucket=key.bucket, shop_id=key.shop))
    sources = {
        (row.name, row.version): row.source
        for row in JourneyVersion.objects.filter(bucket=key.bucket, shop_id=key.shop, name__in=[row.name for row in rows])
    }
    runs = RunRow.objects.filter(bucket=key.bucket, shop_id=key.shop).values("journey").order_by()
    counts = {
        each["journey"]: each
        for each in runs.annotate(
            started=Count("id"), running=Count("id", filter=Q(outcome="")), ordered=Count("id", filter=Q(outcome="ordered"))
        )
    }
    seen = [_seen(row, sources.get((row.name, row.version), ""), counts.get(row.name, {})) for row in rows]
    return sorted(seen, key=lambda each: (each.active_since == 0, each.name))


def journey(key: Key, name: str) -> JourneySeen | None:
    """One journey."""
    return next((each for each in journeys(key) if each.name == name), None)


def versions(key: Key, name: str) -> list[Version]:
    """Every version ever saved, the newest first, with how many runs it had."""
    rows = JourneyVersion.objects.filter(bucket=key.bucket, shop_id=key.shop, name=name).order_by("-version")
    used = RunRow.objects.filter(bucket=key.bucket, shop_id=key.shop, journey=name)
    counts = dict(used.values_list("version").annotate(count=Count("id")).order_by())
    return [Version(row.version, to_instant(row.created_at), row.author, row.source, counts.get(row.version, 0)) for row in rows]


def step_counts(key: Key, name: str) -> dict[str, StepCount]:
    """By step id: how many messages were planned, went out, were skipped."""
    rows = OutboxRow.objects.filter(bucket=key.bucket, shop_id=key.shop, journey=name).values("step").order_by()
    counted = rows.annotate(
        planned=Count("id"),
        sent=Count("id", filter=Q(state__in=["accepted", "uncertain"])),
        skipped=Count("id", filter=Q(state="skipped")),
    )
    return {each["step"]: StepCount(each["planned"], each["sent"], each["skipped"]) for each in counted}


def own_texts(key: Key, template: str, language: str) -> dict[str, str]:
    """The merchant's newest words for a template: subject, mjml, text; empty: the built-in ones are used."""
    row = (
        TemplateVersion.objects.filter(bucket=key.bucket, shop_id=key.shop, name=template, language=language)
        .order_by("-version")
        .first()
    )
    return {str(name): str(text) for name, text in row.sources.items()} if row else {}


def newest_text_version(key: Key, template: str, language: str) -> int:
    """The number of the newest version; 0 for none."""
    rows = TemplateVersion.objects.filter(bucket=key.bucket, shop_id=key.shop, name=template, language=language)
    return rows.aggregate(newest=Max("version"))["newest"] or 0


def _seen(row: Journey, source: str, counts: Mapping[str, Any]) -> JourneySeen:
    return JourneySeen(
        row.name,
        row.version,
        to_instant(row.active_since) if row.active_since else 0,
        source,
        counts.get("running", 0),
        counts.get("started", 0),
        counts.get("ordered", 0),
    )

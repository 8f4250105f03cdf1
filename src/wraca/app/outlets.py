"""Copies of audiences elsewhere, for whoever looks after them: connected, tried out, given up; and who is not told of."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wraca.app.channels import Trial
from wraca.app.ledger import HELD_FOR, Place, Rules
from wraca.app.register import Register
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of, derived_id
from wraca.ports.audiences import AdConsent, AudienceSink, Batch, Member, Reachable
from wraca.ports.channel import ChannelError, Misconfigured, Refused, Unavailable
from wraca.storage.hot import reconciling as sql
from wraca.storage.models import AudienceEntry
from wraca.storage.models import AudienceSink as SinkRow


class NoSuchPlace(LookupError):
    """No kind of place of this name is installed."""


class Reach(msgspec.Struct, frozen=True):
    """How many people an audience has, and how many of them may not be told of, by the first reason that holds."""

    members: int
    no_consent: int
    objected: int
    no_address: int
    held_out: int
    may_be_minors: int


def place_named(register: Register, platform: str) -> AudienceSink:
    """The kind of place of this name. Raises NoSuchPlace."""
    if platform not in register.sinks:
        raise NoSuchPlace(platform)
    return register.sinks[platform]


def copy_settings(register: Register, shop: ShopId, platform: str, audience: str) -> tuple[dict[str, object], Rules] | None:
    """The saved settings for a form, of secrets only that they are there (True), and the rules; None where there is no copy."""
    place = _place(register, shop, platform, audience)
    if place is None or place.is_leaving:
        return None
    secret = {setting.name for setting in place.sink.settings if setting.kind == "secret"}
    return {name: bool(value) if name in secret else value for name, value in place.settings.items()}, place.rules


def save_copy(register: Register, shop: ShopId, platform: str, audience: str, settings: Mapping[str, object], rules: Rules) -> None:
    """Seal and keep the settings; a secret left empty keeps its old value. Raises Misconfigured, NoSuchPlace."""
    sink, before = place_named(register, platform), _place(register, shop, platform, audience)
    if before and before.is_leaving:
        raise Misconfigured("leaving", "This copy was given up and is being emptied: connect it anew when it is gone")
    old = before.settings if before else {}
    secret = {setting.name for setting in sink.settings if setting.kind == "secret"}
    kept = {name: old[name] for name in secret if not settings.get(name) and name in old}
    chosen = {name: value for name, value in settings.items() if value not in ("", None)} | kept
    sink.check(chosen)
    # The ledger speaks of one list: under another name there would be people of whom it says nothing.
    lists = [setting.name for setting in sink.settings if setting.required and setting.kind in {"text", "url"}]
    if any(old.get(name, chosen.get(name)) != chosen.get(name) for name in lists) and _has_entries(shop, platform, audience):
        raise Misconfigured("another_list", "These are the settings of another list: give this copy up first")
    sealed = register.seal.close({"settings": chosen, "rules": msgspec.to_builtins(rules)})
    SinkRow.objects.update_or_create(
        **_row(shop, platform, audience), defaults={"sealed": sealed, "paused_until": None, "pause_reason": ""}
    )


def try_copy(register: Register, shop: ShopId, platform: str, audience: str, now: Instant) -> Trial:
    """Find out whether the saved settings work, without changing the list. Never raises for what the other side does."""
    place = _place(register, shop, platform, audience)
    if place is None:
        raise NoSuchPlace(platform)
    nobody = Member(place.sink.identifiers(Reachable("nobody@example.com")), AdConsent(user_data=False))
    try:
        place.sink.try_out(place.settings, Batch(derived_id(shop, platform, str(now)), audience, (nobody,), now))
    except Misconfigured as problem:
        return Trial("misconfigured", str(problem))
    except Refused as problem:
        return Trial("refused", str(problem))
    except Unavailable as problem:
        return Trial("unavailable", str(problem))
    except ChannelError as problem:
        return Trial("unclear", str(problem))
    SinkRow.objects.filter(**_row(shop, platform, audience)).update(paused_until=None, pause_reason="")
    return Trial("taken")


def give_up(register: Register, shop: ShopId, platform: str, audience: str) -> None:
    """Nobody shall be in it any more: everybody is taken out, then the copy is forgotten. Raises NoSuchPlace."""
    place = _place(register, shop, platform, audience)
    if place is None:
        raise NoSuchPlace(platform)
    sealed = register.seal.close({**place.opened, "leaving": True})
    SinkRow.objects.filter(**_row(shop, platform, audience)).update(sealed=sealed, paused_until=None, pause_reason="")


def is_given_up(register: Register, shop: ShopId, platform: str, audience: str) -> bool:
    """Whether it is being emptied."""
    place = _place(register, shop, platform, audience)
    return place is not None and place.is_leaving


def reach(register: Register, shop: ShopId, audience: str, now: Instant) -> Reach:
    """How many may be told of, and why not the others."""
    with register.database.read() as tx:
        rows = tx.all(sql.REACH, bucket=bucket_of(shop), shop=shop, audience=audience, held_since=now - HELD_FOR)
    return Reach(*(int(count or 0) for count in rows[0]))


def _place(register: Register, shop: ShopId, platform: str, audience: str) -> Place | None:
    sink = place_named(register, platform)
    row = SinkRow.objects.filter(**_row(shop, platform, audience)).first()
    return Place(bucket_of(shop), shop, sink, audience, register.seal.open(row.sealed), row.sealed) if row else None


def _has_entries(shop: ShopId, platform: str, audience: str) -> bool:
    return AudienceEntry.objects.filter(**_row(shop, platform, audience)).exists()


def _row(shop: ShopId, platform: str, audience: str) -> dict[str, Any]:
    return {"bucket": bucket_of(shop), "shop_id": shop, "platform": platform, "audience": audience}

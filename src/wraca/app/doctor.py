"""A look at the whole installation: each check with what was found and what to do about it.

The list of checks is the whole of it. A check that cannot be made says so; it never passes in silence.
"""

from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from wraca.app.alarms import Alarm, AlarmKind, alarms, meaning
from wraca.app.register import Register
from wraca.app.sealing import WrongKey
from wraca.domain.events import Instant
from wraca.storage.queries import health
from wraca.storage.queries.health import ShopHealth

_SECOND = 1000
_WEEK = 7 * 24 * 3600 * _SECOND
_SKEW = 5 * _SECOND
_LEAST_SPACE = 1 << 30  # bytes
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Verdict(StrEnum):
    FINE = "fine"
    NOTE = "note"  # worth knowing; nothing is broken
    ACT = "act"  # something does not work until somebody acts
    NOT_CHECKED = "not_checked"


class Check(msgspec.Struct, frozen=True):
    """`about` is what was looked at, `remedy` is empty where nothing is to be done."""

    about: str
    verdict: Verdict
    found: str
    remedy: str = ""
    shop: str = ""


class Surroundings(msgspec.Struct, frozen=True):
    """What the command line knows of the machine. `free_bytes` is None where the database is elsewhere."""

    public_url: str
    allow_http: bool
    free_bytes: int | None


def examine(register: Register, around: Surroundings, now: Instant) -> list[Check]:
    """Every check, the installation's first. The database is reachable and migrated, or this could not be asked."""
    shops = health.shops_health(now - _WEEK)
    names = {shop.id: shop.name for shop in shops}
    found = [Check("database", Verdict.FINE, "reachable, all tables up to date")]
    found += [_clock(now), _disk(around), _public_url(around), *_seal(register), _accounts()]
    found += [_alarm(alarm, now, names.get(alarm.shop, "")) for alarm in alarms(register, now)]
    found += [check for shop in shops for check in _shop(shop)]
    return (
        found
        if shops
        else [*found, Check("shops", Verdict.NOTE, "there is none yet", "Make one: `wraca shop create NAME --domain D`.")]
    )


def _clock(now: Instant) -> Check:
    theirs = health.database_clock()
    if theirs is None:
        return Check("clock", Verdict.FINE, "the database is a file here: one clock")
    skew = abs(theirs - now)
    if skew > _SKEW:
        remedy = "Let both machines set their clocks by NTP: leases and waits are counted by them."
        return Check("clock", Verdict.ACT, f"the database server's clock is {skew / _SECOND:.0f} s from ours", remedy)
    return Check("clock", Verdict.FINE, f"within {_SKEW // _SECOND} s of the database server's")


def _disk(around: Surroundings) -> Check:
    if around.free_bytes is None:
        return Check("disk", Verdict.NOT_CHECKED, "the database is on another server", "Watch the free space there.")
    free = f"{around.free_bytes / (1 << 30):.1f} GiB free beside the database"
    if around.free_bytes < _LEAST_SPACE:
        return Check("disk", Verdict.ACT, free, "Make room: without it events are refused and shoppers are lost.")
    return Check("disk", Verdict.FINE, free)


def _public_url(around: Surroundings) -> Check:
    url = urlsplit(around.public_url)
    if url.hostname in _LOOPBACK:
        remedy = "Links in messages lead to this machine only. For real shoppers set WRACA_PUBLIC_URL=https://..."
        return Check("public address", Verdict.NOTE, around.public_url, remedy)
    if url.scheme != "https":
        remedy = "Set WRACA_PUBLIC_URL=https://...: browsers and mail programs refuse or warn otherwise."
        return Check("public address", Verdict.NOTE if around.allow_http else Verdict.ACT, around.public_url, remedy)
    return Check("public address", Verdict.NOT_CHECKED, around.public_url, "Open it from outside: Wraca cannot see that.")


def _seal(register: Register) -> Iterator[Check]:
    wrong = 0
    sealed = health.sealed_settings()
    for _, _, text in sealed:
        try:
            register.seal.open(text)
        except WrongKey:
            wrong += 1
    if wrong:
        remedy = "Set the WRACA_SECRET_KEY they were saved under, or enter the channels' settings anew."
        yield Check("secret key", Verdict.ACT, f"{wrong} of {len(sealed)} channel settings cannot be opened with it", remedy)
    else:
        yield Check("secret key", Verdict.FINE, f"opens all {len(sealed)} sealed channel settings")


def _accounts() -> Check:
    if health.has_accounts():
        return Check("console", Verdict.FINE, "somebody has an account")
    return Check("console", Verdict.NOTE, "nobody has an account yet", "`wraca serve` prints the link that makes the first one.")


def _alarm(alarm: Alarm, now: Instant, shop: str) -> Check:
    found, remedy = meaning(alarm, now, shop)
    verdict = Verdict.NOTE if alarm.kind is AlarmKind.PARKED else Verdict.ACT
    return Check(alarm.kind.value.replace("_", " "), verdict, found, remedy, shop)


def _shop(shop: ShopHealth) -> Iterator[Check]:
    for check in (_keys, _sender, _address, _dns, _journeys, _events, _outbox):
        yield msgspec.structs.replace(check(shop), shop=shop.name)


def _keys(shop: ShopHealth) -> Check:
    if not shop.keys:
        return Check("write keys", Verdict.ACT, "none is live: no event can come in", f"Make one: `wraca shop key {shop.id}`.")
    if "server" not in shop.keys:
        remedy = f"Orders should come from the shop's server: `wraca shop key {shop.id} server`."
        return Check("write keys", Verdict.NOTE, "only a browser key", remedy)
    return Check("write keys", Verdict.FINE, ", ".join(sorted(shop.keys)))


def _sender(shop: ShopHealth) -> Check:
    if shop.is_paused:
        return Check("sending", Verdict.ACT, "the shop is paused: nothing is sent", "End the pause in the console's settings.")
    if not shop.channels:
        remedy = f"Connect one: `wraca channel set {shop.id} email --url smtp://host:587 --from shop@example.com`."
        return Check("channels", Verdict.ACT, "none is connected: messages wait", remedy)
    untried = [channel.name for channel in shop.channels if not channel.checked_at]
    if untried:
        remedy = f"Send yourself a message: `wraca channel test {shop.id} {untried[0]} --to you@example.com`."
        return Check("channels", Verdict.NOTE, f"{', '.join(untried)} was never tried", remedy)
    return Check("channels", Verdict.FINE, ", ".join(channel.name for channel in shop.channels))


def _address(shop: ShopHealth) -> Check:
    if shop.profile.legal_name and shop.profile.postal_address:
        return Check("imprint", Verdict.FINE, "messages name who sends them")
    remedy = "The law asks for both: enter them in the console, Settings."
    return Check("imprint", Verdict.NOTE, "legal name or postal address is missing in messages", remedy)


def _dns(shop: ShopHealth) -> Check:
    """What DNS said when it was last asked; the doctor does not ask: it must be quick, and work without a network."""
    ask = f"Ask DNS: `wraca channel domain {shop.id}`. Without SPF, DKIM and DMARC messages go to spam."
    if not shop.domains:
        return Check("sender's domain", Verdict.NOT_CHECKED, "DNS was never asked about it", ask)
    domain, standing = shop.domains[0]
    if standing == "fails":
        remedy = f"Add the records that `wraca channel domain {shop.id}` prints."
        return Check("sender's domain", Verdict.ACT, f"{domain} is not proven: it sends a trial volume only", remedy)
    if standing == "passes":
        return Check("sender's domain", Verdict.FINE, f"{domain}: SPF, DKIM and DMARC as the last check found them")
    found = "a test domain or a mail server on this machine" if standing == "not_checked" else "DNS could not be asked yet"
    return Check("sender's domain", Verdict.NOT_CHECKED, f"{domain}: {found}", ask)


def _journeys(shop: ShopHealth) -> Check:
    if shop.active_journeys:
        return Check("journeys", Verdict.FINE, f"{shop.active_journeys} switched on")
    return Check("journeys", Verdict.NOTE, "none is switched on: nobody is written to", f"`wraca journey put {shop.id} standard`.")


def _events(shop: ShopHealth) -> Check:
    if not shop.has_events:
        return Check("events", Verdict.NOTE, "none came yet", "Put the snippet into the shop, or send events with the server key.")
    beat = "and it says when its orders are complete" if shop.has_heartbeat else "without heartbeats of its orders"
    return Check("events", Verdict.FINE, f"the shop sends events, {beat}")


def _outbox(shop: ShopHealth) -> Check:
    waiting = {state: shop.states[state] for state in ("held", "uncertain", "rejected") if shop.states.get(state)}
    if not waiting:
        return Check("messages", Verdict.FINE, f"{sum(shop.states.values())} in a week, none held, uncertain or rejected")
    told = ", ".join(f"{count} {state}" for state, count in waiting.items())
    return Check("messages", Verdict.NOTE, f"in a week: {told}", "Console, Messages: each says why.")

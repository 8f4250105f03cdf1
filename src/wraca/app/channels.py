"""How a shop reaches people: saving a channel's settings, sealed, and trying them out."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from wraca.app.previews import Wanted, sample_message
from wraca.app.register import Register
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of
from wraca.ports.channel import Blocked, Channel, Misconfigured, Outgoing, Recipient, Refused, TemplateProblem, Unavailable
from wraca.ports.pushing import Completes
from wraca.storage.fields import to_datetime
from wraca.storage.hot import outbox
from wraca.storage.models import ChannelSetting

Verdict = Literal["taken", "misconfigured", "refused", "blocked", "unavailable", "template", "unclear"]


_SAMPLES = {"email": "cart-reminder", "chat": "any-questions"}  # what a test message is made of; the others have one of this name


class NoSuchChannel(LookupError):
    """No channel of this name is installed."""


class Trial(msgspec.Struct, frozen=True):
    """What became of a test message; `said` is what the other side answered, for people who can read it."""

    verdict: Verdict
    said: str = ""

    @property
    def is_good(self) -> bool:
        return self.verdict == "taken"


def installed(register: Register, channel: str) -> Channel:
    """The channel of this name. Raises NoSuchChannel."""
    if channel not in register.channels:
        raise NoSuchChannel(channel)
    return register.channels[channel]


def channel_settings(register: Register, shop: ShopId, channel: str) -> dict[str, object]:
    """The saved settings for a form: of secrets only that they are there (True), never what they are."""
    secret = {setting.name for setting in installed(register, channel).settings if setting.kind == "secret"}
    return {name: bool(value) if name in secret else value for name, value in _saved(register, shop, channel).items()}


def save_channel(register: Register, shop: ShopId, channel: str, settings: Mapping[str, object]) -> None:
    """Seal and keep the settings; a secret left empty keeps its old value. Raises Misconfigured, NoSuchChannel."""
    plugin = installed(register, channel)
    before = _saved(register, shop, channel)
    secret = {setting.name for setting in plugin.settings if setting.kind == "secret"}
    kept = {name: before[name] for name in secret if not settings.get(name) and name in before}
    chosen = {name: value for name, value in settings.items() if value not in ("", None)} | kept
    plugin.check(chosen)
    if isinstance(plugin, Completes):
        chosen = plugin.complete(chosen)
    # Whatever paused the channel may be mended now; a test message or the next failure will tell.
    ChannelSetting.objects.update_or_create(
        bucket=bucket_of(shop),
        shop_id=shop,
        channel=channel,
        defaults={"sealed": register.seal.close(chosen), "paused_until": None, "pause_reason": "", "checked_at": None},
    )
    _release(register, shop, channel)


def test_channel(register: Register, shop: ShopId, channel: str, recipient: Recipient, now: Instant) -> Trial:
    """Send a sample message with the saved settings. Never raises for what the other side does."""
    settings = _saved(register, shop, channel)
    wanted = Wanted(_SAMPLES.get(channel, "cart-waiting"), register.shop(shop).language, settings)
    trial = try_message(installed(register, channel), sample_message(register, shop, wanted, recipient, now))
    if not trial.is_good:
        return trial
    rows = ChannelSetting.objects.filter(bucket=bucket_of(shop), shop_id=shop, channel=channel)
    rows.update(checked_at=to_datetime(now), paused_until=None, pause_reason="")
    _release(register, shop, channel)
    return trial


def try_message(plugin: Channel, message: Outgoing) -> Trial:
    """Make and hand over this very message. Never raises for what the other side does."""
    try:
        receipt = plugin.deliver(message, plugin.render(message))
    except Misconfigured as problem:
        return Trial("misconfigured", str(problem))
    except Refused as problem:
        return Trial("refused", str(problem))
    except Blocked as problem:
        return Trial("blocked", str(problem))
    except Unavailable as problem:
        return Trial("unavailable", str(problem))
    except TemplateProblem as problem:
        return Trial("template", str(problem))
    except Exception as problem:  # noqa: BLE001 -- the port says: anything else leaves the message uncertain
        return Trial("unclear", f"{type(problem).__name__}: {problem}")
    return Trial("taken", receipt.detail)


def _release(register: Register, shop: ShopId, channel: str) -> None:
    """What was held because of the channel is looked at again at once."""
    register.forget()
    with register.database.write() as tx:
        tx.run(outbox.RELEASE, bucket=bucket_of(shop), shop=shop, channel=channel, now=register.now())


def _saved(register: Register, shop: ShopId, channel: str) -> dict[str, object]:
    row = ChannelSetting.objects.filter(bucket=bucket_of(shop), shop_id=shop, channel=channel).first()
    return register.seal.open(row.sealed) if row else {}

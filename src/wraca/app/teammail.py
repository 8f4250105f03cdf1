"""What journeys tell the shop's team goes to it by e-mail: at most once, several words in one mail.

States of a notice's mail: waiting, sending, sent, failed, nobody (the shop names no address), doubt (a worker died while it was
handed over: it may have arrived, and is not sent again). The console shows the notice whatever became of the mail.
"""

from collections.abc import Sequence
from itertools import groupby
from types import MappingProxyType

import msgspec
import structlog

from wraca.app.register import NoSuchShop, Register
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, derived_id
from wraca.ports.channel import ChannelError, Links, Outgoing, Recipient, Sender, TemplateProblem, Unavailable
from wraca.storage.hot import notices as sql

_log = structlog.get_logger()

_MOST = 50  # notices in one look
_LEASE = 5 * 60_000  # ms: no mail server takes longer to answer
_AGAIN = 15 * 60_000  # ms between two tries
_USEFUL = 24 * 3600_000  # ms: what could not be mailed within a day is left to the console

_MJML = """<mjml><mj-body><mj-section><mj-column>
<mj-text font-size="18px">{{ shop.name }}: %s</mj-text>
<mj-text>{%% for one in about.words %%}<p>{{ one.text }}<br/><small>{{ one.journey }}</small></p>{%% endfor %%}</mj-text>
<mj-text font-size="13px">%s</mj-text>
</mj-column></mj-section></mj-body></mjml>"""
_TEXT = "{%% for one in about.words %%}{{ one.text }}\n({{ one.journey }})\n\n{%% endfor %%}%s"
_WORDS = {
    "en": (
        "a journey has word for your team",
        "You see these notices on the overview of Wraca's console, where you can mark them as done.",
    ),
    "pl": (
        "scenariusz ma wiadomość dla zespołu",
        "Te powiadomienia są też na stronie „Przegląd” w panelu Wraca; tam można je oznaczyć jako załatwione.",
    ),
    "bg": (
        "съобщение за екипа от един от сценариите",
        "Тези известия са и на страницата „Преглед“ в конзолата на Wraca; там може да ги отбележите като свършени.",
    ),
}
_SOURCES = MappingProxyType({
    language: {"subject": f"{{{{ shop.name }}}}: {title}", "mjml": _MJML % (title, hint), "text": _TEXT % hint}
    for language, (title, hint) in _WORDS.items()
})  # fmt: skip


class _Notice(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    id: str
    at: Instant
    journey: str
    text: str


class _SettledRow(msgspec.Struct):
    shop: ShopId
    id: str
    state: str
    until: Instant = 0


def mail_notices(register: Register, bucket: int, now: Instant) -> int:
    """Mail what waits in this bucket; how many notices were looked at. Raises DatabaseBusy."""
    with register.database.write() as tx:
        tx.run(sql.DOUBT_NOTICES, bucket=bucket, now=now)
        found = tx.all(sql.CLAIM_NOTICES, bucket=bucket, now=now, until=now + _LEASE, most=_MOST)
    notices = sorted(_Notice(*row) for row in found)
    for shop, group in groupby(notices, lambda one: one.shop):
        mine = sorted(group, key=lambda one: (one.at, one.id))
        state = _mail(register, shop, mine, now)
        with register.database.write() as tx:
            tx.run(sql.SETTLE_NOTICES, [_settled(one, state, now) for one in mine], bucket=bucket)
    return len(notices)


def _settled(one: _Notice, state: str, now: Instant) -> _SettledRow:
    if state != "waiting":
        return _SettledRow(one.shop, one.id, state)
    return _SettledRow(one.shop, one.id, "waiting" if now - one.at < _USEFUL else "failed", now + _AGAIN)


def _mail(register: Register, shop: ShopId, notices: Sequence[_Notice], now: Instant) -> str:
    """Hand one mail over; the state of all these notices then."""
    try:
        message = _message(register, shop, notices, now)
        if isinstance(message, str):
            return message
        channel = register.channels["email"]
        channel.deliver(message, channel.render(message))
    except Unavailable:
        return "waiting"
    except (ChannelError, TemplateProblem, NoSuchShop) as problem:
        _log.warning("the team's mail was not taken", shop=shop, problem=str(problem))
        return "failed"
    except Exception:  # noqa: BLE001  (the port says: anything else leaves it uncertain)
        _log.exception("the team's mail may have gone out", shop=shop)
        return "doubt"
    return "sent"


def _message(register: Register, shop: ShopId, notices: Sequence[_Notice], now: Instant) -> Outgoing | str:
    """The mail, or the state of what cannot be mailed now."""
    facts, connection = register.shop(shop), register.connection(shop, "email")
    to = facts.profile.email
    if not to:
        return "nobody"
    if connection is None or connection.paused_until > now:
        return "waiting"
    settings, language = connection.settings, facts.language if facts.language in _SOURCES else "en"
    words = [{"text": one.text, "journey": one.journey} for one in notices]
    return Outgoing(
        key=derived_id(shop, "team", *(one.id for one in notices)),
        shop=shop,
        recipient=Recipient(to),
        sender=Sender(str(settings.get("from_name") or facts.name), str(settings.get("from") or "")),
        template="team-notice",
        language=language,
        facts={"about": {"kind": "notice", "words": words}, "shop": {"name": facts.name}},
        links=Links("", ""),
        settings=settings,
        sent_at=now,
        sources=_SOURCES[language],
    )

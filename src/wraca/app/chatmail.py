"""A visitor who went away, and said where to reach them, gets the team's answer by mail; their reply comes back into the chat.

A service mail: what was asked for, to the address left for it, without offers and links. At most once: it is written down before it
leaves, and only a mail that surely did not leave is tried again. Its key begins as the chat's id does, so that a reply, which names
it, is found again.
"""

from collections.abc import Sequence
from types import MappingProxyType

import msgspec
import structlog

from wraca.app.chatbell import bell_of
from wraca.app.chatrows import CHANNEL, NewLine, Room, add_line, find_room
from wraca.app.register import Register
from wraca.domain.chatting import GONE_AFTER, plain
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of, derived_id
from wraca.domain.replies import read_reply
from wraca.ports.channel import ChannelError, Links, Outgoing, Recipient, Sender, TemplateProblem, Unavailable
from wraca.storage.hot import chats as sql
from wraca.storage.hot.runs import SUPPRESSED

_log = structlog.get_logger()

_MOST = 50  # chats in one look
_SETTLED = 30_000  # ms since the last word: what is said in one breath goes in one mail
_USEFUL = 3 * 24 * 3600_000  # ms: an answer that could not be mailed for so long is left to the inbox
_HEAD = 26  # digits of a chat's id at the beginning of a key; the others say which line
_MOST_READ = 1 << 20  # bytes of one mail

_WORDS = {
    "en": ("Your conversation with {shop}", "{shop} answered you:", "To go on, simply reply to this mail."),
    "pl": ("Rozmowa ze sklepem {shop}", "Odpowiedź od {shop}:", "Aby kontynuować rozmowę, wystarczy odpowiedzieć na tę wiadomość."),
    "bg": ("Вашият разговор с {shop}", "Отговор от {shop}:", "За да продължите разговора, просто отговорете на този имейл."),
}
_WHY = {
    "en": "You left this address in our chat to be answered here. It is used for nothing else.",
    "pl": "Ten adres został podany na naszym czacie, aby otrzymać odpowiedź. Nie używamy go do niczego innego.",
    "bg": "Оставихте този адрес в нашия чат, за да получите отговор. Не го използваме за нищо друго.",
}
_MJML = """<mjml><mj-body><mj-section><mj-column>
<mj-text font-size="16px">%s</mj-text>
<mj-text font-size="16px">{%% for one in about.lines %%}<p style="white-space:pre-line">{{ one.text }}</p>{%% endfor %%}</mj-text>
<mj-text font-size="14px">%s</mj-text><mj-text font-size="12px" color="#5a6478">%s</mj-text>
</mj-column></mj-section></mj-body></mjml>"""
_TEXT = "%s\n\n{%% for one in about.lines %%}{{ one.text }}\n\n{%% endfor %%}%s\n\n%s\n"


def _sources(language: str) -> dict[str, str]:
    title, lead, reply = (word.replace("{shop}", "{{ shop.name }}") for word in _WORDS[language])
    parts = (lead, reply, _WHY[language])
    return {"subject": title, "mjml": _MJML % parts, "text": _TEXT % parts}


_SOURCES = MappingProxyType({language: _sources(language) for language in _WORDS})


class _Answer(msgspec.Struct, frozen=True):
    number: int
    text: str
    mailed_at: Instant | None
    file: str | None


class _MailedRow(msgspec.Struct):
    number: int
    mailed_at: Instant | None


class _AddressKey(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str


def mail_chat_answers(register: Register, shop: ShopId, now: Instant) -> int:
    """Mail what waits for those who left; how many mails were tried. Raises DatabaseBusy."""
    connection = register.connection(shop, "email")
    if register.connection(shop, CHANNEL) is None or connection is None or connection.paused_until > now:
        return 0
    bucket = bucket_of(shop)
    moments = {"since": now - _USEFUL, "until": now - _SETTLED, "gone": now - GONE_AFTER}
    with register.database.read() as tx:
        gone = [str(chat) for (chat,) in tx.all(sql.GONE, bucket=bucket, shop=shop, most=_MOST, **moments)]
    return sum(_mail(register, shop, chat, now) for chat in gone)


def _mail(register: Register, shop: ShopId, chat: str, now: Instant) -> int:
    bucket = bucket_of(shop)
    with register.database.write() as tx:
        room = find_room(tx, shop, chat, hold=True)
        if room is None or not room.reply_to or room.visitor_seen_at >= now - GONE_AFTER:
            return 0
        rows = tx.all(sql.UNREAD_ANSWERS, bucket=bucket, shop=shop, chat=chat, most=room.unread_visitor)
        waiting = sorted((one for one in (_Answer(*row) for row in rows) if one.mailed_at is None), key=lambda one: one.number)
        if not waiting:
            return 0
        tx.run(sql.MAIL_ANSWERS, [_MailedRow(one.number, now) for one in waiting], bucket=bucket, shop=shop, chat=chat)
    outcome = _hand_over(register, room, waiting, now)
    with register.database.write() as tx:
        if outcome == "again":
            tx.run(sql.MAIL_ANSWERS, [_MailedRow(one.number, None) for one in waiting], bucket=bucket, shop=shop, chat=chat)
        elif outcome == "mailed":
            tx.run(sql.WAIT_FOR_MAIL, bucket=bucket, shop=shop, chat=chat)
        if outcome != "again" and find_room(tx, shop, chat, hold=True):
            identity = derived_id(chat, outcome, str(waiting[-1].number))
            add_line(tx, bucket, NewLine(shop, chat, identity, "system", "", outcome), now)
    return 1


def _hand_over(register: Register, room: Room, answers: Sequence[_Answer], now: Instant) -> str:
    """What became of the mail: mailed, again, mail_failed, mail_unclear."""
    try:
        channel = register.channels["email"]
        message = _message(register, room, answers, now)
        if _is_closed(register, room, message.recipient.address):
            return "mail_failed"
        channel.deliver(message, channel.render(message))
    except Unavailable:
        return "again"
    except (ChannelError, TemplateProblem) as problem:
        _log.warning("an answer could not be mailed", shop=room.shop, kind=type(problem).__name__)
        return "mail_failed"
    except Exception as problem:  # noqa: BLE001  (the port says: anything else leaves it uncertain)
        _log.warning("an answer may have been mailed", shop=room.shop, kind=type(problem).__name__)
        return "mail_unclear"
    return "mailed"


def _is_closed(register: Register, room: Room, address: str) -> bool:
    """Whether mail to this address is known to be unwanted or useless. Who only said no to messages still asked for this answer."""
    row = _AddressKey(room.shop, "email", register.seal.address_hash(room.shop, "email", address))
    with register.database.read() as tx:
        return any(reason != "unsubscribed" for *_, reason in tx.all(SUPPRESSED, [row], bucket=bucket_of(room.shop)))


def _message(register: Register, room: Room, answers: Sequence[_Answer], now: Instant) -> Outgoing:
    shop, connection = register.shop(room.shop), register.connection(room.shop, "email")
    settings = connection.settings if connection else {}
    language = room.language if room.language in _SOURCES else "en"
    lines = [{"text": "\n".join(filter(None, (one.text, f"[{one.file}]" if one.file else "")))} for one in answers]
    profile = shop.profile
    return Outgoing(
        key=key_of_mail(room.id, answers[-1].number),
        shop=shop.id,
        recipient=Recipient(str(register.seal.open(room.reply_to)["address"])),
        sender=Sender(
            str(settings.get("from_name") or shop.name),
            str(settings.get("from") or ""),
            str(settings.get("reply_to") or ""),
            profile.legal_name,
            profile.postal_address,
        ),
        template="chat-answer",
        language=language,
        facts={"about": {"kind": "chat", "lines": lines}, "shop": {"name": shop.name}},
        links=Links("", ""),
        settings=settings,
        sent_at=now,
        sources=_SOURCES[language],
    )


def key_of_mail(chat: str, number: int) -> str:
    """The key of the mail that ends with this line."""
    return f"{chat[:_HEAD]}{number:06x}"


def take_chat_reply(register: Register, shop: ShopId, raw: bytes, now: Instant) -> bool:
    """Take this mail in, if it answers one of a chat's and comes from whom it went to. False for everything else. Raises Busy."""
    reply = read_reply(raw[:_MOST_READ])
    if reply is None:
        return False
    bucket, head = bucket_of(shop), reply.message[:_HEAD]
    fill = 32 - _HEAD
    with register.database.write() as tx:
        rows = tx.all(sql.CHAT_OF_MAIL, bucket=bucket, shop=shop, low=head + "0" * fill, high=head + "f" * fill)
        room = find_room(tx, shop, Room(*rows[0]).id, hold=True) if rows else None
        if room is None or not room.reply_to or register.seal.open(room.reply_to).get("address") != reply.sender:
            return False
        text = plain(reply.text)
        identity = derived_id(room.id, "mail", reply.id or reply.text)
        _, is_new = add_line(tx, bucket, NewLine(shop, room.id, identity, "visitor", "", text), now)
        if is_new:
            # They are still away: what is answered goes by mail again.
            seen = room.visitor_seen_at
            tx.run(sql.VISITOR_SAID, bucket=bucket, shop=shop, chat=room.id, now=max(now, room.last_at), seen=seen)
            tx.run(sql.READ_BY_VISITOR, bucket=bucket, shop=shop, chat=room.id, now=seen)
    bell_of(register.database).ring()
    return True

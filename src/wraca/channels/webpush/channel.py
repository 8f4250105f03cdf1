"""Web push as a channel: settings, texts, handing over to the push service of whichever browser it is."""

import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from html import escape
from typing import Final

import msgspec

from wraca.channels.webpush.keys import Key, authorization, new_key, read_keys, with_new_key
from wraca.channels.webpush.library import known_language, question
from wraca.channels.webpush.notice import Notice, draw, packed, topic_of
from wraca.channels.webpush.sealing import ROOM, require_keys, seal_for
from wraca.egress import Answer, Egress, Forbidden, Unreachable, check_address
from wraca.ports.channel import Misconfigured, Outgoing, Receipt, Refused, Rendered, Setting, Unavailable
from wraca.ports.pushing import Invitation, Subscription

SETTINGS: Final = (
    Setting("contact", "Contact", "email", required=True, help="Whom push services write to when something is wrong."),
    Setting("ask", "Ask visitors", "choice", default="yes", choices=("yes", "no"), help="no: only your own button asks."),
    Setting("from_view", "From which page on", "number", default="2", help="Never on the first."),
    Setting("icon", "Icon", "url", help="A square picture on your own domain, https, 192 x 192 or more."),
    Setting("services", "More push services", help="Hosts besides those of Google, Mozilla, Apple and Microsoft, with commas."),
    Setting("keys", "Keys", "secret", help="Made by Wraca. Leave it empty to keep them."),
)

# Whoever holds a browser key may hand us any endpoint: we go nowhere else (trust P7). A leading dot: and everything below it.
SERVICES: Final = ("fcm.googleapis.com", "updates.push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")

_HOST = re.compile(r"\.?(?=.{4,100}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")
_MAIL = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,200}\.[a-z]{2,}", re.IGNORECASE)
_DAY, _LONGEST_TTL = 24 * 3600, 28 * 24 * 3600  # seconds
_LONGEST_WAIT = 6 * 3600.0
_TIMEOUT = 15.0
_GONE, _NOT_OURS, _TOO_LARGE, _TOO_FAST = frozenset({404, 410}), frozenset({401, 403}), 413, 429
_LATEST_VIEW = 50


class WebPushChannel:
    """Stateless; safe to call from several threads. `egress`, `services` and `allow_http` are tests' own way out."""

    name = "webpush"
    settings: Sequence[Setting] = SETTINGS

    def __init__(self, egress: Egress | None = None, services: Sequence[str] = SERVICES, *, allow_http: bool = False) -> None:
        self._egress = egress or Egress()
        self._services = tuple(services)
        self._allow_http = allow_http

    # --- settings -------------------------------------------------------------------------------------------------------------

    def check(self, settings: Mapping[str, object]) -> None:
        """Raise Misconfigured if these settings cannot work. No network."""
        if unknown := sorted(set(settings) - {setting.name for setting in SETTINGS}):
            raise Misconfigured("unknown_setting", f"there is no setting {', '.join(unknown)}")
        if not _MAIL.fullmatch(str(settings.get("contact") or "")):
            raise Misconfigured("no_contact", "the contact is an e-mail address that somebody reads")
        if str(settings.get("ask") or "yes") not in ("yes", "no"):
            raise Misconfigured("bad_choice", "ask is yes or no")
        view = str(settings.get("from_view") or 2)
        if not view.isdecimal() or not 2 <= int(view) <= _LATEST_VIEW:
            raise Misconfigured("bad_number", f"visitors are asked from the 2nd to the {_LATEST_VIEW}th page on")
        icon = str(settings.get("icon") or "")
        if icon and not icon.startswith("https://"):
            raise Misconfigured("bad_icon", "the icon's address begins with https://")
        if odd := [host for host in _more(settings) if not _HOST.fullmatch(host)]:
            raise Misconfigured("bad_host", f"{odd[0]} is not the name of a host, such as push.example.com")
        if settings.get("keys"):
            read_keys(settings)

    def complete(self, settings: Mapping[str, object]) -> dict[str, object]:
        """With a key, where there is none yet."""
        return dict(settings) if settings.get("keys") else {**settings, "keys": new_key().secret}

    def renewed(self, settings: Mapping[str, object]) -> dict[str, object]:
        """With a new key; the ones before it go on to work."""
        return with_new_key(settings)

    # --- subscriptions --------------------------------------------------------------------------------------------------------

    def invite(self, settings: Mapping[str, object], language: str, shop_name: str) -> Invitation:
        """How this shop asks. Raises Misconfigured."""
        key, asked, known = read_keys(settings)[0], question(known_language(language)), known_language(language)
        words = {name: getattr(asked, name).replace("{shop}", shop_name) for name in ("title", "text", "yes", "no")}
        agreed = f"{words['title']} {words['text']} [{words['yes']}]"
        view = int(str(settings.get("from_view") or 2))
        asks = str(settings.get("ask") or "yes") == "yes"
        return Invitation(key.public, key.id, words, known, agreed, asked.version, max(2, view), asks)

    def welcome(self, settings: Mapping[str, object], subscription: Subscription) -> str:
        """The push service's host. Raises Refused for an endpoint or keys that we would not send to. No I/O."""
        require_keys(subscription)
        if not any(key.id == subscription.key_id for key in read_keys(settings)):
            raise Refused("unknown_key", "it was made with a key that is not this shop's")
        return self._service(settings, subscription.endpoint)

    def _service(self, settings: Mapping[str, object], endpoint: str) -> str:
        try:
            parts = check_address(endpoint, allow_http=self._allow_http)
        except Forbidden:
            raise Refused("forbidden_address", "the endpoint is not an address that we go to") from None
        host = (parts.hostname or "").lower()
        known = any(host.endswith(one) if one.startswith(".") else host == one for one in (*self._services, *_more(settings)))
        if not known or (parts.port not in (None, 443) and not self._allow_http):
            raise Refused("unknown_service", f"{host[:80]} is not a push service that is allowed")
        return host

    # --- messages -------------------------------------------------------------------------------------------------------------

    def shows(self, template: str, language: str, sources: Mapping[str, str]) -> frozenset[str]:  # noqa: ARG002  (the port's signature)
        """The offer, where the merchant's own words name it."""
        return frozenset({"offer"} if any("offer" in sources.get(f"push_{name}", "") for name in ("title", "body")) else ())

    def render(self, message: Outgoing) -> Rendered:
        """Make the notification; no I/O. `payload` is its JSON. Raises TemplateProblem, Refused."""
        notice = draw(message)
        shown = f"{notice.title}\n{notice.body}" + "".join(f"\n[{one.title}]" for one in notice.actions)
        return Rendered(notice.title, _preview(notice), shown, packed(notice))

    def deliver(self, message: Outgoing, rendered: Rendered) -> Receipt:
        """Hand it to the push service, once. Raises the errors of the port."""
        subscription = _subscription(message)
        key = _key_of(subscription, message.settings)
        self._service(message.settings, subscription.endpoint)
        answer = self._post(message, subscription, key, rendered.payload)
        if answer.status == _TOO_LARGE:
            notice = msgspec.json.decode(rendered.payload, type=Notice)
            answer = self._post(message, subscription, key, packed(notice, min(ROOM, len(rendered.payload)) * 3 // 5))
        _judge(answer)
        return Receipt(answer.headers.get("location", "")[-200:], f"HTTP {answer.status}")

    def _post(self, message: Outgoing, subscription: Subscription, key: Key, plain: bytes) -> Answer:
        contact = f"mailto:{message.settings.get('contact') or ''}"
        left = (message.deadline - message.sent_at) // 1000 if message.deadline else _DAY
        headers = {
            "Authorization": authorization(key, subscription.endpoint, contact, message.sent_at),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(min(max(left, 0), _LONGEST_TTL)),
            "Urgency": "normal",
            "Topic": topic_of(message),
        }
        try:
            sealed = seal_for(subscription, plain)
            return self._egress.request(
                "POST", subscription.endpoint, headers, sealed, timeout=_TIMEOUT, allow_http=self._allow_http
            )
        except Forbidden:
            raise Refused("forbidden_address", "the push service's name leads to an address that we do not go to") from None
        except Unreachable:
            # It may have arrived: the topic replaces what still waits there, the tag what is already shown.
            raise Unavailable("push_away", "the push service could not be reached") from None

    def close(self) -> None:
        """Nothing is kept open."""


def _subscription(message: Outgoing) -> Subscription:
    try:
        return msgspec.json.decode(message.recipient.handle, type=Subscription)
    except msgspec.MsgspecError:
        raise Refused("no_subscription", "this browser is not subscribed any more", hard=True) from None


def _key_of(subscription: Subscription, settings: Mapping[str, object]) -> Key:
    """The key that the subscription is bound to. Raises Misconfigured, Refused."""
    keys = read_keys(settings)
    if not _MAIL.fullmatch(str(settings.get("contact") or "")):
        raise Misconfigured("no_contact", "the contact is an e-mail address that somebody reads")
    for key in keys:
        if key.id == subscription.key_id:
            return key
    raise Refused("key_lost", "it was made with a key that is gone; the browser subscribes anew on its next visit")


def _judge(answer: Answer) -> None:
    """What a status means with every push service. Raises the errors of the port."""
    status, said = answer.status, f"HTTP {answer.status}"
    if 200 <= status < 300:
        return
    if status in _GONE:
        raise Refused("gone", said, hard=True)
    if status in _NOT_OURS:
        # One browser with a wrong key must not stop the others, nor a clock that is wrong cost all of them: it subscribes anew.
        raise Refused("key_refused", f"{said}: the push service does not take our key for this subscription")
    if status == _TOO_LARGE:
        raise Refused("too_large", said)
    if status == _TOO_FAST or status >= 500:
        raise Unavailable("too_fast" if status == _TOO_FAST else "push_busy", said, retry_after=_wait(answer))
    raise Refused("not_taken", said)


def _wait(answer: Answer) -> float:
    """Retry-After in seconds, said as a number or as a date; a minute where none was said."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return min(float(said), _LONGEST_WAIT)
    try:
        until, at = parsedate_to_datetime(said), parsedate_to_datetime(answer.headers.get("date", ""))
        return min(max((until - at).total_seconds(), 1.0), _LONGEST_WAIT)
    except (TypeError, ValueError):
        return 60.0


def _more(settings: Mapping[str, object]) -> tuple[str, ...]:
    said = str(settings.get("services") or "").lower().split(",")
    return tuple(host.strip() for host in said if host.strip())


def _preview(notice: Notice) -> str:
    picture = f'<p><img src="{escape(notice.image)}" alt="" width="240"></p>' if notice.image else ""
    buttons = " ".join(f"<span>[{escape(one.title)}]</span>" for one in notice.actions)
    return f"<p><strong>{escape(notice.title)}</strong></p><p>{escape(notice.body)}</p>{picture}<p>{buttons}</p>"

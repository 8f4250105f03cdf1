"""What belongs to the shop as such: its data, its keys, its channels, the log of who did what."""

import msgspec
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app import audit
from wraca.app import channels as channel_acts
from wraca.app import shops as acts
from wraca.console import words
from wraca.console.doors import Visit, shop_page
from wraca.console.forms import ShopForm, channel_form
from wraca.console.manners import MannersForm
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.shop import Profile
from wraca.ports.channel import Misconfigured, Recipient
from wraca.storage.fields import to_instant
from wraca.storage.models import Audit
from wraca.storage.queries import carts
from wraca.storage.queries.shops import channels, write_keys

_OF_SHOP = ("name", "domain", "country", "currency", "language", "timezone", "permission")


@shop_page(Right.SETTINGS, methods=("GET", "POST"))
def shop(visit: Visit) -> HttpResponse:
    """Two forms: what the shop is, and how much one person may get."""
    profile = acts.shop_profile(visit.key.bucket, visit.key.shop)
    row = visit.shop
    fields = {name: getattr(row, name) for name in _OF_SHOP}
    said = visit.request.POST or None
    is_manners = said is not None and said.get("do") == "manners"
    form = ShopForm(None if is_manners else said, initial=fields | msgspec.structs.asdict(profile))
    manners = MannersForm(profile.manners, row.country, said if is_manners else None)
    if is_manners and manners.is_valid():
        kept = msgspec.structs.replace(profile, manners=manners.manners(profile.manners))
        return _saved(visit, acts.ShopFields(**fields), kept, manners)
    if said is not None and not is_manners and form.is_valid():
        return _saved(visit, form.fields_of_shop(form.cleaned_data["permission"]), form.profile(profile), form)
    context = {"here": "settings", "tab": "shop", "form": form, "manners": manners, "is_paused": bool(row.paused_at)}
    return visit.page("settings.html", context)


def _saved(visit: Visit, fields: acts.ShopFields, profile: Profile, form: Form) -> HttpResponse:
    acts.change_shop(visit.key.bucket, visit.key.shop, fields, profile)
    wiring().register.forget()
    visit.note("shop.changed", fields=sorted(form.changed_data))
    messages.success(visit.request, _("Saved."))
    return redirect("settings", shop=visit.shop.id)


@shop_page(Right.SETTINGS, methods=("POST",))
def pause(visit: Visit) -> HttpResponse:
    """The big switch of a shop."""
    to_pause = visit.request.POST.get("to") == "pause"
    acts.pause_shop(visit.key.bucket, visit.key.shop, visit.now if to_pause else None)
    wiring().register.forget()
    visit.note("shop.paused" if to_pause else "shop.resumed")
    return redirect("settings", shop=visit.shop.id)


@shop_page(Right.SETTINGS, methods=("GET", "POST"))
def keys(visit: Visit) -> HttpResponse:
    """The snippet with the browser key, and the server keys: made here, readable once."""
    made = ""
    if visit.request.method == "POST":
        asked = visit.request.POST
        if asked.get("do") == "revoke":
            acts.revoke_key(visit.key.bucket, visit.key.shop, asked.get("key", ""), visit.now)
            visit.note("key.revoked", key=asked.get("key", "")[:12])
            messages.success(visit.request, _("The key is revoked. Nothing that comes with it is taken any more."))
            return redirect("keys", shop=visit.shop.id)
        kind: acts.KeyKind = "browser" if asked.get("kind") == "browser" else "server"
        made = acts.make_key(visit.key.bucket, visit.key.shop, kind, visit.now)
        visit.note("key.made", kind=kind)
        if kind == "browser":
            return redirect("keys", shop=visit.shop.id)
    found = write_keys(visit.key)
    browser = next((key.shown for key in found if key.kind == "browser" and not key.revoked_at), "")
    context: dict[str, object] = {
        "here": "settings",
        "tab": "keys",
        "keys": found,
        "browser_key": browser,
        "made": made,
        "address": wiring().public_url,
    }
    return visit.page("keys.html", context)


@shop_page(Right.SETTINGS, methods=("GET", "POST"))
def channel(visit: Visit, channel: str) -> HttpResponse:
    """The settings of one channel, as the channel itself describes them."""
    register = wiring().register
    if channel not in register.channels:
        raise Http404
    saved = channel_acts.channel_settings(register, visit.key.shop, channel)
    form = channel_form(tuple(register.channels[channel].settings), saved, visit.request.POST or None)
    if visit.request.method == "POST" and form.is_valid():
        try:
            channel_acts.save_channel(register, visit.key.shop, channel, form.cleaned_data)
        except Misconfigured as problem:
            form.add_error(None, _("These settings cannot work: %(problem)s") % {"problem": problem})
        else:
            visit.note("channel.saved", channel=channel)
            messages.success(visit.request, _("Saved. Now send yourself a test message."))
            return redirect("channel", shop=visit.shop.id, channel=channel)
    return _channel_page(visit, channel, form=form)


@shop_page(Right.SETTINGS, methods=("POST",))
def test(visit: Visit, channel: str) -> HttpResponse:
    """Send a test message, and say in plain words what became of it."""
    register = wiring().register
    if channel not in register.channels or not any(each.name == channel for each in channels(visit.key)):
        raise Http404
    address = visit.request.POST.get("address", "").strip()
    trial = channel_acts.test_channel(register, visit.key.shop, channel, Recipient(address), visit.now)
    visit.note("channel.tested", channel=channel, verdict=trial.verdict)
    saved = channel_acts.channel_settings(register, visit.key.shop, channel)
    form = channel_form(tuple(register.channels[channel].settings), saved)
    return _channel_page(visit, channel, form=form, trial=trial, trial_text=_verdicts()[trial.verdict], address=address)


def _channel_page(visit: Visit, channel: str, **context: object) -> HttpResponse:
    standing = next((each for each in channels(visit.key) if each.name == channel), None)
    here = {"here": "settings", "tab": f"channel:{channel}", "channel": channel, "title": words.word(words.CHANNELS, channel)}
    address = "" if channel == "sms" else visit.user.email
    return visit.page("channel.html", {**here, "standing": standing, "address": address, **context})


def _verdicts() -> dict[str, str]:
    return {
        "taken": _("The mail server took the message. Look into the inbox, and into the spam folder as well."),
        "misconfigured": _("The settings do not work: the server refused the sign-in or the sender. "
            "Check the user name, the password and the sender's address."),
        "refused": _("The server works, but it refused this recipient or this message."),
        "blocked": _("The server does not trust the sending address or domain. Check SPF, DKIM and DMARC of the domain."),
        "unavailable": _(
            "The server could not be reached. Check the host, the port and the encryption, or try again in a few minutes."
        ),
        "template": _("The text of the message could not be made. Look at the texts of the journey."),
        "unclear": _("The connection broke in the middle: the message may have arrived or not."),
    }  # fmt: skip


@shop_page(Right.AUDIT)
def log(visit: Visit) -> HttpResponse:
    """Who did what, the newest first, and whether the chain is whole."""
    after = carts.cursor_of(visit.request.GET.get("after", ""))
    rows = Audit.objects.filter(bucket=visit.key.bucket, shop_id=visit.key.shop)
    if after:
        rows = rows.filter(at__lt=after.at)
    found = list(rows.order_by("-at", "-id")[: carts.PAGE + 1])
    following = carts.Cursor(to_instant(found[carts.PAGE - 1].at), found[carts.PAGE - 1].id).text if len(found) > carts.PAGE else ""
    broken_at = audit.first_break(visit.key.bucket, visit.key.shop)
    told = [(to_instant(row.at), row.who, row.what, row.body) for row in found[: carts.PAGE]]
    return visit.page("audit.html", {"here": "settings", "tab": "audit", "rows": told, "next": following, "broken_at": broken_at})


@shop_page(Right.AUDIT)
def log_file(visit: Visit) -> HttpResponse:
    """The whole log as JSON lines, with the hashes."""
    visit.note("audit.exported")

    lines = []
    for row in audit.rows(visit.key.bucket, visit.key.shop):
        said = {"at": to_instant(row.at), "who": row.who, "what": row.what, "body": row.body}
        lines.append(msgspec.json.encode({**said, "previous": row.previous_hash, "hash": row.hash}))
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return HttpResponse(b"\n".join([*lines, b""]), content_type="application/jsonl", headers=headers)

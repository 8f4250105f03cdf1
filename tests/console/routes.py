"""Every page of a shop, filled with things that exist, for tests that walk over all of them."""

from collections.abc import Iterator

from django.urls import URLPattern, reverse

from tests.console.seeding import Scene
from wraca.channels.audiences.csvfile import CsvAudiences
from wraca.console.urls import _shop
from wraca.storage.fields import to_datetime
from wraca.storage.models import AudienceSink, CartRow, Chat, ChatLine, Member, OutboxRow, Rehearsal, WebhookEndpoint

POSTED_ONLY = {
    "journey_add",
    "journey_switch",
    "pause",
    "channel_test",
    "team_change",
    "template_drop",
    "template_reader",
    "template_test",
    "placement_switch",
    "push_key",
    "placement_preview",
}
FRAGMENTS = {"chats_live", "chat_side", "chat_lines"}


def is_whole_page(name: str) -> bool:
    """Whether this is for people to look at, and no file, no preview and no piece that a page fetches."""
    return name not in FRAGMENTS and "preview" not in name and not name.endswith("_file")


def parts(scene: Scene) -> dict[str, object]:
    """What stands in for the named parts of a path."""
    message = OutboxRow.objects.filter(bucket=scene.world.bucket, state="accepted").order_by("planned_at", "id").first()
    assert message is not None
    member = Member.objects.filter(bucket=scene.world.bucket, shop_id=scene.shop).first()
    assert member is not None
    return {
        "shop": scene.shop,
        "cart": message.cart_id,
        "person": message.person_id,
        "message": message.id,
        "name": "reaction-series",
        "template": "visitor-first",
        "language": "pl",
        "placement": "exit-form",
        "form": "html",
        "channel": "email",
        "user": member.user.pk,
        "rehearsal": _a_dry_run(scene),
        "endpoint": _a_webhook(scene),
        "audience": _a_copied_audience(scene),
        "platform": "csv",
        "chat": _a_chat(scene, message.person_id),
        "number": 1,
    }


def _a_chat(scene: Scene, person: str) -> str:
    """Closed, and with a file: nothing of it waits for anybody."""
    chat, moment = "c" * 32, to_datetime(scene.world.now)
    here = {"bucket": scene.world.bucket, "shop_id": scene.shop}
    told = {"person_id": person, "token_hash": "0" * 64, "state": "closed", "last_by": "visitor", "language": "pl"}
    moments = {"opened_at": moment, "last_at": moment, "visitor_seen_at": moment}
    Chat.objects.get_or_create(**here, id=chat, defaults={**told, **moments})
    kept = {"name": "bill.pdf", "type": "application/pdf", "size": 9, "sealed": scene.world.seal.close({"content": b"%PDF-1.7\n"})}
    line = {"id": "1" * 32, "at": moment, "by": "visitor", "text": "Is it in stock?", "attachment": kept}
    ChatLine.objects.get_or_create(**here, chat_id=chat, number=1, defaults=line)
    return chat


def _a_copied_audience(scene: Scene) -> str:
    """One that nobody is in, with a file for nobody."""
    scene.world.register.sinks = {"csv": CsvAudiences()}
    here = {"bucket": scene.world.bucket, "shop_id": scene.shop, "platform": "csv", "audience": "window-shoppers"}
    AudienceSink.objects.get_or_create(**here, defaults={"sealed": scene.world.seal.close({})})
    return "window-shoppers"


def _a_webhook(scene: Scene) -> str:
    """One that is off: nobody is told anything."""
    webhook = "e" * 32
    here = {"bucket": scene.world.bucket, "shop_id": scene.shop, "id": webhook}
    moment = to_datetime(scene.world.now)
    sealed = scene.world.seal.close({"keys": [], "personal": False})
    off = {"created_at": moment, "disabled_at": moment, "disabled_reason": "by_hand"}
    WebhookEndpoint.objects.get_or_create(**here, defaults={"url": "https://crm.example/hook", "sealed": sealed, **off})
    return webhook


def _a_dry_run(scene: Scene) -> str:
    """One that was stopped: it costs nothing."""
    known = Rehearsal.objects.filter(bucket=scene.world.bucket, shop_id=scene.shop, state="stopped").first()
    if known is None:
        moment = to_datetime(scene.world.now)
        known = Rehearsal.objects.create(
            bucket=scene.world.bucket,
            shop_id=scene.shop,
            id="d" * 32,
            journey="reaction-series",
            asked={"journeys": ["reaction-series"], "days": 7},
            state="stopped",
            started_at=moment,
            seen_at=moment,
        )
    return known.id


def addresses(scene: Scene, **changed: object) -> Iterator[tuple[str, str]]:
    """(name, address) of every route beneath /console/<shop>/."""
    known = parts(scene) | changed
    for pattern in _shop:
        assert isinstance(pattern, URLPattern)
        assert pattern.name is not None
        names = ["shop", *pattern.pattern.converters]
        yield pattern.name, reverse(pattern.name, kwargs={name: known[name] for name in names})


def readable(scene: Scene) -> Iterator[tuple[str, str]]:
    """Those that answer to GET."""
    return ((name, address) for name, address in addresses(scene) if name not in POSTED_ONLY)


def a_cart(scene: Scene) -> CartRow:
    """Some cart that a journey looked after."""
    return CartRow.objects.get(bucket=scene.world.bucket, id=str(parts(scene)["cart"]))

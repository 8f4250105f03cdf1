"""What is shown on the shop's pages, made: a journey's message, or something that the shop placed."""

from collections.abc import Mapping

import msgspec

from wraca.app.composing import facts_of, shop_facts
from wraca.app.extras import gather
from wraca.app.register import Register
from wraca.app.showcase import Standing
from wraca.app.visitors import Asked, Known, Waiting, back_to
from wraca.app.weighing import Claimed, Material, RunNow, goods_of, load_products, product_keys
from wraca.domain import gate
from wraca.domain.consent import Permission
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, StepId, derived_id
from wraca.domain.journeys.about import About
from wraca.domain.panels import CartLines, panel_in
from wraca.ports.channel import Links, Outgoing, Recipient, Sender, TemplateProblem
from wraca.storage.database import Transaction

CHANNEL = "onsite"


def message(
    register: Register, tx: Transaction, known: Known, waiting: Waiting, settings: Mapping[str, object], asked: Asked, now: Instant
) -> list[dict[str, object]]:
    """A journey's message, made now: the cart may have changed since it became ready."""
    shop, language = known.shop, _language(asked, known)
    cart = None if waiting.about.kind else known.cart
    run = RunNow(known.person.id, waiting.journey, waiting.version, "", waiting.ready_at, waiting.about, cart)
    sources = register.sources(shop.id, waiting.template, language)
    made_of = _made_of(tx, known, run, now)
    if not made_of.goods:
        return []
    channel = register.channels[CHANNEL]
    shown = channel.shows(waiting.template, language, sources)
    claimed = _claimed(known, waiting)
    extras = gather(tx, shop.bucket, register, [(claimed, made_of, shown)], now).get(waiting.id, {})
    facts = {**facts_of(register, made_of, language, now), **extras}
    outgoing = _outgoing(known, waiting.template, language, facts, settings, sources, waiting.id)
    kind = str(settings.get("shown_as") or "popup")
    place = str(settings.get("place") or "cart") if kind == "inline" else ""
    return _drawn(register, outgoing, {"id": f"m:{waiting.id}", "name": waiting.template, "kind": kind, "when": {"place": place}})


def placed(register: Register, tx: Transaction, known: Known, one: Standing, asked: Asked, now: Instant) -> list[dict[str, object]]:
    shop, placement = known.shop, one.placement
    said = panel_in(one.panels, asked.language, known.person.language, shop.language)
    if said is None:
        return []
    language, panel = said
    facts: Mapping[str, object] = {"shop": shop_facts(shop)}
    if known.cart and any(isinstance(block, CartLines) for block in panel.blocks):
        facts = _cart_facts(register, tx, known, language, now)
    sources = {"panel": msgspec.json.encode(panel).decode()}
    rules = placement.rules
    when = {"trigger": rules.trigger, "after": rules.after, "scroll": rules.scroll, "place": rules.place}
    outgoing = _outgoing(known, placement.name, language, facts, {}, sources, derived_id(placement.name))
    told = {"id": f"p:{placement.name}", "name": placement.name, "kind": placement.kind, "version": placement.version}
    return _drawn(register, outgoing, {**told, "when": when, "quiet_days": max(rules.no_for, 30)})


def _cart_facts(register: Register, tx: Transaction, known: Known, language: str, now: Instant) -> Mapping[str, object]:
    """Read and priced once for everything on the page."""
    if language not in known.facts:
        run = RunNow(known.person.id, "", 0, "", now, About(), known.cart)
        known.facts[language] = facts_of(register, _made_of(tx, known, run, now), language, now)
    return known.facts[language]


def _drawn(register: Register, outgoing: Outgoing, told: dict[str, object]) -> list[dict[str, object]]:
    """Together with what the channel made of it; nothing where a saved text cannot be read: a page of the shop never waits."""
    try:
        rendered = register.channels[CHANNEL].render(outgoing)
    except TemplateProblem:
        return []
    drawn: dict[str, object] = msgspec.json.decode(rendered.payload)
    return [{**told, **drawn}] if drawn.get("blocks") else []


def _made_of(tx: Transaction, known: Known, run: RunNow, now: Instant) -> Material:
    shop = known.shop
    products = load_products(tx, shop.bucket, ((shop.id, key) for key in product_keys(run.about, run.cart)))
    goods = goods_of(products, shop, known.person, run.about, run.cart)
    # Nobody asks the gate: the message has passed it, a placement needs none.
    return Material(shop, known.person, run.cart, goods, gate.Known(Permission(is_given=True), now, CHANNEL), None, run)


def _language(asked: Asked, known: Known) -> str:
    wanted = asked.language or known.person.language or known.shop.language
    return wanted.replace("_", "-").partition("-")[0].lower() or "en"


def _outgoing(
    known: Known,
    template: str,
    language: str,
    facts: Mapping[str, object],
    settings: Mapping[str, object],
    sources: Mapping[str, str],
    key: str,
) -> Outgoing:
    """Nothing in it says who the visitor is: anybody may sit at this browser (trust X21)."""
    shop = known.shop
    return Outgoing(
        key=key,
        shop=shop.id,
        recipient=Recipient(known.browser),
        sender=Sender(shop.name, ""),
        template=template,
        language=language,
        facts={name: said for name, said in facts.items() if name != "person"},
        links=Links(restore=back_to(shop, known.cart), preferences=""),
        settings=settings,
        sources=sources,
    )


def _claimed(known: Known, waiting: Waiting) -> Claimed:
    cart = known.cart.id if known.cart else CartId("")
    return Claimed(
        known.shop.id,
        waiting.run,
        StepId(""),
        CHANNEL,
        waiting.id,
        known.person.id,
        cart,
        waiting.journey,
        waiting.template,
        held_out=False,
        deadline=0,
        attempts=0,
    )

"""What the shop's pages show this visitor now, and what became of it.

A journey's message comes first, then what the shop placed there. Two indexed reads decide; what is shown costs a third one for the
catalogue's word on the goods. Nothing is written here but one link, and only for a cart that lies in another browser.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from wraca.app.composing import facts_of, shop_facts
from wraca.app.extras import gather
from wraca.app.links import LIFE, LinkRow, new_token, own_address, token_hash
from wraca.app.register import Register
from wraca.app.showcase import Showcase, Standing
from wraca.app.weighing import Claimed, Material, RunNow, goods_of, load_products, product_keys
from wraca.domain.carts import Cart
from wraca.domain.consent import Permission
from wraca.domain.events import Instant, Stage
from wraca.domain.gate import Known
from wraca.domain.identity import person_id
from wraca.domain.ids import CartId, HitId, MessageId, PersonId, RunId, ShopId, StepId, derived_id
from wraca.domain.journeys.about import About
from wraca.domain.panels import CartLines, panel_in
from wraca.domain.people import Person
from wraca.domain.placements import OVERLAYS, Seen, Visit, chosen
from wraca.domain.shop import Shop
from wraca.ports.channel import Links, Outgoing, Recipient, Sender, TemplateProblem
from wraca.storage.database import Transaction
from wraca.storage.hot import links as links_sql
from wraca.storage.hot import placements as sql
from wraca.storage.hot.intake import WAKE_RUNS

CHANNEL = "onsite"
Deed = Literal["shown", "clicked", "closed", "refused"]

_DAY = 24 * 3600 * 1000
_KEEP = 14  # days
_PARTS = {"webpush": "push", "chat": "chat"}  # channel -> the part of the script that a page needs for it
_PURPOSES: Mapping[str, str] = {"shown": "open", "clicked": "click"}  # of a journey's message, as everywhere else

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_about = msgspec.json.Decoder(About)


class Asked(msgspec.Struct, frozen=True):
    """One page view that asks. Only the browser's own id says who it is: whatever else a browser claims proves nothing."""

    anonymous_id: str
    path: str = "/"
    trigger: Literal["load", "exit", "idle", "scroll", "cart"] = "load"
    device: Literal["", "phone", "desktop"] = ""
    language: str = ""
    refused: tuple[str, ...] = ()
    is_showing: bool = False  # something lies over the page already


class Decided(msgspec.Struct, frozen=True):
    """`show`: what to show, as plain values; `load`: the parts of the script that this page needs."""

    show: tuple[dict[str, object], ...] = ()
    load: tuple[str, ...] = ()


class _Waiting(msgspec.Struct, frozen=True):
    """A journey's message that waits for its visitor."""

    template: str
    version: int
    ready_at: Instant
    about: About
    id: MessageId
    run: RunId
    journey: str


class _Known(msgspec.Struct, frozen=True):
    """Who the visitor is, and how things stand with them."""

    shop: Shop
    person: Person
    browser: PersonId
    key: str
    is_known: bool
    waiting: tuple[_Waiting, ...]
    seen: Mapping[str, Seen]
    cart: Cart | None
    facts: dict[str, Mapping[str, object]] = msgspec.field(default_factory=dict)  # by language, as they are asked for


class _HitRow(msgspec.Struct):
    shop: ShopId
    id: HitId
    message: str
    person: PersonId
    purpose: str
    reason: str


class _ShownRow(msgspec.Struct):
    shop: ShopId
    person: PersonId
    name: str
    times: int
    refused_at: Instant | None


class _PersonRow(msgspec.Struct):
    shop: ShopId
    person: PersonId


class _AudienceRow(msgspec.Struct):
    audience: str


class Pages:
    """One per process: answers what the pages of all shops show."""

    def __init__(self, register: Register, showcase: Showcase | None = None) -> None:
        self._register = register
        self.showcase = showcase or Showcase(register)

    def decide(self, shop_id: ShopId, asked: Asked, now: Instant) -> Decided:
        """What to show on this page view. Raises NoSuchShop, DatabaseBusy."""
        shop, standing = self._register.shop(shop_id), self.showcase.standing(shop_id)
        parts = tuple(part for channel, part in _PARTS.items() if self._register.connection(shop_id, channel))
        connection = self._register.connection(shop_id, CHANNEL)
        if CHANNEL not in self._register.channels or not (standing or connection):
            return Decided(load=parts)
        show: list[dict[str, object]] = []
        with self._register.database.read() as tx:
            known = self._known(tx, shop, asked, now)
            settings = connection.settings if connection else {}
            if _is_moment(settings, asked) and (message := _still_useful(known, settings, now)):
                show += self._message(tx, known, message, settings, asked, now)
            covered = asked.is_showing or any(one["kind"] in OVERLAYS for one in show)
            for one in self._fitting(tx, known, standing, asked, now):
                if not (covered and one.placement.kind in OVERLAYS):
                    show += self._placed(tx, known, one, asked, now)
        self._lead_back(known, show, now)
        return Decided(tuple(show), ("popup", *parts) if show or _asks_later(standing) else parts)

    # --- who ------------------------------------------------------------------------------------------------------------------

    def _known(self, tx: Transaction, shop: Shop, asked: Asked, now: Instant) -> _Known:
        key = f"anonymous:{asked.anonymous_id}"
        browser = person_id(shop.id, key)
        rows = tx.all(sql.VISITOR, bucket=shop.bucket, shop=shop.id, key=key)
        person = _person.decode(rows[0][1]) if rows else Person(browser, now, now)
        found = tx.all(sql.VISITOR_NOW, bucket=shop.bucket, shop=shop.id, person=person.id, browser=browser, since=now - 91 * _DAY)
        waiting, seen, carts = [], dict[str, Seen](), []
        for what, name, number, at, refused_at, body, message, run, journey in found:
            if what == 1:
                waiting.append(_Waiting(name, number, at, _about.decode(body), message, run, journey))
            elif what == 2:
                seen[name] = seen.get(name, Seen()).joined(Seen(number, at, refused_at or 0))
            else:
                carts.append(_cart.decode(body))
        cart = max((one for one in carts if one.is_waiting()), key=lambda one: (one.last_activity, one.id), default=None)
        return _Known(shop, person, browser, key, bool(rows), tuple(waiting), seen, cart)

    def _fitting(self, tx: Transaction, known: _Known, standing: Sequence[Standing], asked: Asked, now: Instant) -> list[Standing]:
        person, cart = known.person, known.cart
        total = cart.total if cart else None
        wanted = sorted({one.placement.rules.audience for one in standing} - {""})
        visit = Visit(
            now,
            asked.path,
            asked.trigger,
            asked.device,
            # A first page view makes somebody known to us within seconds: new is who was first seen on this very visit.
            is_known=known.is_known and now - person.first_seen > _DAY // 24,
            is_customer=person.is_customer,
            has_cart=cart is not None,
            cart_total=total.minor if total else None,
            cart_at=cart.last_activity if cart else 0,
            audiences=self._audiences(tx, known, wanted) if wanted else (),
            seen=known.seen,
            refused=asked.refused,
            has_address=bool(person.email),
        )
        by_name = {one.placement.name: one for one in standing}
        return [by_name[one.name] for one in chosen([one.placement for one in standing], visit)]

    def _audiences(self, tx: Transaction, known: _Known, wanted: Sequence[str]) -> frozenset[str]:
        rows = [_AudienceRow(name) for name in wanted]
        found = tx.all(sql.AUDIENCES_OF_PERSON, rows, bucket=known.shop.bucket, shop=known.shop.id, person=known.person.id)
        return frozenset(audience for (audience,) in found)

    # --- what -----------------------------------------------------------------------------------------------------------------

    def _message(
        self, tx: Transaction, known: _Known, waiting: _Waiting, settings: Mapping[str, object], asked: Asked, now: Instant
    ) -> list[dict[str, object]]:
        """A journey's message, made now: the cart may have changed since it became ready."""
        shop, language = known.shop, _language(asked, known)
        cart = None if waiting.about.kind else known.cart
        run = RunNow(known.person.id, waiting.journey, waiting.version, "", waiting.ready_at, waiting.about, cart)
        sources = self._register.sources(shop.id, waiting.template, language)
        made_of = self._made_of(tx, known, run, now)
        if not made_of.goods:
            return []
        channel = self._register.channels[CHANNEL]
        shown = channel.shows(waiting.template, language, sources)
        claimed = _claimed(known, waiting)
        extras = gather(tx, shop.bucket, self._register, [(claimed, made_of, shown)], now).get(waiting.id, {})
        facts = {**facts_of(self._register, made_of, language, now), **extras}
        outgoing = _outgoing(known, waiting.template, language, facts, settings, sources, waiting.id)
        kind = str(settings.get("shown_as") or "popup")
        place = str(settings.get("place") or "cart") if kind == "inline" else ""
        return self._drawn(outgoing, {"id": f"m:{waiting.id}", "name": waiting.template, "kind": kind, "when": {"place": place}})

    def _placed(self, tx: Transaction, known: _Known, one: Standing, asked: Asked, now: Instant) -> list[dict[str, object]]:
        shop, placement = known.shop, one.placement
        said = panel_in(one.panels, asked.language, known.person.language, shop.language)
        if said is None:
            return []
        language, panel = said
        facts: Mapping[str, object] = {"shop": shop_facts(shop)}
        if known.cart and any(isinstance(block, CartLines) for block in panel.blocks):
            facts = self._cart_facts(tx, known, language, now)
        sources = {"panel": msgspec.json.encode(panel).decode()}
        rules = placement.rules
        when = {"trigger": rules.trigger, "after": rules.after, "scroll": rules.scroll, "place": rules.place}
        outgoing = _outgoing(known, placement.name, language, facts, {}, sources, derived_id(placement.name))
        told = {"id": f"p:{placement.name}", "name": placement.name, "kind": placement.kind, "version": placement.version}
        return self._drawn(outgoing, {**told, "when": when, "quiet_days": max(rules.no_for, 30)})

    def _cart_facts(self, tx: Transaction, known: _Known, language: str, now: Instant) -> Mapping[str, object]:
        """Read and priced once for everything on the page."""
        if language not in known.facts:
            run = RunNow(known.person.id, "", 0, "", now, About(), known.cart)
            known.facts[language] = facts_of(self._register, self._made_of(tx, known, run, now), language, now)
        return known.facts[language]

    def _drawn(self, outgoing: Outgoing, told: dict[str, object]) -> list[dict[str, object]]:
        """Together with what the channel made of it; nothing where a saved text cannot be read: a page of the shop never waits."""
        try:
            rendered = self._register.channels[CHANNEL].render(outgoing)
        except TemplateProblem:
            return []
        drawn: dict[str, object] = msgspec.json.decode(rendered.payload)
        return [{**told, **drawn}] if drawn.get("blocks") else []

    def _made_of(self, tx: Transaction, known: _Known, run: RunNow, now: Instant) -> Material:
        shop = known.shop
        products = load_products(tx, shop.bucket, ((shop.id, key) for key in product_keys(run.about, run.cart)))
        goods = goods_of(products, shop, known.person, run.about, run.cart)
        # Nobody asks the gate: the message has passed it, a placement needs none.
        return Material(shop, known.person, run.cart, goods, Known(Permission(is_given=True), now, CHANNEL), None, run)

    def _lead_back(self, known: _Known, show: list[dict[str, object]], now: Instant) -> None:
        """A cart of another browser is not in this one: its button takes the lines along, by a link that lives for an hour."""
        cart = known.cart
        buttons = [block for one in show for block in _blocks(one) if block.get("url") == _back_to(known.shop, cart)]
        if cart is None or not buttons or cart.session == known.key:
            return
        token = new_token(known.shop.bucket)
        row = LinkRow(
            known.shop.id, token_hash(token), "lines", MessageId(derived_id("")), known.person.id, cart.id, (), now + LIFE["lines"]
        )
        with self._register.database.write() as tx:
            tx.run(links_sql.ADD_LINKS, [row], bucket=known.shop.bucket)
        for block in buttons:
            mark = "&" if "?" in str(block["url"]) else "?"
            block["url"] = f"{block['url']}{mark}wraca_restore={token}"

    # --- what became of it ----------------------------------------------------------------------------------------------------

    def note(self, shop_id: ShopId, anonymous_id: str, tracking: str, deed: Deed, now: Instant) -> bool:
        """Write down that something was shown, clicked, closed or refused; False for what this visitor was never to see."""
        shop, kind, name = self._register.shop(shop_id), tracking[:2], tracking[2:]
        key = f"anonymous:{anonymous_id}"
        browser = person_id(shop_id, key)
        with self._register.database.write() as tx:
            rows = tx.all(sql.VISITOR, bucket=shop.bucket, shop=shop_id, key=key)
            person = PersonId(rows[0][0]) if rows else browser
            if kind == "m:":
                return _note_message(tx, shop, person, name, deed, now)
            if self.showcase.one(shop_id, name) is None:
                return False
            refused = now if deed in ("closed", "refused") else None
            shown = [_ShownRow(shop_id, one, name, int(deed == "shown"), refused) for one in sorted({person, browser})]
            if deed != "clicked":
                tx.run(sql.COUNT_SHOWN, shown, bucket=shop.bucket, now=now)
            note_hit(tx, shop, person, name, deed, now)
        return True


def note_hit(tx: Transaction, shop: Shop, person: PersonId, name: str, deed: str, now: Instant) -> None:
    """Count what was done with a placement: shown, clicked, closed, refused, captured, confirmed."""
    hit = HitId(derived_id(shop.id, "deed", name, person, deed, str(now)))
    row = _HitRow(shop.id, hit, derived_id(shop.id, "placement", name), person, deed, "seen")
    tx.run(sql.ADD_SHOWN_HIT, [row], bucket=shop.bucket, now=now)


def _note_message(tx: Transaction, shop: Shop, person: PersonId, message: str, deed: Deed, now: Instant) -> bool:
    if len(message) != 32 or not set(message) <= set("0123456789abcdef"):
        return False
    if not tx.all(sql.ONSITE_MESSAGE, bucket=shop.bucket, shop=shop.id, message=message, person=person):
        return False
    # Once each; to close it means to have seen it. "landed": on the shop's page itself, the best proof there is.
    purpose = _PURPOSES.get(deed, "open")
    hit = HitId(derived_id(shop.id, "onsite", message, purpose))
    if tx.run(sql.ADD_SHOWN_HIT, [_HitRow(shop.id, hit, message, person, purpose, "landed")], bucket=shop.bucket, now=now):
        tx.run(WAKE_RUNS, [_PersonRow(shop.id, person)], bucket=shop.bucket, now=now)
    return True


def _is_moment(settings: Mapping[str, object], asked: Asked) -> bool:
    """Whether journeys' messages may be shown on this page view at all."""
    kept_free = str(settings.get("not_pages") or "/cart* /checkout*").split()
    return asked.trigger == "load" and not asked.is_showing and not any(fnmatchcase(asked.path, one) for one in kept_free)


def _still_useful(known: _Known, settings: Mapping[str, object], now: Instant) -> _Waiting | None:
    """The newest message that still waits; those before it are about the same visitor and say the same."""
    keep = int(str(settings.get("keep") or _KEEP)) * _DAY
    useful = [one for one in known.waiting if now - one.ready_at <= keep and (one.about.kind or known.cart)]
    return max(useful, key=lambda one: (one.ready_at, one.id), default=None)


def _asks_later(standing: Sequence[Standing]) -> bool:
    """Whether the page has to ask again when something is put into the cart."""
    return any(one.placement.rules.trigger == "cart" for one in standing)


def _language(asked: Asked, known: _Known) -> str:
    wanted = asked.language or known.person.language or known.shop.language
    return wanted.replace("_", "-").partition("-")[0].lower() or "en"


def _back_to(shop: Shop, cart: Cart | None) -> str:
    own = own_address(shop, cart.checkout_url) if cart else ""
    return shop.restore_url if not own or (cart and cart.stage is Stage.CART) else own


def _outgoing(
    known: _Known,
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
        links=Links(restore=_back_to(shop, known.cart), preferences=""),
        settings=settings,
        sources=sources,
    )


def _claimed(known: _Known, waiting: _Waiting) -> Claimed:
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


def _blocks(one: dict[str, object]) -> list[dict[str, object]]:
    blocks = one.get("blocks")
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []

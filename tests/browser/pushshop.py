"""A shop with web push and Wraca behind it, on loopback and a virtual clock, for real browsers."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from wraca.app.answers import KeyHolder
from wraca.app.deciding import Pages
from wraca.app.intake import take_in
from wraca.app.register import Register
from wraca.app.sending import Sender
from wraca.app.subscribing import Subscribers
from wraca.channels.webpush import WebPushChannel
from wraca.domain.events import Identity, IdentityKind, Instant, Line, LineAdded, OrderPlaced
from wraca.edge import Services, edge_app
from wraca.edge.services import OnPages
from wraca.egress import Egress
from wraca.ports.platform import ShopFacts
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.shops import ShopRow
from wraca.testing.world import World

_STOREFRONT = Path(__file__).parents[2] / "storefront"
_KEY = "wb_push"
JOURNEY = """
journey: push
trigger: {cart_abandoned: {idle: 30m}}
holdout: 0%
steps:
  - send: {id: push, webpush: cart-waiting}
  - wait: 1d
  - send: {id: again, webpush: last-word}
"""
_PAGE = """<!doctype html><html lang="pl"><meta charset="utf-8"><title>Sklep</title><link rel="icon" href="data:,">
<body><h1>Sklep</h1><input id="field"><button id="ask">Powiadomienia</button><p id="said"></p><p id="cart"></p>
<script>
window.wraca = [["load", "{key}", {{ host: "{wraca}", consent: "{consent}" }}]];
document.addEventListener("wraca:notifications", () => {{ document.body.dataset.ready = "yes"; }});
window.wraca.push(["onRestore", (cart) => {{
  document.getElementById("cart").textContent = cart.lines.map((one) => one.name).join();
}}]);
document.getElementById("ask").addEventListener("click", () => window.wraca.notifications.ask()
  .then((said) => {{ document.getElementById("said").textContent = said; }}));
</script><script async src="{wraca}/sdk/wraca.js"></script></body></html>"""

_CONNECT = Statement(
    "testing_connect_push",
    """insert into channel_setting (bucket, shop_id, channel, sealed, pause_reason)
       values (:bucket, :shop, 'webpush', :sealed, '')
       on conflict (bucket, shop_id, channel) do update set sealed = excluded.sealed""",
)
_HITS = Statement("testing_pushed_hits", "select purpose from hit where bucket = :bucket order by at, purpose")

_LIVING = Statement("testing_pushed_living", "select key_id from push_subscription where bucket = :bucket and gone_at is null")

_GONE = Statement("testing_pushed_gone", "select count(*) from push_subscription where bucket = :bucket and gone_at is not null")


class Shop:
    """`url` is the shop's, `host` Wraca's. `worker` is the file the shop serves, "" for none; `consent` what its pages say."""

    def __init__(self, database: Database, services: Sequence[str], host: str, url: str) -> None:
        self.host, self.url, self.consent = host, url, "consented"
        self.worker = f'try {{ importScripts("{host}/sdk/wraca-sw.js"); }} catch (e) {{ /* the shop goes on */ }}'
        self.world = world = World(database, journey=JOURNEY, shop=ShopRow(name="Sklep", domain=url, language="pl"))
        self.channel = WebPushChannel(Egress(loopback=True), services, allow_http=True)
        world.register = Register(database, {"webpush": self.channel}, world.seal, lambda: world.now)
        world.sender = Sender(world.register, host, lambda: world.now, slots=1)
        world.desk._register = world.register
        self.settings = self.channel.complete({"contact": "hello@shop.example"})
        self.save(self.settings)

    def save(self, settings: dict[str, object]) -> None:
        """Keep these settings of the channel."""
        self.settings = settings
        with self.world.database.write() as tx:
            tx.run(_CONNECT, bucket=self.world.bucket, shop=self.world.shop, sealed=self.world.seal.close(settings))
        self.world.register.forget()

    def now(self) -> Instant:
        return self.world.now

    # --- the two sites --------------------------------------------------------------------------------------------------------

    def wraca(self) -> ASGIApp:
        """The edge as it is, with one key that stands in the shop's pages."""
        world = self.world
        holder = KeyHolder(ShopFacts(world.shop, self.url, "PLN", "secret"), "browser", (self.url,))
        pages = Pages(world.register)
        on_pages = OnPages(
            decide=pages.decide,
            note=pages.note,
            capture=lambda *_said: "unknown_form",
            confirm_page=lambda *_said: None,
            confirm=lambda *_said: False,
            deny=lambda *_said: False,
            part=lambda name: (_STOREFRONT / name).read_bytes() if (_STOREFRONT / name).is_file() else None,
        )
        return edge_app(
            Services(
                find_key=lambda key: holder if key == _KEY else None,
                knows_origin=lambda origin: origin == self.url,
                take_in=lambda bucket, arrivals, now: take_in(world.database, bucket, arrivals, now, world.register.idle),
                park=lambda *_said: None,
                open_link=world.desk.open_link,
                restore_lines=world.desk.restore_lines,
                preferences=world.desk.preferences,
                unsubscribe=world.desk.unsubscribe,
                ask_why=lambda *_said: None,
                ask_page=lambda *_said: None,
                answer_why=lambda *_said: False,
                healthy=lambda: True,
                metrics=lambda: b"",
                sdk=(_STOREFRONT / "wraca.js").read_bytes,
                now=self.now,
                on_pages=on_pages,
                pushes=Subscribers(world.register),
            )
        )

    def pages(self) -> ASGIApp:
        """The shop: one page under every path, and the worker's file."""

        async def worker(_request: Request) -> Response:
            kind = "text/javascript" if self.worker else "text/html"
            return Response(self.worker, 200 if self.worker else 404, media_type=kind, headers={"Cache-Control": "no-store"})

        async def page(_request: Request) -> Response:
            text = _PAGE.format(key=_KEY, wraca=self.host, consent=self.consent)
            return HTMLResponse(text, headers={"Cache-Control": "no-store"})

        return Starlette(routes=[Route("/wraca-sw.js", worker), Route("/{path:path}", page)])

    # --- what happens ---------------------------------------------------------------------------------------------------------

    def leaves_cart(self, anonymous: str) -> None:
        """The shop's server tells of a cart in this browser."""
        line = Line("lamp", 1, 19_900, name="Lamp", trusted=True)
        self.world.happens(LineAdded(line, currency="PLN"), Identity(IdentityKind.ANONYMOUS, anonymous))

    def buys(self, anonymous: str) -> None:
        """The shop's server tells of an order from this browser."""
        self.world.happens(OrderPlaced("order-1"), Identity(IdentityKind.ANONYMOUS, anonymous))

    def wait_until_subscribed(self, key_id: str = "") -> None:
        """Until some browser of the shop is subscribed (with this key). Raises AssertionError after 20 seconds."""
        for _ in range(400):
            with self.world.database.read() as tx:
                if any(key_id in str(key) for (key,) in tx.all(_LIVING, bucket=self.world.bucket)):
                    return
            time.sleep(0.05)
        raise AssertionError("nobody subscribed")

    def wait_until_gone(self, count: int) -> None:
        """Until so many subscriptions are gone. Raises AssertionError after 20 seconds."""
        for _ in range(400):
            with self.world.database.read() as tx:
                if tx.all(_GONE, bucket=self.world.bucket)[0][0] >= count:
                    return
            time.sleep(0.05)
        raise AssertionError("they are all still there")

    @property
    def messages(self) -> list[str]:
        """What became of each message, in order."""
        return [" ".join((one.state, *one.reasons)) for one in self.world.outbox]

    @property
    def hits(self) -> list[str]:
        with self.world.database.read() as tx:
            return [str(purpose) for (purpose,) in tx.all(_HITS, bucket=self.world.bucket)]


@contextmanager
def standing(database: Database, services: Sequence[str]) -> Iterator[Shop]:
    """Both sites, on ports that nobody uses."""
    doors = [socket.socket() for _ in range(2)]
    for door in doors:
        door.bind(("127.0.0.1", 0))
    host, url = (f"http://127.0.0.1:{door.getsockname()[1]}" for door in doors)
    shop = Shop(database, services, host, url)
    servers, threads = [], []
    for app, door in ((shop.wraca(), doors[0]), (shop.pages(), doors[1])):
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="auto", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([door],), daemon=True)
        thread.start()
        servers.append(server)
        threads.append(thread)
    while not all(server.started for server in servers):
        time.sleep(0.02)
    try:
        yield shop
    finally:
        for server in servers:
            server.should_exit = True
        for thread in threads:
            thread.join(10)

"""The whole demo in one process: Wraca, the pretend shop, the mailbox, and a clock that can be pushed forward."""

import asyncio
import contextlib
import json
import shutil
import tempfile
import threading
import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from rich.console import Console
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from wraca import bootstrap, clock
from wraca.settings import Settings
from wraca_demo.mailbox import Mailbox, mailbox_routes
from wraca_demo.shop import ShopConfig, heartbeat, shop_app

_MINUTE = 60_000
_STRIDE = 10 * _MINUTE  # time is pushed in steps no longer than this, so that what falls due in between happens in its order
_LONGEST_PUSH = 31 * 24 * 60 * _MINUTE


class DemoClock:
    """The wall clock, plus as much as somebody pushed."""

    def __init__(self) -> None:
        self.pushed = 0

    def now(self) -> int:
        return clock.wall() + self.pushed


class Demo:
    """Made once per run, in a folder of its own that goes away at the end."""

    def __init__(self, port: int, folder: Path) -> None:
        self.clock = DemoClock()
        self.wraca_url, self.shop_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
        self.smtp_port, self._port = port + 2, port
        self._pushing = threading.Lock()
        settings = Settings(
            database_url=f"sqlite:///{folder / 'demo.db'}",
            secret_key="demo-" + "0" * 40,
            public_url=self.wraca_url,
            listen=f"127.0.0.1:{port}",
            slots=4,
        )
        bootstrap.configure_logs("warning")
        bootstrap.migrate(settings)
        self.wraca = bootstrap.Wraca(settings, now=self.clock.now)
        self.worker, self.loops = self.wraca.worker(), self.wraca.loops()
        self.mailbox = Mailbox(self.clock.now)
        from wraca_demo.furnishing import ADDRESS, PASSWORD, furnish  # the tables must be known to Django before

        self.account = f"{ADDRESS}, password: {PASSWORD}"
        made = furnish(self.wraca, self.shop_url, self.smtp_port)
        secret = self.wraca.register.shop(made.id).identity_secret
        self.config = ShopConfig(self.wraca_url, made.browser_key, made.server_key, secret, self.shop_url, self.clock.now)

    # --- time -----------------------------------------------------------------------------------------------------------------

    def push(self, ms: int) -> None:
        """Let so much time go by: the shop's server keeps reporting, and Wraca does what falls due, in order."""
        with self._pushing:
            goal = self.clock.pushed + min(max(0, ms), _LONGEST_PUSH)
            while self.clock.pushed < goal:
                self.clock.pushed = min(goal, self.clock.pushed + _STRIDE)
                heartbeat(self.config)
                while sum(once(self.clock.now()) for once in self.loops):
                    pass

    def status(self) -> dict[str, object]:
        """What the strip above every page shows."""
        return {
            "now": self.clock.now(),
            "mails": len(self.mailbox.mails),
            "waits": self._waits(),
            "shop": f"{self.shop_url}/",
            "mailbox": f"{self.shop_url}/mailbox",
            "console": f"{self.wraca_url}/console/",
        }

    def _waits(self) -> str:
        due = self.wraca.next_due()
        if due is None:
            return "nothing is waiting"
        minutes = max(0, due - self.clock.now()) // _MINUTE
        hours, minutes = divmod(minutes, 60)
        return f"next look at a cart in {hours} h {minutes:02} min" if hours < 48 else f"next look in {hours // 24} days"

    # --- serving --------------------------------------------------------------------------------------------------------------

    def site(self) -> Starlette:
        """Shop, mailbox and the strip's two calls."""

        async def status(_request: Request) -> Response:
            return JSONResponse(await run_in_threadpool(self.status))

        async def push(request: Request) -> Response:
            said = json.loads(await request.body())
            await run_in_threadpool(self.push, int(said["ms"]))
            return JSONResponse(await run_in_threadpool(self.status))

        return Starlette(
            routes=[
                Route("/demo/status", status),
                Route("/demo/push", push, methods=["POST"]),
                *mailbox_routes(self.mailbox),
                Mount("/", shop_app(self.config)),
            ]
        )

    async def serve(self, *, open_browser: bool) -> None:
        """Run until interrupted."""
        mail = await self.mailbox.listen(self.smtp_port)
        site = bootstrap.Site(self.wraca, self.worker)
        servers = [
            uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False))
            for app, port in ((site, self._port), (self.site(), self._port + 1))
        ]
        beats = asyncio.create_task(self._beat(servers))
        async with mail:
            if open_browser:
                webbrowser.open(self.shop_url)
            await asyncio.gather(*(server.serve() for server in servers))
        beats.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beats

    async def _beat(self, servers: list[uvicorn.Server]) -> None:
        """The shop's server says every minute that its orders are reported."""
        while not all(server.started for server in servers):  # noqa: ASYNC110  (uvicorn tells it in no other way)
            await asyncio.sleep(0.05)
        _greet(self)
        while True:
            with contextlib.suppress(OSError):
                await run_in_threadpool(heartbeat, self.config)
            await asyncio.sleep(60)


def _greet(demo: Demo) -> None:
    out = Console(soft_wrap=True)
    began = datetime.fromtimestamp(demo.clock.now() / 1000, UTC)
    out.print(f"\n[bold]The demo runs[/] since {began:%H:%M} UTC. Stop it with Ctrl-C; it leaves nothing behind.\n")
    out.print(f"  the shop      {demo.shop_url}/")
    out.print(f"  the mailbox   {demo.shop_url}/mailbox")
    out.print(f"  the console   {demo.wraca_url}/console/   [dim]({demo.account})[/]\n")
    out.print("Put something into the cart, go to the checkout, give an address and tick the box, then leave.")
    out.print("Press [bold]+1 h[/] twice in the strip above: the reminder is in the mailbox.\n")


def run_demo(*, port: int = 8000, open_browser: bool = False) -> None:
    """`wraca demo`: until Ctrl-C."""
    folder = Path(tempfile.mkdtemp(prefix="wraca-demo-"))
    demo = Demo(port, folder)
    try:
        asyncio.run(demo.serve(open_browser=open_browser))
    except KeyboardInterrupt:
        pass
    finally:
        demo.wraca.close()
        shutil.rmtree(folder, ignore_errors=True)

"""One installation with a chat, and a shop page on another origin, for a test with two windows: `python -m tests.browser.chatsite`.

Prints one line of JSON when it listens. A process of its own, because Django is set up once per process for one database.
"""

import asyncio
import json
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from wraca import clock
from wraca.bootstrap import Site, Wraca, configure_django, configure_logs, installed_channels, migrate
from wraca.channels.chat import ChatChannel
from wraca.settings import Settings

PASSWORD = "grinder kettle filter"
PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>The shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' {host} 'nonce-n'; connect-src {host}">
</head><body><main><h1>Lamps</h1><p>A page of the shop, whose policy allows no inline style.</p></main>
<script nonce="n">window.wraca = [["load", "{key}", {{host: "{host}", consent: "{consent}", show: true}}]];</script>
<script src="{host}/sdk/wraca.js" async></script></body></html>"""


def main(directory: Path, port: int) -> None:
    host, home = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
    settings = Settings(
        database_url=f"sqlite:///{directory / 'wraca.db'}",
        secret_key="a-secret-for-tests-only-0123456789abcdef",
        public_url=host,
        listen=f"127.0.0.1:{port}",
    )
    configure_logs("warning")  # standard output is for the one line
    configure_django(settings)
    migrate(settings)
    from wraca.app.accounts import make_owner
    from wraca.app.channels import save_channel
    from wraca.app.shops import ShopFields, create_shop

    wraca = Wraca(settings, channels={**installed_channels(), "chat": ChatChannel()})
    shop = create_shop(ShopFields("Lampy", home, "PL", "PLN", "en", "Europe/Warsaw"), clock.wall())
    make_owner(shop.bucket, shop.id, "owner@lamps.example", PASSWORD)
    save_channel(wraca.register, shop.id, "chat", {"hours": ""})

    async def page(request: Request) -> HTMLResponse:
        asked = request.query_params
        language, consent = asked.get("language", "en"), asked.get("consent", "consented")
        return HTMLResponse(PAGE.format(key=shop.browser_key, host=host, language=language, consent=consent))

    shop_page = Starlette(routes=[Route("/", page), Route("/{path:path}", page)])

    async def serve() -> None:
        servers = [
            uvicorn.Server(
                uvicorn.Config(app, host="127.0.0.1", port=at, log_level="warning", lifespan="auto", timeout_graceful_shutdown=1)
            )
            for app, at in ((Site(wraca), port), (shop_page, port + 1))
        ]
        tasks = [asyncio.create_task(each.serve()) for each in servers]
        while not all(each.started for each in servers):  # noqa: ASYNC110  (uvicorn tells it in no other way)
            await asyncio.sleep(0.05)
        sys.stdout.write(json.dumps({"host": host, "home": home, "shop": shop.id}) + "\n")
        sys.stdout.flush()
        await asyncio.gather(*tasks)

    asyncio.run(serve())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

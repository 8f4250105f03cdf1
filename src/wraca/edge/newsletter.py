"""The cart in the shop's own newsletter: as HTML, as a picture, as JSON, and the link behind the picture.

`/n/{shop}/{key}` leads back to the cart; with `.html`, `.png` or `.json` it shows what is in it. Whoever has nothing to be shown,
and whoever guesses a key, gets the same: nothing, in the same shape.
"""

import re
import time
from html import escape
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from wraca.app.errors import Busy
from wraca.app.newsletter import Block
from wraca.domain.ids import ShopId
from wraca.edge.blockimage import EMPTY, WIDTH, draw, priced, said
from wraca.edge.errors import BUSY, TOO_FAST, Problem
from wraca.edge.keys import rate_name
from wraca.edge.links import problem_page
from wraca.edge.rates import Buckets
from wraca.edge.services import Services
from wraca.edge.tokens import NOT_FOUND

_SHOP: Final = re.compile(r"[0-9a-f]{32}")
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_STYLE: Final = "font-family:Arial,Helvetica,sans-serif;color:#1b1b1b"

# Every opening asks anew: also the picture proxies of mail programs, as far as they listen.
HEADERS: Final = {
    "Cache-Control": "private, no-store, no-cache, must-revalidate, max-age=0",
    "Pragma": "no-cache",
    "Expires": "0",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; img-src https: http:; style-src 'unsafe-inline'",
}


class NewsletterBlocks:
    """The four addresses under /n/."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pace = Buckets(services.limits.newsletter, services.limits.remembered)

    def routes(self) -> list[Route]:
        """The most special first: a name with an ending is no key."""
        return [
            Route("/n/{shop}/{key}.html", self._html),
            Route("/n/{shop}/{key}.png", self._picture),
            Route("/n/{shop}/{key}.json", self._json),
            Route("/n/{shop}/{key}", self._link),
        ]

    async def _html(self, request: Request) -> Response:
        return HTMLResponse(fragment(await self._shown(request)), headers=HEADERS)

    async def _picture(self, request: Request) -> Response:
        block = await self._shown(request)
        picture = await run_in_threadpool(draw, block) if block else EMPTY
        return Response(picture, headers=HEADERS, media_type="image/png")

    async def _json(self, request: Request) -> Response:
        return Response(msgspec.json.encode(facts(await self._shown(request))), headers=HEADERS, media_type="application/json")

    async def _link(self, request: Request) -> Response:
        """To the cart, or to the shop's front page: a reader who bought meanwhile is no error."""
        try:
            block = await self._ask(request)
        except Problem as problem:
            return problem_page(request, problem)
        if block is None:
            return problem_page(request, NOT_FOUND)
        return Response(None, 302, {**HEADERS, "Location": block.link or block.home})

    async def _shown(self, request: Request) -> Block | None:
        """The block, where there is anything in it. In trouble a newsletter shows nothing, rather than an error."""
        try:
            block = await self._ask(request)
        except Problem:
            return None
        return block if block and block.lines else None

    async def _ask(self, request: Request) -> Block | None:
        """Raises Problem for whoever asks too fast.

        Unknown keys are no guesses here: most subscribers of a newsletter never left a cart, and its tool asks for all of them.
        """
        shop, key = str(request.path_params["shop"]), str(request.path_params["key"])
        if not self._pace.take(rate_name(request), 1, time.monotonic()):
            raise TOO_FAST.anew()
        if not (_SHOP.fullmatch(shop) and _KEY.fullmatch(key)):
            return None
        try:
            return await run_in_threadpool(self._services.newsletter, ShopId(shop), key, self._services.now())
        except Busy:
            raise BUSY.anew() from None


def facts(block: Block | None) -> dict[str, object]:
    """The block for tools that draw it themselves. Prices in minor units."""
    if block is None:
        return {"lines": []}
    lines = [
        {"name": one.name, "variant": one.variant, "quantity": one.quantity, "price": one.price, "image": one.image}
        for one in block.lines
    ]
    return {"lines": lines, "more": block.more, "currency": block.currency, "language": block.language, "link": block.link}


def fragment(block: Block | None) -> str:
    """A table with its styles in it, to be put into a newsletter; empty where there is nothing to show."""
    if block is None:
        return ""
    words, link = said(block.language), escape(block.link)
    rows = "".join(_row(one.name, one.variant, one.quantity, priced(one, block), one.image, link) for one in block.lines)
    more = (
        f'<tr><td colspan="3" style="padding:4px 8px;color:#5c5c5c">{escape(words["more"] % block.more)}</td></tr>'
        if block.more
        else ""
    )
    button = (
        f'<a href="{link}" style="display:inline-block;background:#1b1b1b;color:#ffffff;padding:12px 20px;text-decoration:none;'
        f'border-radius:6px">{escape(words["button"])}</a>'
    )
    return (
        f'<table role="presentation" lang="{escape(block.language)}" width="100%" cellpadding="0" cellspacing="0" '
        f'style="max-width:{WIDTH}px;{_STYLE};font-size:16px;line-height:1.4">'
        f'<tr><td colspan="3" style="padding:8px;font-size:20px">{escape(words["title"])}</td></tr>{rows}{more}'
        f'<tr><td colspan="3" style="padding:12px 8px">{button}</td></tr></table>'
    )


def _row(name: str, variant: str, quantity: int, price: str, image: str, link: str) -> str:
    picture = f'<img src="{escape(image)}" width="64" alt="" style="display:block;border:0">' if image else ""
    about = f'<br><span style="color:#5c5c5c">{escape(variant)}</span>' if variant else ""
    count = f"{quantity} × " if quantity > 1 else ""
    return (
        f'<tr><td width="72" style="padding:8px">{picture}</td>'
        f'<td style="padding:8px"><a href="{link}" style="color:#1b1b1b;text-decoration:none">{count}{escape(name)}</a>{about}</td>'
        f'<td align="right" style="padding:8px;white-space:nowrap">{escape(price)}</td></tr>'
    )

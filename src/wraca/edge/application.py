"""The public edge as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from wraca.edge.asking import AskPages
from wraca.edge.chatting import ChatDoors
from wraca.edge.collect import Collector
from wraca.edge.gathering import Gathering
from wraca.edge.guard import ANSWERS, Guard
from wraca.edge.keys import Keyring
from wraca.edge.links import LinkPages
from wraca.edge.newsletter import NewsletterBlocks
from wraca.edge.onpages import on_page_routes
from wraca.edge.operations import operation_routes
from wraca.edge.pushing import PushDoor
from wraca.edge.restore import SavedCarts
from wraca.edge.services import Services
from wraca.edge.texting import ProviderCalls
from wraca.edge.tokens import Tokens


def edge_app(services: Services) -> Starlette:
    """Everything that browsers, shops and mail programs reach. Start it with lifespan on: the end of it commits what waits."""
    gathering = Gathering(services)
    keyring = Keyring(services)
    tokens = Tokens(services.limits)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        gathering.start()
        try:
            yield
        finally:
            await run_in_threadpool(gathering.close)

    return Starlette(
        routes=[
            *Collector(services, keyring, gathering).routes(),
            *LinkPages(services, tokens).routes(),
            *AskPages(services, tokens).routes(),
            *SavedCarts(services, keyring, tokens).routes(),
            *on_page_routes(services, keyring, tokens),
            *(ProviderCalls(services, services.on_calls, tokens).routes() if services.on_calls else ()),
            *NewsletterBlocks(services).routes(),
            *(ChatDoors(services, services.chats, keyring).routes() if services.chats else ()),
            *(PushDoor(services, services.pushes, keyring).routes() if services.pushes else ()),
            *operation_routes(services, tokens),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers=ANSWERS,
        lifespan=lifespan,
    )

"""Where the parts meet: the only module that knows them all."""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TextIO, cast

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict

from wraca import clock
from wraca.app.register import Register
from wraca.app.sealing import Seal
from wraca.app.sending import Sender
from wraca.app.working import next_due
from wraca.domain.events import Instant
from wraca.ports.audiences import AudienceSink
from wraca.ports.channel import Channel
from wraca.settings import Settings
from wraca.storage.database import Database, open_database
from wraca.worker.loop import Outbox, Timers, Worker

if TYPE_CHECKING:
    from wraca.channels.onsite.library import Ready

Clock = Callable[[], Instant]

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_NOT_STARTED = 3  # exit status: the port is taken, or start-up failed; uvicorn has said so
_FRAMES = 8  # of a traceback: where it failed, and how that was reached


class NotMigrated(RuntimeError):
    """The database has no tables yet, or old ones."""


class _Errors:
    """Standard error as it is at the moment. A log that nobody can take any more (a closed pipe) must not stop the work."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure_logs(level: str) -> None:
    """One line of JSON per event on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _without_words,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS.get(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", _Errors())),
        cache_logger_on_first_use=False,  # log lines are few, and a test or an operator may set them up anew
    )


def _without_words(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Failures as kinds and places: the text of an exception may quote the address or the token it stumbled over (trust X90)."""
    if event.pop("exc_info", None) and (problem := sys.exception()):
        # What it was caused by comes first, as in a traceback.
        causes = [problem, *filter(None, (problem.__cause__ or problem.__context__,))]
        event["exception"] = [
            {"kind": type(each).__qualname__, "at": traceback.format_tb(each.__traceback__)[-_FRAMES:]} for each in reversed(causes)
        ]
    return event


def configure_django(settings: Settings) -> None:
    """Make the tables and the console usable. The settings module reads the environment, so it is told there."""
    os.environ["WRACA_DATABASE_URL"] = settings.database_url
    os.environ["WRACA_SECRET_KEY"] = settings.secret_key
    os.environ["WRACA_PUBLIC_URL"] = settings.public_url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wraca.storage.django_settings")
    import django

    django.setup()


def installed_channels() -> dict[str, Channel]:
    """Every channel that is installed, ours and others', by name."""
    return {point.name: point.load()() for point in entry_points(group="wraca.channels")}


def installed_sinks() -> dict[str, AudienceSink]:
    """Every kind of place that takes audiences, ours and others', by name."""
    return {point.name: point.load()() for point in entry_points(group="wraca.audience_sinks")}


def ready_made_placements() -> Mapping[str, "Ready"]:
    """What a shop can place on its pages at once, by name."""
    from wraca.channels.onsite.library import ready_made

    return ready_made()


class Wraca:
    """One process's view of an installation. Close it at the end."""

    def __init__(
        self,
        settings: Settings,
        *,
        now: Clock = clock.wall,
        channels: Mapping[str, Channel] | None = None,
        database: Database | None = None,
    ) -> None:
        self.settings = settings
        self.now = now
        self.channels = dict(installed_channels() if channels is None else channels)
        self.database: Database = database or open_database(settings.database_url, pool_size=max(8, settings.slots // 2))
        self.register = Register(self.database, self.channels, Seal(settings.secret_key), now)
        self.register.sinks = installed_sinks()
        self._senders: list[Sender] = []

    def sender(self) -> Sender:
        """A sender of this process's own, with its own lease."""
        made = Sender(
            self.register,
            self.settings.public_url,
            self.now,
            slots=self.settings.slots,
            lease=int(self.settings.lease * 1000),
        )
        self._senders.append(made)
        return made

    def loops(self) -> tuple[Callable[[Instant], int], ...]:
        """What a worker does, one look at a time, for those who bring their own clock: each answers how much it found to do."""
        return (Timers(self.register).once, Outbox(self.register, self.sender()).once)

    def next_due(self) -> Instant | None:
        """When the next timer of the installation is due; None where nothing sleeps."""
        due = (next_due(self.register, bucket) for bucket in self.register.buckets())
        return min((one for one in due if one is not None), default=None)

    def worker(self) -> Worker:
        """The loops, not yet started."""
        return Worker(self.register, self.sender(), self.now)

    def close(self) -> None:
        for sender in self._senders:
            sender.close()
        for channel in self.channels.values():
            channel.close()
        for sink in self.register.sinks.values():
            sink.close()
        self.database.close()


def migrate(settings: Settings, *, quiet: bool = True) -> None:
    """Bring the tables up to date and make the row of the installation."""
    configure_django(settings)
    from django.core.management import call_command

    from wraca.storage.models import Installation

    call_command("migrate", verbosity=0 if quiet else 1, interactive=False)
    Installation.objects.get_or_create(id=1, defaults={"created_at": clock.wall()})


def require_migrated(settings: Settings) -> None:
    """Raises NotMigrated with what to do."""
    configure_django(settings)
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigrated("The database's tables are missing or old. Run `wraca migrate` once, then start again.")


STOREFRONT_PARTS = ("popup.js", "popup.css", "adapters.js", "push.js", "chat.js", "chat.words.js", "wraca-sw.js")  # beside wraca.js


def storefront_script() -> bytes:
    """The browser snippet: from the checkout, or from the installed package."""
    script = _storefront("wraca.js")
    if script is None:
        raise FileNotFoundError("storefront/wraca.js is not part of this installation")
    return script


def storefront_part(name: str) -> bytes | None:
    """A part of the snippet; None for a name that is none of ours."""
    return _storefront(name) if name in STOREFRONT_PARTS else None


def _storefront(name: str) -> bytes | None:
    here = Path(__file__)
    places = (here.parents[2] / "storefront" / name, here.parent / "storefront" / name)
    return next((place.read_bytes() for place in places if place.exists()), None)


def edge(wraca: Wraca) -> ASGIApp:
    """The public edge, bound to this installation."""
    from wraca.app import asking, keys, metering, texting
    from wraca.app.capturing import Captures
    from wraca.app.chatting import Chats
    from wraca.app.deciding import Pages
    from wraca.app.feeds import product_feed
    from wraca.app.newsletter import Newsletter
    from wraca.app.responding import Desk
    from wraca.app.subscribing import Subscribers
    from wraca.edge.application import edge_app
    from wraca.edge.services import OnCalls, OnPages, Services

    pages = Pages(wraca.register)
    captures = Captures(wraca.register, pages, wraca.settings.public_url)
    desk, database = Desk(wraca.register), wraca.database

    def healthy() -> bool:
        wraca.register.buckets()
        return True

    return edge_app(
        Services(
            find_key=lambda key: keys.find_key(database, key),
            knows_origin=lambda origin: keys.knows_origin(database, origin),
            take_in=lambda bucket, arrivals, now: metering.metered_intake(database, bucket, arrivals, now, wraca.register.idle),
            park=lambda shop, events, problem, now: keys.park_events(database, shop, events, problem, now),
            open_link=desk.open_link,
            restore_lines=desk.restore_lines,
            preferences=desk.preferences,
            unsubscribe=desk.unsubscribe,
            ask_why=lambda token, reason, evidence, now: asking.look(wraca.register, token, reason, evidence, now),
            ask_page=lambda token, now: asking.page(wraca.register, token, now),
            answer_why=lambda token, reason, text, now: asking.answer(wraca.register, token, reason, text, now),
            healthy=healthy,
            metrics=lambda: metering.page(wraca.register, wraca.now()),
            sdk=storefront_script,
            now=wraca.now,
            product_feed=lambda key, name, now: product_feed(wraca.register, key, name, now),
            newsletter=Newsletter(wraca.register, wraca.settings.public_url).block,
            on_pages=OnPages(
                decide=pages.decide,
                note=pages.note,
                capture=captures.capture,
                confirm_page=captures.page,
                confirm=captures.confirm,
                deny=captures.deny,
                part=storefront_part,
            ),
            chats=Chats(wraca.register),
            pushes=Subscribers(wraca.register),
            on_calls=OnCalls(
                hear=lambda channel, provider, secret, call, now: texting.take_call(
                    wraca.register, channel, provider, secret, call, now
                ),
                public_url=wraca.settings.public_url,
                proof=lambda: wraca.register.seal.proof("here"),
            ),
        )
    )


def console(wraca: Wraca) -> ASGIApp:
    """The merchant's pages, bound to this installation."""
    configure_django(wraca.settings)
    from django.core.asgi import get_asgi_application

    from wraca.console.wiring import connect

    connect(wraca.now, wraca.register, wraca.settings.public_url)
    return cast("ASGIApp", get_asgi_application())


class Site:
    """Edge and console under one address; with a worker, the whole of Wraca in one process."""

    def __init__(self, wraca: Wraca, worker: Worker | None = None) -> None:
        self._console = console(wraca)
        self._edge = edge(wraca)
        self._worker = worker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._edge(scope, receive, self._with_worker(send))
        elif scope["type"] == "http" and scope["path"].startswith(("/console", "/static/")):
            await self._console(scope, receive, send)
        else:
            await self._edge(scope, receive, send)

    def _with_worker(self, send: Send) -> Send:
        """Start the worker once the edge is up, and end it once the edge has committed what waited."""

        async def watched(message: Message) -> None:
            if self._worker and message["type"] == "lifespan.startup.complete":
                self._worker.start()
            if self._worker and message["type"] == "lifespan.shutdown.complete":
                self._worker.stop()
            await send(message)

        return watched


def run_site(wraca: Wraca, *, with_worker: bool) -> None:
    """Serve until told to stop."""
    import uvicorn

    from wraca.app.chatbell import bell_of

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            bell_of(wraca.database).end()  # open chats would hold the process until its patience ends
            super().handle_exit(sig, frame)

    host, _, port = wraca.settings.listen.rpartition(":")
    site = Site(wraca, wraca.worker() if with_worker else None)
    config = uvicorn.Config(
        site,
        host=host.strip("[]"),
        port=int(port),
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
        proxy_headers=bool(wraca.settings.trusted_proxies),
        forwarded_allow_ips=wraca.settings.trusted_proxies or None,
        timeout_graceful_shutdown=15,
        server_header=False,
    )
    server = Server(config)
    server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)

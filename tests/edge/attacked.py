"""A whole installation as attackers meet it: the public edge, bound as in production, before a shop on a virtual clock."""

import os

from wraca.testing.databases import TEST_SECRET

# The edge's use cases read Django's models; Django itself opens no database in these tests.
os.environ.setdefault("WRACA_DATABASE_URL", "sqlite:////tmp/never-opened-by-wraca-tests.db")
os.environ.setdefault("WRACA_SECRET_KEY", TEST_SECRET)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wraca.storage.django_settings")

import django

django.setup()

from base64 import b64encode  # noqa: E402
from typing import Any  # noqa: E402

from starlette.testclient import TestClient  # noqa: E402

from wraca import bootstrap  # noqa: E402
from wraca.app.shops import key_hash  # noqa: E402
from wraca.channels.email.channel import EmailChannel  # noqa: E402
from wraca.ports.channel import Outgoing, Rendered  # noqa: E402
from wraca.settings import Settings  # noqa: E402
from wraca.storage.database import Database  # noqa: E402
from wraca.storage.statement import Statement  # noqa: E402
from wraca.testing.shops import ShopRow  # noqa: E402
from wraca.testing.world import RecordingChannel, World  # noqa: E402

ORIGIN = "https://shop.example"
PUBLIC = "https://wraca.example"
BROWSER, SERVER = "browser", "server"  # the kinds of keys

_ADD_KEY = Statement(
    "testing_add_key",
    """insert into api_key (bucket, shop_id, key_hash, kind, shown, origins, created_at)
       values (:bucket, :shop, :hash, :kind, '', '[]', :now)""",
)
# Everything that is known of people; hits, links and timers are not among it.
_ABOUT_PEOPLE = {
    table: Statement(f"testing_all_of_{table}", f"select * from {table} where bucket = :bucket and shop_id = :shop")
    for table in ("person", "identity", "cart", "purchase", "consent", "suppression", "outbox", "run")
}


class MailKept(RecordingChannel):
    """Makes real mails and keeps them: `mails` are the MIME bytes in the order they were handed over."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[bytes] = []
        self._real = EmailChannel()

    def render(self, message: Outgoing) -> Rendered:
        if self.misprint:
            self.misprint(message)
        rendered = self._real.render(message)
        self.mails.append(rendered.payload)
        return rendered


class Attacked:
    """A shop, its shoppers (`world`) and the address where everybody may knock (`client`)."""

    def __init__(self, database: Database, shop: ShopRow | None = None) -> None:
        self.world = World(database, shop=shop)
        self.channel = MailKept()
        self.world.channel = self.channel
        self.world.register = self.world.new_register()
        self.world.sender = self.world.new_sender()
        with database.write() as tx:
            row: dict[str, object] = {"bucket": self.world.bucket, "shop": self.world.shop, "now": self.world.now}
            for kind in (BROWSER, SERVER):
                tx.run(_ADD_KEY, hash=key_hash(self.key(kind)), kind=kind, **row)
        self.wraca = bootstrap.Wraca(
            Settings(secret_key=TEST_SECRET, public_url=PUBLIC),
            now=lambda: self.world.now,
            channels={"email": self.channel},
            database=database,
        )
        self.client = TestClient(bootstrap.edge(self.wraca), base_url=PUBLIC, follow_redirects=False)

    def key(self, kind: str) -> str:
        """The shop's write key of this kind."""
        return f"{kind}-{self.world.shop}"

    def says(self, calls: list[dict[str, Any]], kind: str = BROWSER) -> str:
        """What the edge answers to one batch from a page of the shop, or from its server."""
        headers = {"Authorization": "Basic " + b64encode(f"{self.key(kind)}:".encode()).decode(), "Origin": ORIGIN}
        answer = self.client.post("/v1/batch", headers=headers, json={"batch": calls})
        assert answer.status_code in {200, 400}, answer.text
        return answer.text

    def known(self) -> set[tuple[str, ...]]:
        """Every row about people, as text."""
        with self.world.database.read() as tx:
            return {
                (table, *map(str, row))
                for table, one in _ABOUT_PEOPLE.items()
                for row in tx.all(one, bucket=self.world.bucket, shop=self.world.shop)
            }

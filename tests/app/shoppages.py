"""A shop whose pages show things: what the tests of its pages stand on."""

import msgspec

from wraca.app.capturing import Captures, Wish
from wraca.app.confirming import mail_opt_ins
from wraca.app.deciding import Asked, Decided, Pages
from wraca.app.register import Register
from wraca.channels.onsite import OnsiteChannel
from wraca.domain.events import Identity, IdentityKind, Line, LineAdded, Seen
from wraca.domain.panels import Form, Heading, Panel, Text
from wraca.domain.people import Person
from wraca.domain.placements import Rules
from wraca.ports.channel import Channel
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import World

POPUP = """
journey: popup
trigger: {cart_abandoned: {idle: 30m}}
holdout: 0%
steps:
  - send: {id: popup, onsite: cart-popup}
  - react_to: popup
    clicked: {after: 6h, steps: [{notify_team: "clicked"}]}
    none: {after: 5d, steps: [{notify_team: "nothing"}]}
"""
BROWSER = Identity(IdentityKind.ANONYMOUS, "a1")
FORM = Form("Your address", "Send", "Look into your mailbox.", "I would like news of {shop}.", "3")
EXIT = Panel((Heading("Before you go"), Text("We can keep it for you."), FORM))
_CONNECT = Statement(
    "testing_connect_onsite",
    """insert into channel_setting (bucket, shop_id, channel, sealed, pause_reason)
       values (:bucket, :shop, 'onsite', :sealed, '')""",
)
_PLACE = Statement(
    "testing_place",
    """insert into placement (bucket, shop_id, name, version, kind, content, rules, is_active, created_at, author)
       select :bucket, :shop, r.name, r.version, r.kind, r.content, r.rules, true, 0, '' from {rows} where true""",
    "name text, version int, kind text, content json, rules json",
)
_SWITCH_OFF = Statement("testing_switch_off", "update placement set is_active = false where bucket = :bucket and version = 2")
_VERSIONS = Statement("testing_versions_placed", "select name, version from placement where bucket = :bucket")
_HITS = Statement("testing_onsite_hits", "select purpose, verdict from hit where bucket = :bucket order by at, purpose")
_OPT_INS = Statement("testing_opt_ins", "select sealed, mailed_at, confirmed_at from opt_in where bucket = :bucket")
_CONSENTS = Statement("testing_consents_kept", "select channel, given, body from consent where bucket = :bucket")
_BODIES = Statement("testing_people_now", "select body from person where bucket = :bucket order by email")


class Scene:
    """A shop with the on-site channel and everything that serves its pages."""

    def __init__(self, database: Database) -> None:
        self.world = World(database, journey=POPUP)
        world = self.world
        channels: dict[str, Channel] = {"email": world.channel, "onsite": OnsiteChannel()}
        world.register = Register(database, channels, world.seal, lambda: world.now)
        world.sender = world.new_sender()
        with database.write() as tx:
            tx.run(_CONNECT, bucket=world.bucket, shop=world.shop, sealed=world.seal.close({}))
        self.pages = Pages(world.register)
        self.captures = Captures(world.register, self.pages, "https://wraca.example/")

    def leaves_cart(self, price: int = 19_900) -> None:
        self.world.happens(Seen(), BROWSER)
        self.world.happens(LineAdded(Line("lamp", 1, price, name="Lamp", trusted=True), currency="PLN"), BROWSER)

    def sees(self, **asked: object) -> Decided:
        return self.pages.decide(self.world.shop, Asked(**({"anonymous_id": "a1"} | asked)), self.world.now)  # type: ignore[arg-type]

    def names(self, **asked: object) -> list[object]:
        return [one["name"] for one in self.sees(**asked).show]

    def note(self, tracking: object, deed: str, visitor: str = "a1") -> bool:
        return self.pages.note(self.world.shop, visitor, str(tracking), deed, self.world.now)  # type: ignore[arg-type]

    def places(self, name: str, panel: Panel = EXIT, kind: str = "popup", **rules: object) -> None:
        known = [row for row in self.rows(_VERSIONS) if row[0] == name]
        row = {"name": name, "version": len(known) + 1, "kind": kind, "content": {"en": panel}, "rules": Rules(**rules)}  # type: ignore[arg-type]
        with self.world.database.write() as tx:
            tx.run(_PLACE, [row], bucket=self.world.bucket, shop=self.world.shop)
        self.pages.showcase.forget()

    def wishes(self, name: str = "exit", address: str = "Anna@example.com", visitor: str = "a1", *, ticked: bool = True) -> str:
        wish = Wish(visitor, name, address, ticked, "en-GB", "https://shop.example/p/lamp")
        return self.captures.capture(self.world.shop, wish, self.world.now)

    def mails(self) -> list[tuple[str, str]]:
        mail_opt_ins(self.world.register, self.world.bucket, self.world.now)
        return self.world.letters

    @property
    def token(self) -> str:
        return self.world.channel.delivered[-1].links.restore.rpartition("/")[2]

    @property
    def people(self) -> list[Person]:
        return [msgspec.json.decode(str(body), type=Person) for (body,) in self.rows(_BODIES)]

    def rows(self, statement: Statement) -> list[tuple[object, ...]]:
        with self.world.database.read() as tx:
            return [tuple(row) for row in tx.all(statement, bucket=self.world.bucket)]

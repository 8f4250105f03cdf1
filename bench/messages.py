"""What a message costs from the outbox to a mail server: claim, gate, render, MIME, hand-over, and its outcome written down.

CPU of this process and of the database's server, per message; the mail server is another process and does not count. The reference
is the bare hand-over: the same bytes through smtplib on a kept connection, nothing else.
"""

import json
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from wraca.app.register import Register
from wraca.app.sending import Sender
from wraca.channels.email import EmailChannel
from wraca.storage.database import Database, open_database
from wraca.storage.statement import Statement
from wraca.testing.databases import new_postgres
from wraca.testing.postgres import Cluster, private_cluster
from wraca.testing.world import HOUR, World

MESSAGES = 2_000
WARM = 200
BAR = 1.5  # ms of CPU
_SINK = Path(__file__).parents[1] / "tests" / "crash" / "sink.py"

_CONNECT = Statement(
    "bench_connect", "update channel_setting set sealed = :sealed where bucket = :bucket and shop_id = :shop and channel = 'email'"
)
_PROFILE = Statement("bench_profile", "update shop set settings = :profile where bucket = :bucket and id = :shop")


@contextmanager
def mail_server() -> Iterator[int]:
    """A sink in a process of its own; its port."""
    with tempfile.TemporaryDirectory() as directory:
        sink = subprocess.Popen([sys.executable, _SINK, Path(directory) / "took"], stdout=subprocess.PIPE, text=True)
        try:
            assert sink.stdout is not None
            yield int(sink.stdout.readline())
        finally:
            sink.terminate()
            sink.wait()


def server_cpu(cluster: Cluster) -> float:
    """Seconds of CPU of the database's server so far."""
    server = psutil.Process(cluster.postmaster())
    return sum(sum(one.cpu_times()[:2]) for one in (server, *server.children(recursive=True)))


def connected(world: World, database: Database, port: int) -> None:
    """Give the shop its mail server, and everything that makes a message dear: a pixel, tracked links, a full footer."""
    sealed = world.seal.close({"from": "hello@shop.example", "url": f"smtp://127.0.0.1:{port}"})
    profile = json.dumps({"legal_name": "Shop Ltd", "postal_address": "1 Long Street, Warsaw", "pixel": True})
    with database.write() as tx:
        tx.run(_CONNECT, bucket=world.bucket, shop=world.shop, sealed=sealed)
        tx.run(_PROFILE, bucket=world.bucket, shop=world.shop, profile=profile)


def plan_messages(world: World, url: str) -> None:
    """Carts left by so many people, an hour ago; then the tables as a running server's autovacuum keeps them."""
    for number in range(MESSAGES + WARM):
        world.leaves_cart(f"person{number}")
    world.now += HOUR + 60_000
    world.work_timers_until_done()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def measure(cluster: Cluster, port: int) -> tuple[float, float, bool]:
    """CPU ms per message here and in the server, and whether every one was accepted."""
    url = new_postgres(cluster)
    database, channel = open_database(url), EmailChannel()
    world = World(database)
    connected(world, database, port)
    register = Register(database, {"email": channel}, world.seal, lambda: world.now)
    sender = Sender(register, "https://wraca.example", lambda: world.now, slots=16)
    plan_messages(world, url)
    sender.send_due(world.bucket, world.now, WARM)
    own, served, done = time.process_time(), server_cpu(cluster), 0
    while looked := sender.send_due(world.bucket, world.now):
        done += looked
    own, served = time.process_time() - own, server_cpu(cluster) - served
    all_went = done == MESSAGES and {message.state for message in world.outbox} == {"accepted"}
    sender.close()
    channel.close()
    database.close()
    return own / MESSAGES * 1000, served / MESSAGES * 1000, all_went


def main() -> int:
    """Send them, print what each cost; the exit status."""
    with private_cluster(options={"autovacuum": "off"}) as cluster, mail_server() as port:
        own, served, all_went = measure(cluster, port)
        bare = bare_hand_over(port)
    print(f"{MESSAGES} messages: {own:.2f} ms of CPU here and {served:.2f} ms in PostgreSQL each; bare hand-over {bare:.2f} ms")
    figure = own + served
    result = {
        "name": "messages",
        "figure": round(figure, 3),
        "unit": "ms of CPU per message, database included",
        "reference": round(bare, 3),
        "ratio": round(figure / bare, 2),
        "bar": BAR,
        "ok": all_went and figure <= BAR,
    }
    print(json.dumps(result))
    return 0


def bare_hand_over(port: int) -> float:
    """CPU ms of this process for one hand-over by smtplib alone."""
    body = b"Message-ID: <bare>\r\nSubject: x\r\n\r\n" + b"A line of a message that is as long as ours.\r\n" * 400
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.ehlo()
        begun = time.process_time()
        for _ in range(500):
            smtp.sendmail("hello@shop.example", ["anna@example.com"], body)
        return (time.process_time() - begun) / 500 * 1000


if __name__ == "__main__":
    sys.exit(main())

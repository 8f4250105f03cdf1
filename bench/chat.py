"""What a thousand open chats cost one process in memory, beside as many bare event streams, and how fast an answer arrives.

The server is a process of its own: all of the public edge on SQLite. The reference is the smallest Starlette application that keeps
a stream open. Moments are compared by the machine's monotonic clock, which both processes share.
"""

import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

CHATS = int(os.environ.get("BENCH_CHATS", "1000"))
BAR = 200.0  # MB
_ANSWERS = 100
_HEAD = "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"


def main() -> int:
    """Print memory, its ratio to bare streams, and how long an answer takes from its commit to the visitor."""
    with tempfile.TemporaryDirectory() as directory:
        bare, _ = asyncio.run(_measured("bare", directory))
        figure, latencies = asyncio.run(_measured("chat", directory))
    result = {
        "name": "chat",
        "figure": round(figure, 1),
        "unit": f"MB resident, one process with {CHATS} open chats",
        "reference": round(bare, 1),
        "ratio": round(figure / bare, 2),
        "latency_ms": {
            "median": round(statistics.median(latencies), 1),
            "p99": round(sorted(latencies)[-1 - len(latencies) // 100], 1),
        },
        "bar": BAR,
        "ok": figure <= BAR,
    }
    print(json.dumps(result))
    return 0


async def _measured(kind: str, directory: str) -> tuple[float, list[float]]:
    command = [sys.executable, __file__, kind, directory]
    served = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)  # noqa: ASYNC220  (nothing else waits)
    assert served.stdout is not None
    assert served.stdin is not None
    try:
        told = json.loads(served.stdout.readline())
        streams = [await _listen(told, number) for number in range(CHATS)]
        await asyncio.sleep(2)
        resident = psutil.Process(served.pid).memory_info().rss / 1e6
        latencies = []
        for number in range(_ANSWERS if kind == "chat" else 0):
            served.stdin.write(f"{number}\n")
            served.stdin.flush()
            said_at = float(await asyncio.to_thread(served.stdout.readline))
            await streams[number][0].readuntil(b"data: ")
            latencies.append((time.monotonic() - said_at) * 1000)
        for _, writer in streams:
            writer.close()
        return resident, latencies
    finally:
        served.kill()
        served.communicate()


async def _listen(told: dict[str, object], number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(str(told["port"])))
    tokens = told["tokens"]
    assert isinstance(tokens, list)
    body = json.dumps({"writeKey": told["key"], "anonymousId": f"a{number}", "token": tokens[number] if tokens else "", "after": 1})
    writer.write((_HEAD.format(path="/v1/chat/listen", length=len(body)) + body).encode())
    await reader.readuntil(b": here\n\n")
    return reader, writer


# --- the servers ------------------------------------------------------------------------------------------------------------------


def _serve_bare() -> None:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    async def stream() -> AsyncIterator[bytes]:
        yield b": here\n\n"
        await asyncio.sleep(3600)

    async def listen(request: Request) -> StreamingResponse:
        await request.body()
        return StreamingResponse(stream(), media_type="text/event-stream")

    _run(Starlette(routes=[Route("/v1/chat/listen", listen, methods=["POST"])]), {"key": "", "tokens": []})


def _serve_chats(directory: Path) -> None:
    from wraca import clock
    from wraca.app.chatdesk import Answer, answer
    from wraca.app.chatting import Chats, Guest, Words
    from wraca.bootstrap import Wraca, configure_django, configure_logs, edge, migrate
    from wraca.channels.chat import ChatChannel
    from wraca.edge import chatrooms
    from wraca.settings import Settings

    configure_logs("error")
    chatrooms.MOST_PER_ADDRESS = CHATS + 1  # all of them come from this machine
    settings = Settings(database_url=f"sqlite:///{directory / 'wraca.db'}", secret_key=secrets.token_hex(20))
    configure_django(settings)
    migrate(settings)
    from wraca.app.channels import save_channel
    from wraca.app.shops import ShopFields, create_shop

    wraca = Wraca(settings, channels={"chat": ChatChannel()})
    shop = create_shop(ShopFields("Bench", "bench.example"), clock.wall())
    save_channel(wraca.register, shop.id, "chat", {"hours": ""})
    chats = Chats(wraca.register)
    guests = [Guest(f"a{number}", chats.open(shop.id)) for number in range(CHATS)]
    for guest in guests:
        chats.say(shop.id, guest, Words("w1", "Hello"), clock.wall())
    places = [chats.place(shop.id, guest).chat for guest in guests]

    def say(number: int) -> None:
        answer(wraca.register, shop.id, places[number], Answer("team", "Hi"), clock.wall())

    told: dict[str, object] = {"key": shop.server_key, "tokens": [guest.token for guest in guests]}
    _run(edge(wraca), told, say)


def _run(app: object, told: dict[str, object], say: object = None) -> None:
    import threading

    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", loop="uvloop", http="httptools"))  # type: ignore[arg-type]

    def talk() -> None:
        while not server.started:
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"port": port, **told}), flush=True)
        for line in sys.stdin:
            said_at = time.monotonic()
            say(int(line))  # type: ignore[operator]
            print(said_at, flush=True)

    threading.Thread(target=talk, daemon=True).start()
    server.run()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve_bare() if sys.argv[1] == "bare" else _serve_chats(Path(sys.argv[2]))
    else:
        sys.exit(main())

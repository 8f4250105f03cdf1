"""A mailbox for the demo: a small SMTP server that keeps what it gets, and a page that shows it."""

import asyncio
import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

_PAGES = files(__package__) / "pages"
_LONGEST = 10_000_000  # bytes of one message
# A mail may show pictures and styles, and nothing of it may run.
_MAIL_POLICY = (
    "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@dataclass(frozen=True)
class Mail:
    """One message as it arrived. `at` is the demo's time, milliseconds UTC."""

    number: int
    at: int
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    def part(self, kind: str) -> str:
        """The text or html of the message, or nothing."""
        found = self.message.get_body((kind,))
        return str(found.get_content()) if found else ""


@dataclass
class Mailbox:
    """What has arrived, newest last."""

    now: Callable[[], int]
    mails: list[Mail] = field(default_factory=list)

    async def listen(self, port: int) -> asyncio.Server:
        """Take mail on 127.0.0.1. The caller closes the server."""
        return await asyncio.start_server(self._talk, "127.0.0.1", port, limit=_LONGEST)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        recipients: list[str] = []
        say("220 demo mailbox")
        try:
            while line := (await reader.readline()).decode("utf-8", "replace").strip():
                word = line[:4].upper()
                if word == "QUIT":
                    say("221 bye")
                    break
                if word == "RCPT":
                    recipients.append(line.partition(":")[2].strip().strip("<>"))
                if word == "DATA":
                    say("354 go on, end with a dot")
                    self._keep(recipients, await _body(reader))
                    recipients = []
                say("250 demo mailbox" if word in {"EHLO", "HELO"} else "250 ok")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side is free to leave
        finally:
            writer.close()

    def _keep(self, recipients: list[str], raw: bytes) -> None:
        self.mails.append(Mail(len(self.mails) + 1, self.now(), tuple(recipients), raw))


async def _body(reader: asyncio.StreamReader) -> bytes:
    lines = []
    while (line := await reader.readline()) not in {b".\r\n", b""}:
        lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(lines)


def mailbox_routes(mailbox: Mailbox) -> list[Route]:
    """The page, the list as JSON, and each mail as it looks."""
    shell = (_PAGES / "mailbox.html").read_text(encoding="utf-8")

    async def page(_request: Request) -> Response:
        return HTMLResponse(shell, headers={"Cache-Control": "no-store"})

    async def listing(_request: Request) -> Response:
        return JSONResponse([_summary(mail) for mail in reversed(mailbox.mails)])

    async def body(request: Request) -> Response:
        number = int(request.path_params["number"])
        if not 1 <= number <= len(mailbox.mails):
            return HTMLResponse("There is no such mail.", 404)
        # Links of a mail open beside the mailbox, as in a mail program.
        html = mailbox.mails[number - 1].part("html").replace("<head>", '<head><base target="_blank">', 1)
        return HTMLResponse(html, headers={"Content-Security-Policy": _MAIL_POLICY, "Referrer-Policy": "no-referrer"})

    return [
        Route("/mailbox", page),
        Route("/mailbox/list", listing),
        Route("/mailbox/{number:int}", body),
    ]


def _summary(mail: Mail) -> dict[str, object]:
    message = mail.message
    return {
        "number": mail.number,
        "at": mail.at,
        "to": ", ".join(mail.recipients),
        "from": str(message["from"]),
        "subject": str(message["subject"]),
        "text": mail.part("plain"),
        "headers": "\n".join(f"{name}: {value}" for name, value in message.items()),
    }

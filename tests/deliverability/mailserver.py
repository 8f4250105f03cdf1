"""A mail server's IMAP side on loopback: as much of it as reading a bounce mailbox needs."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Mailroom(socketserver.ThreadingTCPServer):
    """`messages` by UID, `flags` by UID. `keywords`: whether it keeps marks of our own. `fails_at`: a command it answers NO to."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, *messages: bytes, keywords: bool = True, fails_at: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.messages = dict(enumerate(messages, 7))
        self.flags: dict[int, set[str]] = {uid: set() for uid in self.messages}
        self.keywords = keywords
        self.fails_at = fails_at
        self.said: list[str] = []

    @property
    def url(self) -> str:
        return f"imap://bounces%40shop.example:secret@127.0.0.1:{self.server_address[1]}/Bounces"


class _Session(socketserver.StreamRequestHandler):
    server: Mailroom

    def handle(self) -> None:
        self._say("* OK ready")
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            self.server.said.append(command)
            if self.server.fails_at and command.startswith(self.server.fails_at):
                self._say(f"{tag} NO not today")
                continue
            self._answer(command)
            self._say(f"{tag} OK done")
            if command == "LOGOUT":
                return

    def _answer(self, command: str) -> None:
        if command == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        elif command.startswith("SELECT"):
            self._say(f"* {len(self.server.messages)} EXISTS")
            self._say(rf"* OK [PERMANENTFLAGS (\Seen{' ' + chr(92) + '*' if self.server.keywords else ''})] kept")
        elif command.startswith("UID SEARCH"):
            mark = command.removeprefix("UID SEARCH ").replace("UNKEYWORD ", "").replace("UNSEEN", r"\Seen")
            self._say(" ".join(["* SEARCH", *(str(uid) for uid, flags in self.server.flags.items() if mark not in flags)]))
        elif found := re.match(r"UID FETCH (\d+) ", command):
            body = self.server.messages[int(found[1])]
            self._say(f"* 1 FETCH (UID {found[1]} BODY[]<0> {{{len(body)}}}")
            self.wfile.write(body)
            self._say(")")
        elif found := re.match(r"UID STORE (\d+) \+FLAGS.SILENT \((\S+)\)", command):
            self.server.flags[int(found[1])].add(found[2])

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mailroom(*messages: bytes, keywords: bool = True, fails_at: str = "") -> Iterator[Mailroom]:
    """Open for the length of the block."""
    with Mailroom(*messages, keywords=keywords, fails_at=fails_at) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

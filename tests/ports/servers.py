"""Hosts on loopback that behave as told: politely, badly, or not at all; with a certificate of a private authority."""

import datetime as dt
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[["Session"], None]


class Session(socketserver.StreamRequestHandler):
    """One connection. `request` is read before the behaviour is asked."""

    server: "Host"

    def setup(self) -> None:
        if self.server.secured:
            self.request = self.server.secured.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        lines = []
        while (line := self.rfile.readline().strip()) != b"":
            lines.append(line.decode())
        length = next((int(one.partition(":")[2]) for one in lines if one.lower().startswith("content-length:")), 0)
        self.server.heard.append(("\n".join(lines), self.rfile.read(length)))
        self.server.behaviour(self)

    def say(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()

    def finish(self) -> None:
        with suppress(OSError):  # the client went away, which is often the point
            super().finish()
        if self.server.secured:
            self.request.close()


class Host(socketserver.ThreadingTCPServer):
    """`heard`: head and body of every request."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, behaviour: Behaviour, secured: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.behaviour = behaviour
        self.secured = secured
        self.heard: list[tuple[str, bytes]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, *_: object) -> None:
        """A client that hung up is no news."""


@contextmanager
def hosting(behaviour: Behaviour, secured: ssl.SSLContext | None = None) -> Iterator[Host]:
    """Open for the length of the block."""
    with Host(behaviour, secured) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def answering(status: int = 200, body: bytes = b"ok", **headers: str) -> Behaviour:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status} Word", f"Content-Length: {len(body)}", *lines])
    return lambda session: session.say(head.encode() + b"\r\n\r\n" + body)


def certified(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's context: the client trusts the server's certificate for `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    day = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(day)
        .not_valid_after(day + dt.timedelta(days=365 * 60))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    crt, secret = folder / "host.crt", folder / "host.secret"
    crt.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(crt, secret)
    return server, ssl.create_default_context(cafile=str(crt))

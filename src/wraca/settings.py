"""What an operator may set: environment variables WRACA_*, read once at the start. docs/reference/settings.md is made from this."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


class BadSetting(ValueError):
    """A setting cannot work; the text says which, why and what to put there."""


class Settings(msgspec.Struct, frozen=True):
    """One field per variable; `WRACA_` + the field's name in capitals."""

    database_url: str = "sqlite:///wraca.db"
    secret_key: str = ""
    public_url: str = "http://127.0.0.1:8000"
    listen: str = "127.0.0.1:8000"
    log_level: str = "info"
    slots: int = 16
    lease: float = 60
    allow_http: bool = False
    trusted_proxies: str = ""
    debug: bool = False

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, or None on PostgreSQL."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.database_url.startswith("sqlite:///") else None


# What each field means, in the order the reference shows them.
MEANING: Mapping[str, str] = {
    "database_url": "Where everything is kept: sqlite:///path/to/file.db, or postgresql://user:password@host:5432/name.",
    "secret_key": "Seals channel settings and signs console sessions. Made on the first start beside a SQLite database; "
    "must be set on PostgreSQL.",
    "public_url": "The address under which shoppers' browsers and mail programs reach this installation.",
    "listen": "The address and port to listen on.",
    "log_level": "debug, info, warning or error.",
    "slots": "How many messages one worker hands over at the same time. A crash leaves at most this many uncertain.",
    "lease": "Seconds after which a worker that fell silent is taken for dead. What it was handing over is then uncertain.",
    "allow_http": "1 allows a public address without TLS. For tests behind closed doors only.",
    "trusted_proxies": "Comma-separated addresses of reverse proxies whose X-Forwarded-For is believed.",
    "debug": "1 shows detailed errors in the console. Never on a public address.",
}


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check all settings. Raises BadSetting with a text for the operator."""
    given = {name: environ[f"WRACA_{name.upper()}"] for name in MEANING if environ.get(f"WRACA_{name.upper()}")}
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as problem:
        raise BadSetting(f"A WRACA_* setting cannot be read: {problem}. See docs/reference/settings.md.") from problem
    _check(settings)
    return settings if settings.secret_key else msgspec.structs.replace(settings, secret_key=_own_secret(settings))


def _check(settings: Settings) -> None:
    if settings.sqlite_path is None and not settings.database_url.startswith(("postgresql://", "postgres://")):
        raise BadSetting(
            f"WRACA_DATABASE_URL={settings.database_url!r} is neither sqlite:///file.db nor postgresql://user:password@host/name."
        )
    public = urlsplit(settings.public_url)
    if public.scheme not in {"http", "https"} or not public.netloc:
        raise BadSetting(f"WRACA_PUBLIC_URL={settings.public_url!r} must be a full address such as https://wraca.example.com.")
    host, _, port = settings.listen.rpartition(":")
    if not host or not port.isdigit():
        raise BadSetting(f"WRACA_LISTEN={settings.listen!r} must be an address and a port such as 0.0.0.0:8000.")
    if settings.slots < 1 or settings.lease <= 0:
        raise BadSetting("WRACA_SLOTS must be at least 1 and WRACA_LEASE more than 0 seconds.")
    if host not in _LOOPBACK and public.scheme == "http" and not settings.allow_http:
        raise BadSetting(
            f"WRACA_LISTEN={settings.listen} is reachable from outside, but WRACA_PUBLIC_URL={settings.public_url} has no TLS. "
            "Put a proxy with TLS in front and set WRACA_PUBLIC_URL=https://..., or, in a closed network, WRACA_ALLOW_HTTP=1."
        )


def _own_secret(settings: Settings) -> str:
    """The key beside the SQLite file, made with the first start so that nobody has to invent one."""
    if settings.sqlite_path is None:
        raise BadSetting(
            "WRACA_SECRET_KEY is not set. On PostgreSQL every process needs the same key: "
            'make one with `python3 -c "import secrets; print(secrets.token_urlsafe(48))"` and set it everywhere.'
        )
    file = settings.sqlite_path.with_suffix(".secret")
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(48))
    return file.read_text().strip()

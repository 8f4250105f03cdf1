"""Django has one database per process; a test points it at its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.db import connections


@contextmanager
def point_django_at(url: str) -> Iterator[None]:
    """For the length of the block, the default database is this one."""
    before = dict(connections.settings["default"])
    _use(before | _described(url))
    try:
        yield
    finally:
        _use(before)


def _use(described: dict[str, object]) -> None:
    connections["default"].close()
    del connections["default"]
    connections.settings["default"].clear()
    connections.settings["default"].update(described)


def _described(url: str) -> dict[str, object]:
    if url.startswith("sqlite:///"):
        name = str(Path(url.removeprefix("sqlite:///")).resolve())
        options = {"transaction_mode": "IMMEDIATE", "timeout": 15}
        return {"ENGINE": "wraca.storage.sqlite_backend", "NAME": name, "OPTIONS": options, "CONN_MAX_AGE": 0}
    parts = urlsplit(url)
    query = dict(pair.partition("=")[::2] for pair in parts.query.split("&"))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or query.get("host", "")),
        "PORT": str(parts.port or query.get("port", "")),
        "OPTIONS": {},
        "CONN_MAX_AGE": 0,
    }

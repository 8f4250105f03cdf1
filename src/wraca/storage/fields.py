"""Two column types that read the same on SQLite and PostgreSQL: instants and ids."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import models

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_instant(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware datetime."""
    return int((moment - _EPOCH).total_seconds() * 1000)


def to_datetime(instant: int) -> datetime:
    """The aware datetime (UTC) of milliseconds since 1970."""
    return datetime.fromtimestamp(instant / 1000, UTC)


class InstantField(models.BigIntegerField):
    """A moment: whole milliseconds in the database (8 bytes, alike on every engine), an aware datetime in Python."""

    # What mypy's Django plugin takes the column for.
    _pyi_private_set_type: datetime | int  # type: ignore[assignment]
    _pyi_private_get_type: datetime  # type: ignore[assignment]

    def from_db_value(self, value: int | None, *_: object) -> datetime | None:
        return None if value is None else to_datetime(value)

    def to_python(self, value: Any) -> Any:  # noqa: ANN401  (the signature is Django's)
        return value if value is None or isinstance(value, datetime) else to_datetime(int(value))

    def get_prep_value(self, value: Any) -> Any:  # noqa: ANN401
        return to_instant(value) if isinstance(value, datetime) else super().get_prep_value(value)


class IdField(models.UUIDField):
    """An id: uuid on PostgreSQL, 32 hexadecimal digits on SQLite and in Python."""

    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def from_db_value(self, value: Any, *_: object) -> str | None:  # noqa: ANN401
        return None if value is None else str(value).replace("-", "")

    def to_python(self, value: Any) -> Any:  # noqa: ANN401
        parsed = super().to_python(value)
        return None if parsed is None else parsed.hex

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002
        """The base class wants a UUID here, whatever to_python gives."""
        return super().get_db_prep_value(None if value is None else UUID(str(value)), connection, prepared)

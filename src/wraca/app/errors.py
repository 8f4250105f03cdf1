"""What a use case may answer besides success. HTTP statuses for these live in edge/errors.py only."""

from wraca.storage.database import DatabaseBusy


class Busy(DatabaseBusy):
    """Nothing was written; the same call may be repeated in a moment."""


class Conflict(Exception):
    """Another transaction got there first; the use case starts again by itself."""

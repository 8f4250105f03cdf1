"""Backups as one file, and installations brought back from one: paused until somebody says that the old one is gone (R19, R64).

The file is a zip: `manifest.json` and the copy of the database. The secret key is not in it; a hint tells the right one.
"""

import hmac
import os
import tempfile
import zipfile
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

import msgspec

from wraca.domain.events import Instant
from wraca.storage.copies import Contents, CopyFailed, Progress, Standing, copy_in, copy_out, is_empty

FORMAT = "wraca-backup/1"
_MANIFEST = "manifest.json"
_DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
_CHUNK = 1 << 20
# These two are what a restore itself changes: the row of the installation, and migrations that were still to be made.
_OWN_TABLES = frozenset({"installation", "django_migrations"})


class BadBackup(Exception):
    """The file cannot be restored here; the text says why and what to do."""


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    format: str
    version: str  # of Wraca
    engine: str  # "sqlite", "postgresql"
    made_at: Instant
    epoch: int
    key_hint: str
    sha256: str  # of the copy of the database
    bytes: int
    counts: dict[str, int]
    migrations: tuple[str, ...]


class Source(msgspec.Struct, frozen=True):
    """The installation to save, or to bring back."""

    url: str
    secret_key: str
    version: str

    @property
    def engine(self) -> str:
        return "sqlite" if self.url.startswith("sqlite:///") else "postgresql"


def key_hint(secret_key: str) -> str:
    """Tells whether two installations have the same key, and nothing else about it."""
    return hmac.digest(secret_key.encode(), b"wraca/backup hint", sha256).hex()[:12]


def back_up(source: Source, file: Path, now: Instant, progress: Progress) -> Manifest:
    """Write a backup of the running installation. Raises CopyFailed, and FileExistsError rather than overwrite one."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".wraca-backup-") as place:
            copy = Path(place) / _DATABASE[source.engine]
            contents = copy_out(source.url, copy, progress)
            manifest = _manifest(source, copy, contents, now)
            with os.fdopen(descriptor, "wb") as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                archive.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
                archive.write(copy, copy.name)
                archive.close()
                os.fsync(out.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return manifest


def _manifest(source: Source, copy: Path, contents: Contents, now: Instant) -> Manifest:
    return Manifest(
        FORMAT,
        source.version,
        source.engine,
        now,
        contents.epoch,
        key_hint(source.secret_key),
        _digest(copy),
        copy.stat().st_size,
        contents.counts,
        contents.migrations,
    )


def read_manifest(file: Path) -> Manifest:
    """What the file says of itself. Raises BadBackup."""
    try:
        with zipfile.ZipFile(file) as archive:
            return msgspec.json.decode(archive.read(_MANIFEST), type=Manifest)
    except FileNotFoundError:
        raise BadBackup(f"There is no file {file}.") from None
    except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError) as problem:
        raise BadBackup(
            f"{file} is not a backup of Wraca, or it is damaged ({problem}). `wraca backup FILE` makes one."
        ) from problem


def restore(
    target: Source, file: Path, known_migrations: Collection[str], progress: Progress, *, other_key: bool = False
) -> Manifest:
    """Bring an empty installation to the state of the backup, paused. Raises BadBackup, CopyFailed: not restored."""
    manifest = read_manifest(file)
    _check(manifest, target, known_migrations, other_key=other_key)
    with tempfile.TemporaryDirectory(dir=_place_for(target, file), prefix=".wraca-restore-") as place:
        copy = Path(place) / _DATABASE[target.engine]
        _unpack(file, copy, manifest)
        reason = f"restored from a backup (epoch {manifest.epoch + 1}): run `wraca resume` once the old installation is off"
        contents = copy_in(target.url, copy, Standing(manifest.epoch + 1, reason, manifest.made_at), progress)
    wrong = [name for name, count in manifest.counts.items() if contents.counts.get(name) != count and name not in _OWN_TABLES]
    if wrong:
        raise CopyFailed(
            f"These tables came back with other counts than they were saved with: {', '.join(wrong)}. Use another backup."
        )
    return manifest


def _check(manifest: Manifest, target: Source, known_migrations: Collection[str], *, other_key: bool) -> None:
    if manifest.format != FORMAT:
        raise BadBackup(
            f"This Wraca ({target.version}) cannot read backups of the kind {manifest.format}; use version {manifest.version}."
        )
    if manifest.engine != target.engine:
        raise BadBackup(
            f"The backup is of a {manifest.engine} database, WRACA_DATABASE_URL names a {target.engine} one. Name one of its kind."
        )
    if unknown := set(manifest.migrations) - set(known_migrations):
        raise BadBackup(f"The backup is of a newer Wraca ({manifest.version}; {min(unknown)}). This is {target.version}.")
    if manifest.key_hint != key_hint(target.secret_key) and not other_key:
        raise BadBackup(
            "WRACA_SECRET_KEY is not the one this backup was made under. Set the old one (on SQLite it is in the file wraca.secret "
            "beside the old database). Without it channel settings must be entered anew, and addresses that must not be written to "
            "are not recognised any more: only --accept-other-key goes on in spite of that."
        )
    if not is_empty(target.url):
        raise BadBackup(
            "The database is in use: it holds a shop or an account. Restore into an empty one, and point WRACA_DATABASE_URL there."
        )


def _place_for(target: Source, file: Path) -> Path:
    """Where there is room for an unpacked database: beside the one that it will become."""
    if target.engine == "sqlite":
        place = Path(target.url.removeprefix("sqlite:///")).resolve().parent
        place.mkdir(parents=True, exist_ok=True)
        return place
    return Path(tempfile.gettempdir()) if not os.access(file.parent, os.W_OK) else file.resolve().parent


def _unpack(file: Path, copy: Path, manifest: Manifest) -> None:
    try:
        with zipfile.ZipFile(file) as archive, archive.open(copy.name) as packed, copy.open("wb") as out:
            while chunk := packed.read(_CHUNK):
                out.write(chunk)
    except (zipfile.BadZipFile, KeyError, OSError) as problem:
        raise BadBackup(f"{file} is damaged: {problem}. Use another backup.") from problem
    if _digest(copy) != manifest.sha256:
        raise BadBackup(f"{file} is damaged: its database is not the one that was saved. Use another backup.")


def _digest(file: Path) -> str:
    found = sha256()
    with file.open("rb") as read:
        while chunk := read.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()

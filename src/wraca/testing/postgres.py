"""A private PostgreSQL for tests and benchmarks: its own data directory, its own port, gone when its owner is gone.

    with private_cluster() as cluster:
        url = cluster.new_database()      # postgresql://wraca:...@127.0.0.1:40123/wraca_1f0c...

PostgreSQL refuses to run as root, so as root the server runs as the user `postgres` (or `nobody`). It listens on a unix socket in
its own directory and on a free loopback port, with a password made for it. Durability is off unless asked for: a test's rows need
not outlive a power cut. `shared_cluster` is for pytest-xdist: the first worker that needs a server starts it, the others join.

Errors: `NoPostgres` where the server programs are missing or too old, `ClusterFailed`, with the server's own words, where it does
not start.
"""

import fcntl
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

OLDEST_MAJOR = 15
SUPERUSER = "wraca"
STATE_FILE = "cluster.json"
_START_ATTEMPTS = 5

_ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    # Far from UTC and not a whole hour: SQL that leans on the server's zone is seen at once.
    "timezone": "Asia/Kathmandu",
    "log_timezone": "UTC",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class NoPostgres(RuntimeError):
    """The server programs are missing or too old; says what to install."""


class ClusterFailed(RuntimeError):
    """initdb or the server gave up; carries what it said."""


class Cluster(msgspec.Struct, frozen=True):
    """A running server. `directory` holds its data, its log and its unix socket."""

    directory: str
    binaries: str
    port: int
    password: str

    def url(self, database: str = "postgres") -> str:
        """How to reach a database over loopback, as `WRACA_DATABASE_URL` wants it."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template1") -> str:
        """Make a database with a fresh name, a copy of `template`, and return its url. Nobody may be connected to the template."""
        name = f"wraca_{secrets.token_hex(6)}"
        statement = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database made by `new_database`, and put out whoever is still connected to it."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Make the database `name` once, let `prepare(url)` fill it (migrations), and return the name to copy from.

        Safe to call from several processes: one prepares, the others wait. `prepare` must close its connections.
        """
        with locked(Path(self.directory).with_suffix(f".{name}.lock")), psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute("select datistemplate from pg_database where datname = %s", [name]).fetchone()
            if found == (True,):
                return name
            # There, but not a template: whoever prepared it failed half way. Start again.
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            prepare(self.url(name))
            connection.execute(sql.SQL("alter database {} is_template true").format(sql.Identifier(name)))
        return name

    def postmaster(self) -> int:
        """The process id of the server."""
        return int((Path(self.directory) / "data" / "postmaster.pid").read_text().split("\n", 1)[0])

    def log(self) -> str:
        """What the server has said so far."""
        return (Path(self.directory) / "log").read_text(errors="replace")


@contextmanager
def private_cluster(*, durable: bool = False, options: dict[str, str] | None = None) -> Iterator[Cluster]:
    """Start a server for the length of the block. `durable` writes to disk as in production; `options` are server settings."""
    directory = Path(tempfile.mkdtemp(prefix="wraca-pg-"))
    try:
        cluster = start(directory, owner=os.getpid(), durable=durable, options=options)
        try:
            yield cluster
        finally:
            stop(cluster)
    finally:
        _remove(directory)


def shared_cluster(name: str, owner: int) -> Cluster:
    """Join the server called `name`, or start it. It ends by itself when the process `owner` is gone."""
    directory = Path(tempfile.gettempdir()) / f"wraca-pg-{name}"
    with locked(directory.with_suffix(".lock")):
        state = directory / STATE_FILE
        if state.exists():
            return msgspec.json.decode(state.read_bytes(), type=Cluster)
        directory.mkdir(mode=0o700)
        try:
            return start(directory, owner=owner)
        except Exception:
            # The next worker tries afresh and says the same, instead of tripping over what is left.
            _remove(directory)
            raise


def start(directory: Path, *, owner: int, durable: bool = False, options: dict[str, str] | None = None) -> Cluster:
    """Make a cluster in the empty `directory` and start it; it stops, and the directory goes, when the process `owner` is gone."""
    binaries = find_binaries()
    password = secrets.token_hex(16)
    _own(directory)
    _init(directory, binaries, password)
    settings = _ALWAYS | (_DURABLE if durable else _FORGETFUL) | {"unix_socket_directories": str(directory)} | (options or {})
    for _ in range(_START_ATTEMPTS):
        port = _free_port()
        if _launch(directory, binaries, settings | {"port": str(port)}):
            break
        # Somebody took the port between our look and the server's: try another one.
        if "could not bind" not in _read_log(directory):
            raise ClusterFailed(f"PostgreSQL did not start in {directory}. It said:\n{_read_log(directory)}")
    else:
        raise ClusterFailed(f"PostgreSQL found no free loopback port in {_START_ATTEMPTS} attempts.")
    cluster = Cluster(directory=str(directory), binaries=str(binaries), port=port, password=password)
    _watch(cluster, owner)
    (directory / STATE_FILE).write_bytes(msgspec.json.encode(cluster))
    return cluster


def stop(cluster: Cluster) -> None:
    """Stop the server at once, without a last checkpoint: nobody needs its data again."""
    data = str(Path(cluster.directory) / "data")
    _as_server_user(
        [f"{cluster.binaries}/pg_ctl", "stop", "--wait", "--mode=immediate", "--silent", "-D", data], Path(cluster.directory)
    )


def find_binaries() -> Path:
    """The directory of the newest PostgreSQL server programs: on the PATH, or where Debian keeps them."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += Path("/usr/lib/postgresql").glob("*/bin")
    found = [(_major(place), place) for place in places if (place / "initdb").exists() and (place / "postgres").exists()]
    major, newest = max(found, default=(0, Path()))
    if major < OLDEST_MAJOR:
        seen = f"only version {major} was found, in {newest}" if found else "none was found on the PATH or in /usr/lib/postgresql"
        raise NoPostgres(
            f"These tests need the PostgreSQL server programs, version {OLDEST_MAJOR} or newer; {seen}. "
            "On Debian or Ubuntu: apt-get install postgresql (`make test` does it when it runs as root)."
        )
    return newest


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file `path` as a lock between processes; freed by the system if its holder dies."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _major(binaries: Path) -> int:
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)", answer)
    return int(match[1]) if match else 0


def _init(directory: Path, binaries: Path, password: str) -> None:
    secret = directory / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    _own(secret)
    command = [str(binaries / "initdb"), "-D", str(directory / "data"), "--no-sync", "--locale=C", "--encoding=UTF8"]
    command += ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={secret}"]
    done = _as_server_user(command, directory)
    secret.unlink()
    if done.returncode:
        raise ClusterFailed(f"initdb did not make a cluster in {directory}. It said:\n{done.stdout}")


def _launch(directory: Path, binaries: Path, settings: dict[str, str]) -> bool:
    options = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
    command = [str(binaries / "pg_ctl"), "start", "--wait", "--timeout=60", "--silent"]
    command += ["-D", str(directory / "data"), "-l", str(directory / "log"), "-o", options]
    return _as_server_user(command, directory).returncode == 0


def _watch(cluster: Cluster, owner: int) -> None:
    """Leave a small shell behind that ends the server when `owner` is gone, however it went (SIGKILL included)."""
    directory, pid_file = cluster.directory, f"{cluster.directory}/data/postmaster.pid"
    script = (
        f"while kill -0 {owner} && [ -e {pid_file} ]; do sleep 0.5; done; "
        f"pid=$(head -n 1 {pid_file}) && kill -QUIT $pid && while kill -0 $pid; do sleep 0.1; done; "
        f"rm -rf {directory} {directory}.*lock"
    )
    # The outer shell ends at once, so the watcher is nobody's child and leaves no zombie behind.
    subprocess.run(["/bin/sh", "-c", f"( {script} ) </dev/null >/dev/null 2>&1 &"], start_new_session=True, check=True)


def _as_server_user(command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a server program; as root, as somebody else. Its output goes to a file: a server that stays would keep a pipe open."""
    with tempfile.TemporaryFile("w+") as output:
        user = _server_user()
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(directory)},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            check=False,
        )
        output.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, stdout=output.read())


def _server_user() -> pwd.struct_passwd | None:
    """Whom to become: nobody else, unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ClusterFailed("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as.")


def _own(path: Path) -> None:
    if user := _server_user():
        os.chown(path, user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _read_log(directory: Path) -> str:
    log = directory / "log"
    return log.read_text(errors="replace") if log.exists() else "(nothing)"


def _remove(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    for lock in directory.parent.glob(f"{directory.name}.*lock"):
        lock.unlink(missing_ok=True)

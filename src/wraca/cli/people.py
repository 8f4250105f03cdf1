"""`wraca person`: show, export or erase what is known of one person."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from wraca import clock
from wraca.cli.opening import opened, shop_named
from wraca.cli.speaking import Failed, answer, as_json, out, table_of

if TYPE_CHECKING:
    from wraca.app.people import Found
    from wraca.app.register import Register
    from wraca.bootstrap import Wraca

_REWRITABLE = 2 << 30  # bytes of a SQLite file that is rewritten at once; a larger one when the operator wants it

app = App(name="person", help="Show, export or erase what is known of one person.")


@app.command
def show(shop: str, who: str, *, json: bool = False) -> None:
    """Who it is, their carts, what they allowed, and each message with its reasons.

    Parameters
    ----------
    who
        An e-mail address, a phone number, the shop's customer id or a person id.
    """
    with opened() as wraca:
        from wraca.app.people import known

        facts = known(wraca.register, _found(wraca, shop, who))
    if json:
        as_json(facts)
        return
    answer({name: _words(value) for name, value in facts.items() if not _is_table(value)}, json=False)
    for name in ("carts", "messages", "consents"):
        rows = facts[name]
        if isinstance(rows, list) and rows:
            out.print(f"\n[bold]{name.capitalize()}[/]")
            table_of(rows, tuple(rows[0]), json=False, empty="")


@app.command
def export(shop: str, who: str, *, output: Path | None = None, json: bool = False) -> None:
    """Everything that is kept of a person, as one JSON document.

    Parameters
    ----------
    who
        An e-mail address, a phone number, the shop's customer id or a person id.
    output
        A file to write to, readable by you only; without it the document goes to standard output.
    json
        With --output: say in JSON what was written.
    """
    with opened() as wraca:
        from wraca.app.people import exported

        document = exported(wraca.register, _found(wraca, shop, who), clock.wall())
    if output is None:
        as_json(document)
        return
    _write(output, document)
    answer({"file": str(output), "events": len(document["events"])}, json=json)  # type: ignore[arg-type]


@app.command
def erase(shop: str, who: str, *, yes: bool = False, json: bool = False) -> None:
    """Forget a person for good. Their addresses stay behind as keyed hashes only, so that nobody mails them after a re-import.

    Parameters
    ----------
    who
        An e-mail address, a phone number, the shop's customer id or a person id.
    yes
        Do not ask first; with --json nothing is asked either.
    """
    with opened() as wraca:
        from wraca.app.people import Unknown, address_only, find
        from wraca.app.people import erase as forget
        from wraca.storage.queries.erasing import scrub

        try:
            found = _lookup(find, wraca.register, shop, who)
        except Unknown:
            found = _meant(address_only, wraca.register, shop, who)
        if not (yes or json):
            _ask(who, known=found.person is not None)
        erased = forget(wraca.register, found, "command line", clock.wall())
        path = wraca.settings.sqlite_path
        rewrite = path is not None and path.stat().st_size <= _REWRITABLE
        clean = scrub(rewrite=rewrite)
    told: dict[str, object] = {
        "shop": found.key.shop,
        "found": found.person is not None,
        "deleted": erased.deleted,
        "kept_without_name": erased.kept_without_name,
        "mentions_removed": erased.mentions_removed,
        "suppressed_addresses": erased.suppressed,
        "remains": _remains(is_sqlite=path is not None, rewritten=rewrite, clean=clean),
    }
    answer(told if json else {name: _words(value) for name, value in told.items()}, json=json)


def _remains(*, is_sqlite: bool, rewritten: bool, clean: bool) -> str:
    backups = "Backups made before keep the person until you delete them."
    if not is_sqlite:
        return f"PostgreSQL frees the deleted rows with its next VACUUM, and its log with the next recycling. {backups}"
    large = "" if rewritten else "The database file is large and was not rewritten: run `VACUUM` on it when it is quiet. "
    log = (
        "" if clean else "The database files were in use and may hold deleted pages for a while: run the same command again later. "
    )
    return f"{large}{log}{backups}"


def _ask(who: str, *, known: bool) -> None:
    what = "Everything about them goes, for good." if known else "Nobody is known by it; traces of the address go, for good."
    if out.input(f"Erase {who}? {what} Type yes: ").strip().lower() != "yes":
        raise Failed("Nothing was erased.")


def _found(wraca: "Wraca", shop: str, who: str) -> "Found":
    from wraca.app.people import find

    return _meant(find, wraca.register, shop, who)


def _meant(find: "Callable[..., Found]", register: "Register", shop: str, who: str) -> "Found":
    from wraca.app.people import Unknown

    try:
        return _lookup(find, register, shop, who)
    except Unknown as problem:
        raise Failed(
            f"{problem} Try an e-mail address, a phone number with its country code, or the shop's customer id."
        ) from problem


def _lookup(find: "Callable[..., Found]", register: "Register", shop: str, who: str) -> "Found":
    from wraca.app.people import Ambiguous

    _, found = shop_named(shop)
    try:
        return find(register, found, who)
    except Ambiguous as problem:
        raise Failed(str(problem)) from problem


def _write(output: Path, document: object) -> None:
    import os

    import msgspec

    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Failed(f"{output} is there already. Name another file, or delete it first.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(document), indent=2))


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _words(value: object) -> object:
    if isinstance(value, dict):
        return ", ".join(f"{count} {name}" for name, count in value.items() if count) or "nothing"
    return ", ".join(map(str, value)) if isinstance(value, list) else value

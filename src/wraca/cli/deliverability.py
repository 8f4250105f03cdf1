"""`wraca channel domain` and `wraca bounces`: is our name believed, and what came back."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.markup import escape

from wraca import clock
from wraca.cli.channels import app as channel_app
from wraca.cli.opening import opened, shop_named
from wraca.cli.speaking import Failed, answer, as_json, out

if TYPE_CHECKING:
    from wraca.app.bounces import Taken
    from wraca.app.domains import Checked
    from wraca.bootstrap import Wraca

app = App(name="bounces", help="Take in what came back: bounces and complaints.")

_STANDINGS = {
    "passes": "proven",
    "fails": "NOT proven: it sends a trial volume only until the records below are there",
    "unknown": "not known yet: DNS could not be asked",
    "not_checked": "not checked: a test domain or a mail server on this machine",
}


@channel_app.command(name="domain")
def check(shop: str, *, nameserver: str = "", json: bool = False) -> int:
    """Check SPF, DKIM and DMARC of the domain a shop sends from, and print the records to add. Exit status 1: it is not proven.

    Parameters
    ----------
    nameserver
        The address of a name server to ask instead of the system's.
    """
    with opened() as wraca:
        from wraca.app.domains import DnsResolver, NoSender, check_domain

        _, found = shop_named(shop)
        resolver = DnsResolver(nameserver) if nameserver else DnsResolver()
        try:
            checked = check_domain(wraca.register, found, resolver, clock.wall())
        except NoSender:
            raise Failed(
                f"This shop sends no e-mail yet: `wraca channel set {shop} email --url ... --from ...` connects it."
            ) from None
    if json:
        as_json(checked)
    else:
        _show(checked)
    return 0 if checked.standing in {"passes", "not_checked"} else 1


def _show(checked: "Checked") -> None:
    out.print(f"[bold]{checked.domain}[/]: {_STANDINGS[checked.standing]}")
    if not checked.could_ask:
        out.print("DNS could not be asked this time; what was known before still holds.")
    for finding in checked.findings:
        out.print(f"{'[green]ok[/]  ' if finding.is_good else '[red]no[/]  '}{finding.check.upper():5} {escape(finding.says)}")
        if finding.record:
            out.print(f"     {'replace' if finding.record.replaces else 'add'} this record:")
            out.print(f'     {finding.record.name}. TXT "{finding.record.value}"', markup=False, highlight=False)


@app.command
def take(*files: Annotated[str, Parameter(allow_leading_hyphen=True)], shop: str = "", json: bool = False) -> None:
    """Take in reports: one message per file, - for standard input. For a mail server's pipe: wraca bounces take -

    Parameters
    ----------
    files
        Files that hold one message each, or - for standard input.
    shop
        Only messages of this shop. Without it, all shops are looked through.
    """
    if not files:
        raise Failed("Name the files to take in, or - for standard input.")
    with opened() as wraca:
        from wraca.app.bounces import take_report

        found = shop_named(shop)[1] if shop else None
        taken = [take_report(wraca.register, _read(file), clock.wall(), found) for file in files]
    _answer(taken, json=json)


@app.command
def poll(shop: str, *, json: bool = False) -> None:
    """Read the shop's bounce mailbox now (the setting `bounces` of its e-mail channel)."""
    with opened() as wraca:
        from wraca.app.mailboxes import BadMailbox, take_mailbox

        _, found = shop_named(shop)
        if not _has_mailbox(wraca, found):
            raise Failed(
                f"No bounce mailbox is set: `wraca channel set {shop} email ... --bounces imaps://user:password@host/INBOX`."
            )
        try:
            taken = take_mailbox(wraca.register, found, clock.wall())
        except BadMailbox as problem:
            raise Failed(str(problem)) from problem
    _answer(list(taken), json=json)


def _has_mailbox(wraca: "Wraca", shop: str) -> bool:
    from wraca.domain.ids import ShopId

    connection = wraca.register.connection(ShopId(shop), "email")
    return bool(connection and connection.settings.get("bounces"))


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as problem:
        raise Failed(f"{file} cannot be read: {problem.strerror}.") from problem


def _answer(taken: "list[Taken]", *, json: bool) -> None:
    kinds = Counter(str(one.kind) for one in taken)
    answer(
        {
            "reports": len(taken),
            **{kind: kinds[kind] for kind in ("hard", "soft", "complaint", "neither")},
            "without_a_message_of_ours": sum(not one.shop and one.kind != "neither" for one in taken),
            "changed": sum(one.is_new for one in taken),
            "suppressed": sum(bool(one.suppressed) and one.is_new for one in taken),
        },
        json=json,
    )

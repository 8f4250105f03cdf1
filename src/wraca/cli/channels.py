"""`wraca channel`: connect a shop to a way of reaching people, and try it."""

from cyclopts import App

from wraca import clock
from wraca.cli.opening import opened, shop_named
from wraca.cli.speaking import Failed, answer, table_of
from wraca.ports.channel import Misconfigured, Recipient

app = App(name="channel", help="Connect a shop to a way of reaching people, and try it.")


@app.command(name="set")
def set_(
    shop: str,
    channel: str,
    *,
    json: bool = False,
    **settings: str,
) -> None:
    """Connect a channel, for instance: wraca channel set SHOP email --url smtp://host:587 --from shop@example.com

    Parameters
    ----------
    settings
        The channel's own settings as --name value: `wraca channel show SHOP email` lists them.
    """
    with opened() as wraca:
        from wraca.app.channels import NoSuchChannel, channel_settings, save_channel

        _, found = shop_named(shop)
        given = {name.replace("-", "_"): value for name, value in settings.items()}
        try:
            known = channel_settings(wraca.register, found, channel)
            save_channel(wraca.register, found, channel, {name: said for name, said in known.items() if said is not True} | given)
        except NoSuchChannel:
            raise Failed(f"There is no channel {channel!r}; installed are: {', '.join(sorted(wraca.channels))}.") from None
        except Misconfigured as problem:
            raise Failed(f"These settings cannot work: {problem}") from problem
        answer({"shop": found, "channel": channel, "connected": True}, json=json)


@app.command
def show(shop: str, channel: str, *, json: bool = False) -> None:
    """The settings a channel takes and what this shop has set; secrets are never shown."""
    with opened() as wraca:
        from wraca.app.channels import NoSuchChannel, channel_settings

        _, found = shop_named(shop)
        try:
            saved = channel_settings(wraca.register, found, channel)
        except NoSuchChannel:
            raise Failed(f"There is no channel {channel!r}; installed are: {', '.join(sorted(wraca.channels))}.") from None
        rows = [
            {
                "setting": f"--{each.name}",
                "value": "(set)" if saved.get(each.name) is True else saved.get(each.name, ""),
                "meaning": each.help or each.label,
            }
            for each in wraca.channels[channel].settings
        ]
    table_of(rows, ("setting", "value", "meaning"), json=json, empty="This channel needs no settings.")


@app.command(name="test")
def try_out(shop: str, channel: str, *, to: str, json: bool = False) -> None:
    """Send a test message to an address of your own."""
    with opened() as wraca:
        from wraca.app.channels import test_channel

        _, found = shop_named(shop)
        trial = test_channel(wraca.register, found, channel, Recipient(to), clock.wall())
        answer({"channel": channel, "verdict": trial.verdict, "said": trial.said}, json=json)
        if not trial.is_good:
            raise SystemExit(1)

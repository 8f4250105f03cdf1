"""`wraca shop`: make shops, see them, give and take keys."""

from cyclopts import App

from wraca import clock
from wraca.cli.opening import opened, shop_named
from wraca.cli.speaking import Failed, answer, out, table_of

app = App(name="shop", help="Make shops, see them, give and take their keys.")


@app.command
def create(  # noqa: PLR0913  (one option per field)
    name: str,
    *,
    domain: str,
    country: str = "",
    currency: str = "EUR",
    language: str = "en",
    timezone: str = "UTC",
    permission: str = "vouched",
    json: bool = False,
) -> None:
    """Make a shop and print its id and its two keys. The server key is shown this once.

    Parameters
    ----------
    name
        How the shop is called in the console and in messages.
    domain
        Where its pages are: shop.example, or http://127.0.0.1:9000 for trying out.
    country
        Two letters (PL, BG, DE, US ...): its law on messages then applies.
    currency
        Three letters (EUR, PLN, BGN ...) for prices that name none.
    language
        en, pl or bg: for people whose own language is not known.
    timezone
        An IANA name such as Europe/Warsaw.
    permission
        vouched: the shop answers for the addresses its own server reports. explicit: only a recorded consent counts.
    """
    _check(country, currency, language, timezone, permission)
    with opened() as wraca:
        from wraca.app.shops import ShopFields, create_shop

        made = create_shop(
            ShopFields(name, domain, country.upper(), currency.upper(), language, timezone, permission), clock.wall()
        )
        answer(
            {
                "shop": made.id,
                "bucket": made.bucket,
                "browser_key": made.browser_key,
                "server_key": made.server_key,
                "write_key": made.server_key,
                "identity_secret": _identity_secret(made.bucket, made.id),
                "snippet": f'<script src="{wraca.settings.public_url}/sdk/wraca.js" async></script>',
            },
            json=json,
        )
    if not json and not country:
        out.print("[dim]No country is set: Wraca takes the shop's word for permission. See docs/explain/permission.md.[/]")


@app.command(name="list")
def list_(*, json: bool = False) -> None:
    """All shops of this installation."""
    with opened():
        from wraca.storage.models import Shop

        rows = [
            {"shop": shop.id, "name": shop.name, "domain": shop.domain, "country": shop.country, "currency": shop.currency}
            for shop in Shop.objects.order_by("name")
        ]
    table_of(
        rows,
        ("shop", "name", "domain", "country", "currency"),
        json=json,
        empty="No shop yet: `wraca shop create NAME --domain D`.",
    )


@app.command
def key(shop: str, kind: str = "server", *, json: bool = False) -> None:
    """Make a further write key (browser or server) and print it; revoke old ones in the console."""
    if kind not in {"browser", "server"}:
        raise Failed(f"A key is for a browser or for a server, not for {kind!r}.")
    with opened():
        from wraca.app.shops import make_key

        bucket, found = shop_named(shop)
        answer({"shop": found, "kind": kind, "key": make_key(bucket, found, kind, clock.wall())}, json=json)  # type: ignore[arg-type]


def _identity_secret(bucket: int, shop: str) -> str:
    from wraca.storage.models import Shop

    return Shop.objects.get(bucket=bucket, id=shop).identity_secret


def _check(country: str, currency: str, language: str, timezone: str, permission: str) -> None:
    from zoneinfo import available_timezones

    if country and not (len(country) == 2 and country.isalpha()):
        raise Failed(f"--country {country!r} must be two letters such as PL.")
    if not (len(currency) == 3 and currency.isalpha()):
        raise Failed(f"--currency {currency!r} must be three letters such as PLN.")
    if language not in {"en", "pl", "bg"}:
        raise Failed(f"--language {language!r} must be en, pl or bg.")
    if timezone not in available_timezones():
        raise Failed(f"--timezone {timezone!r} is not an IANA zone such as Europe/Warsaw.")
    if permission not in {"vouched", "explicit"}:
        raise Failed(f"--permission {permission!r} must be vouched or explicit.")

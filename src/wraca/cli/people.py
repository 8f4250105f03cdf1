"""`wraca person`: what is known of somebody."""

from cyclopts import App

from wraca.cli.opening import opened, shop_named
from wraca.cli.speaking import Failed, answer

app = App(name="person", help="Show, export or erase what is known of one person.")


@app.command
def show(shop: str, who: str, *, json: bool = False) -> None:
    """What is known of a person, found by e-mail, phone, customer id or person id."""
    from wraca.storage.models import Identity

    with opened():
        bucket, found = shop_named(shop)
        keys = [f"{kind}:{who}" for kind in ("email", "phone", "user")]
        row = Identity.objects.filter(bucket=bucket, shop_id=found, key__in=keys).first()
        if row is None:
            raise Failed(f"Nobody in this shop is known as {who!r}.")
        answer({"shop": found, "person": row.person_id}, json=json)

"""How commands open the installation."""

from collections.abc import Iterator
from contextlib import contextmanager

from wraca import settings as wraca_settings
from wraca.bootstrap import Wraca, configure_django, configure_logs, migrate, require_migrated
from wraca.cli.speaking import Failed
from wraca.domain.ids import ShopId, bucket_of
from wraca.settings import Settings


def prepared(*, logs: bool = False) -> Settings:
    """The settings, with the tables in place: made at once on SQLite, demanded on PostgreSQL."""
    settings = wraca_settings.load()
    configure_logs(settings.log_level if logs else "error")
    if settings.sqlite_path is not None:
        migrate(settings)
    else:
        require_migrated(settings)
    return settings


@contextmanager
def opened() -> Iterator[Wraca]:
    """The installation, for one command."""
    wraca = Wraca(prepared())
    try:
        yield wraca
    finally:
        wraca.close()


def shop_named(name: str) -> tuple[int, ShopId]:
    """A shop by its id, its name or its domain, for commands. Raises Failed."""
    configure_django(wraca_settings.load())
    from django.db.models import Q

    from wraca.storage.models import Shop

    if len(name) == 32 and all(digit in "0123456789abcdef" for digit in name):
        return bucket_of(ShopId(name)), ShopId(name)
    found = list(Shop.objects.filter(Q(name__iexact=name) | Q(domain__iexact=name))[:2])
    if len(found) == 1:
        return found[0].bucket, ShopId(found[0].id)
    if found:
        raise Failed(f"Several shops are called {name!r}. Name it by its id: `wraca shop list` shows them.")
    raise Failed(f"There is no shop {name!r}. `wraca shop list` shows all, `wraca shop create` makes one.")

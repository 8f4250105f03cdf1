"""Every hot statement runs unchanged on a database that is split by bucket."""

import importlib
import pkgutil
import re
import subprocess
import sys
from os import environ

import pytest

from wraca.storage import hot
from wraca.storage.statement import Statement
from wraca.testing.databases import TEST_SECRET

VOLATILE = re.compile(
    r"\b(now\(|current_(timestamp|time|date)\b|localtime|clock_timestamp|statement_timestamp|timeofday|random|gen_random_uuid|nextval"
    r"|datetime\(|strftime|unixepoch|julianday|last_insert_rowid)"
)
LOCKS = re.compile(r"\bfor (no key )?(update|share)\b")
LOCKS_IN_ORDER = re.compile(r"\border by [a-z_., ]+?(\slimit %\(\w+\)s)?\s+for (no key )?(update|share)\b")

# Asked once, before a bucket is known: which shop a key belongs to, which buckets there are, whether sending is paused at all.
BEFORE_ANY_BUCKET = {"find_key", "origins", "buckets", "paused"}


def hot_statements() -> list[Statement]:
    found: dict[str, Statement] = {}
    for module in pkgutil.iter_modules(hot.__path__):
        for value in vars(importlib.import_module(f"{hot.__name__}.{module.name}")).values():
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, Statement):
                    found[one.name] = one
    return list(found.values())


@pytest.mark.parametrize("statement", hot_statements(), ids=lambda statement: statement.name)
def test_a_hot_statement_stays_in_one_bucket(statement: Statement) -> None:
    names_a_bucket = re.search(r"\bbucket = %\(bucket\)s|\bselect %\(bucket\)s|\bvalues \(%\(bucket\)s", statement.postgres)

    assert names_a_bucket or statement.name in BEFORE_ANY_BUCKET, "say where bucket = :bucket, or insert :bucket"


@pytest.mark.parametrize("statement", hot_statements(), ids=lambda statement: statement.name)
def test_a_hot_statement_asks_nobody_for_time_or_chance(statement: Statement) -> None:
    assert not VOLATILE.search(statement.postgres.lower()), "time and chance are parameters"


@pytest.mark.parametrize("statement", hot_statements(), ids=lambda statement: statement.name)
def test_a_hot_statement_locks_in_a_fixed_order(statement: Statement) -> None:
    sql = statement.postgres.lower()

    assert len(LOCKS.findall(sql)) == len(LOCKS_IN_ORDER.findall(sql)), "order by the key before {lock}"


def test_statement_names_are_unique() -> None:
    names = [statement.name for statement in Statement.known if not statement.name.startswith("test")]

    assert len(names) == len(set(names))


def test_the_migrations_make_exactly_the_models(database_url: str) -> None:
    surroundings = environ | {
        "WRACA_DATABASE_URL": database_url,
        "WRACA_SECRET_KEY": TEST_SECRET,
        "DJANGO_SETTINGS_MODULE": "wraca.storage.django_settings",
    }
    command = [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run", "--skip-checks"]

    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr

"""The Django application that owns the tables."""

import sqlite3
from typing import cast

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from wraca.storage.planning import tell_planner


class StorageConfig(AppConfig):
    name = "wraca.storage"
    label = "wraca"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """SQLite hears of every index as soon as it was made."""
        post_migrate.connect(_tell_planner, sender=self)


def _tell_planner(using: str, **_: object) -> None:
    connection = connections[using]
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        tell_planner(cast("sqlite3.Connection", connection.connection))

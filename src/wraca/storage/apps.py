"""The Django application that owns the tables."""

from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "wraca.storage"
    label = "wraca"
    default_auto_field = "django.db.models.BigAutoField"

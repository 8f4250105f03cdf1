"""The Django application of the merchant's pages."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "wraca.console"
    label = "console"

"""The command `wraca`."""

from wraca.cli.application import main

__all__ = ["main"]

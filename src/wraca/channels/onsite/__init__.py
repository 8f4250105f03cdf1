"""The shop's own pages as a channel: a message waits there until its visitor comes by."""

from wraca.channels.onsite.channel import OnsiteChannel

__all__ = ["OnsiteChannel"]

"""Live chat as a channel: a journey's invitation waits on the shop's pages until its visitor comes by."""

from wraca.channels.chat.channel import ChatChannel

__all__ = ["ChatChannel"]

"""Web push: short messages that a browser shows, also while no page of the shop is open."""

from wraca.channels.webpush.channel import WebPushChannel

__all__ = ["WebPushChannel"]

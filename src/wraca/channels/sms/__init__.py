"""The SMS channel: texts counted to the last unit, providers, their reports and replies."""

from wraca.channels.sms.channel import SmsChannel

__all__ = ["SmsChannel"]

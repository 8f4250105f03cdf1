"""The e-mail channel: templates in three languages, MIME, SMTP."""

from wraca.channels.email.channel import EmailChannel

__all__ = ["EmailChannel"]

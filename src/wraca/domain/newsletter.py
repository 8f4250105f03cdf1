"""The name under which somebody is asked for in a newsletter's link: an HMAC that only the shop and we can make. Pure.

The address itself never stands in a URL, and whoever sees a link can neither make another one nor learn whose it is.
"""

import hmac
from hashlib import sha256


def newsletter_secret(identity_secret: str) -> str:
    """What the shop's newsletter tool makes its links with: 64 hexadecimal digits, good for nothing else."""
    return hmac.new(identity_secret.encode(), b"wraca/newsletter", sha256).hexdigest()


def reader_key(secret: str, identity: str) -> str:
    """The name of "email:anna@example.com" or "user:123" in a link: 64 hexadecimal digits."""
    return hmac.new(secret.encode(), identity.encode(), sha256).hexdigest()


def identities_of(email: str, user: str) -> tuple[str, ...]:
    """What a newsletter tool may know somebody by. Addresses are in lower case here, as in the recipe."""
    return tuple(filter(None, (f"email:{email.lower()}" if email else "", f"user:{user}" if user else "")))

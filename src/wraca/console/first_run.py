"""The way in before there is any account: a link that only who started Wraca can see.

The token follows from the secret key, so that every process of an installation prints the same link, and it stops working with the
first account. There is no default password.
"""

from hashlib import blake2b
from hmac import compare_digest

from django.contrib.auth import get_user_model

PATH = "/console/first-run/"


def token(secret_key: str) -> str:
    """40 hexadecimal digits that nobody can guess without the installation's secret."""
    key = blake2b(secret_key.encode(), digest_size=32).digest()
    return blake2b(b"the first account of this installation", key=key, digest_size=20).hexdigest()


def fits(given: str, secret_key: str) -> bool:
    return compare_digest(given.encode(), token(secret_key).encode())


def is_open() -> bool:
    """Whether there is no account yet."""
    return not get_user_model().objects.exists()


def address(public_url: str, secret_key: str) -> str | None:
    """The link to print at the start; None once somebody has an account."""
    return f"{public_url.rstrip('/')}{PATH}?token={token(secret_key)}" if is_open() else None

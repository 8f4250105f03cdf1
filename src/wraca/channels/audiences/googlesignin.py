"""Signing in at Google with a service account's key: a signed word (RFC 7523) for a token that lives for an hour."""

import base64
import threading
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from wraca.channels.audiences.wire import Wire, read_json
from wraca.ports.channel import Misconfigured

_HOST: Final = "https://oauth2.googleapis.com"
_AUDIENCE: Final = f"{_HOST}/token"
_SCOPE: Final = "https://www.googleapis.com/auth/datamanager"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIVES: Final = 3_600  # seconds
_EARLY: Final = 300  # seconds before its end in which a token is not used any more


class _Key(msgspec.Struct, frozen=True):
    """As much of the key file as is needed."""

    client_email: str
    private_key: str


class GoogleTokens:
    """Tokens by key, kept as long as they live."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._kept: dict[str, tuple[int, str]] = {}
        self._lock = threading.Lock()

    def check(self, account: str) -> None:
        """Raises Misconfigured for what is no key file. No network."""
        _opened(account)

    def token(self, account: str, now: int) -> str:
        """A token for the service account with this key file. `now`: seconds since 1970. Raises Misconfigured, Unavailable."""
        name = sha256(account.encode()).hexdigest()
        with self._lock:
            ends, token = self._kept.get(name, (0, ""))
            if now < ends - _EARLY:
                return token
            token = self._ask(account, now)
            self._kept = {**{key: kept for key, kept in self._kept.items() if kept[0] > now}, name: (now + _LIVES, token)}
            return token

    def _ask(self, account: str, now: int) -> str:
        who, key = _opened(account)
        claims = {"iss": who, "scope": _SCOPE, "aud": _AUDIENCE, "iat": now, "exp": now + _LIVES}
        body = urlencode({"grant_type": _GRANT, "assertion": _signed(claims, key)}).encode()
        url = f"{self._wire.address('google_token', _HOST)}/token"
        answer = self._wire.ask("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, body)
        token = read_json(answer).get("access_token")
        if answer.status != 200 or not isinstance(token, str):
            raise Misconfigured("bad_account", "Google does not take the service account's key: make a new one")
        return token


def _opened(account: str) -> tuple[str, RSAPrivateKey]:
    try:
        said = msgspec.json.decode(account, type=_Key)
        key = load_pem_private_key(said.private_key.encode(), None)
    except (msgspec.MsgspecError, ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise Misconfigured("bad_account", "This is not the JSON key file of a service account") from problem
    if not isinstance(key, RSAPrivateKey):
        raise Misconfigured("bad_account", "The key of the service account is of another kind than Google makes")
    return said.client_email, key


def _signed(claims: Mapping[str, object], key: RSAPrivateKey) -> str:
    parts = [_text(msgspec.json.encode(part)) for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    content = ".".join(parts)
    return f"{content}.{_text(key.sign(content.encode(), PKCS1v15(), SHA256()))}"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

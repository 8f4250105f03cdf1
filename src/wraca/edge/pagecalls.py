"""Calls of the shop's pages: by whom, and what a browser may ask beforehand."""

from starlette.requests import Request

from wraca.app.answers import KeyHolder
from wraca.edge.errors import ORIGIN, UNKNOWN_KEY
from wraca.edge.keys import Keyring, is_allowed, key_of, origin_of
from wraca.edge.pace import Guesses
from wraca.edge.services import Services

PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
    "Access-Control-Max-Age": "7200",
}


class PageKeys:
    """Whose write key a call carries, and whether its page may use it. Counts wrong keys per sender."""

    def __init__(self, services: Services, keyring: Keyring) -> None:
        self._keyring, self._guesses = keyring, Guesses(services.limits)

    async def holder(self, request: Request, body: bytes) -> KeyHolder:
        """Raises Problem."""
        self._guesses.allow(request)
        holder = await self._keyring.holder(key_of(request, body))
        if holder is None:
            self._guesses.missed(request)
            raise UNKNOWN_KEY.anew()
        if not is_allowed(holder, origin_of(request)):
            raise ORIGIN.anew()
        return holder

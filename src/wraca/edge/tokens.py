"""Asking with the token of a link, without helping those who guess."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from wraca.app.errors import Busy
from wraca.edge.errors import BUSY, Problem
from wraca.edge.pace import Guesses
from wraca.edge.services import Limits

T = TypeVar("T")

_SHAPE = re.compile(r"[A-Za-z0-9_.~-]{16,300}")
NOT_FOUND: Final = Problem("not_found", "This link is not known or has expired.")


class Tokens:
    """One per process: it keeps count of wrong tokens per sender."""

    def __init__(self, limits: Limits) -> None:
        self._guesses = Guesses(limits)

    async def look_up(self, request: Request, find: Callable[[str], T | None]) -> T | None:
        """Ask with the token of the path, in a thread. Who guesses is stopped before the database hears of it. Raises Problem."""
        token = str(request.path_params["token"])
        self._guesses.allow(request)
        try:
            found = await run_in_threadpool(find, token) if _SHAPE.fullmatch(token) else None
        except Busy:
            raise BUSY.anew() from None
        if found is None:
            self._guesses.missed(request)
        return found

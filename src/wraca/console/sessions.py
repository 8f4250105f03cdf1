"""How long a sign-in lasts: a day without use, two weeks at most. Django ends all other sessions when a password changes."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from wraca.console.wiring import wiring
from wraca.domain.journeys.durations import DAY, MINUTE

IDLE = DAY
LONGEST = 14 * DAY
_NOTED_EVERY = 10 * MINUTE  # a page that refreshes itself must not write the session each time

Answer = Callable[[HttpRequest], HttpResponse]


class SessionLimits:
    def __init__(self, get_response: Answer) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._check(request)
        return self._answer(request)

    @staticmethod
    def _check(request: HttpRequest) -> None:
        now = wiring().clock()
        began, seen = request.session.setdefault("began", now), request.session.setdefault("seen", now)
        if now - seen > IDLE or now - began > LONGEST:
            logout(request)
        # A page that refreshes itself is no sign of life: nobody may be sitting in front of it.
        elif now - seen > _NOTED_EVERY and "HX-Request" not in request.headers:
            request.session["seen"] = now

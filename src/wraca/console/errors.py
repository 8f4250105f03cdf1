"""Pages for what went wrong: no details, an id that the log knows too."""

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_log = logging.getLogger("wraca.console")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django names it
    return render(request, "console/not_found.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django names it
    return render(request, "console/forbidden.html", status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """Django has logged the traceback; the id ties it to what the person sees."""
    number = secrets.token_hex(4)
    _log.error("console page failed", extra={"error_id": number, "path": request.path})
    return render(request, "console/failed.html", {"number": number}, status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    _log.warning("form refused", extra={"reason": reason})
    return render(request, "console/stale_form.html", status=403)

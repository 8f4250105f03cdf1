"""The headers of every console page: a content policy with a nonce, no framing, no guessing of types."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# The browser may load our own files, and pictures of products from wherever the shop keeps them. Scripts need this page's nonce.
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data: https: http:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
# A message as its reader sees it: its own styles and pictures, nothing that runs, no origin of its own.
PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; frame-ancestors 'self'; sandbox"

Answer = Callable[[HttpRequest], HttpResponse]


class SafeHeaders:
    """Sets the policy; a view that set its own (the preview) keeps it."""

    def __init__(self, get_response: Answer) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.csp_nonce = secrets.token_urlsafe(18)  # type: ignore[attr-defined]
        response = self._answer(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=request.csp_nonce))  # type: ignore[attr-defined]
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        return response

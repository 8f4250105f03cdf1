"""Our own style sheets, scripts and pictures, from memory: a quarter of a megabyte that never changes while the process lives.

Kept here and not with a file server, because over ASGI those leave a file open per answer.
"""

import mimetypes
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

_ROOT = Path(__file__).parent / "static"


class Asset(msgspec.Struct, frozen=True):
    content: bytes
    kind: str
    tag: str


@cache
def _assets() -> dict[str, Asset]:
    """Everything that may be asked for, by its path: what is not here cannot be reached."""
    return {file.relative_to(_ROOT).as_posix(): _read(file) for file in _ROOT.rglob("*") if file.is_file()}


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    kind = mimetypes.guess_type(file.name)[0] or "text/plain"
    return Asset(content, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, f'"{sha256(content).hexdigest()[:20]}"')


@require_safe
def asset(request: HttpRequest, path: str) -> HttpResponse:
    """One file; browsers keep it and ask whether it is still the same."""
    found = _assets().get(path)
    if found is None:
        raise Http404
    headers = {"ETag": found.tag, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match", "").removeprefix("W/") == found.tag:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(found.content, content_type=found.kind, headers=headers)

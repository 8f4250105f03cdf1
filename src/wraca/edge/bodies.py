"""Request bodies: read up to a limit, unpacked up to a limit, forms read without trusting them."""

import zlib
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qs

from starlette.requests import Request

from wraca.edge.errors import Problem

_FORM_BYTES = 16 * 1024


def too_large(limit: int) -> Problem:
    """The body does not fit."""
    return Problem("too_large", f"Send at most {limit // 1024} kB in one request, unpacked.")


async def read_body(request: Request, limit: int) -> bytes:
    """The body, unpacked if it is gzip. Never holds more than `limit` bytes of either form; raises Problem."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise Problem("unreadable", "Send the body as it is, or with Content-Encoding: gzip.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    return _unpacked(body, limit) if encoding == "gzip" else body


def _unpacked(body: bytes, limit: int) -> bytes:
    """A thousandfold body in a small envelope is refused after `limit` bytes of it were unpacked, not after all of them."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise Problem("unreadable", "The body says it is gzip and is not.") from None
    if len(plain) > limit:
        raise too_large(limit)
    if not unpacker.eof:
        raise Problem("unreadable", "The gzip body ends too early.")
    return plain


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a small form, form-encoded or multipart; none where it is unreadable: the request itself is the message."""
    body = await read_body(request, _FORM_BYTES)
    kind = request.headers.get("content-type", "")
    if kind.lower().startswith("multipart/form-data"):
        return _multipart(kind, body)
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace"), max_num_fields=20).items()}


def _multipart(kind: str, body: bytes) -> dict[str, str]:
    # A header line may not be continued by what the sender wrote into it.
    head = b"Content-Type: " + kind.replace("\r", "").replace("\n", "").encode("latin-1", "replace") + b"\r\n\r\n"
    fields = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode("utf-8", "replace").strip()
    return fields

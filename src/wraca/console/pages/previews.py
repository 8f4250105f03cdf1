"""A rendered message as an answer: for a sandboxed frame that may show pictures and nothing else."""

from django.http import HttpResponse

from wraca.console.headers import PREVIEW_POLICY
from wraca.ports.channel import Rendered


def shown(rendered: Rendered, form: str) -> HttpResponse:
    """`form` is "html" or "text"."""
    is_text = form == "text"
    content = rendered.text if is_text else rendered.html
    kind = "text/plain; charset=utf-8" if is_text else "text/html; charset=utf-8"
    headers = {"Content-Security-Policy": PREVIEW_POLICY, "X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=kind, headers=headers)

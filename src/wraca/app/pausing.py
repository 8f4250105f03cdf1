"""Whether the whole installation may send."""

from wraca.domain.events import Instant
from wraca.storage.fields import to_datetime
from wraca.storage.models import Installation


def pause(reason: str, now: Instant) -> None:
    """No message of any shop leaves until `resume`; they wait, held, with this reason."""
    paused = {"paused_reason": reason or "paused by the operator"}
    Installation.objects.update_or_create(id=1, defaults=paused, create_defaults=paused | {"created_at": to_datetime(now)})


def resume() -> str:
    """Let messages out again; why they were held, empty if they were not."""
    row = Installation.objects.filter(id=1).first()
    if row is None or not row.paused_reason:
        return ""
    Installation.objects.filter(id=1).update(paused_reason="")
    return row.paused_reason

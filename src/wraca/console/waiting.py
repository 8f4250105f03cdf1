"""What waits for the team, as the navigation counts it."""

from wraca.app import chatdesk
from wraca.console.doors import Visit
from wraca.console.wiring import wiring
from wraca.storage.queries import chats


def waiting_chats(visit: Visit) -> int | None:
    """Conversations that nobody has answered; None where the shop has no chat."""
    return chats.unread(visit.key, visit.now) if chatdesk.is_connected(wiring().register, visit.key.shop) else None

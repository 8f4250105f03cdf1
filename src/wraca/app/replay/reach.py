"""Made-up addresses: a past without addresses can still tell how many messages a journey would have sent."""

import msgspec

from wraca.domain.events import Consent, Event, Identity, IdentityKind
from wraca.domain.identity import rank

DOMAIN = "replay.invalid"  # never resolves (RFC 2606)


def made_up(name: str) -> Identity:
    """The address of whoever the file calls by this name."""
    return Identity(IdentityKind.EMAIL, f"{name}@{DOMAIN}")


class Everybody:
    """Gives an address to whoever has none, and permission to whoever is seen for the first time; an opt-out later still counts."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, event: Event) -> Event:
        if not event.identities:
            return event
        strongest = min(event.identities, key=lambda identity: rank(identity.key))
        has_address = any(identity.kind is IdentityKind.EMAIL for identity in event.identities)
        identities = event.identities if has_address else (*event.identities, made_up(strongest.value))
        consents = event.consents
        if strongest.key not in self._seen:
            self._seen.add(strongest.key)
            if not any(word.channel == "email" for word in consents):
                consents = (*consents, Consent("email", given=True, basis="replay"))
        return msgspec.structs.replace(event, identities=identities, consents=consents)

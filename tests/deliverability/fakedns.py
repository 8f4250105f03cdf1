"""A DNS that knows what stands in a zone file, and can be cut off."""

from pathlib import Path

import dns.rdatatype
import dns.zone

from wraca.domain.dnsanswers import Question

ZONES = Path(__file__).parent / "zones"


class FakeDns:
    """Answers from one zone file; `is_down`: it cannot be asked; `dead` names cannot be asked either."""

    def __init__(self, name: str, *dead: str) -> None:
        self.is_down = False
        self.dead = dead
        self.mended: dict[str, str] = {}  # TXT records put in the place of the zone's
        self.asked: list[Question] = []
        self.change(name)

    def change(self, name: str) -> None:
        text = (ZONES / f"{name}.zone").read_text()
        self._zone = dns.zone.from_text(text, origin=".", relativize=False, check_origin=False)

    def look_up(self, question: Question) -> tuple[str, ...] | None:
        self.asked.append(question)
        if self.is_down or question.name in self.dead:
            return None
        if question.kind == "TXT" and question.name in self.mended:
            return (self.mended[question.name],)
        found = self._zone.get_rdataset(f"{question.name}.", dns.rdatatype.from_text(question.kind))
        if found is None:
            return ()
        if question.kind == "TXT":
            return tuple(b"".join(record.strings).decode() for record in found)
        if question.kind == "MX":
            return tuple(str(record.exchange).rstrip(".") for record in found)
        return tuple(record.address for record in found)

"""Does a short host for links lead to this very installation?"""

import hmac

from wraca.app.register import Register
from wraca.egress import Egress, EgressError

_PATH = "/hooks/here"


def leads_to_us(register: Register, host: str, egress: Egress | None = None) -> bool:
    """Asked over https from outside, as phones will; only we can answer. Never raises for what is or is not there."""
    try:
        answer = (egress or Egress()).request("GET", f"https://{host}{_PATH}", limit=200, timeout=8.0)
    except EgressError:
        return False
    return answer.status == 200 and hmac.compare_digest(answer.body, register.seal.proof("here").encode())

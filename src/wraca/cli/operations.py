"""Running an installation: doctor, import, backup, restore, pause, resume."""

from wraca.cli.opening import opened
from wraca.cli.speaking import answer


def doctor(*, json: bool = False) -> int:
    """Check the installation and say what to do."""
    with opened() as wraca:
        paused = wraca.register.paused()
    answer({"database": "reachable", "paused": paused}, json=json)
    return 1 if paused else 0


COMMANDS = (doctor,)

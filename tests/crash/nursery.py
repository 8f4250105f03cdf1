"""Where Wraca's processes are born in these tests: everything is imported once, then each is forked and is up at once.

Reads commands from standard input, `serve`, `web` or `work`, answers each with the process id of the child that runs it, and ends
with its input. A child is a process like any other: the same functions as the command line's, with the environment's settings.
"""

import faulthandler
import os
import signal
import sys
import traceback

from wraca import settings
from wraca.bootstrap import configure_django, console, edge  # noqa: F401  (imported for the children)
from wraca.cli import serving

_COMMANDS = {"serve": serving.serve, "web": serving.web, "work": serving.work}


def main(log: str) -> None:
    """Fork until there is nothing more to read."""
    _import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    for line in sys.stdin:
        command = line.strip()
        child = os.fork()
        if child == 0:
            _become(command, log)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _import_all() -> None:
    import uvicorn  # noqa: F401
    import uvloop  # noqa: F401
    from django.core.asgi import get_asgi_application

    configure_django(settings.load())
    get_asgi_application()
    from django.db import connections
    from django.urls import get_resolver

    import wraca.edge.application  # noqa: F401
    from wraca.bootstrap import installed_channels

    installed_channels()
    get_resolver().url_patterns  # noqa: B018  (loads every page)
    connections.close_all()


def _become(command: str, log: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(log, "a", buffering=1) as out:  # noqa: PTH123  (a file descriptor to stand in for the standard ones)
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    faulthandler.register(signal.SIGUSR1, file=2)  # kill -USR1 writes down what every thread is at
    status = 0
    try:
        _COMMANDS[command]()
    except BaseException:  # noqa: BLE001  (written to the log; a fork must not go on as its parent)
        traceback.print_exc()
        status = 1
    os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])

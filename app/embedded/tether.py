"""`python -m app.embedded.tether MODULE ARGUMENT…` runs a module that ends with its launcher.

The launcher holds the other end of standard input. However it ends, the kernel closes that end:
this works on every system and also where the launcher is killed.
"""

import os
import runpy
import signal
import sys
import threading
from typing import Final

# As long as the launcher waits for a port that is still taken.
ORPHAN_GRACE_SEC: Final = 2.0
# What a shell calls a process that SIGTERM ended: whatever it was at, it is not finished.
EXIT_CODE: Final = 128 + signal.SIGTERM


def main() -> None:
    """Runs the module named first on the command line as if it had been started itself."""
    signal.signal(signal.SIGTERM, _exit)
    threading.Thread(target=_follow_launcher, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _exit(*_: object) -> None:
    """Ends in order, exit handlers included; modules that know better replace this."""
    raise SystemExit(EXIT_CODE)


def _follow_launcher() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(ORPHAN_GRACE_SEC)
    # The launcher made this process the leader of a group: a reloader's worker goes with it.
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()

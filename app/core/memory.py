"""What a process does about its memory once everything is loaded."""

import ctypes
import gc
from contextlib import suppress
from typing import Final

THRESHOLDS: Final = (20_000, 20, 20)  # by default 700, 10, 10; requests leave few cycles behind


def settle_memory() -> None:
    """What is loaded stays, and what loading it took goes back to the system.

    Python's garbage collector passes over what stays: that took it a sixth of an answer's CPU.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    with suppress(AttributeError):  # of the GNU C library alone
        ctypes.CDLL(None).malloc_trim(0)

"""How often Python's garbage collector runs while a process serves."""

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 20, 20)  # by default 700, 10, 10; requests leave few cycles behind


def settle_garbage_collector() -> None:
    """Has it pass over what is loaded, which stays, and took it a sixth of an answer's CPU."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)

"""How often Python's garbage collector runs while a process serves."""

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 20, 20)  # of 700, 10, 10: requests leave few cycles behind


def settle_garbage_collector() -> None:
    """What is loaded stays: looking through it again and again takes a sixth of an answer's CPU."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)

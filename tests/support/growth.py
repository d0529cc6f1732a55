"""Whether something takes more than linear time, told by timing it at two sizes.

What is measured is CPU, which a busy machine changes little; what looks suspicious is measured
again before it is called so.
"""

from collections.abc import Callable
from time import thread_time
from typing import Final, NamedTuple

Work = Callable[[], object]

SMALLEST: Final = 18  # characters: what doubles with each takes ten milliseconds for these
RATIO: Final = 8.0  # between a size and four times as much: linear is 4, quadratic 16
TRIES: Final = 3
CERTAIN_SEC: Final = 0.1  # what takes so long is not looked at with more than that


class Growth(NamedTuple):
    """Seconds of CPU for a size, and for four times as much."""

    small: float
    large: float


def superlinear_growth(make: Callable[[int], Work], size: int, floor: float) -> Growth | None:
    """How the work grows from a size to four times that, if it does so faster than the size.

    What takes less than `floor` seconds of CPU for the larger one harms nobody, whatever it is.
    """
    tiny = make(SMALLEST)
    if _seconds(tiny) > floor and (least := _least(tiny)) > floor:
        return Growth(0.0, least)
    large = make(4 * size)
    if _seconds(large) < floor or _seconds(large) < floor:  # the first time it may load something
        return None
    growth = Growth(_least(make(size)), _least(large))
    if growth.large < max(floor, RATIO * growth.small):
        return None
    if growth.large < CERTAIN_SEC and _seconds(make(16 * size)) < RATIO * growth.large:
        return None  # a step, such as to a second part
    return growth


def _least(work: Work) -> float:
    return min(_seconds(work) for _ in range(TRIES))


def _seconds(work: Work) -> float:
    start = thread_time()
    work()
    return thread_time() - start

"""Pieces of lines on a page, and where they stand."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Final, NamedTuple

WIDE_GAP: Final = 0.9  # of a line's height: the gap between columns, not between words
FROM_THE_RIGHT: Final = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
OTHER_LEVEL: Final = 0.6  # of a line's height: more than a raised or a lowered letter
ASKEW: Final = 4  # quarters of a line that runs neither along nor across the page


class Box(NamedTuple):
    """A rectangle, in points, whose vertical axis points up."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        """How high it is."""
        return self.top - self.bottom

    @property
    def middle(self) -> float:
        """How high its middle stands."""
        return (self.top + self.bottom) / 2

    def is_level_with(self, other: "Box") -> bool:
        """Whether both stand on a line, one of them raised or lowered at most."""
        return abs(self.middle - other.middle) <= OTHER_LEVEL * max(self.height, other.height)

    def joined(self, other: "Box") -> "Box":
        """The smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.bottom, other.bottom),
            max(self.right, other.right),
            max(self.top, other.top),
        )

    def turned(self, quarters: int) -> "Box":
        """The box as it stands where what runs so many quarters clockwise is upright."""
        left, bottom, right, top = self
        match quarters:
            case 1:
                return Box(-top, left, -bottom, right)
            case 2:
                return Box(-right, -top, -left, -bottom)
            case 3:
                return Box(bottom, -right, top, -left)
        return self


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a piece of one that a wide gap parts from the rest.

    `quarters` says how it runs: 0 to the right, 1 down, 2 to the left, 3 up, ASKEW otherwise.
    `is_added` is set for what an annotation draws.
    """

    text: str
    box: Box
    quarters: int = 0
    is_added: bool = False


class Word(NamedTuple):
    """Letters without a space between them."""

    text: str
    box: Box


def usual_quarters(lines: Iterable[Line]) -> int:
    """How most of the letters run."""
    letters = Counter[int]()
    for line in lines:
        letters[line.quarters] += len(line.text)
    return max(letters, key=letters.__getitem__, default=0)


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all of them."""
    return reduce(Box.joined, boxes)


def pieces(words: list[Word], quarters: int, *, is_added: bool) -> Iterator[Line]:
    """The words of a line, parted where a gap is wider than those between words."""
    boxes = [word.box.turned(quarters) for word in words]
    # pdfium puts a line that runs to the left into the order in which it is read: that stays.
    is_whole = any(FROM_THE_RIGHT.search(word.text) for word in words)
    start = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or (not is_whole and _is_parted(boxes[end - 1], boxes[end])):
            part = words[start:end]
            box = part[0].box.joined(part[-1].box)
            yield Line(" ".join(word.text for word in part), box, quarters, is_added)
            start = end


def _is_parted(first: Box, second: Box) -> bool:
    gap = min(abs(second.left - first.right), abs(first.left - second.right))
    return gap > WIDE_GAP * first.height or not first.is_level_with(second)

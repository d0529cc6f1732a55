"""The gutter between the columns of a page, where it has any, and what stands between them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from app.loaders.pdf.blocks import Block

MOST_GUTTERS: Final = 8  # that are tried, those before the most lines first
SAME_EDGE: Final = 3.0  # points
LINES: Final = 3  # a column has at least as many
LINES_IF_DRAWN_IN_ONE_GO: Final = 2
WORDS: Final = 3.0  # in a line, on average: cells of a table have less
WORDS_IF_DRAWN_IN_ONE_GO: Final = 1.5
WORDS_OF_CELLS: Final = 2.0
MOST_LABELS: Final = 0.5  # the share of lines that end with a colon: a form has more


@dataclass(slots=True)
class Band:
    """What stands beside a gutter between two things that cross it, and what crosses it below."""

    left: list[Block] = field(default_factory=list)
    right: list[Block] = field(default_factory=list)
    crossing: list[Block] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """How many lines stand in columns."""
        return sum(len(block.lines) for block in [*self.left, *self.right])


def bands(blocks: list[Block]) -> list[Band]:
    """The bands of the gutter that parts the most lines into columns; none without such."""
    lefts = Counter[int]()
    for block in blocks:
        lefts[round(block.box.left / SAME_EDGE)] += len(block.lines)
    tried = [
        list(_bands(blocks, left * SAME_EDGE - SAME_EDGE))
        for left, _ in lefts.most_common(MOST_GUTTERS)
    ]
    scores = [sum(band.lines for band in found if is_in_columns(band)) for found in tried]
    best = max(scores, default=0)
    return tried[scores.index(best)] if best else []


def _bands(blocks: list[Block], gutter: float) -> Iterator[Band]:
    band = Band()
    for block in sorted(blocks, key=lambda block: -block.first_middle):
        is_left, is_right = block.box.right <= gutter, block.box.left >= gutter
        if not is_left and not is_right:
            band.crossing.append(block)
            continue
        if band.crossing:
            yield band
            band = Band()
        (band.left if is_left else band.right).append(block)
    yield band


def is_in_columns(band: Band) -> bool:
    """Whether its two sides are columns of text, and not the cells of a table or a form."""
    sides = [band.left, band.right]
    if not all(sides) or not _are_beside(*sides) or _is_of_labels(band.left):
        return False
    is_drawn_in_one_go = _turns(band) == 1
    lines = LINES_IF_DRAWN_IN_ONE_GO if is_drawn_in_one_go else LINES
    words = WORDS_IF_DRAWN_IN_ONE_GO if is_drawn_in_one_go else WORDS
    counts = [sum(len(block.lines) for block in side) for side in sides]
    if not is_drawn_in_one_go and sum(map(len, sides)) < sum(counts) / 2:
        return False  # cells of several lines, drawn row by row
    means = [
        sum(block.words for block in side) / count
        for side, count in zip(sides, counts, strict=True)
    ]
    return min(counts) >= lines and min(means) >= words


def is_of_cells(blocks: list[Block]) -> bool:
    """Whether blocks are the columns of a table or a form: their lines belong to each other."""
    lines = sum(len(block.lines) for block in blocks)
    words = sum(block.words for block in blocks)
    leftmost = min(blocks, key=lambda block: block.box.left)
    return words <= WORDS_OF_CELLS * lines or _is_of_labels([leftmost])


def _are_beside(left: list[Block], right: list[Block]) -> bool:
    tops = [max(block.box.top for block in side) for side in (left, right)]
    bottoms = [min(block.box.bottom for block in side) for side in (left, right)]
    return min(tops) > max(bottoms)


def _is_of_labels(blocks: list[Block]) -> bool:
    lines = [line.text for block in blocks for line in block.lines]
    return sum(line.endswith(":") for line in lines) > MOST_LABELS * len(lines)


def _turns(band: Band) -> int:
    """How often the page goes over from one side to the other while it draws them."""
    numbers = [(block.number, 0) for block in band.left]
    numbers += [(block.number, 1) for block in band.right]
    return sum(first != second for (_, first), (_, second) in pairwise(sorted(numbers)))

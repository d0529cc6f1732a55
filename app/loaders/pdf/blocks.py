"""Blocks of a page: lines that it draws one below the other, such as a paragraph or a cell."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from app.loaders.pdf.lines import Box, Line, around

WIDE_BREAK: Final = 1.2  # of a line's height: what parts two blocks of a column
LEVEL: Final = 6.0  # points
NEXT_LINE: Final = 2.2  # of a line's height: how far away the next line of a paragraph is
FIRST_WIDE_LETTER: Final = "\u2e80"  # Chinese, Japanese and Korean have no spaces between words
WIDE_LETTERS_OF_WORD: Final = 2


@dataclass(frozen=True)
class Block:
    """Lines that are drawn one below the other; `number` counts blocks as they are drawn."""

    lines: tuple[Line, ...]
    number: int

    @cached_property
    def box(self) -> Box:
        """Where it stands."""
        return around(line.box for line in self.lines)

    @cached_property
    def words(self) -> float:
        """How many words of letters it has."""
        return sum(_words(line.text) for line in self.lines)

    @property
    def first_middle(self) -> float:
        """How high its first line stands."""
        return self.lines[0].box.middle

    @property
    def height(self) -> float:
        """How high its first line is."""
        return self.lines[0].box.height


def blocks(lines: list[Line]) -> list[Block]:
    """The lines as blocks, in the order in which they are drawn."""
    return [Block(tuple(block), number) for number, block in enumerate(_blocks(lines))]


def _blocks(lines: list[Line]) -> Iterator[list[Line]]:
    block: list[Line] = []
    for row in _whole_rows(list(_rows(lines))):
        if block and len(row) == 1 and _goes_on(block[-1], row[0]):
            block += row
            continue
        if block:
            yield block
        block = row if len(row) == 1 else []
        if len(row) > 1:  # cells of a table, or lines of columns
            yield from ([piece] for piece in row)
    if block:
        yield block


def _rows(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines that are drawn one after the other, and beside each other."""
    row: list[Line] = []
    for line in lines:
        if row and not _is_beside(row[-1], line):
            yield row
            row = []
        row.append(line)
    if row:
        yield row


def _is_beside(before: Line, line: Line) -> bool:
    first, second = before.box, line.box
    is_apart = second.left >= first.right or second.right <= first.left
    return before.is_added == line.is_added and is_apart and first.is_level_with(second)


def _whole_rows(rows: list[list[Line]]) -> Iterator[list[Line]]:
    """The rows, with those made whole that a wide gap parts within a paragraph.

    The lines right above and below then run across the gap, as they do not between columns. A gap
    that a form fills stays.
    """
    filled = {_level(line) for row in rows for line in row if line.is_added}
    for above, row, below in zip([[], *rows], rows, [*rows[1:], []], strict=False):
        near = [other for other in (above, below) if other and _is_near(row[0].box, other[0].box)]
        is_filled = not filled.isdisjoint({_level(row[0]) + step for step in (-1, 0, 1)})
        is_whole = bool(near) and all(_runs_across(other, row) for other in near)
        if len(row) > 1 and is_whole and not is_filled:
            text = " ".join(piece.text for piece in row)
            yield [replace(row[0], text=text, box=around(piece.box for piece in row))]
        else:
            yield row


def _level(line: Line) -> int:
    return round(line.box.middle / LEVEL)


def _is_near(box: Box, other: Box) -> bool:
    return abs(box.middle - other.middle) < NEXT_LINE * box.height


def _runs_across(other: list[Line], row: list[Line]) -> bool:
    box = other[0].box
    return len(other) == 1 and box.left < row[0].box.right and box.right > row[-1].box.left


def _goes_on(before: Line, line: Line) -> bool:
    first, second = before.box, line.box
    is_below = second.middle < first.bottom + first.height / 4
    is_near = first.bottom - second.top < WIDE_BREAK * min(first.height, second.height)
    is_under = second.left < first.right and first.left < second.right
    return before.is_added == line.is_added and is_below and is_near and is_under


def _words(text: str) -> float:
    wide = sum(letter >= FIRST_WIDE_LETTER for letter in text) if not text.isascii() else 0
    words = sum(any(map(str.isalpha, word)) for word in text.split())
    return max(words, wide / WIDE_LETTERS_OF_WORD)

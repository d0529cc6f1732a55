"""The order in which the lines of a page are read: columns one after the other, rows as rows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from app.loaders.pdf.blocks import Block, blocks
from app.loaders.pdf.columns import bands, is_in_columns, is_of_cells
from app.loaders.pdf.lines import Line, usual_quarters

DEEPEST: Final = 8
RAISED: Final = 0.25  # of a line's height: what stands that much lower is of the same row
HEADER_ROWS: Final = 3
MARGIN: Final = 1.0  # of a line's height: what parts a header or a footer from the text
MARGIN_OF_PIECES: Final = 2.0  # likewise, where it has several pieces: columns have headings too


def in_reading_order(lines: list[Line]) -> str:
    """The text of the lines; those that do not run as most do come last."""
    usual = usual_quarters(lines)
    upright = [
        replace(line, box=line.box.turned(usual)) for line in lines if line.quarters == usual
    ]
    others = [line.text for line in lines if line.quarters != usual]
    return "\n".join([*_read_page(blocks(upright)), *others])


def _read_page(page: list[Block]) -> Iterator[str]:
    """Headers and footers stand apart: what is between them may have columns."""
    rows = list(_rows(page))
    start, end = 0, len(rows)
    while start < min(HEADER_ROWS, end - 1) and _is_apart(rows[start], rows[start + 1]):
        start += 1
    while end > max(start + 1, len(rows) - HEADER_ROWS) and _is_apart(rows[end - 1], rows[end - 2]):
        end -= 1
    for row in rows[:start]:
        yield from _read_row(row)
    yield from _read([block for row in rows[start:end] for block in row], 0)
    for row in rows[end:]:
        yield from _read_row(row)


def _is_apart(row: list[Block], other: list[Block]) -> bool:
    margin = (MARGIN if len(row) == 1 else MARGIN_OF_PIECES) * row[0].height
    lowest, highest = (min(block.box.bottom for block in row), max(block.box.top for block in row))
    above = lowest - max(block.box.top for block in other)
    below = min(block.box.bottom for block in other) - highest
    return max(len(block.lines) for block in row) == 1 and max(above, below) > margin


def _read(region: list[Block], depth: int) -> Iterator[str]:
    found = bands(region) if depth < DEEPEST else []
    if not found:
        for row in _rows(region):
            yield from _read_row(row)
        return
    loose: list[Block] = []  # what is not in columns
    for band in found:
        if is_in_columns(band):
            for part in (loose, band.left, band.right):
                yield from _read(part, depth + 1)
            loose = []
        else:
            loose += [*band.left, *band.right]
        loose += band.crossing
    yield from _read(loose, depth + 1)


def _rows(region: list[Block]) -> Iterator[list[Block]]:
    """The blocks from above to below; those that begin beside each other are a row."""
    row: list[Block] = []
    bottom = 0.0
    for block in sorted(region, key=lambda block: -block.first_middle):
        if row and block.first_middle <= bottom - RAISED * block.height:
            yield row
            row = []
        bottom = min(bottom, block.box.bottom) if row else block.box.bottom
        row.append(block)
    if row:
        yield row


def _read_row(row: list[Block]) -> Iterator[str]:
    if all(len(block.lines) == 1 for block in row):
        yield " ".join(block.lines[0].text for block in sorted(row, key=lambda it: it.box.left))
        return
    cells = [[line for block in cell for line in block.lines] for cell in _cells(row)]
    if is_of_cells(row) and _are_level(cells):
        for lines in zip(*cells, strict=True):
            yield " ".join(line.text for line in lines)
    else:
        yield from (line.text for cell in cells for line in cell)


def _are_level(columns: list[list[Line]]) -> bool:
    """Whether each line of a column has one beside it in each of the others."""
    first, *others = columns
    return all(
        len(first) == len(other)
        and all(
            line.box.is_level_with(beside.box) for line, beside in zip(first, other, strict=True)
        )
        for other in others
    )


def _cells(row: list[Block]) -> Iterator[list[Block]]:
    """The blocks from left to right; those that stand above each other are a cell."""
    cell: list[Block] = []
    right = 0.0
    for block in sorted(row, key=lambda block: block.box.left):
        if cell and block.box.left >= right:
            yield sorted(cell, key=lambda block: -block.first_middle)
            cell = []
        right = max(right, block.box.right) if cell else block.box.right
        cell.append(block)
    if cell:
        yield sorted(cell, key=lambda block: -block.first_middle)

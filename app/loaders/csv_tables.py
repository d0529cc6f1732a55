"""CSV to Markdown tables."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from typing import Final

from app.loaders.constants import MAX_CHARS

# The comma comes last: it also stands in numbers and sentences.
DELIMITERS: Final = ("\t", ";", "|", ",")
SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n?|\n)', re.IGNORECASE)  # of Excel
SNIFFED_CHARS: Final = 65_536
COMMON_SHARE: Final = 0.5  # of rows that have the same number of cells, in a table
MAX_ABOVE: Final = 10  # lines above the header: a title, remarks
MAX_WIDENING: Final = 4  # times the cells that there are
LINE_END: Final = re.compile(r"[\r\n]+")


def read_csv(text: str, delimiter: str | None) -> str:
    """The rows as a Markdown table; the text as it is where they are no table.

    Without a delimiter, it is the one by which most rows have the same number of cells.
    """
    # Of this process: a cell may be as long as a text, which the default takes for an error.
    csv.field_size_limit(MAX_CHARS)
    table = text
    if declared := SEPARATOR_LINE.match(text):
        delimiter, table = declared[1], text[declared.end() :]
    delimiter = delimiter or _sniff(table)
    if delimiter is None:
        return text
    has_quotes = not _is_quote_open(table, delimiter)
    widths = Counter(len(row) for row in _rows(table, delimiter, has_quotes=has_quotes))
    if not _is_table(widths):
        return text
    return "\n".join(_lines(_rows(table, delimiter, has_quotes=has_quotes), _width(widths)))


def _sniff(text: str) -> str | None:
    sample = text[:SNIFFED_CHARS]
    if len(sample) < len(text):
        sample = sample[: sample.rfind("\n") + 1] or sample
    widths = {mark: Counter(map(len, _rows(sample, mark))) for mark in DELIMITERS if mark in sample}
    tables = [mark for mark in widths if _is_table(widths[mark])]
    return max(tables, key=lambda mark: _common_share(widths[mark]), default=None)


def _rows(text: str, delimiter: str, *, has_quotes: bool = True) -> Iterator[list[str]]:
    """The rows that hold anything."""
    reader = csv.reader(
        StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if has_quotes else csv.QUOTE_NONE,
        skipinitialspace=True,
    )
    for row in reader:
        if "".join(row).strip():
            yield row


def _is_quote_open(text: str, delimiter: str) -> bool:
    """Whether a quote that is never closed makes one cell of all the lines that follow."""
    if text.count('"') % 2 == 0:
        return False
    last: list[str] = []
    for row in _rows(text, delimiter):
        last = row
    return any("\n" in cell or "\r" in cell for cell in last)


def _common_share(widths: Counter[int]) -> float:
    return max(widths.values()) / widths.total()


def _is_table(widths: Counter[int]) -> bool:
    return (
        bool(widths) and widths.most_common(1)[0][0] > 1 and _common_share(widths) >= COMMON_SHARE
    )


def _width(widths: Counter[int]) -> int:
    """That of the widest row, or the common one: a single long row must not widen a million."""
    widest = max(widths)
    cells = sum(width * rows for width, rows in widths.items())
    is_bearable = widest * widths.total() <= MAX_WIDENING * cells
    return widest if is_bearable else widths.most_common(1)[0][0]


def _lines(rows: Iterator[list[str]], width: int) -> Iterator[str]:
    """The table, below what stands above its header."""
    number = 0
    for row, is_above in _marked(rows):
        if is_above:
            yield f"{', '.join(filter(None, map(_cell, row)))}\n"
            continue
        if number == 1:
            yield _line(["---"] * width)
        yield _line([*map(_cell, row), *[""] * (width - len(row))])
        number += 1


def _marked(rows: Iterator[list[str]]) -> Iterator[tuple[list[str], bool]]:
    """The rows, each with whether it is a title or a remark above the header."""
    may_be_above = MAX_ABOVE
    for row in rows:
        is_above = may_be_above > 0 and (
            len(list(filter(str.strip, row))) == 1 or row[0][:1] == "#"
        )
        may_be_above = may_be_above - 1 if is_above else 0
        yield row, is_above


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    text = text.strip()
    if "\n" in text or "\r" in text:
        text = " ".join(filter(None, map(str.strip, LINE_END.split(text))))
    return text.replace("|", "\\|") if "|" in text else text

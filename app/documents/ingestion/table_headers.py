"""Which header the rows of a Markdown table stand under."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_HEADER_ROWS: Final = 5
# The line below the header (GFM, 4.10); possessive: there is no other way to read it.
RULE: Final = re.compile(
    r"^[ \t]*+(?:\|[ \t]*+)?+:?+-++:?+[ \t]*+(?:\|[ \t]*+:?+-++:?+[ \t]*+)*+\|?+[ \t]*+\r?$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header: its rows lie between `first_row` and `end`."""

    start: int
    first_row: int
    end: int
    header: str


class Tables:
    """The tables of a text, in order."""

    def __init__(self, text: str) -> None:
        self._tables = list(_find_tables(text))
        self._starts = [table.start for table in self._tables]

    def header(self, position: int) -> str:
        """The header of the table in whose rows a position lies; empty elsewhere."""
        table = self._before(position)
        within = table is not None and table.first_row <= position < table.end
        return table.header if table is not None and within else ""

    def begins_in(self, start: int, end: int) -> bool:
        """Whether a table begins in a stretch of text."""
        table = self._before(end - 1)
        return table is not None and table.start >= start

    def _before(self, position: int) -> Table | None:
        index = bisect_right(self._starts, position)
        return self._tables[index - 1] if index else None


def _find_tables(text: str) -> Iterator[Table]:
    end = 0
    for rule in RULE.finditer(text):
        if "|" not in rule[0] or rule.start() < end:
            continue
        start = _header_start(text, rule.start(), end)
        if start == rule.start():
            continue
        end = _table_end(text, rule.end())
        header = text[start : rule.start()].replace("\r", "").rstrip()
        yield Table(start, min(rule.end() + 1, len(text)), end, header)


def _header_start(text: str, rule: int, after: int) -> int:
    """Where the rows above a rule begin: all that have bars in front, else the one line above."""
    start = rule
    for _ in range(MAX_HEADER_ROWS):
        line_start = text.rfind("\n", after, max(start - 1, after)) + 1 or after
        line = text[line_start:start]
        if line_start == start or "|" not in line:
            break
        has_bar = line.lstrip().startswith("|")
        if start < rule and not has_bar:
            break
        start = line_start
        if not has_bar:
            break
    return start


def _table_end(text: str, position: int) -> int:
    """The end of the last line with a bar in it."""
    while position < len(text):
        line_end = text.find("\n", position + 1)
        line_end = len(text) if line_end < 0 else line_end
        if "|" not in text[position:line_end]:
            break
        position = line_end
    return position

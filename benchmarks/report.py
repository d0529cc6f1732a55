"""The Markdown that comes out."""

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

HEAD = """\
| measure | floor | bRAG | bRAG ÷ floor | Postgres beside it |
|---|---:|---:|---:|---:|"""


@dataclass(frozen=True)
class Row:
    """One measure of the floor, of bRAG and of the Postgres that bRAG uses; None: it has none."""

    measure: str
    floor: float | None
    brag: float
    postgres: float | None = None

    def __str__(self) -> str:
        ratio = f"{self.brag / self.floor:.2f}" if self.floor else ""
        cells = (_figure(value) for value in (self.floor, self.brag))
        return f"| {self.measure} | {' | '.join(cells)} | {ratio} | {_figure(self.postgres)} |"


def table(rows: Iterable[Row]) -> str:
    """All rows, below a line that says on what they were measured."""
    cores, memory = psutil.cpu_count(), psutil.virtual_memory().total / 2**30
    machine = f"{platform.system()} {platform.machine()}, {cores} cores, {memory:.0f} GB"
    day = datetime.now(UTC).date().isoformat()
    where = f"Python {platform.python_version()}, {machine}, {day}."
    return "\n".join([where, "", HEAD, *map(str, rows)])


def _figure(value: float | None) -> str:
    """Three significant digits."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"

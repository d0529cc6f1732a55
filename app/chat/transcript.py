"""The deltas of an answer, in a few bytes each: in memory, and as rows of the journal."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, islice
from typing import Any, Final

from app.chat.events import Delta

PIECE_CHARS: Final = (
    4096  # of the text: joining all of it with each delta would take quadratic time
)

Origin = tuple[str, int, str]  # id, created and model of a delta: nearly always those of all


class Transcript:
    """Deltas by their position, from 0."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Lets go of all deltas."""
        self._ends = array("I")  # of each delta, in the text
        self._pieces = [""]  # of the text
        self._starts = [0]  # of the pieces
        self._origins: list[Origin] = []
        self._changes: list[int] = []  # the positions from which each origin holds
        self._finish_reasons: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def append(self, deltas: Iterable[Delta]) -> None:
        """Adds deltas."""
        begin = self._offset(len(self))
        text = []
        for position, delta in enumerate(deltas, len(self)):
            self._change(position, (delta.id, delta.created, delta.model))
            if delta.finish_reason is not None:
                self._finish_reasons[position] = delta.finish_reason
            text.append(delta.content)
        self._add_text(begin, "".join(text))
        self._extend(begin, map(len, text))

    def deltas(self, start: int, stop: int) -> list[Delta]:
        """Those from one position to before another."""
        if start >= stop:
            return []
        offset = self._offset(start)
        text = self.text(start, stop)
        deltas = []
        change = bisect_right(self._changes, start) - 1
        for position in range(start, stop):
            if change + 1 < len(self._changes) and position >= self._changes[change + 1]:
                change += 1
            content = text[self._offset(position) - offset : self._ends[position] - offset]
            finish_reason = self._finish_reasons.get(position)
            deltas.append(Delta(*self._origins[change], content, finish_reason))
        return deltas

    def text(self, start: int = 0, stop: int | None = None) -> str:
        """The text of the deltas from one position to before another."""
        first = self._offset(start)
        last = self._offset(len(self) if stop is None else stop)
        piece = bisect_right(self._starts, first) - 1
        origin = self._starts[piece]
        until = bisect_right(self._starts, last)
        return "".join(self._pieces[piece:until])[first - origin : last - origin]

    @property
    def finish_reason(self) -> str | None:
        """The last one that a delta has."""
        return next(reversed(self._finish_reasons.values()), None)

    def dump(self, start: int, stop: int) -> dict[str, Any]:
        """All but the text of the deltas from one position to before another, as JSON."""
        ends = self._ends[start:stop]
        first = self._offset(start)
        lengths = [end - before for before, end in zip([first, *ends], ends, strict=False)]
        change = max(0, bisect_right(self._changes, start) - 1)
        origins = [
            (max(0, position - start), *origin)
            for position, origin in zip(self._changes[change:], self._origins[change:], strict=True)
            if position < stop
        ]
        reasons = [
            (position - start, reason)
            for position, reason in self._finish_reasons.items()
            if start <= position < stop
        ]
        return {"lengths": lengths, "origins": origins, "finish_reasons": reasons}

    def load(self, text: str, dumped: dict[str, Any]) -> None:
        """Adds the deltas that `dump` told of, whose text this is."""
        base = len(self)
        for position, *origin in dumped["origins"]:
            self._change(base + position, tuple(origin))
        for position, reason in dumped["finish_reasons"]:
            self._finish_reasons[base + position] = reason
        begin = self._offset(base)
        self._add_text(begin, text)
        self._extend(begin, dumped["lengths"])  # 400,000 at most: no loop of ours

    def _offset(self, position: int) -> int:
        """Where the text of a delta begins."""
        return self._ends[position - 1] if position else 0

    def _change(self, position: int, origin: Origin) -> None:
        if not self._origins or origin != self._origins[-1]:
            self._origins.append(origin)
            self._changes.append(position)

    def _extend(self, begin: int, lengths: Iterable[int]) -> None:
        """Notes where deltas of these lengths end, whose text begins there."""
        self._ends.extend(islice(accumulate(lengths, initial=begin), 1, None))

    def _add_text(self, begin: int, text: str) -> None:
        if len(self._pieces[-1]) >= PIECE_CHARS:
            self._pieces.append("")
            self._starts.append(begin)
        self._pieces[-1] += text

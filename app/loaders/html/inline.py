"""What stands within a line of a page: marks, quotation marks, and the filled fields of forms."""

from collections.abc import Mapping
from typing import Final

from app.loaders.html.styles import Look
from app.loaders.markdown import MarkdownWriter
from app.loaders.marks import MarkKind

SPACED: Final = frozenset({"label", "option", "output", "select", "text", "tspan"})
ENCLOSED: Final = {"code": ("`", "`"), "q": ("“", "”")}
MARKS: Final = {
    "sup": MarkKind.RAISED,
    "sub": MarkKind.LOWERED,
    "s": MarkKind.STRUCK,
    "strike": MarkKind.STRUCK,
    "del": MarkKind.STRUCK,
}
SHIFTS: Final = frozenset({MarkKind.RAISED, MarkKind.LOWERED})
SHIFTED: Final = frozenset({"a", "b", "em", "font", "i", "small", "span", "strong", "u"})
MAX_MARKS: Final = 8  # that are open at once: no page means more
FILLED: Final = frozenset(
    {"", "text", "number", "email", "tel", "url", "date", "time", "datetime-local", "month", "week"}
)
CHOSEN: Final = frozenset({"checkbox", "radio"})


class OpenMarks:
    """The marks that are open; of one kind there is no second, but for links."""

    def __init__(self, writer: MarkdownWriter) -> None:
        self._writer = writer
        self._open: list[MarkKind] = []

    def begin(self, kind: str, look: Look, address: str) -> int:
        """Begins the marks that an element makes, and gives their number."""
        if not (address or look.marks or kind in MARKS):
            return 0
        before = len(self._open)
        if address and MarkKind.RAISED not in self._open:  # the address of a note says nothing
            self._begin(MarkKind.LINK, address)
        if kind in MARKS:
            self._begin(MARKS[kind])
        for mark in look.marks:
            if mark not in SHIFTS or kind in SHIFTED:
                self._begin(mark)
        return len(self._open) - before

    def end(self, count: int) -> None:
        """Ends the marks that were begun last."""
        for _ in range(count):
            self._open.pop()
            self._writer.end_mark()

    def _begin(self, mark: MarkKind, address: str = "") -> None:
        if len(self._open) < MAX_MARKS and (address or mark not in self._open):
            self._open.append(mark)
            self._writer.begin_mark(mark, address)


def input_text(attributes: Mapping[str, str]) -> str:
    """What a field of a form shows: what it is filled in with, or that it is chosen."""
    kind = attributes.get("type", "").strip().lower()
    if kind in FILLED:
        return f" {attributes.get('value', '')} "
    return " [x] " if kind in CHOSEN and "checked" in attributes else " "

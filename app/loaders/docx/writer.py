"""What Word adds to the Markdown writer: numbers, and paragraphs that begin before they do."""

from typing import Final

from app.loaders.docx.numbering import BULLET
from app.loaders.marks import MarkKind
from app.loaders.tables import TableWriter

MAX_PAGE_NUMBER: Final = 50  # pieces of text in the line that is one


class WordWriter(TableWriter):
    """A writer for the paragraphs of Word."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[str] = []
        self._of_runs: tuple[MarkKind, ...] = ()

    def numbered(self, depth: int, number: str, gap: str) -> None:
        """Begins a paragraph with a number as Word shows it."""
        self._count(len(number))
        self.item(depth, number)
        if not gap and self._prefix:
            self._prefix = self._prefix[:-1]

    def symbol(self, text: str) -> None:
        """Text that belongs to what stands before it, and is not counted as words are."""
        self._count(len(text))
        self._words.append(text)

    def hold(self) -> None:
        """Keeps the text of the paragraph for the next one to begin with."""
        if self._is_in_cell():
            return
        for mark in reversed(self._marks):
            self._apply(mark)
            mark.start = 0
        self._held += self._words
        self._words.clear()

    def release(self) -> None:
        """Puts what was held at the beginning of this paragraph."""
        self._words[:0] = self._held
        self._held.clear()

    def end_paragraph(self) -> str:
        """Ends the paragraph and gives its text; a number without text is still shown."""
        text = self.end()
        number = self._prefix.rstrip()
        if self._kind == "item" and number.lstrip() != BULLET:
            self._emit(number, "item")
        self._prefix = self._kind = ""
        return text

    def block(self, markdown: str) -> None:
        """What was written elsewhere, as a block; in a cell, where there are none, as text."""
        if self._is_in_cell():
            self.text(f" {markdown} ")
        elif markdown:
            self.close()
            self._count(len(markdown))
            self._emit(markdown)

    def discard_if_only(self, words: frozenset[str]) -> None:
        """Leaves out the open paragraph if it says nothing but some of these words."""
        # All paragraphs of a cell are one: it is not looked through again for each of them.
        if len(self._words) > MAX_PAGE_NUMBER:
            return
        if words.issuperset("".join(self._words).lower().split()):
            self._words.clear()
            self._prefix = self._kind = ""

    def set_marks(self, marks: tuple[MarkKind, ...]) -> None:
        """What follows is marked so: runs that look alike are one mark."""
        if marks == self._of_runs:
            return
        shared = 0
        while self._of_runs[: shared + 1] == marks[: shared + 1]:
            shared += 1
        for _ in self._of_runs[shared:]:
            self.end_mark()
        for kind in marks[shared:]:
            self.begin_mark(kind)
        self._of_runs = marks

    def begin_group(self) -> int:
        """Begins a part of a formula; gives the place that `end_group` wants."""
        return len(self._words)

    def end_group(self, place: int) -> None:
        """Puts brackets around a part of a formula, if it is more than one number or name."""
        text = "".join(self._words[place:]).strip()
        self._words[place:] = [text if text.isalnum() else f"({text})"] if text else []

    def begin_table(self) -> None:
        """Opens a table, after what was held."""
        self._end_held()
        super().begin_table()

    def end_cell(self) -> None:
        """Closes the cell, after what was held."""
        self.release()
        super().end_cell()

    def markdown(self) -> str:
        """All that was written."""
        self._end_held()
        return super().markdown()

    def _end_held(self) -> None:
        if self._held:
            self.release()
            self.end()

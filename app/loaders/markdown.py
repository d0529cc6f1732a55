"""Writes Markdown out of the blocks and the text that a parser meets."""

import re
from typing import Final

from app.loaders.constants import MAX_CHARS, TOO_LONG
from app.loaders.exceptions import UnreadableDocument
from app.loaders.marks import Mark, MarkKind

SPACE: Final = re.compile(r"\s+")
SPACES: Final = re.compile(r" {2,}")
BREAKS: Final = re.compile(r" ?\n ?")
BLANK_LINES: Final = re.compile(r"\n{3,}")
NEWLINES: Final = re.compile(r"\n+")
BACKTICKS: Final = re.compile(r"`+")
MAX_HEADING: Final = 6
MAX_INDENT: Final = 8
MAX_MARKS: Final = 8  # that are open at once: all of them go on in every block


class MarkdownWriter:
    """Blocks in, Markdown out; raises UnreadableDocument when it becomes too long."""

    def __init__(self) -> None:
        self._output: list[str] = []
        self._words: list[str] = []
        self._marks: list[Mark] = []
        self._deeper = 0  # marks within those
        self._prefix = self._kind = self._last_kind = ""
        self._chars = 0

    def text(self, text: str) -> None:
        """Text of the block; blank space of any length is one space."""
        self._count(len(text))
        self._words.append(SPACE.sub(" ", text))

    def begin_mark(self, kind: MarkKind, address: str = "") -> None:
        """What follows is raised, lowered, struck out, or leads to an address."""
        if len(self._marks) == MAX_MARKS:
            self._deeper += 1
        else:
            self._marks.append(Mark(kind, len(self._words), address))

    def end_mark(self) -> None:
        """Ends the mark that was begun last."""
        if self._deeper:
            self._deeper -= 1
        elif self._marks:
            self._apply(self._marks.pop())

    def line_break(self) -> None:
        """A new line within the block."""
        self._words.append("\n")

    def heading(self, level: int) -> None:
        """Begins a heading, `level` 1 being the highest."""
        self._begin("#" * min(level, MAX_HEADING) + " ", "heading")

    def item(self, depth: int, marker: str) -> None:
        """Begins an item of a list that is `depth` lists deep, the outermost being 0."""
        self._begin("  " * min(depth, MAX_INDENT) + marker + " ", "item")

    def code(self, code: str) -> None:
        """A block of lines that stay as they are."""
        self.close()
        self._count(len(code))
        if lines := code.strip("\r\n").rstrip():
            fence = "`" * max([2, *map(len, BACKTICKS.findall(lines))]) + "`"
            self._emit(f"{fence}\n{lines}\n{fence}")

    def end(self) -> str:
        """Ends the block, and gives its text; a heading or an item without any is still open."""
        text = self._take()
        if text:
            self._emit(self._prefix + self._continue(text), self._kind)
            self._prefix = self._kind = ""
        return text

    def close(self) -> str:
        """Ends the block, even if it is a heading or an item without text."""
        text = self.end()
        self._prefix = self._kind = ""
        return text

    def markdown(self) -> str:
        """All that was written."""
        self.close()
        return "".join(self._output)

    def _begin(self, prefix: str, kind: str) -> None:
        self.end()
        self._prefix, self._kind = prefix, kind

    def _continue(self, text: str) -> str:
        """The text with its further lines as the kind of block wants them."""
        if self._kind == "heading":
            return NEWLINES.sub(" ", text)
        if self._kind == "item":
            return NEWLINES.sub("\n" + " " * len(self._prefix), text)
        return text

    def _emit(self, block: str, kind: str = "") -> None:
        is_tight = kind in ("item", "row") and kind == self._last_kind
        if self._output:
            self._output.append("\n" if is_tight else "\n\n")
        self._output.append(block)
        self._last_kind = kind

    def _apply(self, mark: Mark) -> None:
        text = "".join(self._words[mark.start :])
        self._words[mark.start :] = [mark.apply(text)]

    def _take(self) -> str:
        # A mark that is still open goes on in the next block.
        for mark in reversed(self._marks):
            self._apply(mark)
            mark.start = 0
        text = SPACES.sub(" ", "".join(self._words))
        self._words.clear()
        return BLANK_LINES.sub("\n\n", BREAKS.sub("\n", text)).strip()

    def _count(self, chars: int) -> None:
        self._chars += chars
        if self._chars > MAX_CHARS:
            raise UnreadableDocument(TOO_LONG)

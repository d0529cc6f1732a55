"""Footnotes, endnotes and comments: the references in the text, and what they lead to."""

from typing import Final

from app.loaders.docx.number_formats import format_number
from app.loaders.exceptions import UnreadableDocument

FOOTNOTE: Final = "footnote"
ENDNOTE: Final = "endnote"
COMMENT: Final = "comment"
MAX_NOTES: Final = 500_000
# Word numbers endnotes so by default, which also tells them from footnotes.
FORMATS: Final = {FOOTNOTE: "decimal", ENDNOTE: "lowerRoman", COMMENT: "decimal"}


class Notes:
    """Only notes that the text refers to are shown: others belong to what was deleted."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], int] = {}
        self._count = dict.fromkeys(FORMATS, 0)
        self._texts: dict[tuple[str, int], str] = {}

    def refer(self, kind: str, key: str) -> str:
        """The mark of a note, where the text refers to it; notes count in that order."""
        if (kind, key) not in self._places:
            if len(self._places) == MAX_NOTES:
                raise UnreadableDocument("This document has too many notes: split it.")
            self._count[kind] += 1
            self._places[kind, key] = self._count[kind]
        return self._mark(kind, self._places[kind, key])

    def is_shown(self, kind: str, key: str) -> bool:
        """Whether the text refers to the note."""
        return (kind, key) in self._places

    def add(self, kind: str, key: str, text: str, author: str = "") -> None:
        """The text of a note."""
        place = self._places[kind, key]
        if kind == COMMENT:
            label = f"Comment by {author}:" if author else "Comment:"
        else:
            label = f"{self._mark(kind, place)}:"
        if text:
            self._texts[kind, place] = f"{label} {text}"

    def markdown(self, kind: str) -> str:
        """The notes of a kind, in the order of their marks."""
        places = sorted(place for of_kind, place in self._texts if of_kind == kind)
        return "\n\n".join(self._texts[kind, place] for place in places)

    @staticmethod
    def _mark(kind: str, place: int) -> str:
        return f"[^{format_number(place, FORMATS[kind])}]"

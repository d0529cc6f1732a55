"""Notes and comments, where the text refers to them and where they stand (17.11 and 17.13.4)."""

from typing import Final

from app.loaders.docx.notes import COMMENT, ENDNOTE, FOOTNOTE
from app.loaders.docx.story import Story
from app.loaders.docx.xml import Attributes, End, Start, attribute

OF_A_LINE: Final = frozenset({"separator", "continuationSeparator", "continuationNotice"})


class References:
    """Reads notes."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._open: tuple[str, str, str] = ("", "", "")
        kinds = (FOOTNOTE, ENDNOTE, COMMENT)
        self.starts: dict[str, Start] = {
            "w:footnoteReference": self._refer(FOOTNOTE),
            "w:endnoteReference": self._refer(ENDNOTE),
            "w:commentReference": self._refer(COMMENT),
            **{f"w:{kind}": self._begin(kind) for kind in kinds},
        }
        self.ends: dict[str, End] = {f"w:{kind}": self._end for kind in kinds}

    def _refer(self, kind: str) -> Start:
        def refer(attributes: Attributes) -> None:
            flow = self._story.flow
            if flow.shows_text:
                mark = self._story.notes.refer(kind, attribute(attributes, "id"))
                # Nobody sees a mark of a comment in the line.
                if kind != COMMENT:
                    flow.write_sign(mark)

        return refer

    def _begin(self, kind: str) -> Start:
        def begin(attributes: Attributes) -> bool:
            key = attribute(attributes, "id")
            if attribute(attributes, "type") in OF_A_LINE:
                return True
            if not self._story.notes.is_shown(kind, key):
                return True
            self._open = kind, key, attribute(attributes, "author")
            self._story.begin_flow(kind)
            return False

        return begin

    def _end(self) -> None:
        kind, key, author = self._open
        self._story.notes.add(kind, key, self._story.end_flow(), author)

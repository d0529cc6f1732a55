"""Leaves out of a page what its reader does not see, as lxml tells of its elements one by one."""

from collections.abc import Mapping
from typing import Final

from app.loaders.html.content import Content
from app.loaders.html.filter import ContentFilter
from app.loaders.html.styles import PLAIN, Look, StyleSheet
from app.loaders.html.visibility import Visibility, is_visually_hidden

IN_LINE: Final = frozenset({"abbr", "b", "bdi", "em", "i", "small", "span", "strong"})
CELLS: Final = frozenset({"td", "th"})
SCREENS: Final = frozenset({"", "all", "screen"})
MAX_UNSEEN_CHARS: Final = 1_000
# libxml2 looks through all open elements for the start of each end that has none.
MAX_DEPTH: Final = 2_000


class TooDeep(Exception):
    """Too many elements of a page are open at once."""


class Page:
    """A target of lxml, in which every start of an element has its end.

    What is there for those only who listen counts where it stands for what they do not hear: next
    to text that is hidden from them, and for a sign in the cell of a table.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._content = Content()
        self._filter = ContentFilter(self._content)
        self._styles = StyleSheet()
        self._visibility = Visibility()
        self._hidden_depth = 0
        self._hidden_as = ""  # style, spoken, unspoken
        self._hidden_text: list[str] = []
        self._spoken = ""  # text for listeners that came last
        self._is_beside_unspoken = False
        self._cells = 0

    @property
    def title(self) -> str | None:
        """The page's title, else its first heading of the first level."""
        return self._content.title

    def markdown(self) -> str:
        """The text of the page."""
        self._filter.close()
        return self._content.markdown()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Called by lxml where an element begins; raises TooDeep."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooDeep
        if self._hidden_depth:
            self._hidden_depth += 1
            return
        look = self._styles.look(tag, attributes) if attributes else PLAIN
        if self._is_shown(tag, attributes, look):
            self._forget()
            self._cells += tag in CELLS
            self._filter.start(tag, dict(attributes), look)
        else:
            self._hidden_depth = 1
            self._hidden_text = []

    def end(self, tag: str) -> None:
        """Called by lxml where an element ends."""
        self._depth -= 1
        if not self._hidden_depth:
            self._forget()
            self._cells -= tag in CELLS
            self._filter.end()
            return
        self._hidden_depth -= 1
        if not self._hidden_depth:
            self._end_hidden("".join(self._hidden_text))

    def data(self, data: str) -> None:
        """Called by lxml with text."""
        if not self._hidden_depth:
            if self._spoken or self._is_beside_unspoken:
                self._forget(unless=not data.strip())
            self._filter.data(data)
        elif self._hidden_as:
            self._hidden_text.append(data)

    def close(self) -> None:
        """Called by lxml at the end."""

    def _is_shown(self, tag: str, attributes: Mapping[str, str], look: Look) -> bool:
        self._hidden_as = ""
        if tag == "style":
            is_for_screens = attributes.get("media", "").strip().lower() in SCREENS
            self._hidden_as = "style" if is_for_screens else ""
            return False
        if not self._visibility.is_shown(tag, attributes, look):
            is_unspoken = attributes.get("aria-hidden", "").strip().lower() == "true"
            if is_unspoken and not look.hides and tag in IN_LINE:
                self._hidden_as = "unspoken"
            return False
        if not is_visually_hidden(attributes) or self._cells:
            return True
        self._hidden_as = "spoken" if tag in IN_LINE else ""
        return bool(self._hidden_as) and self._is_beside_unspoken

    def _end_hidden(self, text: str) -> None:
        match self._hidden_as:
            case "style":
                self._styles.add(text)
            case "spoken":
                self._spoken = " ".join(text[:MAX_UNSEEN_CHARS].split())
            case "unspoken" if text.strip():
                if self._spoken:
                    self._filter.data(f" {self._spoken} ")
                self._forget()
                self._is_beside_unspoken = True

    def _forget(self, *, unless: bool = False) -> None:
        if not unless:
            self._spoken, self._is_beside_unspoken = "", False

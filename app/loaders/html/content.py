"""Writes the elements of a page that its reader sees as Markdown."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from app.loaders.html.inline import ENCLOSED, SPACED, OpenMarks, input_text
from app.loaders.html.links import Links
from app.loaders.html.lists import HtmlList
from app.loaders.html.math import Formula
from app.loaders.html.numbers import number_of
from app.loaders.html.styles import Look
from app.loaders.html.tables import TABLE_PARTS, HtmlTableWriter

HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
DEFAULT_HEADING: Final = 2  # of role="heading": https://www.w3.org/TR/wai-aria-1.2/#heading
LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
# fmt: off
BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "button", "caption", "center", "dd",
    "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
    "header", "hgroup", "hr", "legend", "main", "p", "search", "section", "summary", "textarea",
})
# fmt: on
SOFT_HYPHEN: Final = "\xad"


class Content:
    """Starts, ends and text of elements in; Markdown and a title out."""

    def __init__(self) -> None:
        self._writer = HtmlTableWriter()
        self._links = Links()
        self._marks = OpenMarks(self._writer)
        self._lists: list[HtmlList] = []
        self._open: list[tuple[str, int]] = []  # what each element is taken for, and its marks
        self._within: Counter[str] = Counter()
        self._code: list[str] | None = None
        self._depth_in_code = 0
        self._formula: Formula | None = None
        self._title: list[str] = []
        self._first_heading: list[str] = []
        self._readings: list[str] = []  # of the characters of a ruby: they follow its whole words

    @property
    def title(self) -> str | None:
        """The page's title, else its first heading of the first level."""
        titles = (" ".join("".join(words).split()) for words in (self._title, self._first_heading))
        return next(filter(None, titles), None)

    def markdown(self) -> str:
        """The text of the page."""
        return self._writer.markdown()

    def start(self, tag: str, attributes: Mapping[str, str], look: Look) -> None:
        """An element begins."""
        if self._formula is not None:
            self._formula.start(tag)
        elif self._code is not None:
            self._depth_in_code += 1
            if tag == "br":
                self._code.append("\n")
        else:
            kind = self._kind(tag, attributes)
            self._within[kind] += 1
            self._enter(kind, attributes)
            address = self._links.resolve(attributes.get("href", "")) if kind == "a" else ""
            self._open.append((kind, self._marks.begin(kind, look, address)))

    def end(self) -> None:
        """The element that began last ends."""
        if self._formula is not None:
            if not self._formula.end():
                return
            self._say(self._formula.text())
            self._formula = None
        elif self._code is not None:
            if self._depth_in_code:
                self._depth_in_code -= 1
                return
            self._writer.code("".join(self._code))
            self._code = None
        self._end_element()

    def data(self, text: str) -> None:
        """Text."""
        text = text.replace(SOFT_HYPHEN, "")
        if self._formula is not None:
            self._formula.data(text)
        elif self._code is not None:
            self._code.append(text)
        elif self._within["title"]:
            self._title.append(text)
        elif self._within["ruby"] and self._within["rt"]:
            self._readings.append(text)
        elif self._within["textarea"]:
            self._say_lines(text)
        elif not self._within["nothing"] and not self._is_drawing():
            self._say(text)

    def _say(self, text: str) -> None:
        if self._within["h1"] and (self._first_heading or text.strip()):
            self._first_heading.append(text)
        self._writer.text(text)

    def _say_lines(self, text: str) -> None:
        first, *others = text.split("\n")
        self._say(first)
        for line in others:
            self._writer.line_break()
            self._say(line)

    def _is_drawing(self) -> bool:
        """Whether text is none that a drawing shows."""
        within = self._within
        return bool(within["svg"]) and not within["text"] and not within["foreignobject"]

    def _kind(self, tag: str, attributes: Mapping[str, str]) -> str:
        if attributes.get("role") == "heading":
            tag = f"h{number_of(attributes.get('aria-level', ''), DEFAULT_HEADING)}"
        if self._is_drawing():
            return tag if tag in {"svg", "text", "foreignobject"} else "drawing"
        if tag == "title" and self._title:
            return "nothing"
        if tag == "h1" and self._first_heading:
            return "later h1"
        if tag in HEADINGS and self._within["th"]:
            return "div"
        return tag

    def _enter(self, kind: str, attributes: Mapping[str, str]) -> None:
        match kind:
            case "pre":
                self._code = []
            case "math":
                self._formula = Formula()
            case "br":
                self._say(" ")
                self._writer.line_break()
            case "img":
                self._say(attributes.get("alt", ""))
            case "input":
                self._say(input_text(attributes))
            case "base":
                self._links.set_base(attributes.get("href", ""))
            case "ul" | "ol" | "menu" | "dir":
                self._writer.end()
                self._lists.append(HtmlList(kind, attributes))
            case "li":
                marker = self._lists[-1].marker(attributes) if self._lists else "-"
                self._writer.item(max(0, len(self._lists) - 1), marker)
            case _:
                self._enter_block(kind, attributes)

    def _enter_block(self, kind: str, attributes: Mapping[str, str]) -> None:
        if kind in HEADINGS:
            self._writer.heading(HEADINGS[kind])
        elif kind == "later h1":
            self._writer.heading(1)
        elif kind in TABLE_PARTS:
            self._writer.start_part(kind, attributes)
        elif kind in BLOCKS:
            self._end_block(kind)
        elif kind in ENCLOSED:
            self._say(ENCLOSED[kind][0])
        elif kind in SPACED:
            self._say(" ")

    def _end_element(self) -> None:
        kind, marks = self._open.pop()
        self._marks.end(marks)
        if kind in HEADINGS or kind in {"later h1", "li"}:
            self._writer.close()
        elif kind in LISTS:
            self._lists.pop()
            self._writer.close()
        elif kind in TABLE_PARTS:
            self._writer.end_part(kind)
        elif kind in BLOCKS:
            self._end_block(kind)
        else:
            self._end_inline(kind)
        self._within[kind] -= 1

    def _end_block(self, kind: str) -> None:
        if kind == "button" and any(self._within[heading] for heading in HEADINGS):
            self._say(" ")
        else:
            self._writer.end()

    def _end_inline(self, kind: str) -> None:
        if kind in ENCLOSED:
            self._say(ENCLOSED[kind][1])
        elif kind in SPACED:
            self._say(" ")
        elif kind == "ruby" and self._within["ruby"] == 1 and self._readings:
            self._say(f"({''.join(self._readings).strip()})")
            self._readings.clear()

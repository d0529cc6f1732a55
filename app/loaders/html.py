"""HTML to Markdown, read as a stream: a page of 25 MiB would take gigabytes as a tree."""

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree

from app.loaders.encodings import decode
from app.loaders.tables import TableWriter

FED_AT_ONCE: Final = 65_536
HEAD_BYTES: Final = 4096
# HTML 4.2.5 <meta charset> and http-equiv, XML 2.8 <?xml encoding>
CHARSET: Final = re.compile(
    rb"(?:<meta\b[^>]*\bcharset|<\?xml\b[^>]*\bencoding)\s*=\s*+[\"']?+\s*+([\w.:-]+)",
    re.IGNORECASE,
)
HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
CELLS: Final = frozenset({"td", "th"})
# fmt: off
BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
    "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header",
    "hr", "legend", "main", "p", "section", "summary", "tbody", "tfoot", "thead",
})
NOT_TEXT: Final = frozenset({
    "audio", "button", "canvas", "datalist", "iframe", "nav", "noscript", "object", "script",
    "select", "style", "svg", "template", "textarea", "video",
})
# fmt: on
NUMBER: Final = re.compile(r"[0-9]{1,9}")
HIDDEN_STYLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read_html(data: bytes, encoding: str | None) -> tuple[str, str | None]:
    """The page as Markdown, and its title or else its first heading of the first level."""
    declared = CHARSET.search(data[:HEAD_BYTES])
    text = decode(data, encoding or (declared[1].decode() if declared else None))
    page = _Page()
    parser = etree.HTMLParser(target=page, encoding="utf-8", no_network=True)
    for start in range(0, len(text), FED_AT_ONCE):
        parser.feed(text[start : start + FED_AT_ONCE].encode())
    parser.close()
    return page.markdown(), page.title


class _Page:
    """What lxml tells of the page, in which every start of an element has its end."""

    def __init__(self) -> None:
        self._writer = TableWriter()
        self._lists: list[int | None] = []  # the next number; None for a list without numbers
        self._code: list[str] | None = None
        self._title: list[str] = []
        self._first_heading = ""
        self._is_in_title = False
        self._hidden_depth = self._depth_in_code = 0

    @property
    def title(self) -> str | None:
        """The page's title, else its first heading of the first level."""
        return "".join(self._title).strip() or self._first_heading or None

    def markdown(self) -> str:
        """The text of the page."""
        return self._writer.markdown()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Called by lxml where an element begins."""
        if self._hidden_depth or _is_hidden(tag, attributes):
            self._hidden_depth += 1
        elif self._code is None:
            self._open(tag, attributes)
        else:
            self._depth_in_code += 1
            if tag == "br":
                self._code.append("\n")

    def end(self, tag: str) -> None:
        """Called by lxml where an element ends."""
        if self._hidden_depth:
            self._hidden_depth -= 1
        elif self._code is None:
            self._shut(tag)
        elif self._depth_in_code:
            self._depth_in_code -= 1
        else:
            self._writer.code("".join(self._code))
            self._code = None

    def data(self, data: str) -> None:
        """Called by lxml with text."""
        if self._hidden_depth:
            return
        if self._is_in_title:
            self._title.append(data)
        elif self._code is not None:
            self._code.append(data)
        else:
            self._writer.text(data)

    def close(self) -> None:
        """Called by lxml at the end."""

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        match tag:
            case "title":
                self._is_in_title = not self._title
            case "pre":
                self._code = []
            case "br":
                self._writer.line_break()
            case "code":
                self._writer.text("`")
            case "img":
                self._writer.text(attributes.get("alt", ""))
            case "ul" | "ol":
                self._writer.end()
                self._lists.append(_first_number(attributes) if tag == "ol" else None)
            case _:
                self._open_block(tag)

    def _open_block(self, tag: str) -> None:
        if tag in HEADINGS:
            self._writer.heading(HEADINGS[tag])
        elif tag == "li":
            self._writer.item(max(0, len(self._lists) - 1), self._marker())
        elif tag == "table":
            self._writer.begin_table()
        elif tag in CELLS:
            self._writer.begin_cell()
        elif tag in BLOCKS:
            self._writer.end()

    def _shut(self, tag: str) -> None:
        match tag:
            case "title":
                self._is_in_title = False
            case "code":
                self._writer.text("`")
            case "ul" | "ol":
                self._lists.pop()
                self._writer.close()
            case "li":
                self._writer.close()
            case _:
                self._shut_block(tag)

    def _shut_block(self, tag: str) -> None:
        if tag in HEADINGS:
            heading = self._writer.close()
            if tag == "h1":
                self._first_heading = self._first_heading or heading
        elif tag == "table":
            self._writer.end_table()
        elif tag == "tr":
            self._writer.end_row()
        elif tag in CELLS:
            self._writer.end_cell()
        elif tag in BLOCKS:
            self._writer.end()

    def _marker(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "-"
        self._lists[-1] = number + 1
        return f"{number}."


def _is_hidden(tag: str, attributes: Mapping[str, str]) -> bool:
    return (
        tag in NOT_TEXT
        or "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or HIDDEN_STYLE.search(attributes.get("style", "")) is not None
    )


def _first_number(attributes: Mapping[str, str]) -> int:
    start = attributes.get("start", "")
    return int(start) if NUMBER.fullmatch(start) else 1

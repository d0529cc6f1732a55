"""HTML to Markdown, read as a stream: a page of 25 MiB would take gigabytes as a tree."""

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree

from app.documents.loaders.encodings import decode
from app.documents.loaders.tables import TableWriter

FED_AT_ONCE: Final = 65_536
HEAD_BYTES: Final = 4096
# HTML 4.2.5 <meta charset> and http-equiv, XML 2.8 <?xml encoding>
CHARSET: Final = re.compile(
    rb"(?:<meta\b[^>]*\bcharset|<\?xml\b[^>]*\bencoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE
)
HEADINGS: Final = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
BLOCKS: Final = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset"
    " figcaption figure footer form header hr html legend main p section summary tbody tfoot thead"
    .split()
)
NOT_TEXT: Final = frozenset(
    "audio button canvas datalist iframe nav noscript object script select style svg template"
    " textarea video".split()
)
NUMBER: Final = re.compile(r"[0-9]{1,9}")
HIDDEN_STYLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read_html(data: bytes, encoding: str | None) -> tuple[str, str | None]:
    """The page as Markdown, and its title or else its first heading of the first level."""
    declared = CHARSET.search(data[:HEAD_BYTES])
    text = decode(data, encoding or (declared and declared[1].decode()))
    page = _Page()
    parser = etree.HTMLParser(target=page, encoding="utf-8", no_network=True)
    for start in range(0, len(text), FED_AT_ONCE):
        parser.feed(text[start : start + FED_AT_ONCE].encode())
    parser.close()
    return page.markdown(), page.title


class _Page:
    """What lxml tells of the page; its starts and ends of elements always match."""

    def __init__(self) -> None:
        self._writer = TableWriter()
        self._lists: list[int | None] = []  # the next number; None for a list without numbers
        self._code: list[str] | None = None
        self._title: list[str] = []
        self._first_heading = ""
        self._is_in_title = False
        self._hidden_depth = 0

    @property
    def title(self) -> str | None:
        return "".join(self._title).strip() or self._first_heading or None

    def markdown(self) -> str:
        return self._writer.markdown()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._hidden_depth or _is_hidden(tag, attributes):
            self._hidden_depth += 1
        elif self._code is None:
            self._open(tag, attributes)
        elif tag == "br":
            self._code.append("\n")

    def end(self, tag: str) -> None:
        if self._hidden_depth:
            self._hidden_depth -= 1
        elif self._code is None:
            self._shut(tag)
        elif tag == "pre":
            self._writer.code("".join(self._code))
            self._code = None

    def data(self, data: str) -> None:
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
            case "ul" | "ol":
                self._writer.end()
                self._lists.append(_first_number(attributes) if tag == "ol" else None)
            case "li":
                self._writer.item(max(0, len(self._lists) - 1), self._marker())
            case "table":
                self._writer.begin_table()
            case "td" | "th":
                self._writer.begin_cell()
            case "br":
                self._writer.line_break()
            case "code":
                self._writer.text("`")
            case "img":
                self._writer.text(attributes.get("alt", ""))
            case _ if tag in HEADINGS:
                self._writer.heading(HEADINGS[tag])
            case _ if tag in BLOCKS:
                self._writer.end()

    def _shut(self, tag: str) -> None:
        match tag:
            case "title":
                self._is_in_title = False
            case "ul" | "ol":
                self._lists.pop()
                self._writer.close()
            case "li":
                self._writer.close()
            case "table":
                self._writer.end_table()
            case "tr":
                self._writer.end_row()
            case "td" | "th":
                self._writer.end_cell()
            case "code":
                self._writer.text("`")
            case _ if tag in HEADINGS:
                self._close_heading(tag)
            case _ if tag in BLOCKS:
                self._writer.end()

    def _close_heading(self, tag: str) -> None:
        heading = self._writer.close()
        if tag == "h1" and not self._first_heading:
            self._first_heading = heading

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

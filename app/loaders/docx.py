"""Word documents (ECMA-376, WordprocessingML) to Markdown, read as a stream.

The common libraries build a tree in Python objects, which takes over a gigabyte for 20 MB of XML,
or leave out inserted text, content controls and text boxes. Tables: `app.loaders.tables`.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Final
from zipfile import BadZipFile, ZipFile

from lxml import etree

from app.loaders.constants import MAX_UNPACKED_BYTES
from app.loaders.docx_styles import (
    TITLE,
    Numbering,
    Styles,
    find_part,
    heading_level,
    read_title,
)
from app.loaders.exceptions import UnreadableDocument
from app.loaders.tables import TableWriter

FED_AT_ONCE: Final = 65_536
PARTS_WITH_TEXT: Final = ("document", "footnotes", "endnotes")
# Deleted and moved text, former formatting, and what a newer element beside it repeats.
SKIPPED: Final = frozenset({"del", "moveFrom", "pPrChange", "Fallback"})
PROPERTIES: Final = frozenset({"pStyle", "outlineLvl", "numId", "ilvl"})
NO_LIST: Final = "0"  # 17.9.18: takes a paragraph out of its style's list
WORD: Final = frozenset(  # transitional and strict
    {
        "{http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "{http://purl.oclc.org/ooxml/wordprocessingml/main",
    }
)
WORD_AND_MATH: Final = WORD | {
    "{http://schemas.openxmlformats.org/officeDocument/2006/math",
    "{http://purl.oclc.org/ooxml/officeDocument/math",
}
ENCRYPTED: Final = 0x1  # the first general purpose bit of a zip member


def read_docx(data: bytes) -> tuple[str, str | None]:
    """The text, notes last, and the title: the paragraph in that style, else the metadata's."""
    with _open(data) as package:
        body = _Body(Styles(package), Numbering(package))
        for part in PARTS_WITH_TEXT:
            if name := find_part(package, part):
                with package.open(name) as xml:
                    _parse(xml, body)
        return body.markdown(), body.title or read_title(package)


class _Body:
    """What lxml tells of the parts; numbers and headings go on from one part to the next."""

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        self.title: str | None = None
        self._styles, self._numbering = styles, numbering
        self._writer = TableWriter()
        self._properties: dict[str, str] = {}  # of the paragraph, by element
        self._is_text = False
        self._skipped_depth = 0

    def markdown(self) -> str:
        return self._writer.markdown()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        namespace, _, name = tag.rpartition("}")
        if self._skipped_depth or name in SKIPPED:
            self._skipped_depth += 1
        elif namespace in WORD and name in PROPERTIES:
            self._properties[name] = attributes.get(f"{namespace}}}val", "")
        elif namespace in WORD_AND_MATH:
            self._open(name)

    def end(self, tag: str) -> None:
        namespace, _, name = tag.rpartition("}")
        if self._skipped_depth:
            self._skipped_depth -= 1
        elif namespace in WORD_AND_MATH:
            self._shut(name)

    def data(self, data: str) -> None:
        if self._is_text and not self._skipped_depth:
            self._writer.text(data)

    def doctype(self, *_: str | None) -> None:
        """Called by lxml where entities might be declared: ECMA-376, part 2, forbids it."""
        raise UnreadableDocument("This Word document declares a document type: save it anew.")

    def close(self) -> None:
        """Called by lxml at the end of each part."""

    def _open(self, name: str) -> None:
        match name:
            case "p":
                self._writer.close()
                self._properties = {}
            case "t":
                self._is_text = True
            case "tab":
                self._writer.text(" ")
            case "br" | "cr":
                self._writer.line_break()
            case "noBreakHyphen":
                self._writer.text("-")
            case "tbl":
                self._writer.begin_table()
            case "tc":
                self._writer.begin_cell()

    def _shut(self, name: str) -> None:
        match name:
            case "t":
                self._is_text = False
            case "pPr":
                self._begin_paragraph()
            case "p":
                self._end_paragraph()
            case "tc":
                self._writer.end_cell()
            case "tr":
                self._writer.end_row()
            case "tbl":
                self._writer.end_table()

    def _begin_paragraph(self) -> None:
        style = self._properties.get("pStyle", "")
        self._properties = self._styles.properties(style) | self._properties
        level = heading_level(self._properties)
        number = self._properties.get("numId", NO_LIST)
        if level:
            self._writer.heading(level)
        elif number != NO_LIST:
            depth = int(self._properties.get("ilvl", "0"))
            self._writer.item(depth, self._numbering.marker(number, depth))

    def _end_paragraph(self) -> None:
        text = self._writer.close()
        if TITLE in self._properties:
            self.title = self.title or text


def _open(data: bytes) -> ZipFile:
    try:
        package = ZipFile(BytesIO(data))
    except BadZipFile as error:
        raise UnreadableDocument(
            "This is labelled as a Word document but is none: label it as what it is."
        ) from error
    members = package.infolist()
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise UnreadableDocument("This document is encrypted: save it without a password.")
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise UnreadableDocument(
            f"This document unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB: split it."
        )
    return package


def _parse(xml: IO[bytes], body: _Body) -> None:
    parser = etree.XMLParser(target=body, resolve_entities=False, no_network=True)
    while part := xml.read(FED_AT_ONCE):
        parser.feed(part)
    parser.close()

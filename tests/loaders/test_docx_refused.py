"""Word documents that cannot be read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.loaders import load
from app.loaders.constants import DOCX
from app.loaders.exceptions import UnreadableDocument
from tests.support.documents import STRICT, repacked, word, word_of_body, write_report

NAMESPACES = f'xmlns="{STRICT}" xmlns:w="{STRICT}"'
PARAGRAPH = """
    <w:p><w:pPr><w:pStyle w:val="Local"/><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr>
    <w:r><w:t>Snails.</w:t></w:r></w:p>
"""
HEADING = f'<outlineLvl {NAMESPACES} w:val="1"/>'
DECIMAL = f'<lvl {NAMESPACES} w:ilvl="0"><numFmt w:val="decimal"/></lvl>'


def word_of_size(declared: int, *others: str) -> bytes:
    """A Word document whose archive declares this size of its text, and of other parts."""
    data = bytearray(word_of_body("<w:p><w:r><w:t>text</w:t></w:r></w:p>" * 100))
    for part in ("word/document.xml", *others):
        entry = data.index(part.encode(), data.index(b"PK\x01\x02")) - 46
        data[entry + 24 : entry + 28] = declared.to_bytes(4, "little")
    return bytes(data)


def title(content: str) -> str:
    """The metadata of a document with this as its title."""
    return f"<c><title>Ducks {content}</title></c>"


def style(content: str) -> str:
    """Styles, of which one holds this."""
    return f'<s {NAMESPACES}><style w:styleId="Local"><pPr>{content}</pPr></style></s>'


def numbering(content: str) -> str:
    """Lists, of which one holds this."""
    lists = f'<abstractNum w:abstractNumId="7">{content}</abstractNum>'
    item = '<num w:numId="7"><abstractNumId w:val="7"/></num>'
    return f"<n {NAMESPACES}>{lists}{item}</n>"


class TestRefused:
    def test_document_without_text_is_refused(self) -> None:
        """A document without text is refused."""
        with pytest.raises(UnreadableDocument, match="no text in this file"):
            load(word(lambda _: None))

    def test_encrypted_document_is_refused(self) -> None:
        """A document that opens with a password is refused, with what to do."""
        data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
        with pytest.raises(UnreadableDocument, match="encrypted: save it without"):
            load(data, name="a.docx", media_type=DOCX)

    def test_encrypted_archive_is_refused(self) -> None:
        """A document in an archive with a password is refused, with what to do."""
        data = bytearray(word(write_report))
        directory = data.index(b"PK\x01\x02")
        data[directory + 8] |= 1
        with pytest.raises(UnreadableDocument, match="encrypted: save it without"):
            load(bytes(data))

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
    def test_cut_off_document_is_refused(self, share: float) -> None:
        """A document of which only a part is there is refused."""
        data = word(write_report)
        with pytest.raises(UnreadableDocument, match="damaged or cut off"):
            load(data[: int(len(data) * share)], media_type=DOCX)

    @pytest.mark.parametrize(("offset", "byte"), [(6, 255), (46, 255)])
    def test_damaged_archive_is_refused(self, offset: int, byte: int) -> None:
        """An archive with an impossible version, or a name that is not UTF-8, is refused."""
        data = bytearray(word(write_report))
        entry = data.index(b"PK\x01\x02")
        data[entry + 9] |= 8  # its name is UTF-8
        data[entry + offset] = byte
        with pytest.raises(UnreadableDocument, match="damaged"):
            load(bytes(data))

    @pytest.mark.parametrize("xml", [b"", b"<w", b"<a>never closed"])
    def test_broken_xml_is_refused(self, xml: bytes) -> None:
        """Broken XML is refused with what to do."""
        data = repacked(word(write_report), {"word/document.xml": xml})
        with pytest.raises(UnreadableDocument, match="This Word document is damaged: open it"):
            load(data)

    def test_bomb_is_refused_before_it_unpacks(self) -> None:
        """An archive that unpacks to hundreds of megabytes is refused before it does."""
        with pytest.raises(UnreadableDocument, match="unpacks to more than 250 MB"):
            load(word_of_size(300_000_000))
        with pytest.raises(UnreadableDocument, match="unpacks to more than 250 MB"):
            load(word_of_size(150_000_000, "word/styles.xml"))

    @pytest.mark.parametrize("stated", [None, 1])
    def test_too_many_files_are_refused(self, stated: int | None) -> None:
        """An archive of too many files is refused, however many it says that there are."""
        files = {f"{number:060000}": b"" for number in range(20)}
        data = bytearray(repacked(word(write_report), files))
        if stated:
            data[-14:-10] = stated.to_bytes(2, "little") * 2
        with pytest.raises(UnreadableDocument, match="too many files"):
            load(bytes(data), media_type=DOCX)

    def test_hidden_bomb_is_refused(self) -> None:
        """A document that holds more than its archive says is refused, and not unpacked."""
        with pytest.raises(UnreadableDocument, match="This Word document is damaged"):
            load(word_of_size(100))

    @pytest.mark.parametrize(
        "declaration",
        [
            "SYSTEM 'file:///etc/passwd'",
            "[<!ENTITY x SYSTEM 'file:///etc/passwd'>]",
            "[<!ENTITY x SYSTEM 'http://127.0.0.1:9/x'>]",
            "[<!ENTITY x 'lol'>]",
        ],
    )
    def test_text_with_entities_is_refused(self, declaration: str) -> None:
        """A text that may declare entities is refused: nothing is read, fetched, multiplied."""
        body = "<w:p><w:r><w:t>text &x;</w:t></w:r></w:p>"
        xml = f'<!DOCTYPE w {declaration}><w:document xmlns:w="{STRICT}">{body}</w:document>'
        data = repacked(word(write_report), {"word/document.xml": xml.encode()})
        with pytest.raises(UnreadableDocument, match="save it anew"):
            load(data)

    def test_entities_of_styles_are_not_multiplied(self) -> None:
        """Entities that the styles declare are not multiplied."""
        laughs = "".join(f"<!ENTITY x{level} '{f'&x{level - 1};' * 100}'>" for level in range(1, 9))
        xml = f"<!DOCTYPE s [<!ENTITY x0 'lol'>{laughs}]><s><style styleId='&x8;'>&x8;</style></s>"
        data = repacked(word(write_report), {"word/styles.xml": xml.encode()})
        with pytest.raises(UnreadableDocument, match="This Word document is damaged"):
            load(data)

    @pytest.mark.parametrize(
        ("part", "write", "local"),
        [
            ("docProps/core.xml", title, "swordfish"),
            ("word/styles.xml", style, HEADING),
            ("word/numbering.xml", numbering, DECIMAL),
        ],
        ids=["title", "styles", "numbering"],
    )
    def test_local_files_do_not_show(
        self, part: str, write: Callable[[str], str], local: str, tmp_path: Path
    ) -> None:
        """A file of the server that a document declares shows in neither its text nor its title."""
        file = tmp_path / "local.xml"
        file.write_text(local)

        def read(xml: str) -> tuple[str, str | None]:
            loaded = load(repacked(word_of_body(PARAGRAPH), {part: xml.encode()}), media_type=DOCX)
            return loaded.text, loaded.title

        declared = f"<!DOCTYPE x [<!ENTITY x SYSTEM '{file.as_uri()}'>]>{write('&x;')}"
        assert read(declared) == read(write("")) != read(write(local))

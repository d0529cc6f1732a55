"""Real files, made here: PDFs written by hand, Word documents by python-docx."""

import zlib
from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import docx
from docx.document import Document
from pypdf import PdfReader, PdfWriter

from tests.support.pdf_files import file_of_objects

STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"


def pdf_of_streams(*streams: bytes, title: str = "") -> bytes:
    """A PDF of one page for each content stream."""
    count = len(streams)
    kids = b" ".join(b"%d 0 R" % (5 + 2 * page) for page in range(count))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Title(%s)>>" % title.encode("latin-1"),
    ]
    for page, stream in enumerate(streams):
        packed = zlib.compress(stream)
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>"
            b"/Contents %d 0 R>>" % (6 + 2 * page),
            b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed),
        ]
    return file_of_objects(objects, b"/Info 4 0 R")


def pdf(*pages: str, title: str = "") -> bytes:
    """A PDF with the lines of each page."""
    return pdf_of_streams(*(_lines(page) for page in pages), title=title)


def _lines(page: str) -> bytes:
    shown = b" T* ".join(b"(%s) Tj" % line.encode("cp1252") for line in page.splitlines())
    return b"BT /F 12 Tf 14 TL 50 750 Td %s ET" % shown


def encrypted_pdf(user_password: str) -> bytes:
    """A PDF that opens with the password, and may be changed with another."""
    writer, file = PdfWriter(PdfReader(BytesIO(pdf("A secret.")))), BytesIO()
    writer.encrypt(user_password, "the owner's", algorithm="AES-256")
    writer.write(file)
    return file.getvalue()


def word(write: Callable[[Document], object]) -> bytes:
    """A Word document with what `write` writes into it."""
    document, file = docx.Document(), BytesIO()
    write(document)
    document.save(file)
    return file.getvalue()


def repacked(package: bytes, changed: dict[str, bytes]) -> bytes:
    """The zip archive with some members changed or added."""
    file = BytesIO()
    with ZipFile(BytesIO(package)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        members = {name: old.read(name) for name in old.namelist()} | changed
        for name, content in members.items():
            new.writestr(name, content)
    return file.getvalue()


def word_of_body(body: str) -> bytes:
    """A Word document with this XML as its body."""
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = f'<w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>'
    return repacked(word(lambda _: None), {"word/document.xml": xml.encode()})


def write_report(document: Document) -> None:
    """Headings, text, lists and a table."""
    document.add_heading("Report", 0)
    document.add_heading("First", 1)
    document.add_paragraph("Some ").add_run("bold\ttext\nmore").bold = True
    for text, style in [("a", ""), ("b", " 2"), ("c", "")]:
        document.add_paragraph(text, f"List Bullet{style}")
    document.add_paragraph("one", "List Number")
    document.add_paragraph("two", "List Number")
    document.add_heading("Deeper", 2)
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["x", "y|z", "1", "2\n3"], strict=True):  # noqa: SLF001
        cell.text = text
    document.add_paragraph("End.")

"""Real files, made here: PDFs written by hand, Word documents by python-docx."""

import zlib
from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import docx
from docx.document import Document
from pypdf import PdfReader, PdfWriter


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
    return _pdf_of_objects(objects)


def _pdf_of_objects(objects: list[bytes]) -> bytes:
    file, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return b"%sxref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R/Info 4 0 R>>\n" % (
        (file, len(objects) + 1, table, len(objects) + 1)
    ) + b"startxref\n%d\n%%%%EOF\n" % len(file)


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

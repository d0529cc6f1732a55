"""PDFs put together object by object: forms, annotations, fonts and damage."""

from collections.abc import Callable
from io import BytesIO

ROOT, PAGES, FONT = b"1 0 R", b"2 0 R", b"3 0 R"
HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


class PdfFile:
    """A PDF that grows; what is added is named by its reference, such as `7 0 R`."""

    def __init__(self) -> None:
        self._objects = [b"", b"", HELVETICA]
        self.kids: list[bytes] = []
        self.form = b""

    def add(self, content: bytes) -> bytes:
        """The reference of a new object."""
        self._objects.append(content)
        return b"%d 0 R" % len(self._objects)

    def stream(self, data: bytes, entries: bytes = b"") -> bytes:
        """The reference of a new stream, which holds the data as they are."""
        length = b"<</Length %d%s>>" % (len(data), entries)
        return self.add(b"%sstream\n%s\nendstream" % (length, data))

    def drawing(self, content: bytes) -> bytes:
        """The reference of a new drawing of an annotation, which is 200 points wide and 20 high."""
        resources = b"/Resources<</Font<</F %s>>>>" % FONT
        return self.stream(content, b"/Subtype/Form/BBox[0 0 200 20]" + resources)

    def page(self, contents: bytes, *annotations: bytes, font: bytes = FONT) -> bytes:
        """The reference of a new page, which draws the stream of that reference."""
        kid = self.add(
            b"<</Type/Page/Parent %s/MediaBox[0 0 600 800]/Resources<</Font<</F %s>>>>"
            b"/Annots[%s]/Contents %s>>" % (PAGES, font, b" ".join(annotations), contents)
        )
        self.kids.append(kid)
        return kid

    def show(self, content: bytes, *annotations: bytes, font: bytes = FONT) -> bytes:
        """The reference of a new page with this content."""
        return self.page(self.stream(content), *annotations, font=font)

    def data(self) -> bytes:
        """The file."""
        self._objects[0] = b"<</Type/Catalog/Pages %s/AcroForm<<%s>>>>" % (PAGES, self.form)
        count, kids = len(self.kids), b" ".join(self.kids)
        self._objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids)
        return file_of_objects(self._objects)


def file_of_objects(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """A PDF with these objects, numbered from one; the first is its catalogue."""
    file, table = BytesIO(), [b"0000000000 65535 f \n"]
    file.write(b"%PDF-1.7\n")
    for number, content in enumerate(objects, start=1):
        table.append(b"%010d 00000 n \n" % file.tell())
        file.write(b"%d 0 obj%s\nendobj\n" % (number, content))
    start, size = file.tell(), len(table)
    file.write(b"xref\n0 %d\n%s" % (size, b"".join(table)))
    file.write(b"trailer<</Size %d/Root %s%s>>\n" % (size, ROOT, trailer))
    file.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return file.getvalue()


def text(at: tuple[float, float], *lines: str, size: int = 12) -> bytes:
    """Lines that begin at a point, the next ones below it."""
    shown = b" T* ".join(b"(%s) Tj" % line.encode("cp1252") for line in lines)
    return b"BT /F %d Tf %d TL %f %f Td %s ET " % (size, size + 2, *at, shown)


def file_with(add_second_page: Callable[[PdfFile], object]) -> bytes:
    """A PDF of three pages, the second of which is as given."""
    file = PdfFile()
    file.show(text((50, 700), "First."))
    add_second_page(file)
    file.show(text((50, 700), "Third."))
    return file.data()

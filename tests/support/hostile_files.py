"""Documents of one thing again and again, whose number is their size: what is worse than linear."""

from collections.abc import Callable

from tests.support.pdf_files import PdfFile, text
from tests.support.word_files import field, numbered, paragraph, run, word_file

PAGE = "<!doctype html><html><body>"
ENTRY = f"<w:tr><w:tc>{paragraph('a')}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr>"
Grow = Callable[[int], bytes]


def blank_cell(size: int) -> bytes:
    """CSV, of which a cell of two lines has a long blank in it."""
    return f'a,b\nc,d\n"e{" " * size}f\ng",h\n'.encode()


def long_word(size: int) -> bytes:
    """A letter beyond ASCII, of an encoding that has to be guessed, before a long word."""
    return b"\xe9-" + b"a" * size


def blank_headings(size: int) -> bytes:
    """A page of headings of which none says anything."""
    return f"{PAGE}{'<h1> </h1>' * size}<p>a".encode()


def many_classes(size: int) -> bytes:
    """An element of many classes, each of which its page hides."""
    names = [f"a{number}" for number in range(size)]
    rules = "".join(f".{name}{{display:none}}" for name in names)
    return f"{PAGE}<style>{rules}</style><p class='{' '.join(names)}'>b</p>c".encode()


def many_panels(size: int) -> bytes:
    """Panels with buttons, and as much that is hidden and has none."""
    tabs = "".join(f"<a data-toggle=tab href='#{number}'>a</a>" for number in range(size))
    hidden = "".join(f"<p id='b{number}' hidden>b</p>" for number in range(size))
    return f"{PAGE}{tabs}{hidden}c".encode()


def ends_without_starts(size: int) -> bytes:
    """Elements that never end, below which others end that never began."""
    return f"{PAGE}a{'<div>' * size}{'</x>' * size}".encode()


def many_levels(size: int) -> bytes:
    """A list of many levels, which as many others use."""
    levels = "".join(f'<w:lvl w:ilvl="{number}"/>' for number in range(size))
    uses = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="0"/></w:num>' for number in range(size)
    )
    numbering = f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>{uses}'
    return word_file(numbered("a"), {"numbering": numbering})


def page_numbers_in_cell(size: int) -> bytes:
    """A cell of a table that is full of page numbers."""
    numbers = paragraph(field("PAGE", run("1")) + run("ducks eat seeds " * 10)) * size
    return word_file(f"<w:tbl>{ENTRY}<w:tr><w:tc>{numbers}</w:tc></w:tr></w:tbl>")


def sparse_chart(size: int) -> bytes:
    """A chart whose every series has a value at a place of its own."""
    series = "".join(
        f'<c:ser><c:val><c:pt idx="{number}"><c:v>1</c:v></c:pt></c:val></c:ser>'
        for number in range(size)
    )
    body = paragraph('<w:r><c:chart r:id="c"/></w:r>') + paragraph("a")
    return word_file(body, {"chart": series}, {"c": ("chart", "chart.xml")})


def doubled_drawings(size: int) -> bytes:
    """Drawings within each other, of which each draws the next one twice."""
    file = PdfFile()
    inner = file.drawing(text((0, 5), "a"))
    for _ in range(size):
        resources = b"/Resources<</XObject<</A %s>>>>" % inner
        inner = file.stream(b"/A Do /A Do", b"/Subtype/Form/BBox[0 0 200 20]" + resources)
    file.page(file.stream(b"/A Do"))
    file.kids[-1] = file.add(
        b"<</Type/Page/MediaBox[0 0 600 800]/Resources<</XObject<</A %s>>>>/Contents %s>>"
        % (inner, file.stream(b"/A Do"))
    )
    return file.data()


def repeated_page(size: int) -> bytes:
    """One long page again and again."""
    file = PdfFile()
    file.show(text((50, 700), "a") * size)
    file.kids *= size
    return file.data()


def shared_annotations(size: int) -> bytes:
    """Annotations that all pages share."""
    file = PdfFile()
    note = file.add(b"<</Type/Annot/Subtype/FreeText/Rect[50 50 90 90]/Contents(a)>>")
    contents = file.stream(text((50, 700), "a"))
    for _ in range(size):
        file.page(contents, *[note] * size)
    return file.data()


def shared_fonts(size: int) -> bytes:
    """Fonts that all pages share, each of which has resources of its own."""
    file = PdfFile()
    fonts = file.add(b"<<%s>>" % b"".join(b"/F%d 3 0 R" % number for number in range(size)))
    contents = file.stream(text((50, 700), "a"))
    for _ in range(size):
        file.kids.append(
            file.add(
                b"<</Type/Page/MediaBox[0 0 600 800]/Resources<</Font %s>>/Contents %s>>"
                % (fonts, contents)
            )
        )
    return file.data()


def shared_options(size: int) -> bytes:
    """Options that all fields of a form share."""
    file = PdfFile()
    options = file.add(b"[%s]" % (b"[(a)(b)]" * size))
    choice = file.add(b"<</Subtype/Widget/FT/Ch/Rect[50 50 90 90]/V(a)/Opt %s>>" % options)
    file.show(text((50, 700), "a"), *[choice] * size)
    return file.data()

"""Any Word document: every word that is seen is in the text once, in reading order."""

import re
from collections.abc import Callable, Iterator
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from app.loaders.docx.reader import read_docx
from tests.support.word_files import field, heading, numbered, paragraph, run, text_box, word_file

WORD = re.compile(r"w\d+x")
HIDDEN = "h0h"
LEVELS = "".join(
    f'<w:lvl w:ilvl="{depth}"><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
    for depth, (kind, text) in enumerate(
        [("decimal", "%1."), ("lowerLetter", "(%2)"), ("upperRoman", "%1.%3")]
    )
)
NUMBERING = (
    f'<w:abstractNum w:abstractNumId="0">{LEVELS}</w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)
DELETED = f"<w:del>{run(HIDDEN)}</w:del>"
# What is not of the document's own words: Markdown, numbers, the address of a link.
MARKS = re.compile(
    r"\[\^\d+\]:?|https://a\.example/|\b\d+\.[IVXLC]+\b|\d+\.|\b[a-z]{1,2}\b|[#|\-~\[\]()^\s]"
)


class Builder:
    """Writes a document, and which words are seen in it: after each paragraph, its boxes."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count()
        self.after: list[str] = []  # words of boxes that are anchored in the open paragraph
        self.notes: list[tuple[str, str]] = []
        self.words: list[str] = []

    def word(self) -> str:
        """A word of its own."""
        return f"w{next(self._numbers)}x"

    def runs(self, kinds: list[str]) -> str:
        """Runs of these kinds; each shows one word."""
        return "".join(getattr(self, f"_{kind}")() for kind in kinds) or "<w:r/>"

    def end_paragraph(self) -> None:
        """The boxes that are anchored in a paragraph come after it."""
        self.words += self.after
        self.after = []

    def _seen(self) -> str:
        self.words.append(self.word())
        return f"{self.words[-1]} "

    def _plain(self) -> str:
        return run(self._seen())

    def _struck(self) -> str:
        return run(self._seen(), "<w:strike/>") + run(HIDDEN, "<w:vanish/>")

    def _raised(self) -> str:
        return run("z") + run(self._seen(), '<w:vertAlign w:val="superscript"/>') + DELETED

    def _link(self) -> str:
        return f'<w:hyperlink r:id="l">{run(self._seen())}</w:hyperlink>'

    def _field(self) -> str:
        return field(f'HYPERLINK "https://a.example/" {HIDDEN}', run(self._seen()))

    def _box(self) -> str:
        self.after.append(self.word())
        return text_box(paragraph(self.after[-1]))

    def _note(self) -> str:
        self.notes.append((str(len(self.notes)), self.word()))
        return f'<w:r><w:footnoteReference w:id="{self.notes[-1][0]}"/></w:r>'


RUNS = st.lists(
    st.sampled_from(["plain", "struck", "raised", "link", "field", "box", "note"]), max_size=4
)
Block = Callable[[Builder], str]


def block(write: Callable[[str], str], kinds: list[str]) -> Block:
    """A paragraph of runs of these kinds."""

    def build(builder: Builder) -> str:
        xml = write(builder.runs(kinds))
        builder.end_paragraph()
        return xml

    return build


def table(rows: list[list[list[str]]]) -> Block:
    """A table; every second cell reaches over two columns."""

    def build(builder: Builder) -> str:
        written = []
        for cells in rows:
            row = ""
            for place, kinds in enumerate(cells):
                span = f'<w:tcPr><w:gridSpan w:val="{1 + place % 2}"/></w:tcPr>'
                row += f"<w:tc>{span}{block(paragraph, kinds)(builder)}</w:tc>"
            written.append(f"<w:tr>{row}</w:tr>")
        return f"<w:tbl>{''.join(written)}</w:tbl>"

    return build


BLOCKS = st.one_of(
    st.builds(block, st.just(paragraph), RUNS),
    st.builds(block, st.just(heading), RUNS),
    st.builds(
        lambda level, kinds: block(lambda content: numbered(content, level), kinds),
        st.integers(0, 3),
        RUNS,
    ),
    st.builds(table, st.lists(st.lists(RUNS, min_size=1, max_size=3), min_size=1, max_size=3)),
)


class TestRoundTrip:
    @settings(max_examples=60, deadline=None)
    @given(blocks=st.lists(BLOCKS, max_size=6))
    def test_every_word_is_there_once_in_order(self, blocks: list[Block]) -> None:
        """Every word that is seen is in the text once and in order, and nothing else is."""
        builder = Builder()
        header, footer = builder.word(), builder.word()
        body = "".join(build(builder) for build in blocks)
        named = '<w:headerReference r:id="h"/><w:footerReference r:id="f"/>'
        notes = "".join(
            f'<w:footnote w:id="{key}">{paragraph(word)}</w:footnote>'
            for key, word in builder.notes
        )
        data = word_file(
            f"{body}<w:sectPr>{named}</w:sectPr>",
            {
                "numbering": NUMBERING,
                "footnotes": notes,
                "h": paragraph(header),
                "f": paragraph(footer),
            },
            {
                "h": ("header", "h.xml"),
                "f": ("footer", "f.xml"),
                "l": ("hyperlink", "https://a.example/"),
            },
        )
        text = read_docx(data)[0]
        in_notes = [word for _, word in builder.notes]
        assert WORD.findall(text) == [header, *builder.words, *in_notes, footer]
        assert not MARKS.sub("", WORD.sub("", text)), text

"""Drawings and documents that are embedded in a Word document."""

import pytest

from app.loaders import load
from app.loaders.docx.reader import read_docx
from app.loaders.exceptions import UnreadableDocument
from tests.support.word_files import heading, paragraph, run, word_file

MAIL = b"""MIME-Version: 1.0
Content-Type: multipart/related; boundary=x

--x
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGgyPlB1bXA8L2gyPjxwPjQwIGJhcjwvcD4=
--x--
"""


class TestDrawings:
    @staticmethod
    def point(key: str, text: str = "") -> str:
        """A shape of a diagram."""
        shown = f"<dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t>"
        return f'<dgm:pt modelId="{key}">{shown}</dgm:pt>'

    def test_diagram_is_a_list(self) -> None:
        """The shapes of a diagram are items, in the order in which they are drawn."""
        points = self.point("0") + self.point("1", "Pack") + self.point("2", "Weigh")
        points += self.point("3", "in kg")
        links = "".join(
            f'<dgm:cxn srcId="{above}" destId="{below}" srcOrd="{order}"/>'
            for above, below, order in (("0", "1", 1), ("0", "2", 0), ("2", "3", 0), ("3", "2", 0))
        )
        drawing = '<w:r><w:drawing><dgm:relIds r:dm="d"/></w:drawing></w:r>'
        body = heading(drawing + run("Steps"))
        related = {"d": ("diagramData", "diagrams/data1.xml")}
        data = word_file(body, {"diagrams/data1": points + links}, related)
        assert read_docx(data)[0] == "# Steps\n\n- Weigh\n  - in kg\n- Pack"

    def test_chart_is_a_table(self) -> None:
        """A chart is its title and its values."""

        def points(name: str, *values: object) -> str:
            listed = enumerate(values)
            found = "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in listed)
            return f"<c:{name}><c:numRef><c:numCache>{found}</c:numCache></c:numRef></c:{name}>"

        title = "<c:title><c:tx><a:p><a:r><a:t>Rain</a:t></a:r></a:p></c:tx></c:title>"
        series = points("tx", "mm") + points("cat", "May", "June") + points("val", 61, 48)
        chart = f"{title}<c:ser>{series}</c:ser>"
        drawing = '<w:r><w:drawing><c:chart r:id="d"/></w:drawing></w:r>'
        related = {"d": ("chart", "charts/chart1.xml")}
        data = word_file(paragraph(run("Weather") + drawing), {"charts/chart1": chart}, related)
        assert read_docx(data)[0] == (
            "Weather\n\nRain\n\n|  | mm |\n| --- | --- |\n| May | 61 |\n| June | 48 |"
        )


class TestEmbeddedDocuments:
    @staticmethod
    def embed(name: str, content: bytes) -> bytes:
        """A document with another one between two paragraphs."""
        body = paragraph("before") + '<w:altChunk r:id="c"/>' + paragraph("after")
        return word_file(body, {name: content}, {"c": ("aFChunk", name)})

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.html", b"<html><body><h2>Pump</h2><p>40 bar</p></body></html>"),
            ("a.txt", b"## Pump\n\n40 bar"),
            ("a.docx", word_file(heading("Pump", 2) + paragraph("40 bar"))),
            ("a.mht", MAIL),
        ],
    )
    def test_embedded_document_is_text(self, name: str, content: bytes) -> None:
        """A page, a text or a document that is embedded is part of the text."""
        assert read_docx(self.embed(name, content))[0] == ("before\n\n## Pump\n\n40 bar\n\nafter")

    def test_document_says_what_is_left_out(self) -> None:
        """Where an embedded document cannot be read, the text says so."""
        assert read_docx(self.embed("a.rtf", b"{\\rtf1 pump}"))[0] == (
            "before\n\n[An embedded RTF is left out.]\n\nafter"
        )

    def test_documents_within_documents_have_an_end(self) -> None:
        """A document that embeds others too deeply is refused."""
        data = word_file(paragraph("x"))
        for _ in range(4):
            data = self.embed("a.docx", data)
        with pytest.raises(UnreadableDocument, match="too deeply"):
            load(data)

    def test_embedded_bytes_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What unpacks to too much is refused."""
        monkeypatch.setattr("app.loaders.docx.package.MAX_UNPACKED_BYTES", 100_000)
        load(self.embed("a.txt", b"x" * 50_000))
        with pytest.raises(UnreadableDocument, match="unpacks to more than"):
            load(self.embed("a.txt", b"x" * 200_000))

    def test_shown_again(self) -> None:
        """What a document shows a thousand times is read once."""
        body = '<w:altChunk r:id="c"/>' * 1_000
        data = word_file(body, {"a.txt": b"Ducks."}, {"c": ("aFChunk", "a.txt")})
        assert load(data).text == "Ducks."

    def test_large_styles_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Styles that would fill the memory are refused."""
        monkeypatch.setattr("app.loaders.docx.package.MAX_TREE_BYTES", 1_000)
        with pytest.raises(UnreadableDocument, match="are too large"):
            load(word_file(paragraph("x"), {"styles": " " * 1_000}))

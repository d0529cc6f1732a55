"""What comes out of the parser process."""

import pytest

from app.documents.ingestion.parser_process import Parser
from app.embeddings.embedder import Embedder
from app.loaders.exceptions import UnreadableDocument
from tests.support.documents import pdf
from tests.support.knowledge import pages
from tests.support.parsing import DUCKS, file
from tests.support.shared import shared_parser


@pytest.fixture
def parser(embedder: Embedder) -> Parser:
    """The parser that tests share which do it no harm."""
    return shared_parser()


class TestParse:
    async def test_passages(self, parser: Parser) -> None:
        """Bytes become a title, a media type and passages."""
        parsed = await parser.parse(file())
        assert (parsed.title, parsed.media_type) == ("Ducks", "text/markdown")
        assert [passage.text for passage in parsed.passages] == [DUCKS.decode()]

    async def test_many_passages(self, parser: Parser) -> None:
        """Every passage of a long document arrives, in order."""
        text = pages(200)
        passages = (await parser.parse(file(text.encode()))).passages
        assert [passage.ordinal for passage in passages] == list(range(200))
        assert all(text[passage.start : passage.end] == passage.text for passage in passages)

    async def test_pages(self, parser: Parser) -> None:
        """The passages of a PDF have the pages on which they begin."""
        sentences = [f"Page {n} is about ducks. " * 40 for n in (1, 2)]
        passages = (await parser.parse(file(pdf(*sentences), "a.pdf"))).passages
        assert {passage.page for passage in passages} == {1, 2}
        assert all(f"Page {passage.page} is" in passage.text for passage in passages)

    async def test_given_title(self, parser: Parser) -> None:
        """The title that its owner gave a document counts more than the document's own."""
        assert (await parser.parse(file(title="Mine"))).title == "Mine"

    async def test_no_title(self, parser: Parser) -> None:
        """A document without any title is called by the last part of its source."""
        assert (await parser.parse(file(b"Ducks eat.", "a/ducks.txt"))).title == "ducks.txt"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b" \n", "This file is empty."),
            (b"PK\x05\x06" + bytes(18), "only text, CSV, Markdown, HTML, PDF and DOCX"),
            (b"PK\x03\x04", "This file is damaged or cut off: send it again."),
        ],
    )
    async def test_unreadable(self, parser: Parser, content: bytes, reason: str) -> None:
        """A document that cannot be read says why, and the next document can be read."""
        with pytest.raises(UnreadableDocument, match=reason):
            await parser.parse(file(content, "a"))
        assert (await parser.parse(file())).title == "Ducks"

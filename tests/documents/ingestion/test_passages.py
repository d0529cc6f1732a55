"""What a passage has besides its text: a page, and the title and headings before it."""

from app.documents.ingestion.chunking import embedding_text, split
from tests.support.tokenizer import packaged_tokenizer

tokenizer = packaged_tokenizer()


class TestPages:
    """On which page a passage begins."""

    def test_page(self) -> None:
        """A passage has the number of the page on which it begins, from 1 on."""
        text = "# One\n\nText.\n\n# Two\n\nText.\n\n# Three\n\nText."
        starts = [0, text.index("# Two") - 1, text.index("# Three") + 3]
        passages = split(text, tokenizer, page_starts=starts)
        assert [passage.page for passage in passages] == [1, 2, 2]

    def test_page_without_text(self) -> None:
        """A page without text, which begins where the next page does, has no passage."""
        passages = split("# One\n\nText.\n\n# Three\n\nText.", tokenizer, page_starts=[0, 14, 14])
        assert [passage.page for passage in passages] == [1, 3]

    def test_no_pages(self) -> None:
        """A passage of a document that has no pages is on none."""
        assert [passage.page for passage in split("Text.", tokenizer)] == [None]


class TestEmbeddingText:
    """What stands in front of an embedded passage."""

    def test_title_and_path(self) -> None:
        """The title and the heading path come first, on a line of their own."""
        embedded = embedding_text("Manual", ("Install", "Linux"), "Text.")
        assert embedded == "Manual > Install > Linux\nText."

    def test_title_as_heading(self) -> None:
        """A title that is also the first heading is named once."""
        assert embedding_text("Manual", ("Manual", "Linux"), "Text.") == "Manual > Linux\nText."

    def test_nothing_in_front(self) -> None:
        """Without a title and headings the text alone is embedded."""
        assert embedding_text("", (), "Text.") == "Text."

    def test_long_path(self) -> None:
        """Of a long path the nearest headings remain, and no half character."""
        headings = tuple("é" * 40 + str(number) for number in range(6))
        line, text = embedding_text("Manual", headings, "Text.").split("\n")
        assert text == "Text."
        assert line.endswith("4 > " + "é" * 40 + "5")
        assert len(line) < 100

"""The titles that documents give themselves."""

from time import process_time

import pytest

from app.loaders.titles import clean_title, markdown_title, metadata_title


class TestMarkdownTitle:
    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("Intro\n\n# A `good` **title** #\n\n# Second", "A good title"),
            ("## [bRAG](https://a.example), *basic*", "bRAG, basic"),
            ("# ![logo](logo.png) Ducks", "logo Ducks"),
            ("Setext\n======\n", "Setext"),
            ("Setext\n---\n", "Setext"),
            ("```sh\n# a comment\n```\n\n# Title", "Title"),
            ("````\n```\n# a comment\n````\n\n# Title", "Title"),
            ("~~~\n# never closed", None),
            ("#hashtag\n#\nno heading", None),
            ('---\nlayout: page\ntitle: "From: above"\n---\n# Heading', "From: above"),
            ("---\nlayout: page\n---\n\n# Heading", "Heading"),
            ("", None),
        ],
    )
    def test_title_is_the_front_matters_or_the_first_heading(
        self, text: str, title: str | None
    ) -> None:
        """The title is that of the front matter, or the first heading outside of code."""
        assert markdown_title(text) == title

    @pytest.mark.parametrize("text", ["# " + "[" * 200_000, "# a" + " #" * 200_000, "#" * 200_000])
    def test_hostile_line_takes_no_longer(self, text: str) -> None:
        """A hostile line takes no more time than another."""
        start = process_time()
        markdown_title(text)
        assert process_time() - start < 1


class TestCleanTitle:
    def test_title_is_on_one_line(self) -> None:
        """A title is on one line, without what cannot be seen."""
        assert clean_title(" A\x00\n long\u200b\ttitle\ufeff ") == "A long title"

    def test_title_is_cut_at_300_characters(self) -> None:
        """A title has at most 300 characters, the last of which is no space."""
        assert clean_title("x" * 299 + " " + "y" * 99) == "x" * 299

    def test_invisible_title_is_none(self) -> None:
        """A title of which nothing can be seen is no title."""
        assert clean_title("\x00 \u200b\n") is None


class TestMetadataTitle:
    @pytest.mark.parametrize(
        "title",
        [
            "",
            "Untitled",
            "untitled 3",
            "Document1",
            "Microsoft Word - a.doc",
            "report final.DOCX",
            "Word Document",
            "PowerPoint Presentation",
            "Slide 1",
            "none",
            " - ",
            "thesis.dvi",
        ],
    )
    def test_placeholder_is_no_title(self, title: str) -> None:
        """A program's placeholder for a title is no title."""
        assert metadata_title(title) is None

    @pytest.mark.parametrize(
        "title", ["Documentation", "Title deeds", "1984", "Слово", "Slide rules"]
    )
    def test_title_like_a_placeholder_is_kept(self, title: str) -> None:
        """A title that only resembles a placeholder is kept."""
        assert metadata_title(title) == title

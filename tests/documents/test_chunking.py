"""Chunking, measured with the tokenizer that the product ships."""

import re
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from app.core.constants import MODEL_TOKENS
from app.core.embedding_models import TOKENIZER
from app.documents.chunking import Chunk, embedding_text, split

tokenizer = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()

MARKDOWN = ["# A\n", "### B\n", "C\n===\n", "```\n", "~~~\n", "| a | b |\n", "- item\n"]
BLANKS = ["\n", "\n\n", "\r\n", "\u2028", "\xa0", "\t"]
WORDS = ["word ", "One sentence. ", "unbelievably", "x" * 150, "…", ".", "#", "`"]
SCRIPTS = ["e\u0301", "한국어", "中文。", "👨‍👩‍👧"]
SCRAPS = st.sampled_from([*MARKDOWN, *BLANKS, *WORDS, *SCRIPTS])
TEXTS = st.lists(SCRAPS | st.text(max_size=20), max_size=200).map("".join)
TITLES = st.sampled_from(["", "A title", "한국어" * 100, "long " * 100])


def tokens(text: str) -> int:
    """How many tokens the embedding model is given for a text."""
    return len(tokenizer.encode(text))


def growth(unit: str) -> float:
    """How many times the time of a text, but not less than of 10 ms, ten times the text takes."""
    times = []
    for size in (6_000, 60_000):
        started = process_time()
        split(unit * (size // len(unit)), tokenizer)
        times.append(process_time() - started)
    short, long = times
    return long / max(short, 0.01)


def lost(text: str, chunks: list[Chunk]) -> str:
    """What of a text is in none of its chunks, which must not overlap."""
    edges = [0, *(edge for chunk in chunks for edge in (chunk.start, chunk.end)), len(text)]
    assert edges == sorted(edges)
    return "".join(text[start:end] for start, end in list(pairwise(edges))[::2])


class TestAnyText:
    """What holds whatever the text."""

    @given(TEXTS, TITLES)
    def test_offsets(self, text: str, title: str) -> None:
        """A chunk's offsets give exactly its text, and its ordinal its place."""
        chunks = split(text, tokenizer, title=title)
        assert [chunk.text for chunk in chunks] == [text[each.start : each.end] for each in chunks]
        assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))

    @given(TEXTS, st.integers(1, 250))
    def test_nothing_is_lost(self, text: str, passage_tokens: int) -> None:
        """Between chunks there is only blank space, and no chunk is blank."""
        chunks = split(text, tokenizer, passage_tokens=passage_tokens)
        assert not lost(text, chunks).strip()
        assert all(chunk.text.strip() for chunk in chunks)

    @given(TEXTS, TITLES)
    def test_fits_into_the_model(self, text: str, title: str) -> None:
        """With title and headings in front, each chunk fits into the model's window."""
        for chunk in split(text, tokenizer, title=title):
            assert tokens(embedding_text(title, chunk)) <= MODEL_TOKENS

    @pytest.mark.parametrize("text", ["", " \n\t\r\n"])
    def test_no_text(self, text: str) -> None:
        """A blank text has no passages."""
        assert split(text, tokenizer) == []


class TestHeadings:
    """How headings stay with their text."""

    def test_path(self) -> None:
        """Each section starts a chunk, which knows the headings above it and opens with its own."""
        text = "# Top\n\nIntro.\n\n## First\n\nOne.\n\n### Deep\n\nTwo.\n\n## Second\n\nThree."
        chunks = split(text, tokenizer)
        assert [(chunk.headings, chunk.text) for chunk in chunks] == [
            ((), "# Top\n\nIntro."),
            (("Top",), "## First\n\nOne."),
            (("Top", "First"), "### Deep\n\nTwo."),
            (("Top",), "## Second\n\nThree."),
        ]

    def test_later_passage_of_a_section(self) -> None:
        """A chunk further down in a section has the section's own heading in its path."""
        text = "# Top\n\n## Section\n\n" + "A sentence of six words. " * 100
        assert {chunk.headings for chunk in split(text, tokenizer)[1:]} == {("Top", "Section")}

    def test_heading_without_text(self) -> None:
        """A heading with nothing under it stands before the next one, not alone."""
        chunks = split("# Top\n\n## Empty\n\n## Full\n\nText.", tokenizer)
        assert [chunk.text for chunk in chunks] == ["# Top\n\n## Empty\n\n## Full\n\nText."]

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_setext(self, newline: str) -> None:
        """Underlined headings count as those with hashes do, whatever ends the lines."""
        text = newline.join(["Top", "===", "", "Intro.", "", "Below", "---", "", "Text."])
        assert [chunk.headings for chunk in split(text, tokenizer)] == [(), ("Top",)]

    @pytest.mark.parametrize("line", ["#hashtag", "####### seven", "    # indented"])
    def test_not_a_heading(self, line: str) -> None:
        """What only looks like a heading is text."""
        assert len(split(f"Before.\n\n{line}\n\nAfter.", tokenizer)) == 1

    def test_in_fenced_code(self) -> None:
        """A comment in a code block is no heading, even after a blank line."""
        text = "# Top\n\n```sh\nls\n\n# a comment\n```\n\nAfter."
        assert [chunk.text for chunk in split(text, tokenizer)] == [text]

    def test_after_an_open_fence(self) -> None:
        """A code block that is never closed reaches to the end (CommonMark 4.5)."""
        assert len(split("```\ncode\n\n# a comment\n\nmore", tokenizer)) == 1


class TestLongText:
    """Where a section that is too long is cut."""

    def test_between_paragraphs(self) -> None:
        """Paragraphs that fit are whole."""
        paragraphs = [f"Paragraph {number}. " + "Some words follow. " * 25 for number in range(6)]
        chunks = split("\n\n".join(paragraphs), tokenizer, passage_tokens=200)
        assert [chunk.text for chunk in chunks] == [each.strip() for each in paragraphs]

    def test_between_sentences(self) -> None:
        """In a paragraph too long for a chunk, sentences are whole, also after a quotation."""
        text = 'He said: "A sentence of e.g. ten words ends here." Next one. ' * 50
        for chunk in split(text, tokenizer, passage_tokens=60):
            assert re.fullmatch(r'(He|Next) .*(here\."|one\.)', chunk.text)

    def test_between_words(self) -> None:
        """In a sentence too long for a chunk, words are whole."""
        chunks = split("incomprehensibilities " * 500, tokenizer)
        assert {word for chunk in chunks for word in chunk.text.split()} == {
            "incomprehensibilities"
        }

    @pytest.mark.parametrize(
        "row", ["| one. Two | three. Four |\n", "    one. Two = three. Four\n"]
    )
    def test_rows(self, row: str) -> None:
        """A table or a code block too long for a chunk is cut between its lines."""
        start, end = ("", "") if row.startswith("|") else ("```\n", "```\n")
        chunks = split(start + row * 100 + end, tokenizer)
        lines = {line for chunk in chunks for line in chunk.text.splitlines()}
        assert lines <= {row.rstrip(), "```"}
        assert len(chunks) > 1

    @pytest.mark.parametrize(
        "block", ["| cell | cell |\n" * 30, "```\n" + "x = 1\n\n" * 30 + "```"]
    )
    def test_block_that_fits(self, block: str) -> None:
        """A table or a code block that fits is not torn, whatever stands before it."""
        text = "Some words before it. " * 30 + "\n\n" + block
        assert any(chunk.text.endswith(block.rstrip()) for chunk in split(text, tokenizer))

    def test_list(self) -> None:
        """A list too long for a chunk is cut between its items."""
        chunks = split("- an item without an end\n" * 100, tokenizer)
        assert all(chunk.text.startswith("- an") for chunk in chunks)
        assert len(chunks) > 1


class TestHostileText:
    """Texts made to break a parser; each takes time in proportion to its length."""

    @pytest.mark.parametrize("unit", [*MARKDOWN, *BLANKS, *WORDS, *SCRIPTS, *"a ~-\r|", "A\n-\n"])
    def test_linear(self, unit: str) -> None:
        """Ten times the text takes at most about ten times as long.

        Of three tries one shows it: collecting garbage in between can take longer than either.
        """
        split(unit, tokenizer)
        assert any(growth(unit) < 25 for _ in range(3))

    @pytest.mark.parametrize("text", ["a" * 100_000, "x" + "\u0301" * 100_000])
    def test_word_without_end(self, text: str) -> None:
        """What the model takes for few tokens does not become one giant passage."""
        assert max(len(chunk.text) for chunk in split(text, tokenizer)) <= MODEL_TOKENS

    def test_blank_space_inside(self) -> None:
        """A passage does not hold a stretch of blank space longer than itself."""
        assert [chunk.text for chunk in split("a" + "\n" * 100_000 + "b", tokenizer)] == ["a", "b"]


class TestEmbeddingText:
    """What stands in front of an embedded passage."""

    def test_title_and_path(self) -> None:
        """The title and the heading path come first, on a line of their own."""
        chunk = Chunk(0, 0, 5, "Text.", ("Install", "Linux"))
        assert embedding_text("Manual", chunk) == "Manual > Install > Linux\nText."

    def test_title_as_heading(self) -> None:
        """A title that is also the first heading is named once."""
        chunk = Chunk(0, 0, 5, "Text.", ("Manual", "Linux"))
        assert embedding_text("Manual", chunk) == "Manual > Linux\nText."

    def test_nothing_in_front(self) -> None:
        """Without a title and headings it is the text alone."""
        assert embedding_text("", Chunk(0, 0, 5, "Text.", ())) == "Text."

    def test_long_path(self) -> None:
        """Of a long path the nearest headings remain, and no half character."""
        chunk = Chunk(0, 0, 5, "Text.", tuple("é" * 40 + str(number) for number in range(6)))
        line, text = embedding_text("Manual", chunk).split("\n")
        assert (text, line.endswith("4 > " + "é" * 40 + "5"), len(line) < 100) == (
            "Text.",
            True,
            True,
        )


def test_truncating_tokenizer() -> None:
    """A tokenizer that would hide the end of the text is refused."""
    truncating = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
    truncating.enable_truncation(128)
    with pytest.raises(ValueError, match="truncate"):
        split("text", truncating)

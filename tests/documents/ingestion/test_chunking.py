"""Chunking, measured with the tokenizer that the product ships."""

import re
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.constants import MODEL_TOKENS
from app.documents.ingestion.chunking import Passage, embedding_text, split
from tests.support.tokenizer import packaged_tokenizer

tokenizer = packaged_tokenizer()

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


def lost(text: str, passages: list[Passage]) -> str:
    """What of a text is in none of its passages, which must not overlap."""
    edges = [
        0,
        *(edge for passage in passages for edge in (passage.start, passage.end)),
        len(text),
    ]
    assert edges == sorted(edges)
    return "".join(text[start:end] for start, end in list(pairwise(edges))[::2])


class TestAnyText:
    """What holds whatever the text."""

    @given(TEXTS, TITLES)
    def test_offsets(self, text: str, title: str) -> None:
        """A passage's offsets give exactly its text, and its ordinal its place."""
        passages = split(text, tokenizer, title=title)
        assert all(passage.text == text[passage.start : passage.end] for passage in passages)
        assert [passage.ordinal for passage in passages] == list(range(len(passages)))

    @given(TEXTS, st.integers(1, 250))
    def test_nothing_is_lost(self, text: str, passage_tokens: int) -> None:
        """Between passages there is only blank space, and no passage is blank."""
        passages = split(text, tokenizer, passage_tokens=passage_tokens)
        assert not lost(text, passages).strip()
        assert all(passage.text.strip() for passage in passages)

    @given(TEXTS, TITLES)
    def test_fits_into_the_model(self, text: str, title: str) -> None:
        """With title and headings in front, every passage fits into the model's window."""
        for passage in split(text, tokenizer, title=title):
            embedded = embedding_text(title, passage.headings, passage.text)
            assert tokens(embedded) <= MODEL_TOKENS

    @pytest.mark.parametrize("text", ["", " \n\t\r\n"])
    def test_no_text(self, text: str) -> None:
        """A blank text has no passages."""
        assert split(text, tokenizer) == []


class TestHeadings:
    """How headings stay with their text."""

    def test_path(self) -> None:
        """Each section starts a passage, which has the headings above it and opens with its own."""
        text = "# Top\n\nIntro.\n\n## First\n\nOne.\n\n### Deep\n\nTwo.\n\n## Second\n\nThree."
        passages = split(text, tokenizer)
        assert [(passage.headings, passage.text) for passage in passages] == [
            ((), "# Top\n\nIntro."),
            (("Top",), "## First\n\nOne."),
            (("Top", "First"), "### Deep\n\nTwo."),
            (("Top",), "## Second\n\nThree."),
        ]

    def test_later_passage_of_a_section(self) -> None:
        """A passage further down in a section has the section's own heading in its path."""
        text = "# Top\n\n## Section\n\n" + "A sentence of six words. " * 100
        assert {passage.headings for passage in split(text, tokenizer)[1:]} == {("Top", "Section")}

    def test_heading_without_text(self) -> None:
        """A heading with nothing under it stands before the next one, not alone."""
        passages = split("# Top\n\n## Empty\n\n## Full\n\nText.", tokenizer)
        assert [passage.text for passage in passages] == ["# Top\n\n## Empty\n\n## Full\n\nText."]

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_setext(self, newline: str) -> None:
        """Underlined headings count as those with hashes do, whatever ends their lines."""
        text = newline.join(["Top", "===", "", "Intro.", "", "Below", "---", "", "Text."])
        assert [passage.headings for passage in split(text, tokenizer)] == [(), ("Top",)]

    @pytest.mark.parametrize("line", ["#hashtag", "####### seven", "    # indented"])
    def test_not_a_heading(self, line: str) -> None:
        """What only looks like a heading is text."""
        assert len(split(f"Before.\n\n{line}\n\nAfter.", tokenizer)) == 1

    def test_in_fenced_code(self) -> None:
        """A comment in a code block is no heading, even after a blank line."""
        text = "# Top\n\n```sh\nls\n\n# a comment\n```\n\nAfter."
        assert [passage.text for passage in split(text, tokenizer)] == [text]

    def test_after_an_open_fence(self) -> None:
        """A code block that is never closed reaches to the end (CommonMark 4.5)."""
        assert len(split("```\ncode\n\n# a comment\n\nmore", tokenizer)) == 1


class TestLongText:
    """Where a section that is too long is cut."""

    def test_between_paragraphs(self) -> None:
        """Paragraphs that fit into a passage are whole."""
        paragraphs = [f"Paragraph {number}. " + "Some words follow. " * 25 for number in range(6)]
        passages = split("\n\n".join(paragraphs), tokenizer, passage_tokens=200)
        assert [passage.text for passage in passages] == [
            paragraph.strip() for paragraph in paragraphs
        ]

    def test_between_sentences(self) -> None:
        """In a paragraph too long for a passage, sentences are whole, also after a quotation."""
        text = 'He said: "A sentence of e.g. ten words ends here." Next one. ' * 50
        for passage in split(text, tokenizer, passage_tokens=60):
            assert re.fullmatch(r'(He|Next) .*(here\."|one\.)', passage.text)

    def test_between_words(self) -> None:
        """In a sentence too long for a passage, words are whole."""
        passages = split("incomprehensibilities " * 500, tokenizer)
        assert {word for passage in passages for word in passage.text.split()} == {
            "incomprehensibilities"
        }

    @pytest.mark.parametrize(
        "row", ["| one. Two | three. Four |\n", "    one. Two = three. Four\n"]
    )
    def test_rows(self, row: str) -> None:
        """A table or a code block too long for a passage is cut between its lines."""
        start, end = ("", "") if row.startswith("|") else ("```\n", "```\n")
        passages = split(start + row * 100 + end, tokenizer)
        lines = {line for passage in passages for line in passage.text.splitlines()}
        assert lines <= {row.rstrip(), "```"}
        assert len(passages) > 1

    @pytest.mark.parametrize(
        "block", ["| cell | cell |\n" * 30, "```\n" + "x = 1\n\n" * 30 + "```"]
    )
    def test_block_that_fits(self, block: str) -> None:
        """A table or a code block that fits into a passage is whole, whatever stands before it."""
        text = "Some words before it. " * 30 + "\n\n" + block
        assert any(passage.text.endswith(block.rstrip()) for passage in split(text, tokenizer))

    def test_list(self) -> None:
        """A list too long for a passage is cut between its items."""
        passages = split("- an item without an end\n" * 100, tokenizer)
        assert all(passage.text.startswith("- an") for passage in passages)
        assert len(passages) > 1


class TestHostileText:
    """Texts made to break a parser: they take time in proportion to their length."""

    @pytest.mark.parametrize("unit", [*MARKDOWN, *BLANKS, *WORDS, *SCRIPTS, *"a ~-\r|", "A\n-\n"])
    def test_linear(self, unit: str) -> None:
        """Ten times the text takes at most about ten times as long.

        Of three tries one shows it: collecting garbage in between can take longer than either.
        """
        split(unit, tokenizer)
        assert any(growth(unit) < 25 for _ in range(3))

    @pytest.mark.parametrize("text", ["a" * 100_000, "x" + "\u0301" * 100_000])
    def test_word_without_end(self, text: str) -> None:
        """A word that the model takes for few tokens does not become one giant passage."""
        assert max(len(passage.text) for passage in split(text, tokenizer)) <= MODEL_TOKENS

    def test_blank_space_inside(self) -> None:
        """A passage does not hold a stretch of blank space longer than itself."""
        assert [passage.text for passage in split("a" + "\n" * 100_000 + "b", tokenizer)] == [
            "a",
            "b",
        ]


def test_truncating_tokenizer() -> None:
    """A tokenizer that would hide the end of the text is refused."""
    truncating = packaged_tokenizer()
    truncating.enable_truncation(128)
    with pytest.raises(ValueError, match="truncate"):
        split("text", truncating)

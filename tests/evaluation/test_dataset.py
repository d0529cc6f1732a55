"""Labelled questions and corpora, as they are read from files."""

from pathlib import Path

import pytest

from evaluation.dataset import Label, read_corpus, read_questions
from evaluation.exceptions import UnusableSet

SPAN = '{"question": "Why?", "relevant": [{"document": "a", "start": 0, "end": 5}]}'
NONE = '{"question": "Why not?", "relevant": []}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to write."""
    return tmp_path / "set.jsonl"


class TestReadQuestions:
    """Questions and their labels."""

    def test_labels_are_spans_documents_or_nothing(self, file: Path) -> None:
        """A question is labelled with spans, documents or nothing; blank lines do not count."""
        whole = '{"question": "Who?", "relevant": [{"document": "a"}], "author": "me"}'
        file.write_text(f"{SPAN}\n\n{whole}\n{NONE}\n")
        assert [question.relevant for question in read_questions(file)] == [
            {Label(document="a", start=0, end=5)},
            {Label(document="a")},
            set(),
        ]

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("{", "Invalid JSON"),
            ('{"relevant": []}', "question: Field required"),
            ('{"question": "Why?"}', "relevant: Field required"),
            ('{"question": " ", "relevant": []}', "question: .*blank"),
            ('{"question": "Why?", "relevant": [{"start": 1}]}', "relevant.0.document"),
            (SPAN.replace(', "end": 5', ""), "both start and end"),
            (SPAN.replace('"end": 5', '"end": 0'), "after its start"),
            (SPAN.replace('"start": 0', '"start": -1'), "greater than or equal to 0"),
        ],
        ids=["json", "question", "relevant", "blank", "document", "half", "empty", "negative"],
    )
    def test_malformed_line_is_named(self, file: Path, line: str, reason: str) -> None:
        """A malformed line is an error that names it and says what is wrong."""
        file.write_text(f"{NONE}\n{line}\n")
        with pytest.raises(UnusableSet, match=f"set.jsonl, line 2: .*{reason}"):
            read_questions(file)

    def test_empty_file_is_refused(self, file: Path) -> None:
        """A file without a question is an error, not a perfect score."""
        file.write_text("\n")
        with pytest.raises(UnusableSet, match=r"set\.jsonl is empty"):
            read_questions(file)

    def test_missing_file_is_refused(self, file: Path) -> None:
        """A file that is not there is an error that says so."""
        with pytest.raises(UnusableSet, match="No such file"):
            read_questions(file)


class TestReadCorpus:
    """The documents of a corpus."""

    def test_title_is_optional(self, file: Path) -> None:
        """A document needs an id and a text; a title is welcome."""
        file.write_text('{"id": "a", "title": "A", "text": "x"}\n{"id": "b", "text": ""}\n')
        assert [document.title for document in read_corpus(file)] == ["A", ""]

    def test_two_documents_with_one_id_are_refused(self, file: Path) -> None:
        """Two documents with one id are an error: labels could not tell them apart."""
        file.write_text('{"id": "a", "text": "x"}\n' * 2)
        with pytest.raises(UnusableSet, match="same id"):
            read_corpus(file)
